"""The tests' own clock: exact, immediate, and loud when nothing can ever happen."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.support.virtual import VirtualLoop


@pytest.mark.anyio
async def test_waiting_takes_no_time_and_is_exact() -> None:
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    start = loop.time()
    await asyncio.sleep(3600.0)
    assert loop.time() - start == pytest.approx(3600.0)
    assert time.perf_counter() - began < 5.0


@pytest.mark.anyio
async def test_timers_fire_in_order_and_timeouts_hold() -> None:
    loop = asyncio.get_running_loop()
    seen: list[float] = []

    async def note(after: float) -> None:
        await asyncio.sleep(after)
        seen.append(loop.time())

    async def note_all() -> None:
        async with asyncio.timeout(0.25), asyncio.TaskGroup() as group:
            for after in (0.2, 0.1, 0.3):
                group.create_task(note(after))

    with pytest.raises(TimeoutError):
        await note_all()
    assert seen == pytest.approx([0.1, 0.2])
    assert loop.time() == pytest.approx(0.25)


def test_a_deadlock_is_an_error_not_a_hang() -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        never = runner.get_loop().create_future()
        with pytest.raises(RuntimeError, match="deadlock"):
            runner.get_loop().run_until_complete(never)


@pytest.mark.anyio
@pytest.mark.real_loop
async def test_a_marked_test_has_the_real_clock() -> None:
    assert not isinstance(asyncio.get_running_loop(), VirtualLoop)
