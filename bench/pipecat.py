"""A bot made of pipecat-ai in a process of its own: what ``capacity`` is compared with.

It is the tests' (``tests/clients/pipecat_bot.py``), in their environment (``make clients``).
"""

from __future__ import annotations

import json
import subprocess
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Self

from bench.processes import stop
from bench.server import ROOT
from gateway.errors import UsageError

CLIENTS = ROOT / ".venv-clients" / "bin" / "python"
BOT = ROOT / "tests" / "clients" / "pipecat_bot.py"


@dataclass
class PipecatBot:
    """The bot, up for as long as the ``with`` lasts."""

    port: int = 0
    pid: int = 0
    _process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        if not CLIENTS.exists():
            raise UsageError("there is no .venv-clients with pipecat-ai: make clients")
        self._process = subprocess.Popen(
            [CLIENTS, BOT],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.pid = self._process.pid
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.__exit__(None, None, None)
            raise RuntimeError("pipecat's bot did not come up")
        self.port = json.loads(line)["port"]
        threading.Thread(target=_drain, args=(self._process.stdout,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            stop(self._process)


def _drain(out: IO[str]) -> None:
    """Read what it tells: a full pipe would stop it."""
    for _ in out:
        pass
