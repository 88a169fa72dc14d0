"""Watch over the event loop: what holds it up delays every call at once.

A timer every ``EVERY`` seconds, while there are calls, is compared with the clock: however late it
runs, so late ran everything else. It costs 4 us a hundred times a second; without
calls it only looks whether there are some, every ``IDLE``.

A stall is taken to begin when the timer was due; it truly began up to ``EVERY`` before. Of the
newest ``KEPT`` it is known when they were, so that a turn can be told how much of its wait they
were (``within``). They are counted for ``/metrics``, and said in one log line a minute at most.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Protocol

log = logging.getLogger("frontline.loop")

EVERY = 0.01
"""Seconds between two looks while there are calls: half a frame of sound."""

IDLE = 0.25
"""Seconds between two looks whether there are calls."""

STALL = 0.02
"""Seconds from which on it is called a stall: a frame of sound, which everybody got that late."""

KEPT = 64
"""Stalls remembered. In the worst case they follow one another, and are 1.3 s of what was."""

SAID_EVERY = 60.0
"""Seconds between two log lines."""


class StallWatcher(Protocol):
    """The counter of stalls. Called on the event loop; must not block."""

    def loop_late(self, seconds: float) -> None: ...
    def loop_stalled(self, seconds: float) -> None: ...


class Stalls:
    """The watch over the running loop. ``clock`` is that of the calls; ``live`` tells whether there
    are any."""

    def __init__(
        self, watcher: StallWatcher, live: Callable[[], bool], clock: Callable[[], float]
    ) -> None:
        self._watcher = watcher
        self._live = live
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._due: float | None = None  # of the next look; None while there are no calls
        self._stalls: deque[tuple[float, float]] = deque(maxlen=KEPT)  # from, to
        self._longest = 0.0  # of those not said yet
        self._unsaid = 0
        self._say_from = clock()

    def start(self) -> None:
        """Begin to watch."""
        self._look()

    def close(self) -> None:
        """Watch no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def within(self, seconds: float) -> float:
        """Return how long the loop stood still in the last so many seconds. A stall that ended in
        them, or just before, counts whole: what came while it lasted was only seen after its end.
        One that has not been looked at yet, because whoever asks runs before the timer does, counts
        up to now."""
        now = self._clock()
        stalls = [*self._stalls]
        if self._due is not None and now - self._due >= STALL:
            stalls.append((self._due, now))
        return sum(end - begun for begun, end in stalls if end > now - seconds - EVERY)

    def _look(self) -> None:
        now = self._clock()
        if self._due is not None:
            self._compare(self._due, now)
        if self._unsaid and now >= self._say_from:
            self._say(now)
        every = EVERY if self._live() else IDLE
        self._due = now + every if every == EVERY else None
        self._timer = self._loop.call_later(every, self._look)

    def _compare(self, due: float, now: float) -> None:
        late = max(0.0, now - due)
        self._watcher.loop_late(late)
        if late < STALL:
            return
        self._watcher.loop_stalled(late)
        self._stalls.append((due, now))
        self._longest = max(self._longest, late)
        self._unsaid += 1

    def _say(self, now: float) -> None:
        log.warning(
            "the event loop stood still (times: %d, longest: %.0f ms): every call waited",
            *(self._unsaid, self._longest * 1000),
        )
        self._longest, self._unsaid, self._say_from = 0.0, 0, now + SAID_EVERY
