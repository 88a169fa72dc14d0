"""Flux through Deepgram's SDK, against the local Flux."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from gateway.adapters.stt import deepgram_link
from gateway.adapters.stt.deepgram_flux import FluxTranscriber, turn_info
from gateway.errors import ProviderFailed
from tests.providers.behaviour import Behaviour
from tests.providers.hearing import Script, Word
from tests.support.deepgram_stream import listening

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

HOURS = Script.of("when do you open")  # from 0.3 to 1.5 s
HESITANT = Script(
    (
        Word("when", 0.3, 0.6),
        Word("do", 0.6, 0.9),
        Word("you", 1.3, 1.6),  # after 0.4 s: an eager end is taken back
        Word("open", 1.6, 1.9),
    )
)


async def test_the_detector_ends_the_turn() -> None:
    async with listening(HOURS, FluxTranscriber, keyterms=["Hadley"]) as (server, ear):
        ear.feed(1.72)
        ear.call.finish_utterance()
        final = await ear.final()
        assert (final.text, final.confidence) == ("when do you open", 0.98)
        entry = server.journal[0]
    query = {name: values[0] for name, values in entry.query.items()}
    assert query == {
        "model": "flux-general-en",
        "encoding": "linear16",
        "sample_rate": "16000",
        "eager_eot_threshold": "0.4",
        "keyterm": "Hadley",
    }
    assert entry.path == "/v2/listen"
    assert entry.texts == [{"type": "ForceEndTurn"}, {"type": "CloseStream"}]
    assert entry.outcome == "complete"


async def test_flux_ends_the_turn() -> None:
    async with listening(Script.of("hello there", "good bye"), FluxTranscriber) as (_, ear):
        ear.feed(1.2)
        ear.call.skip(32_000)  # a pause is sound to it
        assert (await ear.final()).text == "hello there"
        ear.call.skip(32_000)
        assert (await ear.final()).text == "good bye"
        ear.call.finish_utterance()
        ear.call.skip(16_000)  # no turn is open: known as soon as this has been heard
        assert (await ear.final()).text == ""


async def test_it_believes_that_the_turn_is_over_and_takes_it_back() -> None:
    async with listening(HESITANT, FluxTranscriber) as (_, ear):
        said: list[tuple[str, bool, bool]] = []
        for _ in range(40):
            ear.feed(0.08)
            await ear.reported(0.0)
        while not ear.finals:
            heard = await ear.next()
            said.append((heard.text, heard.eager, heard.final))
    assert said[-1] == ("when do you open", False, True)


async def test_eager_ends_in_step_with_the_sound() -> None:
    async with listening(HESITANT, FluxTranscriber) as (_, ear):
        ear.feed(1.2)
        heard = await ear.next()
        while not heard.eager:
            heard = await ear.next()
        assert (heard.text, heard.final) == ("when do", False)
        assert heard.over is not None
        assert heard.over >= 0.4, "as sure as it must be to be eager"
        ear.feed(0.24)
        heard = await ear.next()  # the caller goes on
        assert (heard.text, heard.eager) == ("when do", False)
        ear.feed(0.8)
        while not heard.eager:
            heard = await ear.next()
        assert heard.text == "when do you open"
        ear.feed(0.4)
        assert (await ear.final()).text == "when do you open"


async def test_an_update_takes_nothing_back() -> None:
    """They come each quarter of a second, whatever Flux believes."""
    async with listening(HOURS, FluxTranscriber) as (_, ear):
        ear.feed(1.5 + 0.3)  # eager after 0.26 s of silence, sure after 0.6 s
        while not (await ear.next()).eager:
            pass
        ear.feed(0.26)
        await ear.reported(1.8 + 0.2)
        ear.call.finish_utterance()
        heard = await ear.next()
        assert (heard.text, heard.final) == ("when do you open", True)


async def test_asked_before_flux_has_heard_a_word() -> None:
    """It ignores that while no turn is open, so it is asked again."""
    script = Script((Word("yes", 0.2, 0.9),))
    async with listening(script, FluxTranscriber) as (server, ear):
        ear.feed(0.88)
        ear.call.finish_utterance()
        await server.journal.until(0, lambda one: one.texts)
        ear.call.skip(320 * 2)
        assert (await ear.final()).text == "yes"
        assert server.journal[0].texts == [{"type": "ForceEndTurn"}] * 2


async def test_updates_rewind() -> None:
    words = (Word("four", 0.3, 0.6, at_first="for"), Word("eyes", 0.9, 1.2))
    async with listening(Script(words), FluxTranscriber) as (_, ear):
        ear.feed(0.75)
        await ear.until("for")
        ear.feed(0.6)
        ear.call.finish_utterance()
        assert (await ear.final()).text == "four eyes"


async def test_silence_keeps_it_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no message for that; a client may send nothing at all in pauses."""
    monkeypatch.setattr(deepgram_link, "KEEP_ALIVE_S", 0.01)
    async with listening(HOURS, FluxTranscriber) as (server, ear):
        await server.journal.until(0, lambda one: one.audio_bytes >= 5 * 3200)
        assert server.journal[0].texts == []
        assert ear.call.connections == 1


async def test_errors_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deepgram_link, "BACKOFF_S", 0.001)
    error = b'{"type": "Error", "sequence_id": 1, "code": "INTERNAL", "description": "x"}'
    async with listening(HOURS, FluxTranscriber, behaviours=[Behaviour(insert={3: error})]) as (
        server,
        ear,
    ):
        ear.feed(1.72)
        await ear.until("when do you open")
        ear.call.finish_utterance()
        assert (await ear.final()).text == "when do you open"
        assert len(server.journal) == 2


@pytest.mark.parametrize(
    ("locale", "model", "hints"),
    [("en-GB", "flux-general-en", None), ("de_CH", "flux-general-multi", ["de"])],
)
async def test_the_model_of_a_locale(locale: str, model: str, hints: list[str] | None) -> None:
    async with listening(HOURS, FluxTranscriber, locale=locale) as (server, _):
        query = server.journal[0].query
    assert query["model"] == [model]
    assert query.get("language_hint") == hints


async def test_a_wrong_key() -> None:
    with pytest.raises(ProviderFailed, match=r"401.*FRONTLINE_STT__API_KEY"):
        async with listening(HOURS, FluxTranscriber, behaviour=Behaviour(status=401)):
            pass


def test_words_without_times_are_in_the_turn() -> None:
    word = SimpleNamespace(word="Hi,", confidence=0.5, start=None, end=None)
    info = SimpleNamespace(
        event="Update", audio_window_start=1.0, audio_window_end=2.0, transcript="Hi,"
    )
    info.words = [word]
    report = turn_info(info, base=16_000)
    assert [(one.text, one.start, one.end) for one in report.words] == [("Hi,", 32_000, 48_000)]
    assert (report.final, report.ends, report.end) == (False, False, 48_000)
    info.words, info.event = None, "EndOfTurn"
    report = turn_info(info, base=0)
    assert [one.text for one in report.words] == ["Hi,"]
    assert report.final
