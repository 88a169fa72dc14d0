"""Tasks that outlive their maker."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import weakref

import pytest

from gateway.shell.process.background import CLOSE_WITHIN, Background, start

pytestmark = pytest.mark.anyio


async def test_a_task_is_kept_until_it_ends() -> None:
    background = Background()
    done: list[int] = []

    async def work() -> int:
        await asyncio.sleep(1.0)
        done.append(1)
        return 7

    task = background.spawn(work(), name="work")
    assert task.get_name() == "work"
    assert len(background) == 1
    assert await task == 7
    await asyncio.sleep(0)
    assert done == [1]
    assert len(background) == 0


async def test_a_failure_is_logged_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    background = Background()

    async def fail() -> None:
        raise ValueError("no such luck")

    background.spawn(fail(), name="unlucky")
    other = background.spawn(asyncio.sleep(1.0, "fine"), name="other")
    assert await other == "fine"
    [line] = [line for line in caplog.records if line.levelno == logging.ERROR]
    assert "unlucky" in line.getMessage()
    assert "no such luck" in caplog.text


async def test_closing_cancels_and_waits(caplog: pytest.LogCaptureFixture) -> None:
    background = Background()
    ended: list[float] = []

    async def work() -> None:
        try:
            await asyncio.sleep(100.0)
        finally:
            await asyncio.sleep(0.5)  # tidying up takes time
            ended.append(asyncio.get_running_loop().time())

    for _ in range(3):
        background.spawn(work(), name="work")
    await asyncio.sleep(1.0)
    await background.close()
    assert ended == pytest.approx([1.5] * 3)
    assert len(background) == 0
    assert not caplog.records
    await background.close()


async def test_what_does_not_end_is_not_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    background = Background()

    async def deaf() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(100.0)
        await asyncio.sleep(100.0)

    task = background.spawn(deaf(), name="deaf")
    await asyncio.sleep(1.0)
    await background.close()
    assert asyncio.get_running_loop().time() == pytest.approx(1.0 + CLOSE_WITHIN)
    assert "task deaf does not end" in caplog.text
    task.cancel()


async def test_a_task_that_is_started_is_kept_though_its_maker_forgets_it() -> None:
    done: list[int] = []

    async def work() -> None:
        await asyncio.sleep(1.0)
        done.append(1)

    task = weakref.ref(start(work(), name="work"))
    await asyncio.sleep(0.5)
    gc.collect()
    made = task()
    assert made is not None and made.get_name() == "work"
    await made
    assert done == [1]


async def test_how_a_started_task_ends_is_its_makers_to_tell(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail() -> None:
        raise ValueError("no such luck")

    with pytest.raises(ValueError, match="no such luck"):
        await start(fail(), name="unlucky")
    endless = start(asyncio.sleep(100.0), name="endless")
    await asyncio.sleep(0)
    endless.cancel()
    with pytest.raises(asyncio.CancelledError):
        await endless
    assert not caplog.records
