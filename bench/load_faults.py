"""Faults of a server under load: told to stop, or a worker of it killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from bench.load_watch import family
from bench.processes import stop
from bench.server import ROOT, UP_WITHIN

FAULTS = ("", "sigterm", "sigkill")
ESTABLISHED = "01"


@dataclass
class Workers:
    """``frontline serve --workers N``, up for as long as the ``with`` lasts."""

    environment: Mapping[str, str]
    count: int
    log: Path
    address: str = ""
    pid: int = 0
    _process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"127.0.0.1:{port}"
        named = {**self.environment, "FRONTLINE_SERVER__PORT": str(port)}
        command = Path(sys.executable).with_name("frontline")
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [command, "serve", "--workers", str(self.count)],
                cwd=ROOT,
                env={**os.environ, "FRONTLINE_LOG__LEVEL": "warning", **named},
                stdout=log,
                stderr=log,
                text=True,
            )
        self.pid = self._process.pid
        try:
            self._wait(time.monotonic() + UP_WITHIN)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait(self, until: float) -> None:
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(f"http://{self.address}/healthz", timeout=5).close()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        raise RuntimeError(f"the workers did not come up: {self.log.read_text()[-500:]}")

    def __exit__(self, *exception: object) -> None:
        if self._process is not None:
            stop(self._process)


def strike(fault: str, pid: int, port: int, found: dict[str, float]) -> None:
    """Send the signal; what is to be known of the moment before goes into ``found``."""
    if fault == "sigterm":
        os.kill(pid, signal.SIGTERM)
        return
    held = {one: calls_of(one, port) for one in family(pid)[1:]}
    victim = max(held, key=lambda one: held[one])
    os.kill(victim, signal.SIGKILL)
    found["calls_of_killed"] = held[victim]
    found["calls_of_others"] = sum(held.values()) - held[victim]


def calls_of(pid: int, port: int) -> int:
    """Count the connections to that port that a process has."""
    mine = set()
    for one in Path(f"/proc/{pid}/fd").iterdir():
        try:
            mine.add(os.readlink(one))
        except OSError:
            continue
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(
        int(row[1].rpartition(":")[2], 16) == port
        and row[3] == ESTABLISHED
        and f"socket:[{row[9]}]" in mine
        for row in rows
    )


def port_of(url: str) -> int:
    """The port of a WebSocket's URL."""
    parts = urllib.parse.urlsplit(url)
    return parts.port or (443 if parts.scheme == "wss" else 80)
