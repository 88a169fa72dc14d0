"""Nova through Deepgram's SDK, against the local Deepgram."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from gateway.adapters.stt import deepgram_link
from gateway.adapters.stt.deepgram import (
    KEYTERM_TOKENS,
    DeepgramTranscriber,
    language_of,
    results,
    trimmed,
)
from gateway.errors import ProviderFailed
from gateway.ports.speech_in import Transcriber
from tests.providers.behaviour import Behaviour
from tests.providers.deepgram import Deepgram
from tests.providers.hearing import Script, Word
from tests.providers.server import Server
from tests.support.deepgram_stream import listening

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

HOURS = Script.of("when do you open")  # from 0.3 to 1.5 s


async def test_a_turn_that_the_detector_ends() -> None:
    async with listening(HOURS) as (server, ear):
        ear.feed(1.72)
        ear.call.finish_utterance()
        final = await ear.final()
        assert (final.text, final.confidence) == ("when do you open", 0.98)
        entry = server.journal[0]
        query = {name: values[0] for name, values in entry.query.items()}
    assert {"model": "nova-3", "language": "en-US", "sample_rate": "16000"}.items() <= query.items()
    assert query["encoding"] == "linear16"
    assert "keyterm" not in query
    assert entry.audio_bytes == 1.72 * 32_000
    assert entry.texts == [{"type": "Finalize"}, {"type": "CloseStream"}]
    assert (entry.outcome, entry.close_code) == ("complete", 1000)


async def test_partials_come_with_the_words_and_finals_at_once() -> None:
    """In step with the sound: after each piece, what Deepgram has heard of it is there."""
    async with listening(HOURS) as (_, ear):
        ear.feed(0.76)
        await ear.until("when")
        ear.feed(0.24)
        await ear.until("when do")
        ear.feed(0.52)
        await ear.until("when do you open")
        loop = asyncio.get_running_loop()
        began = loop.time()
        ear.call.finish_utterance()
        await ear.final()
        assert loop.time() - began < 1.0  # long before the deadline, on a busy machine too


async def test_an_utterance_in_several_segments_is_one_final() -> None:
    words = "a b c d e f g h i j k l m n o p"
    async with listening(Script.of(words)) as (_, ear):
        ear.feed(5.3)
        ear.call.finish_utterance()
        assert (await ear.final()).text == words
        assert ear.finals == [words]
        partials = [one.text for one in ear.heard if not one.final]
        assert partials == sorted(partials, key=len)  # what is settled stays in them


async def test_every_finish_has_its_final_be_it_empty() -> None:
    async with listening(Script.of("yes", "no", gap=1.0)) as (_, ear):
        ear.call.finish_utterance()  # not a sample yet
        assert (await ear.final()).text == ""
        ear.feed(0.8)
        ear.call.finish_utterance()
        ear.call.finish_utterance()
        ear.feed(1.2)
        ear.call.finish_utterance()
        for _ in range(3):
            await ear.final()
        assert ear.finals == ["", "yes", "", "no"]
        assert ear.heard[0].confidence == 1.0


async def test_partials_are_revised() -> None:
    words = (Word("four", 0.3, 0.6, at_first="for"), Word("eyes", 0.9, 1.2))
    async with listening(Script(words)) as (_, ear):
        ear.feed(0.8)
        await ear.until("for")
        ear.feed(0.5)
        ear.call.finish_utterance()
        await ear.final()
    assert ear.finals == ["four eyes"]


async def test_deepgram_ends_what_the_detector_does_not() -> None:
    async with listening(Script.of("hello there", "good bye", gap=1.0)) as (_, ear):
        ear.feed(3.5)  # noise that the detector takes for voice
        assert (await ear.final()).text == "hello there"
        assert (await ear.final()).text == "good bye"
        ear.call.finish_utterance()
        assert (await ear.final()).text == ""


async def test_the_end_by_the_words_times_where_it_never_hears_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.adapters.stt.deepgram.ENDPOINTING_MS", "false")
    async with listening(HOURS) as (_, ear):
        ear.feed(3.0)
        assert (await ear.final()).text == "when do you open"
        ear.call.finish_utterance()  # settles the same words, which are not told again
        assert (await ear.final()).text == ""


async def test_keyterms_reach_deepgram_and_help() -> None:
    script = Script((Word("Hadley", 0.3, 0.6, misheard="had"),))
    terms = ["Hadley Street", "ISA"]
    async with listening(script, keyterms=terms) as (server, ear):
        ear.feed(1.0)
        ear.call.finish_utterance()
        assert (await ear.final()).text == "Hadley"
        assert server.journal[0].query["keyterm"] == terms
    async with listening(script, keyterms=terms, model="nova-2") as (server, ear):
        ear.feed(1.0)
        ear.call.finish_utterance()
        heard = await ear.final()
        assert "keyterm" not in server.journal[0].query
    assert (heard.text, heard.confidence) == ("had", 0.6)


def test_no_more_keyterms_than_it_takes() -> None:
    assert trimmed(["a", "b c"]) == ["a", "b c"]
    assert len(trimmed(["x"] * 500)) == 100
    kept = trimmed(["interdepartmental reorganisation"] * 99)
    assert 0 < len(kept) < 99
    assert sum(len(word) / 3 for one in kept for word in one.split()) <= KEYTERM_TOKENS


@pytest.mark.parametrize(
    ("locale", "language"),
    [("en-US", "en-US"), ("en_gb", "en-GB"), ("en-ZA", "en"), ("de-DE", "de"), ("fr", "fr")],
)
def test_the_language_of_a_locale(locale: str, language: str) -> None:
    assert language_of(locale) == language


@pytest.mark.parametrize(
    ("status", "says"),
    [(400, "stt.model"), (401, "FRONTLINE_STT__API_KEY"), (402, "credit"), (403, "may not")],
)
async def test_refused_for_good(status: int, says: str) -> None:
    with pytest.raises(ProviderFailed, match=f"({status}).*{says}") as caught:
        async with listening(HOURS, behaviour=Behaviour(status=status)) as (_, _):
            pass
    assert "good" not in str(caught.value)
    assert caught.value.__suppress_context__  # the SDK's error carries the key


async def test_too_many_streams_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deepgram_link, "BACKOFF_S", 0.001)
    busy = Behaviour(status=429)
    async with listening(HOURS, behaviours=[busy, busy]) as (server, ear):
        ear.feed(1.7)
        ear.call.finish_utterance()
        assert (await ear.final()).text == "when do you open"
        assert [one.status for one in server.journal] == [429, 429, 101]
    with pytest.raises(ProviderFailed, match="429: too many streams"):
        async with listening(HOURS, behaviour=busy) as (server, _):
            pass


async def test_a_key_is_needed_and_an_address_may_be_any() -> None:
    with pytest.raises(ProviderFailed, match="FRONTLINE_STT__API_KEY"):
        DeepgramTranscriber("")
    async with Server(Deepgram(HOURS)) as server:
        ported: Transcriber = DeepgramTranscriber("k", base_url=f"{server.ws}/")
        await (await ported.open("en-US", "call")).close()
        await ported.close()
        assert server.journal[0].path == "/v1/listen"


def test_results_without_word_times() -> None:
    best = SimpleNamespace(transcript="two words", confidence=0.5, words=None)
    message = SimpleNamespace(
        channel=SimpleNamespace(alternatives=[best]),
        start=1.0,
        duration=0.5,
        is_final=None,
        speech_final=None,
        from_finalize=None,
    )
    report = results(message, base=16_000)
    assert [(w.text, w.start, w.end) for w in report.words] == [("two words", 32_000, 40_000)]
    assert (report.end, report.final, report.ends) == (40_000, False, False)
