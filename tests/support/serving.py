"""Native calls over real sockets: a gateway made of fakes, and a caller's side.

async with serving() as gateway:
    async with gateway.dial() as call:          # started, with the client's own text
        await call.send(type="final", text="when do you open")
        await call.until("turn")
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from gateway.core.policy import Policy
from gateway.settings.whole import Settings
from gateway.transports import native
from gateway.transports.door import Door, refuse
from gateway.wiring.app import uvicorn_options
from tests.support.house import House, open_house

PATIENCE = 20.0
"""Seconds after which a test has failed; nothing takes that long, even on a busy machine."""
PATIENT = Policy(match_budget=PATIENCE)
"""Real time is not ours: a matching thread that gets no processor must not fail a test."""
DOOR = Door(call_token="", allowed_origins=(), max_calls=10, default_tenant="default")


@dataclass
class Gateway:
    """A server on a socket of its own."""

    house: House
    door: Door
    port: int = 0
    draining: bool = False
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    """Calls in progress, as the server sees them."""

    async def call(self, websocket: WebSocket) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            if self.draining:
                await refuse(websocket, "shutting down")
                return
            await native.answer(websocket, self.house.services, self.door)
        finally:
            self.tasks.discard(task)

    @contextlib.asynccontextmanager
    async def connect(self, **options: Any) -> AsyncIterator[Caller]:
        """A socket on which nothing has been said."""
        address = f"ws://127.0.0.1:{self.port}/v1/call"
        options = {"compression": None, "ping_interval": None, "max_queue": None, **options}
        async with connect(address, **options) as connection:
            yield Caller(connection)

    @contextlib.asynccontextmanager
    async def dial(self, **start: Any) -> AsyncIterator[Caller]:
        """A call that has started; by default with the client's own text."""
        async with self.connect() as call:
            await call.send(type="start", **{"stt": "client", **start})
            await call.until("started")
            yield call

    async def quiet(self) -> None:
        """Wait until every call has been given back whole."""
        async with asyncio.timeout(PATIENCE):
            while self.tasks or self.house.services.calls:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.005)


@dataclass
class Caller:
    """The client's side."""

    connection: ClientConnection
    heard: list[dict[str, Any]] = field(default_factory=list)
    """Every message so far; sound is of type ``audio``."""

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def say(self, raw: str | bytes) -> None:
        """Send just that."""
        await self.connection.send(raw)

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            raw = await self.connection.recv()
        message = {"type": "audio", "data": raw} if isinstance(raw, bytes) else json.loads(raw)
        self.heard.append(message)
        return message

    async def until(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Read on until a message of that type with these fields."""
        while True:
            message = await self.next()
            if message["type"] == kind and fields.items() <= message.items():
                return message

    async def closed(self) -> int:
        """Read on until the server closes; the code."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self.next()
        assert self.connection.close_code is not None
        return self.connection.close_code

    def kinds(self) -> list[str]:
        """What was heard, in order; runs of sound as one."""
        kinds: list[str] = []
        for message in self.heard:
            if message["type"] != "audio" or kinds[-1:] != ["audio"]:
                kinds.append(message["type"])
        return kinds

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.heard if message["type"] == kind]

    def abort(self) -> None:
        """The line goes dead without a word; what was on its way is lost."""
        self.option(socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.transport.abort()

    def option(self, name: int, value: int | bytes) -> None:
        """Set an option of the client's socket."""
        sock = self.connection.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, name, value)


class QuietServer(uvicorn.Server):
    """Leaves the process's signals alone, and stops without a pause."""

    async def main_loop(self) -> None:
        while not self.should_exit:  # noqa: ASYNC110 - a plain attribute
            await asyncio.sleep(0.005)

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


def real_house(**fields: Any) -> House:
    """A house for real time."""
    return open_house(real=True, **{"policy": PATIENT, **fields})


@contextlib.asynccontextmanager
async def serving(
    house: House | None = None, *, buffer: int = 0, **door: Any
) -> AsyncIterator[Gateway]:
    """A gateway on a free port. ``buffer``: bytes the kernel holds each way, about."""
    house = house or real_house()
    gateway = Gateway(house, replace(DOOR, **door))
    app = Starlette(routes=[WebSocketRoute("/v1/call", gateway.call)])
    options = {**uvicorn_options(Settings()), "loop": "none", "lifespan": "off"}
    server = QuietServer(uvicorn.Config(app, **options, timeout_graceful_shutdown=1))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        if buffer:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        gateway.port = listening.getsockname()[1]
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.serve(sockets=[listening]), name="uvicorn")
            while not server.started:  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0.001)
            try:
                yield gateway
            finally:
                server.should_exit = True
        await house.services.background.close()
        await asyncio.to_thread(house.services.matching.close)
