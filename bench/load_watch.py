"""Looks at a process under load: memory, tasks, descriptors, threads, lines of its log."""

from __future__ import annotations

import json
import os
import re
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path

WITHIN = 5.0
COMPLAINS = re.compile(r"\b(error|critical|warning)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sample:
    """A look at the server and all processes below it."""

    at: float
    """Seconds since the load began."""
    rss_mib: float
    descriptors: int
    threads: int
    cpu_s: float
    processes: int
    tasks: int | None = None
    """Tasks of its loop, if it can be asked."""
    complaints: int = 0
    """Lines of its log so far that are warnings or errors."""

    def told(self) -> dict[str, float]:
        """Return it as JSON."""
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Watch:
    """Looks at a process."""

    pid: int
    began: float
    """The load's beginning, as ``time.perf_counter`` has it."""
    address: str = ""
    """``host:port`` of a server of ``bench.server``, which tells its tasks."""
    log: Path | None = None

    def look(self) -> Sample | None:
        """A sample; None if the process is gone."""
        found = [one for pid in family(self.pid) if (one := facts(pid))]
        if not found:
            return None
        return Sample(
            at=round(time.perf_counter() - self.began, 1),
            rss_mib=round(sum(one[0] for one in found) / 1024, 1),
            descriptors=sum(one[1] for one in found),
            threads=sum(one[2] for one in found),
            cpu_s=round(sum(one[3] for one in found), 2),
            processes=len(found),
            tasks=self._tasks(),
            complaints=self._complaints(),
        )

    def _tasks(self) -> int | None:
        if not self.address:
            return None
        try:
            with urllib.request.urlopen(f"http://{self.address}/tasks", timeout=WITHIN) as answer:
                return int(json.load(answer))
        except (urllib.error.URLError, OSError, ValueError):
            return None

    def _complaints(self) -> int:
        if self.log is None or not self.log.exists():
            return 0
        with self.log.open(errors="replace") as lines:
            return sum(bool(COMPLAINS.search(line)) for line in lines)


def facts(pid: int) -> tuple[int, int, int, float] | None:
    """KiB of resident memory, descriptors, threads and CPU seconds of a process, if it is there."""
    place = Path(f"/proc/{pid}")
    try:
        status = dict(line.split(":", 1) for line in (place / "status").read_text().splitlines())
        times = (place / "stat").read_text().rpartition(")")[2].split()
        files = len(os.listdir(place / "fd"))
        memory = int(status["VmRSS"].split()[0])
    except (OSError, KeyError, ValueError):
        return None
    seconds = (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")
    return memory, files, int(status["Threads"]), seconds


def family(pid: int) -> list[int]:
    """The process and all below it."""
    found = [pid]
    for one in found:
        try:
            found += [
                int(child)
                for task in Path(f"/proc/{one}/task").iterdir()
                for child in (task / "children").read_text().split()
            ]
        except OSError:
            continue
    return found
