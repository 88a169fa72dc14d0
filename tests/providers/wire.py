"""A connection, byte by byte: HTTP/1.1 by hand, because what has to be broken is the framing.

All that a ``Behaviour`` says about bytes is done here: pauses, silences, resets, splits, trickles.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Any, Literal, cast
from urllib.parse import parse_qs, urlsplit

from tests.providers.behaviour import GARBAGE, Behaviour, Delay, Point

HEAD_LIMIT = 64 * 1024
BODY_LIMIT = 32 * 1024 * 1024

ROUNDS = 4
"""Of the event loop between two parts of what is split: a client on the same loop has read the
first and used it before the second comes. A client in another process may read both at once."""

Pause = Literal["first", "think", "between", ""]


class Broken(Exception):
    """The behaviour has ended the connection; ``outcome`` says how."""

    def __init__(self, outcome: str) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class BadRequest(Exception):
    """What came is no HTTP/1.1."""


@dataclass(frozen=True)
class Request:
    """One request, whole."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    """Names in small letters."""
    body: bytes
    head: bytes
    """As it came, for whoever parses it again."""

    def json(self) -> Any:
        """The body, parsed; None if it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def option(self, name: str, default: str = "") -> str:
        """First value of a query parameter."""
        return self.query.get(name, [default])[0]

    @property
    def is_socket(self) -> bool:
        return self.headers.get("upgrade", "").lower() == "websocket"


class Line(asyncio.Protocol):
    """One TCP connection of a client."""

    def __init__(self, opened: Callable[[Line], None], number: int) -> None:
        self._opened = opened
        self.number = number
        self.gone = False
        """The client has closed it, or nobody has it any more."""
        self.on_gone: Callable[[], None] = lambda: None
        self.ended = False
        """By us."""
        self.requests = 0
        self.sent = 0
        self._buffer = bytearray()
        self._news = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    # --- what asyncio calls -------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._socket = transport.get_extra_info("socket")
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._opened(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._news.set()

    def eof_received(self) -> bool:
        self._end()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def _end(self) -> None:
        if not self.gone:
            self.gone = True
            self._news.set()
            self._writable.set()
            self.on_gone()

    # --- reading ------------------------------------------------------------------------------

    async def receive(self) -> bytes:
        """What has come; empty at the end."""
        while not self._buffer and not self.gone:
            self._news.clear()
            await self._news.wait()
        data = bytes(self._buffer)
        self._buffer.clear()
        return data

    async def request(self) -> Request | None:
        """The next request; None at the end. Raises ``BadRequest``."""
        end = await self._until(lambda: self._buffer.find(b"\r\n\r\n") + 1)
        if not end:
            return None
        head = self._take(end + 3)
        first, *lines = head.decode("latin-1").split("\r\n")
        try:
            method, target, _ = first.split(" ")
            pairs = [line.split(":", 1) for line in lines if line]
            headers = {name.strip().lower(): value.strip() for name, value in pairs}
            size = int(headers.get("content-length", "0"))
        except ValueError as error:
            raise BadRequest(first) from error
        if size > BODY_LIMIT or "transfer-encoding" in headers:
            raise BadRequest("a body of unknown or too great a length")
        if size and not await self._until(lambda: len(self._buffer) >= size):
            return None
        url = urlsplit(target)
        query = parse_qs(url.query, keep_blank_values=True)
        return Request(method, url.path, query, headers, self._take(size), head)

    async def _until(self, there: Callable[[], int]) -> int:
        """Wait for something in the buffer; 0 if it can come no more."""
        while not (found := int(there())):
            if self.gone:
                return 0
            if len(self._buffer) > HEAD_LIMIT + BODY_LIMIT:
                raise BadRequest("too long")
            self._news.clear()
            await self._news.wait()
        return found

    def _take(self, size: int) -> bytes:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    # --- writing ------------------------------------------------------------------------------

    async def write(self, data: bytes, behaviour: Behaviour) -> None:
        """Send, in writes as small and as slow as the behaviour says."""
        for part in _parts(data, self.sent, behaviour):
            if self.gone or self._transport.is_closing():  # the second is known sooner
                raise Broken("cancelled")
            self._transport.write(part)
            self.sent += len(part)
            if behaviour.bytes_per_second:
                await asyncio.sleep(len(part) / behaviour.bytes_per_second)
            elif behaviour.split or behaviour.split_at:
                for _ in range(ROUNDS):
                    await asyncio.sleep(0)
            await self._writable.wait()

    def reset(self) -> None:
        """RST: what was on its way is lost."""
        self.ended = True
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def close(self) -> None:
        """FIN, after what has been written."""
        self.ended = True
        self._transport.close()


def _parts(data: bytes, sent: int, behaviour: Behaviour) -> list[bytes]:
    size = behaviour.split or (max(1, int(behaviour.bytes_per_second / 50)))
    if not behaviour.split and not behaviour.bytes_per_second:
        size = max(1, len(data))
    cuts = set(range(0, len(data), size)) | {
        one - sent for one in behaviour.split_at if 0 < one - sent < len(data)
    }
    edges = [*sorted(cuts), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


class Sender:
    """One answer on its way: counts its pieces and does at each point what the behaviour says."""

    def __init__(self, line: Line, behaviour: Behaviour, rng: Random) -> None:
        self.line = line
        self.behaviour = behaviour
        self._rng = rng
        self.pieces = 0

    async def pause(self, delay: Delay) -> None:
        seconds = delay.draw(self._rng)
        if seconds > 0:
            await asyncio.sleep(seconds)

    async def reach(self, point: Point) -> None:
        """Raises ``Broken`` if the connection ends here."""
        behaviour = self.behaviour
        if behaviour.silent_at == point:
            if behaviour.silent_for is None:
                await asyncio.Event().wait()  # until the client goes, which cancels
            else:
                await asyncio.sleep(behaviour.silent_for)
        if behaviour.reset_at == point:
            self.line.reset()
            raise Broken("reset")
        if behaviour.close_at == point:
            raise Broken("closed")

    async def before_piece(self, pause: Pause) -> bytes:
        """Pause; what is to be put in before the piece."""
        behaviour = self.behaviour
        if pause:
            await self.pause(getattr(behaviour, pause))
        if behaviour.garbage_at == self.pieces:
            await self.line.write(GARBAGE, behaviour)
        return behaviour.insert.get(self.pieces, b"")

    async def after_piece(self) -> None:
        self.pieces += 1
        await self.reach(self.pieces)
