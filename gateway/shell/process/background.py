"""The one place where tasks are made that no ``TaskGroup`` holds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
log = logging.getLogger("frontline")

CLOSE_WITHIN = 5.0
"""Seconds that tasks have to end when they are cancelled; good ones take none."""


_running: set[asyncio.Task[Any]] = set()


def start(work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
    """Run ``work`` in a task of that name, which is kept alive until it ends.

    Whoever starts a task awaits it, or looks at how it ended: its failure is theirs to tell. A task
    that nobody waits for is ``Background``'s.
    """
    task = asyncio.get_running_loop().create_task(work, name=name)
    _running.add(task)
    task.add_done_callback(_running.discard)
    return task


class Background:
    """Named tasks that are kept until they end, and cancelled and awaited at the close.

    A task that fails is logged; the others go on.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def spawn(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Run it, kept alive until it ends."""
        task = start(work, name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("task %s failed", task.get_name(), exc_info=error)

    async def close(self) -> None:
        """Cancel what still runs and wait until it has ended, ``CLOSE_WITHIN`` at most."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if not tasks:
            return
        _, left = await asyncio.wait(tasks, timeout=CLOSE_WITHIN)
        for task in left:
            log.error("task %s does not end", task.get_name())
