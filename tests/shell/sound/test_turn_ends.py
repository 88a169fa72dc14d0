"""The thread that listens. Real threads, held and released: nothing sleeps."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence

import pytest

from gateway.shell.sound import turn_ends
from gateway.shell.sound.turn_ends import AT_ONCE, WAITING, TurnEnds

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]


class Judge:
    """Says how long a sound is, as hundredths, when it is let to."""

    seconds = 8.0

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)
        self.held = False
        self.fails = False

    def judge(self, turns: Sequence[bytes]) -> list[float]:
        self.batches.append(len(turns))
        if self.held:
            self.begun.release()
            assert self.go_on.acquire(timeout=10)
        if self.fails:
            self.fails = False
            raise RuntimeError("out of order")
        return [len(one) / 100 for one in turns]


class Desk:
    def __init__(self) -> None:
        self.judge = Judge()
        self.lost: list[tuple[str, int]] = []
        self.answers: asyncio.Queue[float] = asyncio.Queue()
        self.ends = TurnEnds(self.judge, lambda what, count: self.lost.append((what, count)))

    def ask(self, length: int) -> None:
        self.ends.ask(bytes(length), self.answers.put_nowait)

    async def answer(self) -> float:
        async with asyncio.timeout(10):
            return await self.answers.get()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    one = Desk()
    yield one
    one.judge.held = False
    for _ in range(100):
        one.judge.go_on.release()
    await asyncio.to_thread(one.ends.close)
    assert not one.ends._thread.is_alive()


async def test_whoever_asks_is_answered_on_the_loop(desk: Desk) -> None:
    desk.ask(70)
    assert await desk.answer() == 0.7


async def test_those_who_wait_are_judged_together_but_not_all(desk: Desk) -> None:
    desk.judge.held = True
    desk.ask(1)
    assert await asyncio.to_thread(desk.judge.begun.acquire, timeout=10)
    for length in range(2, 9):
        desk.ask(length)
    desk.judge.held = False
    desk.judge.go_on.release()
    assert [await desk.answer() for _ in range(8)] == [n / 100 for n in range(1, 9)]
    assert desk.judge.batches == [1, AT_ONCE, 3]


async def test_of_too_many_the_oldest_is_given_up_and_counted(desk: Desk) -> None:
    desk.judge.held = True
    desk.ask(1)
    assert await asyncio.to_thread(desk.judge.begun.acquire, timeout=10)
    for length in range(2, 2 + WAITING + 3):
        desk.ask(length)
    assert desk.lost == [("turn_ends", 1)] * 3


async def test_what_waited_too_long_is_not_judged(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.judge.held = True
    desk.ask(1)
    assert await asyncio.to_thread(desk.judge.begun.acquire, timeout=10)
    monkeypatch.setattr(turn_ends, "STALE", -1.0)
    desk.ask(2)
    desk.judge.held = False
    desk.judge.go_on.release()
    assert await desk.answer() == 0.01
    await asyncio.to_thread(desk.ends.close)
    assert desk.judge.batches == [1]


async def test_a_judge_that_fails_answers_nothing_and_goes_on(desk: Desk) -> None:
    desk.judge.fails = True
    desk.judge.held = True
    desk.ask(1)
    assert await asyncio.to_thread(desk.judge.begun.acquire, timeout=10)
    desk.judge.held = False
    desk.judge.go_on.release()
    desk.ask(2)
    assert await desk.answer() == 0.02
