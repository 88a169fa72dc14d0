"""A gateway in a process of its own, for benchmarks and end-to-end tests.

It is the real application on a real socket. What a benchmark adds is a bare echo beside it, as
the floor of what this server can do, a way to kill its matcher, and, if asked, word-timed
transcripts in place of a recogniser.

Run as ``python -m bench.server CONFIG``, with a JSON object: ``environment`` (settings as
environment variables) and ``transcripts`` (caller id -> words and their ends in ms, or null).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bench.processes import cpu_s, rss_kib, stop

ROOT = Path(__file__).parents[1]
ADMIN_TOKEN = "bench-admin-token"
TICK = 0.002
"""Seconds between two looks at the loop."""
SCRIPTS = 1024
"""Calls, the newest, whose transcript is the same if their recogniser is opened again."""
UP_WITHIN = 60.0
"""Seconds a server may take to come up on a busy machine."""


@dataclass
class ServerProcess:
    """The server, up for as long as the ``with`` lasts."""

    environment: Mapping[str, str]
    transcripts: list[list[tuple[str, float]]] | None = None
    """Word-timed transcripts; call n (in order of opening) hears the n-th."""
    lag_ms: float = 0.0
    """The delay from a word's end to its transcript."""
    again: bool = False
    """After the last transcript comes the first one."""
    log: Path | None = None
    """The file of its log; None: it goes to ours."""
    within: float = UP_WITHIN
    """Seconds it may take to come up."""
    port: int = 0
    pid: int = 0
    _process: subprocess.Popen[str] | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """``host:port``."""
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        config = {
            "environment": {**self.environment, "FRONTLINE_SERVER__PORT": "0"},
            "transcripts": self.transcripts,
            "lag_ms": self.lag_ms,
            "again": self.again,
        }
        with contextlib.ExitStack() as files:
            log = files.enter_context(self.log.open("w")) if self.log else None
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bench.server"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.pid = self._process.pid
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(config) + "\n")
        self._process.stdin.flush()
        try:
            self.port = self._read_port(self._process.stdout)
            # answered once it is up: what is timed must not begin before
            urllib.request.urlopen(f"http://{self.address}/healthz", timeout=self.within).close()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _read_port(self, stdout: IO[str]) -> int:
        line = stdout.readline()
        if not line.startswith("port "):
            raise RuntimeError(f"the server did not come up: {line!r}")
        return int(line.split()[1])

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            stop(self._process)

    def rss_kib(self) -> int:
        """Resident memory of the server process."""
        return rss_kib(self.pid)

    def kill_matcher(self, calls: int) -> int:
        """Kill its matcher once so many calls are open; how many there were."""
        asked = f"http://{self.address}/kill-matcher?calls={calls}"
        with urllib.request.urlopen(asked, data=b"", timeout=UP_WITHIN) as answer:
            return int(answer.read())

    def stall_s(self) -> float:
        """Seconds that its event loop stood still at the longest since this was asked last; the
        first time begins the watch."""
        with urllib.request.urlopen(f"http://{self.address}/stall", timeout=120) as answer:
            return float(answer.read())

    def cpu_s(self) -> float:
        """Processor seconds the server process has used, of all its threads."""
        return cpu_s(self.pid)


def main() -> int:
    """The child."""
    import uvicorn
    from starlette.routing import Route, WebSocketRoute
    from starlette.websockets import WebSocket, WebSocketDisconnect

    from gateway.logs import configure
    from gateway.serving.listening import listen
    from gateway.settings.whole import load
    from gateway.wiring import app as application

    config: dict[str, Any] = json.loads(sys.stdin.readline())
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FRONTLINE_")}
    at_once = {"FRONTLINE_SERVER__DRAIN_S": "0"}  # calls that are still open are not waited for
    settings = load(None, {**environment, **at_once, **config["environment"]})
    configure("warning", "text")

    async def echo(socket: WebSocket) -> None:
        """The floor: a message comes back as soon as this server can send it."""
        await socket.accept()
        try:
            while True:
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                if (text := message.get("text")) is not None:
                    await socket.send_text(text)
                else:
                    await socket.send_bytes(message["bytes"])
        except (WebSocketDisconnect, RuntimeError):
            return

    async def kill_matcher(request: Request) -> Response:
        """End the matching threads for good, once so many calls are open."""
        services = app.state.frontline.services
        while len(services.calls) < int(request.query_params["calls"]):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        await asyncio.to_thread(services.matching.close)
        return JSONResponse(len(services.calls))

    routes = (
        WebSocketRoute("/echo", echo),
        Route("/stall", Lateness().longest),
        Route("/tasks", tasks),
        Route("/kill-matcher", kill_matcher, methods=["POST"]),
    )
    parts = application.Parts(routes=routes)
    if config["transcripts"] is not None:
        said = config["transcripts"]
        order = cycle(said) if config["again"] else iter(said)
        parts.transcriber = scripted(order, config["lag_ms"])
    sock = listen(settings.server.host, 0)
    app = application.create_app(settings, admin_token=ADMIN_TOKEN, parts=parts)
    print(f"port {sock.getsockname()[1]}", flush=True)
    options = application.uvicorn_options(settings, application.places_of(settings))
    served = uvicorn.Config(app, **options, timeout_graceful_shutdown=1)
    application.Server(served, app.state.frontline).run(sockets=[sock])
    return 0


class Lateness:
    """The lateness of a timer on the server's loop: a delay of the timer delays every call."""

    def __init__(self) -> None:
        self._longest = 0.0
        self._watching = False

    async def longest(self, request: Request) -> Response:
        """``GET /stall``: seconds, since this was asked last. The first to ask begins the watch."""
        longest, self._longest = self._longest, 0.0
        if not self._watching:
            self._watching = True
            loop = asyncio.get_running_loop()
            loop.call_later(TICK, self._look, loop, time.perf_counter() + TICK)
        return JSONResponse(longest)

    def _look(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        now = time.perf_counter()
        self._longest = max(self._longest, now - due)
        loop.call_later(TICK, self._look, loop, now + TICK)


async def tasks(request: Request) -> Response:
    """``GET /tasks``: how many tasks the loop has."""
    return JSONResponse(len(asyncio.all_tasks()))


def scripted(order: Iterator[list[list[Any]]], lag_ms: float) -> Any:
    """A recogniser that knows beforehand what will be said, and when."""
    from gateway.adapters.stt.scripted import ScriptedTranscriber

    chosen: dict[str, list[tuple[str, float]]] = {}

    def script(call_id: str) -> list[tuple[str, float]]:
        if call_id not in chosen:
            if len(chosen) == SCRIPTS:
                del chosen[next(iter(chosen))]
            chosen[call_id] = [(word, float(end)) for word, end in next(order)]
        return chosen[call_id]

    return lambda: ScriptedTranscriber(script, lag_ms=lag_ms)


if __name__ == "__main__":
    sys.exit(main())
