"""Vendors' sockets in memory: their own SDK on one end, the local provider on the other, so that
calls before them can be had in virtual time.

Only the WebSocket is left out: events are made, sent and read by the SDKs, and the provider reads
them with the vendor's types, as over a real one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK
from websockets.frames import Close

from tests.providers.gemini_live import GeminiLive
from tests.providers.openai import OpenAI
from tests.providers.wire import Request

END = None


@dataclass
class ProviderEnd:
    """What a provider calls its socket."""

    to_client: asyncio.Queue[str | bytes | Close] = field(default_factory=asyncio.Queue)
    from_client: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)

    def send(self, message: dict[str, Any] | str | bytes, pause: str = "between") -> None:
        self.to_client.put_nowait(json.dumps(message) if isinstance(message, dict) else message)

    def close(self, code: int = 1000, reason: str = "") -> None:
        self.to_client.put_nowait(Close(code, reason))

    async def __aiter__(self) -> AsyncIterator[dict[str, Any] | str]:
        while (message := await self.from_client.get()) is not END:
            read = json.loads(message)
            yield read if isinstance(read, dict) else message


@dataclass
class ClientEnd:
    """What an SDK calls its WebSocket, as far as it uses it."""

    other: ProviderEnd
    closed: Close | None = None

    async def send(self, data: str) -> None:
        self._check()
        self.other.from_client.put_nowait(data)

    async def recv(self, decode: bool | None = None) -> str | bytes:
        self._check()
        message = await self.other.to_client.get()
        if isinstance(message, Close):
            self.closed = message
            self._check()
        assert not isinstance(message, Close), "a closed end raises"
        return message.encode() if isinstance(message, str) and decode is False else message

    async def close(self, code: int = 1000, reason: str = "") -> None:
        if self.closed is None:
            self.closed = Close(code, reason)
            self.other.from_client.put_nowait(END)
            self.other.to_client.put_nowait(self.closed)

    def _check(self) -> None:
        if self.closed is not None:
            kind = ConnectionClosedOK if self.closed.code == 1000 else ConnectionClosedError
            raise kind(self.closed, self.closed, rcvd_then_sent=True)


class Piped:
    """A provider that is reached without a network."""

    def __init__(self, provider: OpenAI | GeminiLive) -> None:
        self.provider = provider
        self.refuses = False
        """Nobody can connect."""
        self._talks: set[asyncio.Task[None]] = set()
        self.ends: list[ProviderEnd] = []
        """Of connections that we did not cut."""

    async def connect(self, url: str, **options: Any) -> ClientEnd:
        """What both SDKs do at first."""
        if self.refuses:
            raise ConnectionRefusedError
        parts = urlsplit(url)
        headers = {k.lower(): v for k, v in dict(options.get("additional_headers") or {}).items()}
        request = Request("GET", parts.path, parse_qs(parts.query), headers, b"", b"")
        end = ProviderEnd()
        assert isinstance(self.provider.welcome(request), dict), "the provider refuses"
        socket: Any = end
        talk = asyncio.get_running_loop().create_task(self.provider.talk(request, socket))
        self._talks.add(talk)
        self.ends.append(end)
        return ClientEnd(end)

    @contextlib.asynccontextmanager
    async def connected(self, url: str, **options: Any) -> AsyncGenerator[ClientEnd, None]:
        """The same, as Google's SDK does it."""
        end = await self.connect(url, **options)
        try:
            yield end
        finally:
            await end.close()

    @property
    def talking(self) -> int:
        """Sessions that are not over."""
        return sum(not one.done() for one in self._talks)

    def cut(self) -> None:
        """End all connections without a word."""
        for end in self.ends:
            end.close(1006)
            end.from_client.put_nowait(END)
        self.ends.clear()

    async def close(self) -> None:
        """All talks have ended, and none with an error."""
        self.cut()
        await asyncio.gather(*self._talks)


@contextlib.contextmanager
def piped(provider: OpenAI | GeminiLive) -> Iterator[Piped]:
    """The vendor's SDK reaches that provider, whatever address it is given."""
    made = Piped(provider)
    if isinstance(provider, GeminiLive):
        name: str = "google.genai.live.ws_connect"
        connect: Any = made.connected
    else:
        name, connect = "openai.lib._websocket._WebSocketConnect", made.connect
    with patch(name, connect):
        yield made
