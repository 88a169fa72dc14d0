"""The provider's side of a WebSocket, on a ``Line``: framing by websockets' sans-I/O core."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncGenerator
from random import Random
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidState
from websockets.frames import Close, Frame, Opcode
from websockets.http11 import Request as Handshake
from websockets.protocol import State
from websockets.server import ServerProtocol

from tests.providers.behaviour import Behaviour
from tests.providers.journal import Entry, Journal, Message, masked
from tests.providers.wire import Broken, Line, Pause, Request, Sender

Outgoing = tuple[str | bytes, Pause]

FAREWELL = 1.0
"""Seconds that a client has to answer a close frame."""


class Socket:
    """Messages both ways. What is sent waits in a queue for its turn, so reading never waits."""

    def __init__(
        self, line: Line, behaviour: Behaviour, rng: Random, entry: Entry, journal: Journal
    ) -> None:
        self._line = line
        self._behaviour = behaviour
        self._sender = Sender(line, behaviour, rng)
        self._entry = entry
        self._journal = journal
        self._protocol = ServerProtocol(max_size=None)
        self._queue: deque[Outgoing | Close] = deque()
        self._news = asyncio.Event()
        self._fragments = bytearray()
        self._fragmented = Opcode.TEXT
        self.closing = False
        """We have begun to close."""

    @property
    def is_open(self) -> bool:
        """Nobody has begun to close."""
        return self._protocol.state is State.OPEN and not self._line.gone

    async def open(self, request: Request, headers: dict[str, str]) -> None:
        """The handshake. Raises ``Broken``."""
        await self._sender.reach("headers")
        await self._sender.pause(self._behaviour.headers)
        self._protocol.receive_data(request.head)
        (handshake,) = self._protocol.events_received()
        assert isinstance(handshake, Handshake)
        response = self._protocol.accept(handshake)
        if response.status_code != 101:
            raise Broken("failed")
        for name, value in headers.items():
            response.headers[name] = value
        if wanted := request.headers.get("sec-websocket-protocol"):
            response.headers["Sec-WebSocket-Protocol"] = wanted.split(",")[0].strip()
        self._protocol.send_response(response)
        await self._write()
        await self._sender.reach("body")

    # --- receiving ------------------------------------------------------------------------------

    async def __aiter__(self) -> AsyncGenerator[dict[str, Any] | str | bytes, None]:
        """The client's messages until it closes: parsed JSON, other text, sound."""
        while not self._line.gone:
            data = await self._line.receive()
            if not data:
                return
            self._protocol.receive_data(data)
            for frame in self._protocol.events_received():
                assert isinstance(frame, Frame)
                message = self._message(frame)
                if message is not None:
                    yield message
            await self._write()
            if self._protocol.state is not State.OPEN:
                return

    def _message(self, frame: Frame) -> dict[str, Any] | str | bytes | None:
        if frame.opcode is Opcode.CLOSE:
            self._entry.close_code = Close.parse(frame.data).code
            if not self.closing:
                self._entry.client_closed_at = asyncio.get_running_loop().time()
            return None
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return None
        if frame.opcode is not Opcode.CONT:
            self._fragmented = frame.opcode
        self._fragments += frame.data
        if not frame.fin:
            return None
        data = bytes(self._fragments)
        self._fragments.clear()
        return self._heard(data)

    def _heard(self, data: bytes) -> dict[str, Any] | str | bytes:
        """Note a whole message."""
        at = asyncio.get_running_loop().time()
        if self._fragmented is Opcode.BINARY:
            self._entry.audio_bytes += len(data)
            self._entry.audio_at = at
            self._journal.note()
            return data
        try:
            parsed = json.loads(data)
        except ValueError:
            parsed = None
        message = parsed if isinstance(parsed, dict) else data.decode(errors="replace")
        kept = masked(message) if isinstance(message, dict) else message
        self._entry.messages.append(Message(at, kept))
        self._journal.note()
        return message

    # --- sending --------------------------------------------------------------------------------

    def send(self, message: dict[str, Any] | str | bytes, pause: Pause = "between") -> None:
        """Put a message in the queue; ``pause``: which pause of the behaviour comes before it."""
        text = json.dumps(message) if isinstance(message, dict) else message
        self._queue.append((text, pause))
        self._news.set()

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close, after what is in the queue."""
        self._queue.append(Close(code, reason))
        self._news.set()

    def forget_sound(self) -> None:
        """Take the sound out of the queue."""
        kept = [one for one in self._queue if isinstance(one, Close) or isinstance(one[0], str)]
        self._queue = deque(kept)

    async def write_queue(self) -> None:
        """Send what is in the queue, for ever. Raises ``Broken`` as the behaviour says."""
        try:
            while True:
                while not self._queue:
                    self._news.clear()
                    await self._news.wait()
                one = self._queue.popleft()
                if isinstance(one, Close):
                    await self._close(one)
                    return
                await self._send(*one)
        except (ConnectionClosed, InvalidState) as error:  # the client has begun to close
            raise Broken("cancelled") from error

    async def _send(self, message: str | bytes, pause: Pause) -> None:
        extra = await self._sender.before_piece(pause)
        if extra:
            self._frame(extra if not _is_text(extra) else extra.decode())
            await self._write()
        leaves_at = asyncio.get_running_loop().time()  # before: whoever reads it may run first
        self._frame(message)
        await self._write()
        if self._entry.first_at is None:
            self._entry.first_at = leaves_at
        try:
            await self._sender.after_piece()
        except Broken as error:
            if error.outcome == "closed" and self._behaviour.close_code:
                await self._close(Close(self._behaviour.close_code, self._behaviour.close_reason))
            raise
        finally:
            self._entry.pieces = self._sender.pieces

    def _frame(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self._protocol.send_text(message.encode())
        else:
            self._protocol.send_binary(message)

    async def _close(self, close: Close) -> None:
        if self.is_open:
            self.closing = True
            if close.code == 1005:
                self._protocol.send_close()
            else:
                self._protocol.send_close(close.code, close.reason)
            await self._write()

    async def finish(self) -> None:
        """After our close frame, read on until the client's: what is unread when a connection
        ends makes it a reset, and takes the close frame with it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                while self.closing and not self._line.gone and not self._protocol.close_rcvd:
                    self._protocol.receive_data(await self._line.receive())
                    for frame in self._protocol.events_received():
                        if isinstance(frame, Frame):
                            self._message(frame)

    async def _write(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                await self._line.write(data, self._behaviour)


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
