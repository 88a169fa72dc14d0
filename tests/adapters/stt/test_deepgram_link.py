"""Connections to Deepgram that break, stall, idle and end: of Nova, where Flux does not differ."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.adapters.stt import deepgram_link
from gateway.adapters.stt.deepgram import DeepgramTranscriber
from gateway.adapters.stt.deepgram_flux import FluxTranscriber
from gateway.adapters.stt.deepgram_link import DeepgramTranscription
from gateway.errors import ProviderFailed
from gateway.ports.speech_in import Heard, Presence
from tests.providers.behaviour import GARBAGE, Behaviour, Delay
from tests.providers.deepgram import Deepgram
from tests.providers.hearing import Script
from tests.providers.server import Server
from tests.support.deepgram_stream import SECOND, listening
from tests.support.hearing import words

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

WORDS = "one two three four five six seven eight nine ten eleven twelve"
LONG = Script.of(WORDS)  # from 0.3 to 3.9 s; Nova settles on the first ten at 3.3 s
CUTS = [Behaviour(reset_at=n) for n in (1, 3, 6, 9, 12, 13, 14, 15)]
CUTS += [
    Behaviour(close_at=5, close_code=1011, close_reason="NET-0000"),
    Behaviour(close_at=8),
    Behaviour(garbage_at=4),
    Behaviour(insert={5: GARBAGE[:1]}, reset_at=7),
]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deepgram_link, "BACKOFF_S", 0.001)


async def once(call: DeepgramTranscription) -> AsyncIterator[Heard | Presence]:
    """The next that it says."""
    async for one in call:
        yield one
        return


@pytest.mark.parametrize("kind", [DeepgramTranscriber, FluxTranscriber])
@pytest.mark.parametrize("cut", CUTS, ids=str)
async def test_cut_anywhere_no_word_is_lost_and_none_comes_twice(
    cut: Behaviour, kind: type[DeepgramTranscriber]
) -> None:
    async with listening(LONG, kind, behaviours=[cut]) as (server, ear):
        ear.feed(4.1)
        await ear.until(WORDS)
        ear.call.finish_utterance()
        assert (await ear.final()).text == WORDS
        assert ear.finals == [WORDS]
        assert ear.presence == [False, True]
        assert ear.call.connections == len(server.journal) == 2
        assert ear.call.dropped_bytes == 0


async def test_only_what_is_not_settled_is_sent_again() -> None:
    async with listening(LONG, behaviours=[Behaviour(reset_at=14)]) as (server, ear):
        ear.feed(3.4)  # twelve interim results, the final one at 3.3 s, and then the reset
        await server.journal.until(1, lambda entry: entry.audio_bytes)
        ear.feed(0.7)
        ear.call.finish_utterance()
        assert (await ear.final()).text == WORDS
        assert server.journal[1].audio_bytes == round(0.8 * 32_000)


async def test_cut_in_the_middle_of_a_word_again_and_again() -> None:
    cuts, again = [Behaviour(reset_at=n) for n in (2, 4, 3)], [0]

    def reconnected() -> None:
        again[0] += 1

    async with listening(LONG, behaviours=cuts, reconnected=reconnected) as (server, ear):
        for _ in range(41):
            ear.feed(0.1)
            await asyncio.sleep(0.002)
        await ear.until(WORDS)
        ear.call.finish_utterance()
        await ear.final()
        assert ear.finals == [WORDS]
        assert len(server.journal) == 1 + again[0] == 4


async def test_what_is_said_while_nothing_is_connected_is_heard() -> None:
    async with listening(LONG) as (server, ear):
        ear.feed(0.75)
        await ear.until("one")
        await server.refuse()
        ear.feed(3.35)
        ear.call.finish_utterance()
        await server.listen()
        assert (await ear.final()).text == WORDS


async def test_while_it_is_away_nobody_is_said_to_have_said_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {"TRIES": 1_000_000, "FINAL_S": 0.01, "UNKNOWN_S": 0.01}.items():
        monkeypatch.setattr(deepgram_link, name, value)
    async with listening(LONG) as (server, ear):
        await server.refuse()
        assert [one async for one in once(ear.call)] == [Presence(there=False)]
        ear.feed(4.1)
        ear.call.finish_utterance()
        [finish] = ear.call._finishes
        for _ in range(4):  # its time is up again and again
            before = finish.timer
            while finish.timer is before:  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0)
        monkeypatch.setattr(deepgram_link, "UNKNOWN_S", 20.0)  # it is given time once it is back
        await server.listen()
        assert (await ear.final()).text == WORDS
    assert ear.presence == [True]


@pytest.mark.parametrize("kind", [DeepgramTranscriber, FluxTranscriber])
async def test_of_a_longer_failure_the_oldest_sound_is_dropped(
    kind: type[DeepgramTranscriber], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was known of the sound that is not kept stays known."""
    monkeypatch.setattr(deepgram_link, "KEPT_S", 1.0)
    async with listening(LONG, kind) as (server, ear):
        ear.feed(0.9)
        await ear.reported(0.72)
        ear.feed(0.8)
        await ear.until("one two three four")
        await server.refuse()
        before = ear.call.dropped_bytes
        ear.feed(1.2)  # to 2.9 s: what is before 1.9 s is gone, "five" with it
        await server.listen()
        await server.journal.until(1, lambda entry: entry.audio_bytes == 32_000)
        ear.call.finish_utterance()
        final = await ear.final()
    assert (before, final.text) == (0, "one two three four six seven eight")
    assert ear.call.dropped_bytes == round(0.2 * 32_000)


async def test_when_connections_keep_failing_the_call_is_told() -> None:
    failing = Behaviour(reset_at="headers")
    async with listening(LONG, behaviours=[Behaviour(reset_at=3)], behaviour=failing) as (_, ear):
        ear.feed(2.0)
        with pytest.raises(ProviderFailed, match="cannot be reached: no connection"):
            await ear.final()


async def test_sound_it_cannot_read_is_not_sent_again() -> None:
    bad = Behaviour(close_at=1, close_code=1008, close_reason="DATA-0000")
    async with listening(LONG, behaviours=[bad]) as (server, ear):
        ear.feed(1.0)
        with pytest.raises(ProviderFailed, match="1008 DATA-0000"):
            await ear.final()
        assert len(server.journal) == 1


@pytest.mark.parametrize(
    "garbage",
    [
        b"neither JSON nor sense",
        b"\xff\x00binary",
        b"[]",
        b"null",
        b'{"type": "SomethingNew", "x": 1}',
        b'{"type": "Results"}',
        b'{"type": "Results", "channel": {"alternatives": []}, "start": 0, "duration": 1}',
        b'{"type": "Results", "channel": {"alternatives": [{"words": [{}]}]}, "start": "x"}',
        b'{"type": "TurnInfo", "words": 5}',
        b'{"type": "UtteranceEnd", "last_word_end": -1}',
    ],
)
@pytest.mark.parametrize("kind", [DeepgramTranscriber, FluxTranscriber])
async def test_messages_that_make_no_sense(garbage: bytes, kind: type[DeepgramTranscriber]) -> None:
    with_garbage = Behaviour(insert={0: garbage, 3: garbage, 6: garbage})
    async with listening(LONG, kind, behaviour=with_garbage) as (server, ear):
        ear.feed(4.1)
        await ear.until(WORDS)
        ear.call.finish_utterance()
        assert (await ear.final()).text == WORDS
        assert len(server.journal) == 1


async def test_kept_alive_in_silence_and_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deepgram_link, "KEEP_ALIVE_S", 0.02)
    provider = Deepgram(LONG, key="good", idle=0.2)
    async with listening(LONG, provider=provider) as (server, ear):
        entry = await server.journal.until(0, lambda one: len(one.texts) >= 20)
        assert entry.audio_bytes == 3200  # before any sound messages alone do not do
        assert entry.texts[:20] == [{"type": "KeepAlive"}] * 20
        ear.feed(4.0)
        ear.call.finish_utterance()
        assert (await ear.final()).text == WORDS  # time stood still
        assert ear.call.connections == 1


async def test_a_final_that_does_not_come_is_made_of_what_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deepgram_link, "FINAL_S", 0.05)
    stalls = Behaviour(silent_at=6, silent_for=0.3)
    async with listening(LONG, behaviours=[stalls]) as (_, ear):
        ear.feed(2.0)
        await ear.until("one two three four")
        ear.call.finish_utterance()
        assert (await ear.final()).text == "one two three four"
        ear.feed(2.1)
        await ear.reported(4.0)
        ear.call.finish_utterance()
        # what came too late for the first final is not in the second
        assert (await ear.final()).text == "seven eight nine ten eleven twelve"


async def test_where_nothing_is_known_the_final_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing heard is not the same as nothing said: the next connection may tell."""
    monkeypatch.setattr(deepgram_link, "FINAL_S", 0.01)
    monkeypatch.setattr(deepgram_link, "UNKNOWN_S", 15.0)
    stalls = Behaviour(silent_at="body", silent_for=0.2)
    async with listening(LONG, behaviours=[stalls]) as (_, ear):
        ear.feed(2.0)
        ear.call.finish_utterance()
        assert (await ear.final()).text == "one two three four five"


async def test_finals_come_in_their_order_though_one_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deepgram_link, "FINAL_S", 0.05)
    monkeypatch.setattr(deepgram_link, "UNKNOWN_S", 0.1)
    async with listening(LONG, behaviour=Behaviour(silent_at="body")) as (_, ear):
        for _ in range(3):
            ear.feed(0.5)
            ear.call.finish_utterance()
            await asyncio.sleep(0.03)
        for _ in range(3):
            assert (await ear.final()).text == ""
        assert not ear.call._finishes


async def test_one_that_says_nothing_any_more_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deepgram_link, "STUCK_S", 0.2)
    monkeypatch.setattr(deepgram_link, "KEEP_ALIVE_S", 0.02)
    async with listening(LONG, behaviours=[Behaviour(silent_at=3)]) as (server, ear):
        ear.feed(4.1)
        await ear.until(WORDS)
        ear.call.finish_utterance()
        assert (await ear.final()).text == WORDS
        assert len(server.journal) >= 2  # on a busy machine the next may seem silent too


async def test_silent_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deepgram_link, "STUCK_S", 0.2)
    monkeypatch.setattr(deepgram_link, "KEEP_ALIVE_S", 0.01)
    monkeypatch.setattr(deepgram_link, "FINAL_S", 0.05)
    monkeypatch.setattr(deepgram_link, "UNKNOWN_S", 0.05)
    async with listening(LONG, behaviour=Behaviour(silent_at="body")) as (_, ear):
        ear.feed(2.0)
        ear.call.finish_utterance()
        assert (await ear.final()).text == ""
        ear.feed(2.0)
        with pytest.raises(ProviderFailed, match="said nothing"):
            await ear.final()


async def test_silent_in_the_handshake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deepgram_link, "CONNECT_S", 0.02)
    with pytest.raises(ProviderFailed, match="no answer within"):
        async with listening(LONG, behaviour=Behaviour(silent_at="headers")):
            pass
    monkeypatch.setattr(deepgram_link, "CONNECT_S", 3.0)
    monkeypatch.setattr(deepgram_link, "OPEN_S", 0.05)
    with pytest.raises(ProviderFailed, match="does not answer within"):
        async with listening(LONG, behaviour=Behaviour(silent_at="headers")):
            pass


async def test_closed_while_it_connects() -> None:
    async with Server(Deepgram(LONG), behaviour=Behaviour(headers=Delay(5.0))) as server:
        transcriber = DeepgramTranscriber("k", base_url=server.http)
        async with asyncio.TaskGroup() as tasks:
            opening = tasks.create_task(transcriber.open("en-US", "call"))
            await server.journal.until(0, lambda entry: True)
            opening.cancel()
        assert opening.cancelled()
        await transcriber.close()
        await server.journal.closed()


async def test_nothing_is_yielded_after_close() -> None:
    async with listening(LONG) as (_, ear):
        ear.feed(2.0)
        await ear.reported(2.0)
        await ear.call.close()
        await ear.call.close()
        ear.call.feed(SECOND)
        ear.call.finish_utterance()
        assert [one async for one in ear.call] == []
        await ear.call.gone()


async def test_a_peer_that_does_not_answer_goodbye_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deepgram_link, "CLOSE_S", 0.02)
    async with listening(LONG, behaviour=Behaviour(silent_at=1)) as (server, ear):
        ear.feed(1.0)
        await ear.reported(0.25)
        await ear.call.close()
        await ear.call.gone()
        await server.journal.closed()


async def test_our_own_mistake_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with listening(LONG) as (_, ear):

        def wrong(report: Any) -> None:
            raise KeyError("a mistake")

        monkeypatch.setattr(ear.call, "_heard", wrong)
        ear.feed(1.0)
        with pytest.raises(ProviderFailed, match="adapter failed"):
            await ear.final()
    assert "went wrong" in caplog.text


async def test_a_hundred_streams_leave_nothing_behind(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.WARNING, "asyncio")
    monkeypatch.setattr(deepgram_link, "CLOSE_S", 10.0)  # a hundred at once, on a busy machine
    chance = random.Random(3)
    async with Server(Deepgram(LONG)) as server:
        transcriber = DeepgramTranscriber("k", base_url=server.http)
        before = len(asyncio.all_tasks())

        async def one(number: int) -> str:
            call = await transcriber.open("en-US", str(number))
            for _ in range(chance.randint(1, 21)):
                call.feed(SECOND[:6400])
                await asyncio.sleep(0)
            call.finish_utterance()
            text = ""
            async for heard in words(call):
                if heard.final:
                    text = heard.text
                    break
            await call.close()
            return text

        texts = await asyncio.gather(*(one(number) for number in range(100)))
        assert all(WORDS.startswith(text) for text in texts)
        assert WORDS in texts
        await transcriber.close()
        await server.journal.until(0, lambda _: not server.connections)
        assert len(asyncio.all_tasks()) == before
        assert {one.outcome for one in server.journal} == {"complete"}
    gc.collect()
    assert not caplog.records
