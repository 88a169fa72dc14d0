"""Recognisers that die in the middle of a call, in virtual time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from gateway.errors import ProviderFailed
from gateway.ports.speech_in import Heard, Presence
from gateway.shell.sound import reopening
from gateway.shell.sound.reopening import KEPT, OWED, TRIES, WITHIN, Kept, ReopeningTranscriber
from tests.support.fakes import FakeTranscriber, FakeTranscription
from tests.support.hearing import words

pytestmark = pytest.mark.anyio

DEAD = ProviderFailed("the decoder died")


def now() -> float:
    return asyncio.get_running_loop().time()


def pcm(ms: int, value: int) -> bytes:
    return value.to_bytes(2, "little") * (16 * ms)


@dataclass
class Ear:
    """A call's stream, and what came of it."""

    provider: FakeTranscriber
    call: reopening.ReopeningTranscription
    heard: list[Heard] = field(default_factory=list)
    presence: list[bool] = field(default_factory=list)
    failure: ProviderFailed | None = None
    failed_at: float = 0.0
    lost: list[tuple[str, int]] = field(default_factory=list)

    @property
    def now(self) -> FakeTranscription:
        """The recogniser that listens."""
        return self.provider.opened[-1]

    async def listen(self) -> None:
        try:
            async for heard in words(self.call, self.presence):
                self.heard.append(heard)
        except ProviderFailed as error:
            self.failure, self.failed_at = error, now()


class Slow(FakeTranscriber):
    """Opening takes ``takes`` seconds, but for the first; ``refusals`` are raised before."""

    def __init__(self) -> None:
        super().__init__()
        self.takes = 0.0
        self.refusals: list[Exception] = []
        self.asked: list[float] = []

    async def open(self, *args: object, **more: object) -> FakeTranscription:
        self.asked.append(now())
        if self.opened:
            await asyncio.sleep(self.takes)
        if self.refusals:
            raise self.refusals.pop(0)
        return await super().open("en-US", "c1")


@contextlib.asynccontextmanager
async def listening(provider: Slow | None = None) -> AsyncIterator[Ear]:
    provider = provider or Slow()
    lost: list[tuple[str, int]] = []
    transcriber = ReopeningTranscriber(provider, lambda what, count: lost.append((what, count)))
    call = await transcriber.open("en-GB", "c1", ["Hadley"])
    ear = Ear(provider, call, lost=lost)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ear.listen())
        yield ear
        await call.close()
    await transcriber.close()


async def test_while_all_is_well_it_only_passes_on() -> None:
    async with listening() as ear:
        ear.call.feed(b"\x01\x00")
        ear.call.skip(7)
        ear.call.finish_utterance()
        ear.now.say(Heard("yes", final=True))
        await asyncio.sleep(0)
        assert (bytes(ear.now.fed), ear.now.skipped, ear.now.finished) == (b"\x01\x00", 7, 1)
    assert ear.heard == [Heard("yes", final=True)]
    assert len(ear.provider.opened) == 1 and ear.now.closed == 1


async def test_another_hears_all_that_was_said_since_the_last_final() -> None:
    async with listening() as ear:
        first = ear.now
        ear.call.feed(pcm(20, 1))
        ear.call.finish_utterance()
        first.say(Heard("one", final=True))
        await asyncio.sleep(0)
        ear.call.feed(pcm(20, 2))
        ear.call.skip(5)
        ear.call.skip(6)
        ear.call.finish_utterance()  # owed when it dies
        ear.call.feed(pcm(20, 3))
        first.say(DEAD)
        await asyncio.sleep(1.0)
        assert first.closed == 1, "it may hold the only place there is"
        assert ear.now is not first
        assert bytes(ear.now.fed) == pcm(20, 2) + pcm(20, 3)
        assert (ear.now.skipped, ear.now.finished) == (11, 1)
        ear.now.say(Heard("two", final=True))
        ear.call.feed(pcm(20, 4))
        await asyncio.sleep(0)
    assert [one.text for one in ear.heard] == ["one", "two"]
    assert bytes(ear.now.fed)[-640:] == pcm(20, 4)
    assert ear.failure is None and ear.lost == []


async def test_the_call_is_told_that_it_is_away_and_back() -> None:
    async with listening() as ear:
        ear.now.say(DEAD)
        await asyncio.sleep(1.0)
        ear.now.say(Presence(there=False))  # the next one says so itself
        ear.now.say(Heard("yes", final=True))
        ear.now.say(Presence(there=True))
        await asyncio.sleep(1.0)
    assert ear.presence == [False, True, False, True]
    assert ear.heard == [Heard("yes", final=True)]


async def test_what_it_tried_on_its_own_is_counted_in() -> None:
    provider = Slow()
    provider.takes = 1e6
    async with listening(provider) as ear:
        begun = now()
        ear.now.say(Presence(there=False))
        await asyncio.sleep(WITHIN - 1.0)
        ear.now.say(DEAD)
        await asyncio.sleep(WITHIN)
    assert ear.failed_at - begun == pytest.approx(WITHIN)
    assert ear.presence == [False], "it is told once"


async def test_what_comes_while_there_is_none_is_kept() -> None:
    provider = Slow()
    provider.takes = 2.0
    async with listening(provider) as ear:
        ear.now.say(DEAD)
        await asyncio.sleep(1.0)
        ear.call.feed(pcm(20, 9))
        ear.call.skip(3)
        ear.call.finish_utterance()
        await asyncio.sleep(2.0)
        assert (bytes(ear.now.fed), ear.now.skipped, ear.now.finished) == (pcm(20, 9), 3, 1)


async def test_it_is_tried_three_times_and_then_told() -> None:
    provider = Slow()
    async with listening(provider) as ear:
        provider.refusals = [ProviderFailed(f"no {number}") for number in range(9)]
        begun = now()
        ear.now.say(DEAD)
        await asyncio.sleep(WITHIN)
    assert [at - begun for at in provider.asked[1:]] == pytest.approx([0.0, 0.25, 0.75])
    assert str(ear.failure) == f"no {TRIES - 1}"
    assert ear.failed_at - begun == pytest.approx(0.75)


async def test_one_that_never_answers_is_not_waited_for_for_ever() -> None:
    provider = Slow()
    provider.takes = 1e6
    async with listening(provider) as ear:
        begun = now()
        ear.now.say(DEAD)
        await asyncio.sleep(2 * WITHIN)
    assert ear.failed_at - begun == pytest.approx(WITHIN)
    assert str(ear.failure) == "the decoder died; not there again within 6 s"


async def test_one_that_dies_again_and_again_is_given_up() -> None:
    async with listening() as ear:
        for _ in range(TRIES + 1):
            ear.now.say(DEAD)
            await asyncio.sleep(1.0)
        assert ear.failure is DEAD
    assert len(ear.provider.opened) == TRIES + 1


async def test_one_that_has_held_for_a_while_may_die_again() -> None:
    async with listening() as ear:
        for _ in range(3 * TRIES):
            await asyncio.sleep(reopening.STEADY)
            ear.now.say(DEAD)
            await asyncio.sleep(1.0)
    assert ear.failure is None
    assert len(ear.provider.opened) == 1 + 3 * TRIES


async def test_a_dead_one_that_does_not_close_is_left() -> None:
    async with listening() as ear:
        first = ear.now
        first.takes = 1e6
        first.say(DEAD)
        await asyncio.sleep(reopening.CLOSING + 0.1)
        assert ear.now is not first
    assert ear.failure is None


async def test_hanging_up_while_it_is_opened_again() -> None:
    provider = Slow()
    provider.takes = 4.0
    async with listening(provider) as ear:
        ear.now.say(DEAD)
        await asyncio.sleep(1.0)
        begun = now()
    assert now() == begun, "nobody waits for it"
    assert (ear.failure, len(provider.opened)) == (None, 1)
    assert ear.presence == [False]


async def test_one_that_fails_as_the_call_ends_is_not_replaced() -> None:
    async with listening() as ear:
        ear.now.say(DEAD)
        await ear.call.close()
    assert (ear.failure, len(ear.provider.opened)) == (None, 1)


async def test_too_much_sound_is_dropped_and_counted() -> None:
    async with listening() as ear:
        frames = KEPT // 640
        for number in range(frames + 10):
            ear.call.feed(pcm(20, number % 100))
        ear.now.say(DEAD)
        await asyncio.sleep(1.0)
        assert len(ear.now.fed) == KEPT
        assert bytes(ear.now.fed[:640]) == pcm(20, 10)
    assert ear.lost == [("sound", 10)]


def test_finals_that_never_come_are_given_up_in_the_end() -> None:
    kept, other = Kept(), FakeTranscription()
    for number in range(OWED + 20):
        kept.feed(pcm(20, number))
        kept.finish()
    kept.feed(pcm(20, 0))
    kept.replay(other)
    assert other.finished == OWED
    assert len(other.fed) == 640 * (OWED + 1)


def test_an_old_utterance_loses_its_sound_but_not_its_final() -> None:
    kept, other = Kept(), FakeTranscription()
    kept.feed(pcm(20, 1))
    kept.skip(3)
    kept.finish()
    kept.feed(bytes(KEPT))
    kept.replay(other)
    assert (len(other.fed), other.finished, kept.dropped) == (KEPT, 1, 1)
