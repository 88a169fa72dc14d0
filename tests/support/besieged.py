"""A server with limits of the test's own, on a real socket, and strangers who speak to it in bytes.

async with besieged(head_within=0.2) as server:
    answer = await server.ask(b"GET / HTTP/1.1\\r\\n")      # all it says until it closes
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Hashable
from dataclasses import dataclass, field, replace
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.serving.limits import Limits
from gateway.serving.places import Guest, Places
from gateway.serving.proxies import Proxies
from gateway.settings.whole import Settings
from gateway.wiring.app import uvicorn_options
from tests.support.serving import PATIENCE, QuietServer

LIMITS = Limits(connections=50, per_address=40, sweep=0.02, linger=0.1)
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
EMPTY = b"\x80" + bytes(4)
PING, PONG, REST, BEGIN = b"\x89" + EMPTY, b"\x8a" + EMPTY, b"\x00" + EMPTY, b"\x01" + EMPTY
"""Frames without content; the last two go on with a text and begin one."""


class Noting(Places):
    """Remembers the WebSockets there were."""

    def __init__(self, limits: Limits, proxies: Proxies) -> None:
        super().__init__(limits, proxies=proxies)
        self.websockets: list[Any] = []

    def take_over(self, transport: Hashable, guest: Guest) -> None:
        self.websockets.append(guest)
        super().take_over(transport, guest)


@dataclass
class Line:
    """One connection of a stranger's."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, data: bytes) -> None:
        """Send it; what is not taken, because we were cut off, is lost."""
        with contextlib.suppress(OSError):
            self.writer.write(data)
            await self.writer.drain()

    async def hears(self, size: int) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readexactly(size)

    async def hears_all(self) -> bytes:
        """Everything until the server closes, however it does."""
        heard = bytearray()
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(OSError):
                while data := await self.reader.read(65536):
                    heard += data
        return bytes(heard)


@dataclass
class Server:
    """What stands behind the limits, and what reached it."""

    places: Places
    port: int = 0
    answered: int = 0
    """Requests that reached the application and were answered."""
    bodies: list[bytes] = field(default_factory=list)
    gone: int = 0
    """Bodies of which the application was told that no more will come."""
    messages: list[dict[str, Any]] = field(default_factory=list)
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    """``/held`` is answered when this is set, and a WebSocket at ``/held`` is read."""
    refused: list[str] = field(default_factory=list)
    guests: list[Any] = field(default_factory=list)
    """WebSockets' protocols."""

    @contextlib.asynccontextmanager
    async def line(self) -> AsyncIterator[Line]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield Line(reader, writer)
        finally:
            writer.transport.abort()

    @contextlib.asynccontextmanager
    async def shaken(self, path: bytes = b"/ws") -> AsyncIterator[Line]:
        """A WebSocket after its handshake."""
        async with self.line() as line:
            await line.say(UPGRADE.replace(b"/ws", path) + b"\r\n")
            async with asyncio.timeout(PATIENCE):
                head = await line.reader.readuntil(b"\r\n\r\n")
            assert b" 101 " in head
            yield line

    async def ask(self, data: bytes) -> bytes:
        """Say that, and hear all until the server closes."""
        async with self.line() as line:
            _, heard = await asyncio.gather(line.say(data), line.hears_all())
            return heard

    async def until(self, what: Any) -> None:
        """Wait until it is so."""
        async with asyncio.timeout(PATIENCE):
            while not what():  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.002)

    # --- the application ---------------------------------------------------------------------

    async def health(self, request: Request) -> Response:
        self.answered += 1
        return PlainTextResponse("ok")

    async def held(self, request: Request) -> Response:
        await self.hold.wait()
        return await self.health(request)

    async def take(self, request: Request) -> Response:
        try:
            self.bodies.append(await request.body())
        except ClientDisconnect:
            self.gone += 1
            return Response()
        return await self.health(request)

    async def socket(self, websocket: WebSocket) -> None:
        await websocket.accept()
        if websocket.url.path == "/held":
            await self.hold.wait()
        if websocket.url.path == "/refused":
            await websocket.close(4401, "unauthorised")
            return
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                message = await websocket.receive()
                self.messages.append(dict(message))
                if message["type"] == "websocket.disconnect":
                    return


@contextlib.asynccontextmanager
async def besieged(proxies: tuple[str, ...] = (), **limits: Any) -> AsyncIterator[Server]:
    """A server with these limits, behind these proxies."""
    places = Noting(replace(LIMITS, **limits), Proxies(proxies))
    server = Server(places, guests=places.websockets)
    places.tell = server.refused.append
    sockets = [WebSocketRoute(f"/{one}", server.socket) for one in ("ws", "held", "refused")]
    app = Starlette(
        routes=[
            Route("/", server.health),
            Route("/held", server.held),
            Route("/take", server.take, methods=["POST"]),
            *sockets,
        ]
    )
    options = {**uvicorn_options(Settings(), places), "loop": "none", "lifespan": "off"}

    running = QuietServer(uvicorn.Config(app, **options, timeout_graceful_shutdown=1))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server.port = listening.getsockname()[1]
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(running.serve(sockets=[listening]), name="uvicorn")
            await server.until(lambda: running.started)
            try:
                yield server
            finally:
                server.hold.set()
                running.should_exit = True
