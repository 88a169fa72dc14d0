"""A receiver of HTTP requests that keeps what it is sent: for webhooks and traces.

It can be told to answer with other statuses, slowly, or not to be there.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Received:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """Answers every request with the next of ``statuses``, the last of them for ever."""

    statuses: list[int] = field(default_factory=lambda: [200])
    headers: str = ""
    """Further headers of its answers, each with its line end."""
    silent: bool = False
    """Never answers."""
    received: list[Received] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Receiver:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, _ = head[0].split(" ")
            pairs = (line.partition(":") for line in head[1:] if line)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.received.append(Received(method, path, headers, body))
            if self.silent:
                await reader.read()  # until whoever asked has had enough
                return
            status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
            end = "content-length: 0\r\nconnection: close\r\n\r\n"
            writer.write(f"HTTP/1.1 {status} X\r\n{self.headers}{end}".encode())
            await writer.drain()
        finally:
            writer.close()
