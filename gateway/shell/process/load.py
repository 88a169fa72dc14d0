"""Load of this process: the lag of its event loop, and how much of a core the loop takes.

Both are means that forget: what is ``LAG_MEMORY`` or ``CPU_MEMORY`` old counts a third. One stall
of a tenth of a second therefore hardly shows, and a loop that is late all the time does.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from gateway.shell.process.stalls import StallWatcher

LAG_MEMORY = 2.0
"""Seconds after which a late look counts a third."""
CPU_MEMORY = 5.0
"""The same of processor time: the opening of many calls at once is no lasting load."""
SAMPLE = 0.25
"""Seconds between two looks at the processor time."""


class Load:
    """The load of the loop. Stands before the counter of stalls, and passes all on to it."""

    def __init__(
        self,
        watcher: StallWatcher,
        clock: Callable[[], float],
        cpu: Callable[[], float] = time.thread_time,
    ) -> None:
        """``cpu``: processor seconds of the loop's thread, asked on that thread."""
        self._watcher = watcher
        self._clock = clock
        self._cpu = cpu
        self._seen = self._sampled = clock()
        self._spent = cpu()
        self._lag = self._share = 0.0

    def loop_late(self, seconds: float) -> None:
        """The loop woke so late."""
        now = self._clock()
        self._lag += (seconds - self._lag) * _weight(now - self._seen, LAG_MEMORY)
        self._seen = now
        passed = now - self._sampled
        if passed >= SAMPLE:
            spent = self._cpu()
            share = (spent - self._spent) / passed
            self._share += (share - self._share) * _weight(passed, CPU_MEMORY)
            self._sampled, self._spent = now, spent
        self._watcher.loop_late(seconds)

    def loop_stalled(self, seconds: float) -> None:
        """The loop stood still for so long."""
        self._watcher.loop_stalled(seconds)

    @property
    def lag(self) -> float:
        """Seconds that the loop was late lately, on average."""
        return self._lag

    @property
    def cpu(self) -> float:
        """The share of one core that the loop took lately."""
        return self._share


def _weight(passed: float, memory: float) -> float:
    return 1.0 - math.exp(-max(0.0, passed) / memory)
