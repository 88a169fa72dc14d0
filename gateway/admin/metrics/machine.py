"""Metrics of several workers as those of one server.

Each worker counts in files of its own, which outlive it, so that a counter never falls when a
worker dies; whichever is asked reads all of them. What the process itself uses is added up over
the supervisor and the workers.
"""

from __future__ import annotations

import os
import resource
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that has the library count in files; read when it is first imported."""

TRIES = 10
"""Looks at files that others are writing."""

_TICKS = os.sysconf("SC_CLK_TCK")
_USER, _START = 11, 19  # places in /proc/PID/stat after the name


def of_the_machine(workers: Workers) -> CollectorRegistry:
    """Everything that all workers have counted."""
    registry = CollectorRegistry()
    Counted(registry, path=os.environ[FOLDER])
    registry.register(workers)
    return registry


class Counted(MultiProcessCollector):
    """Counts that the files hold. A worker that is just beginning has one that is not whole yet."""

    def collect(self) -> list[Metric]:
        """See ``Collector``. Blocks: not for the event loop."""
        for _ in range(TRIES - 1):
            try:
                return list(super().collect())
            except (struct.error, ValueError, KeyError, IndexError, OSError):
                time.sleep(0.02)
        return list(super().collect())


def bury(process: int) -> None:
    """Forget what only a living worker has, such as calls in progress; its counters stay."""
    mark_process_dead(process, os.environ[FOLDER])


class Attendance(Protocol):
    """The list of those who work."""

    @property
    def supervisor(self) -> int: ...
    @property
    def restarts(self) -> int: ...
    def processes(self) -> list[int]: ...


class Workers(Collector):
    """The use of the machine by the processes, and how they fare."""

    def __init__(
        self, supervisor: int, processes: Callable[[], list[int]], restarts: Callable[[], int]
    ) -> None:
        self._supervisor = supervisor
        self._processes = processes
        self._restarts = restarts

    @classmethod
    def on(cls, board: Attendance) -> Workers:
        """The workers of a board."""
        return cls(board.supervisor, board.processes, lambda: board.restarts)

    def collect(self) -> Iterator[Metric]:
        """See ``Collector``."""
        living = self._processes()
        alive = [self._supervisor, *living]
        yield GaugeMetricFamily("frontline_workers", "Workers that take calls.", len(living))
        yield CounterMetricFamily(
            "frontline_worker_restarts", "Workers started for one that died.", self._restarts()
        )
        yield CounterMetricFamily(
            "frontline_process_cpu_seconds",
            "Processor time of all workers, those gone as well.",
            sum(map(_cpu, alive)) + _cpu(self._supervisor, children=True),
        )
        yield GaugeMetricFamily(
            "frontline_process_resident_memory_bytes",
            "Memory of all workers, what they share counted once.",
            sum(map(_memory, alive)),
        )
        yield GaugeMetricFamily(
            "frontline_process_open_fds", "Open files of all workers.", sum(map(_files, alive))
        )
        yield GaugeMetricFamily(
            "frontline_process_max_fds",
            "Open files each may have.",
            resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        )
        yield GaugeMetricFamily(
            "frontline_process_start_time_seconds",
            "Unix seconds at which the supervisor was started.",
            _start(self._supervisor),
        )


def _stat(process: int) -> list[str]:
    """Return the numbers about a process; none for one that is gone."""
    try:
        return Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return []


def _cpu(process: int, *, children: bool = False) -> float:
    first = _USER + 2 if children else _USER
    return sum(int(ticks) for ticks in _stat(process)[first : first + 2]) / _TICKS


def _start(process: int) -> float:
    stat = _stat(process)
    if not stat:
        return 0.0
    for line in Path("/proc/stat").read_text("utf-8").splitlines():
        if line.startswith("btime "):
            return int(line.split()[1]) + int(stat[_START]) / _TICKS
    return 0.0


def _memory(process: int) -> int:
    """Return its bytes, of what is shared its part (PSS)."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text("utf-8")
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) * 1024


def _files(process: int) -> int:
    try:
        return len(os.listdir(f"/proc/{process}/fd"))
    except OSError:
        return 0
