"""A generation on its way to the caller, to the instant."""

from __future__ import annotations

import asyncio

import pytest

from gateway.core.events import AudioStarted, MarkReached, PlaybackDone
from gateway.shell.sound.playout import Pacing
from tests.support.deck import Deck, order, sound, timer

pytestmark = pytest.mark.anyio


async def test_a_lead_at_once_and_the_rest_in_real_time() -> None:
    deck = Deck()
    async with deck.running():
        deck.playout.start(order(), [sound(1000)], "At nine.")
        await asyncio.sleep(2.0)
    lead = [0.0] * 10
    rest = [n * 0.04 - 0.4 for n in range(10, 25)]
    assert deck.wire.audio() == pytest.approx(lead + rest, abs=1e-6)
    assert [one for _, one in deck.wire.sent if isinstance(one, bytes)] == [
        bytes([n]) for n in range(25)
    ]


async def test_what_the_client_is_told() -> None:
    deck = Deck()
    async with deck.running():
        deck.playout.start(order(), [sound(600)], "At nine.")
        await asyncio.sleep(2.0)
    kinds = ["audio.start", "audio", "mark", "audio", "mark", "audio", "mark", "audio.end"]
    assert deck.wire.kinds() == kinds
    told = [{**one, "at": 0} for one in deck.wire.told()]
    assert told[0] == {
        "at": 0,
        "type": "audio.start",
        "turn": 3,
        "generation": 1,
        "source": "cache",
        "text": "At nine.",
    }
    assert deck.marks == ["g1:280", "g1:560", "g1:600"]
    assert told[-1] == {"at": 0, "type": "audio.end", "turn": 3, "generation": 1}


async def test_a_clip_without_text_is_told_without() -> None:
    deck = Deck()
    async with deck.running():
        deck.playout.start(order(), [sound(40)], "")
        await asyncio.sleep(2.0)
    assert "text" not in deck.wire.told("audio.start")[0]


async def test_the_first_message_on_the_wire_is_reported_once() -> None:
    deck = Deck()
    deck.wire.takes = 0.005
    async with deck.running():
        deck.playout.start(order(), [sound(200)], "")
        await asyncio.sleep(3.0)
    # the start message and the first sound, 5 ms each
    assert deck.at(AudioStarted) == pytest.approx([0.01])


async def test_echoed_marks_tell_what_was_heard() -> None:
    deck = Deck()
    async with deck.running():
        deck.playout.start(order(), [sound(600)], "")
        for name, at in (("g1:280", 0.35), ("g1:560", 0.65), ("g1:600", 0.7)):
            await asyncio.sleep(at - deck.loop.time())
            deck.playout.echoed(name)
        await asyncio.sleep(5.0)
    assert deck.positions == pytest.approx([0.28, 0.56, 0.6])
    assert deck.at(MarkReached) == pytest.approx([0.35, 0.65, 0.7])
    assert deck.at(PlaybackDone) == pytest.approx([0.7])


async def test_a_mark_stands_for_those_before_it() -> None:
    deck = Deck()
    async with deck.running():
        deck.playout.start(order(), [sound(600)], "")
        await asyncio.sleep(0.7)
        deck.playout.echoed("g1:560")
        deck.playout.echoed("g1:280")  # out of order: it counted already
        deck.playout.echoed("g1:600")
    assert deck.positions == pytest.approx([0.56, 0.6])
    assert deck.at(PlaybackDone) == pytest.approx([0.7])


@pytest.mark.parametrize("name", ["g1:560", "g2:280", "", "mark"])
async def test_marks_that_were_not_sent_prove_nothing(name: str) -> None:
    deck = Deck()
    async with deck.running():
        deck.playout.echoed(name)
        deck.playout.start(order(), [sound(600)], "")
        deck.playout.echoed(name)  # g1:560 comes later
        assert deck.positions == []
        deck.playout.close()


async def test_for_a_client_that_never_echoes_the_clock_stands_in() -> None:
    deck = Deck()
    async with deck.running():
        deck.playout.start(order(), [sound(2000)], "")
        await asyncio.sleep(10.0)
        deck.playout.start(order(2), [sound(600)], "")
        await asyncio.sleep(10.0)
    first = [position for position in deck.positions if position > 0][:8]
    assert first == pytest.approx([0.28, 0.56, 0.84, 1.12, 1.4, 1.68, 1.96, 2.0])
    # the first mark is waited for, the others follow the sound
    times = deck.at(MarkReached)
    assert times[0] == pytest.approx(1.28, abs=1e-3)
    assert times[1:4] == pytest.approx([1.28] * 3, abs=1e-3)
    assert times[4:8] == pytest.approx([1.4, 1.68, 1.96, 2.0], abs=1e-3)
    assert times[8:] == pytest.approx([10.28, 10.56, 10.6], abs=1e-3)
    assert deck.at(PlaybackDone) == pytest.approx([2.0, 10.6], abs=1e-3)


async def test_a_client_that_echoes_late_is_believed_again() -> None:
    deck = Deck()
    async with deck.running():
        deck.playout.start(order(), [sound(2000)], "")
        await asyncio.sleep(1.5)
        assert deck.positions[-1] == pytest.approx(1.4)
        await asyncio.sleep(0.4)
        deck.playout.echoed("g1:1960")
        await asyncio.sleep(0.05)
        assert deck.at(PlaybackDone) == []  # the clock has nothing to say any more
        await asyncio.sleep(1.0)
        deck.playout.echoed("g1:2000")
    assert deck.at(PlaybackDone) == pytest.approx([2.95])


async def test_stopping_drops_what_is_queued_and_clears_the_client() -> None:
    deck = Deck()
    async with deck.running():
        deck.playout.start(order(), [sound(2000)], "")
        await asyncio.sleep(0.5)
        sent = len(deck.wire.audio())
        deck.playout.stop(1)
        await asyncio.sleep(5.0)
        deck.playout.echoed("g1:280")
    assert sent == len(deck.wire.audio()) == 10 + 13
    assert deck.wire.kinds()[-1] == "clear"
    assert deck.wire.told("clear")[0]["generation"] == 1
    assert deck.wire.told("audio.end") == []
    assert deck.positions == []
    assert deck.at(PlaybackDone) == []


async def test_stopping_before_the_writer_ran_leaves_only_the_clear() -> None:
    deck = Deck()
    deck.playout.start(order(), [sound(2000)], "")
    deck.playout.stop(1)
    async with deck.running():
        await asyncio.sleep(1.0)
    assert deck.wire.kinds() == ["clear"]
    assert deck.events == []


async def test_stopping_an_older_generation_leaves_the_one_on_the_air() -> None:
    deck = Deck()
    async with deck.running():
        deck.playout.start(order(2), [sound(1000)], "")
        deck.playout.stop(1)
        await asyncio.sleep(3.0)
    assert len(deck.wire.audio()) == 25
    assert deck.at(PlaybackDone) == pytest.approx([1.28], abs=1e-3)


async def test_clips_follow_one_another_without_a_gap() -> None:
    deck = Deck()
    async with deck.running():
        deck.playout.start(order(), [sound(200), sound(120), sound(400)], "")
        await asyncio.sleep(3.0)
    assert len(deck.wire.audio()) == 5 + 3 + 10
    assert deck.wire.audio()[-1] == pytest.approx(17 * 0.04 - 0.4, abs=1e-6)
    assert deck.marks[-1] == "g1:720"


@pytest.mark.parametrize(("offset", "left"), [(0.5, 13), (0.97, 1)])
async def test_a_resumed_clip_begins_at_the_border_before(offset: float, left: int) -> None:
    deck = Deck()
    async with deck.running():
        deck.playout.start(order(2, offset), [sound(1000)], "")
        await asyncio.sleep(3.0)
    assert len(deck.wire.audio()) == left
    assert deck.marks[-1] == f"g2:{left * 40}"


async def test_an_offset_may_lie_in_a_later_clip() -> None:
    deck = Deck()
    async with deck.running():
        deck.playout.start(order(2, 0.28), [sound(200), sound(400)], "")
        await asyncio.sleep(3.0)
    sent = [one for _, one in deck.wire.sent if isinstance(one, bytes)]
    assert sent == [bytes([n]) for n in range(2, 10)]


async def test_a_clip_resumed_at_its_end_is_over() -> None:
    deck = Deck()
    async with deck.running():
        deck.playout.start(order(2, 1.5), [sound(1000)], "")
        await asyncio.sleep(3.0)
    assert deck.wire.sent == []
    assert [event for _, event in deck.events] == [PlaybackDone(generation=2)]


async def test_a_new_generation_ends_one_whose_last_mark_never_came() -> None:
    deck = Deck()
    async with deck.running():
        deck.playout.start(order(1), [sound(600)], "")
        await asyncio.sleep(0.1)
        deck.playout.echoed("g1:280")
        deck.playout.start(order(2), [sound(400)], "")
        await asyncio.sleep(1.0)
        deck.playout.echoed("g1:560")
        deck.playout.echoed("g2:400")
    assert deck.positions == pytest.approx([0.28, 0.4])
    assert len(deck.wire.audio()) == 11 + 2 + 10  # 0.4 s ahead, 0.1 s in real time, the next


async def test_closing_leaves_no_timer() -> None:
    deck = Deck()
    async with deck.running():
        deck.playout.start(order(), [sound(1000)], "")
        assert timer(deck) is not None
        deck.playout.close()
        deck.playout.close()
        assert timer(deck) is None
        await asyncio.sleep(3.0)
    assert len(deck.wire.audio()) == 11


async def test_no_lead_still_sends_the_first_message() -> None:
    deck = Deck(Pacing(lead=0.0))
    async with deck.running():
        deck.playout.start(order(), [sound(120)], "")
        await asyncio.sleep(3.0)
    assert deck.wire.audio() == pytest.approx([0.0, 0.04, 0.08], abs=1e-6)
