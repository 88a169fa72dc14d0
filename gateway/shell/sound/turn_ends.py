"""Listening to how turns end, off the event loop: one thread for all calls, several at a time.

A judgement is worth something only while the silence that it is about still runs. So the queue is
short (``WAITING``; the oldest is given up for a new one, and counted) and what has waited for
``STALE`` is not judged at all. Whoever asked then hears nothing, and goes by the words alone.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from gateway.ports.turn_end import TurnEnd

log = logging.getLogger("frontline.turn_end")

WAITING = 16
AT_ONCE = 4
"""Turns judged in one go: more would keep the first waiting for the last."""
STALE = 0.6
"""Seconds after which the silence is over in any case."""
NICE = 10
"""The thread gives way to those that answer: it is only evidence."""


@dataclass(frozen=True, slots=True)
class Listening:
    """A turn to be listened to."""

    pcm: bytes
    asked_at: float
    answer: Callable[[float], None]
    """Called on the event loop with the probability that it is over."""


class TurnEnds:
    """The thread. ``ask`` never waits."""

    def __init__(
        self, judge: TurnEnd, lost: Callable[[str, int], None] = lambda what, count: None
    ) -> None:
        self.seconds = judge.seconds
        self._judge = judge
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._ready = threading.Condition()
        self._waiting: deque[Listening] = deque()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="turn ends", daemon=True)
        self._thread.start()

    def ask(self, pcm: bytes, answer: Callable[[float], None]) -> None:
        """Have it listened to."""
        with self._ready:
            if len(self._waiting) >= WAITING:
                self._waiting.popleft()
                self._lost("turn_ends", 1)
            self._waiting.append(Listening(pcm, time.monotonic(), answer))
            self._ready.notify()

    def close(self, within: float = 5.0) -> None:
        """Stop the thread; what waits is not answered."""
        with self._ready:
            self._closed = True
            self._ready.notify()
        self._thread.join(timeout=within)

    def _run(self) -> None:
        _give_way()
        while (batch := self._next()) is not None:
            try:
                found = self._judge.judge([one.pcm for one in batch])
            except Exception:  # a turn must not hang on it: the words decide
                log.exception("listening to the end of a turn failed")
                continue
            try:
                for one, probability in zip(batch, found, strict=True):
                    self._loop.call_soon_threadsafe(one.answer, probability)
            except RuntimeError:  # the loop is closed
                return

    def _next(self) -> list[Listening] | None:
        """The turns to be judged next; None at the end."""
        while True:
            with self._ready:
                self._ready.wait_for(lambda: self._closed or bool(self._waiting))
                if self._closed:
                    return None
                taken = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            fresh = [one for one in taken if time.monotonic() - one.asked_at < STALE]
            if fresh:
                return fresh


def _give_way() -> None:
    """On Linux a thread has a priority of its own."""
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
    except OSError:
        log.info("the thread that listens to turn ends runs at the usual priority")
