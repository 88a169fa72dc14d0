"""How late the event loop runs, in virtual time."""

from __future__ import annotations

import asyncio
import logging

import pytest

from gateway.shell.process.stalls import EVERY, IDLE, KEPT, SAID_EVERY, STALL, Stalls
from tests.support.virtual import VirtualLoop

pytestmark = pytest.mark.anyio


class Floor:
    """A watch, whoever counts, and a loop that can be held up."""

    def __init__(self, calls: int = 1) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        self.loop = loop
        self.calls = calls
        self.late: list[float] = []
        self.stalled: list[float] = []
        self.stalls = Stalls(self, lambda: bool(self.calls), loop.time)
        self.stalls.start()

    def loop_late(self, seconds: float) -> None:
        self.late.append(seconds)

    def loop_stalled(self, seconds: float) -> None:
        self.stalled.append(seconds)

    def block(self, seconds: float) -> None:
        """Now nothing else runs."""
        self.loop._jumping.now += seconds

    async def stall(self, seconds: float) -> None:
        """Have the next look but one be so late; back when it has been."""
        looks = len(self.late)
        while len(self.late) == looks:  # noqa: ASYNC110 - as often as the loop turns, which is free
            await asyncio.sleep(EVERY / 10)
        self.loop.call_later(EVERY / 2, lambda: self.block(EVERY / 2 + seconds))
        await asyncio.sleep(EVERY)


async def test_an_idle_loop_is_never_late() -> None:
    floor = Floor()
    await asyncio.sleep(1.005)
    assert floor.late == pytest.approx([0.0] * 100, abs=1e-6)
    assert floor.stalled == []
    assert floor.stalls.within(1.0) == 0.0


async def test_what_blocks_the_loop_is_reported() -> None:
    floor = Floor()
    await floor.stall(0.3)
    await asyncio.sleep(1.0)
    assert floor.stalled == pytest.approx([0.3], abs=2e-3)
    assert sum(floor.late) == pytest.approx(0.3, abs=2e-3)


async def test_a_little_late_is_no_stall() -> None:
    floor = Floor()
    await floor.stall(STALL - 0.003)
    await asyncio.sleep(1.0)
    assert floor.stalled == []
    assert max(floor.late) == pytest.approx(STALL - 0.003, abs=2e-3)


async def test_without_calls_it_only_looks_whether_there_are_some() -> None:
    floor = Floor(calls=0)
    floor.loop.call_at(1.1, lambda: floor.block(0.5))
    await asyncio.sleep(4 * IDLE)
    floor.calls = 1
    await asyncio.sleep(1.0)
    assert floor.stalled == []
    looks = len(floor.late)
    assert looks > 0
    floor.calls = 0
    await asyncio.sleep(10.0)
    assert len(floor.late) == looks + 1, "the look that had been due"


async def test_a_wait_is_told_how_much_of_it_was_a_stall() -> None:
    floor = Floor()
    await floor.stall(0.1)
    await asyncio.sleep(0.5)
    between = floor.loop.time()
    await asyncio.sleep(0.5)
    await floor.stall(0.2)
    until = floor.loop.time()
    assert floor.stalls.within(until) == pytest.approx(0.3, abs=4e-3)
    assert floor.stalls.within(until - between) == pytest.approx(0.2, abs=2e-3)
    whole = "what came at its beginning was seen at its end"
    assert floor.stalls.within(0.1) == pytest.approx(0.2, abs=2e-3), whole
    await asyncio.sleep(1.0)
    assert floor.stalls.within(0.5) == 0.0


async def test_a_stall_that_is_not_over_counts_up_to_now() -> None:
    floor = Floor()
    await asyncio.sleep(0.995)
    floor.block(0.105)
    assert floor.stalls.within(1.0) == pytest.approx(0.1, abs=2e-3)
    await asyncio.sleep(0.5)
    assert floor.stalls.within(1.0) == pytest.approx(0.1, abs=2e-3), "it was looked at: once"


async def test_one_line_a_minute_tells_of_the_longest(caplog: pytest.LogCaptureFixture) -> None:
    floor = Floor()
    with caplog.at_level(logging.WARNING, "frontline.loop"):
        for seconds in (0.05, 0.4, 0.1):
            await floor.stall(seconds)
            await asyncio.sleep(5.0)
        assert [record.args for record in caplog.records] == [(1, pytest.approx(50, abs=2))]
        await asyncio.sleep(SAID_EVERY)
        assert [record.args for record in caplog.records[1:]] == [(2, pytest.approx(400, abs=2))]
        await asyncio.sleep(5 * SAID_EVERY)
    assert len(caplog.records) == 2
    assert "the event loop stood still (times: 2, longest: 400 ms)" in caplog.text


async def test_old_stalls_are_forgotten() -> None:
    floor = Floor()
    for _ in range(2 * KEPT):
        await floor.stall(2 * STALL)
    assert len(floor.stalled) == 2 * KEPT
    assert floor.stalls.within(1e6) == pytest.approx(sum(floor.stalled[-KEPT:]))


async def test_closed_it_watches_no_more() -> None:
    floor = Floor()
    await asyncio.sleep(0.1)
    floor.stalls.close()
    floor.stalls.close()
    looks = len(floor.late)
    await asyncio.sleep(1.0)
    assert len(floor.late) == looks
    assert EVERY < IDLE
