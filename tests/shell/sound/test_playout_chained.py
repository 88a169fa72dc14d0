"""Generations one behind another, and sound that is made while it plays, to the instant."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from gateway.core.actions import Play, Source
from gateway.core.events import AudioStarted, PlaybackDone
from gateway.ports.sound import AudioFormat, Encoding
from gateway.shell.sound.clips import LoadedClip
from gateway.shell.sound.sources import Stream
from tests.support.deck import Deck, order, sound, timer

pytestmark = pytest.mark.anyio

FILLER = Play(turn=3, generation=1, source=Source.FILLER, clips=("f",))
REPLY = Play(turn=3, generation=2, source=Source.AGENT, clips=(), follows=True)
PCM = AudioFormat(Encoding.PCM, 8000)


def filler(ms: int, *quiet: int) -> LoadedClip:
    return replace(sound(ms), pauses=frozenset(quiet))


def reply(ms: int = 0) -> Stream:
    stream = Stream(PCM, 40)
    stream.append(bytes(16 * ms))
    return stream


async def test_what_follows_a_filler_cuts_it_at_its_pause_and_comes_without_a_gap() -> None:
    deck = Deck()
    async with deck.running():
        deck.playout.start(FILLER, [filler(2000, 20, 21, 40)], "Let me see.")
        await asyncio.sleep(0.1)
        stream = reply(400)
        stream.end()
        deck.playout.stream(REPLY, stream)
        await asyncio.sleep(3.0)
    # message 20 ends at 0.84; the reply takes its place in real time, 0.4 s ahead
    assert deck.wire.audio() == pytest.approx(
        [max(0.0, n * 0.04 - 0.4) for n in range(31)], abs=1e-3
    )
    kinds = deck.wire.kinds()
    assert kinds.count("audio.end") == 2
    assert kinds.index("audio.end") < kinds.index("audio.start", 1)
    assert deck.at(AudioStarted) == pytest.approx([0.0, 0.44])
    done = [event.generation for _, event in deck.events if isinstance(event, PlaybackDone)]
    assert done == [1, 2]
    # the clock stands in from here on, a second after the first mark should have been heard
    assert deck.at(PlaybackDone) == pytest.approx([1.28, 1.28])


async def test_a_filler_in_the_middle_of_a_reply_and_the_reply_goes_on_behind_it() -> None:
    deck = Deck()
    async with deck.running():
        stream = reply(400)
        deck.playout.stream(replace(REPLY, generation=1, follows=False), stream)
        await asyncio.sleep(1.0)
        deck.playout.start(replace(FILLER, generation=2, follows=True), [filler(400)], "Hm.")
        await asyncio.sleep(0.2)
        stream.append(bytes(16 * 80))
        stream.end()
        deck.playout.stream(replace(REPLY, generation=3, offset=0.4), stream)
        await asyncio.sleep(3.0)
    assert deck.wire.audio() == pytest.approx([0.0] * 10 + [1.0] * 10 + [1.2] * 2)
    told = [(one["type"], one["generation"]) for one in deck.wire.told() if "generation" in one]
    assert told == [(kind, n) for n in (1, 2, 3) for kind in ("audio.start", "audio.end")]
    done = [event.generation for _, event in deck.events if isinstance(event, PlaybackDone)]
    assert done == [1, 2, 3]


async def test_an_announcement_is_said_to_its_end_first() -> None:
    deck = Deck()
    async with deck.running():
        deck.playout.start(order(), [filler(800, 5)], "")
        stream = reply(40)
        stream.end()
        deck.playout.stream(REPLY, stream)
        await asyncio.sleep(3.0)
    assert len(deck.wire.audio()) == 21


async def test_what_was_all_sent_is_followed_in_its_own_time() -> None:
    deck = Deck()
    async with deck.running():
        deck.playout.start(FILLER, [filler(400)], "")
        await asyncio.sleep(0.2)  # all sent, half heard
        stream = reply(80)
        stream.end()
        deck.playout.stream(REPLY, stream)
        assert deck.wire.audio()[-1] == 0.0
        await asyncio.sleep(3.0)
    assert deck.wire.audio()[10:] == pytest.approx([0.2, 0.2])
    assert deck.marks == ["g1:280", "g1:400", "g2:80"]


async def test_stopping_clears_what_it_follows_too() -> None:
    deck = Deck()
    async with deck.running():
        deck.playout.start(FILLER, [filler(400)], "")
        await asyncio.sleep(0.1)
        deck.playout.stream(REPLY, reply(400))
        deck.playout.stop(2)
        await asyncio.sleep(3.0)
    assert [one["generation"] for one in deck.wire.told("clear")] == [1, 2]
    assert deck.at(PlaybackDone) == [] and timer(deck) is None


async def test_a_filler_cut_before_it_began_is_never_told_of() -> None:
    deck = Deck()
    async with deck.running():
        deck.playout.start(order(), [filler(1000)], "")
        deck.playout.start(replace(FILLER, generation=2, follows=True), [filler(400, 0)], "f")
        feed = deck.playout._tracks[1].feed
        feed.take()
        deck.playout.stream(replace(REPLY, generation=3), reply(400))
        await asyncio.sleep(3.0)
    assert [one["generation"] for one in deck.wire.told("audio.start")] == [1, 3]


async def test_sound_goes_out_as_it_is_made_and_dries_up_without_a_sound() -> None:
    deck = Deck()
    stream = reply(400)
    async with deck.running():
        deck.playout.stream(replace(REPLY, generation=1), stream)
        await asyncio.sleep(3.0)
        assert deck.positions == pytest.approx([0.28])
        stream.append(bytes(16 * 400))
        await asyncio.sleep(3.0)
        assert deck.at(PlaybackDone) == [] and len(deck.wire.audio()) == 20
        stream.append(bytes(16 * 20))
        stream.end()
        await asyncio.sleep(3.0)
    assert deck.wire.audio()[:20] == pytest.approx([0.0] * 10 + [3.0] * 10)
    assert deck.wire.audio()[20:] == pytest.approx([6.0])
    assert deck.marks == ["g1:280", "g1:560", "g1:820"]
    assert deck.at(PlaybackDone) == pytest.approx([6.02])
    assert deck.wire.kinds()[-1] == "audio.end"


async def test_an_end_that_comes_when_all_was_heard_is_the_end() -> None:
    deck = Deck()
    stream = reply(280)
    async with deck.running():
        deck.playout.stream(replace(REPLY, generation=1), stream)
        await asyncio.sleep(0.3)
        deck.playout.echoed("g1:280")
        stream.end()
        await asyncio.sleep(1.0)
    assert deck.at(PlaybackDone) == pytest.approx([0.3])
    assert deck.marks == ["g1:280"]


async def test_what_was_heard_makes_room() -> None:
    deck = Deck()
    stream = reply(600)
    async with deck.running():
        deck.playout.stream(replace(REPLY, generation=1), stream)
        await asyncio.sleep(0.3)
        deck.playout.echoed("g1:280")
        assert len(stream._messages) == 15 - 7


async def test_a_reply_that_nobody_plays_any_more_wakes_nobody() -> None:
    deck = Deck()
    stream = reply(400)
    async with deck.running():
        deck.playout.stream(replace(REPLY, generation=1), stream)
        deck.playout.stop(1)
        stream.append(bytes(16 * 400))
        await asyncio.sleep(1.0)
    assert deck.wire.audio() == []
