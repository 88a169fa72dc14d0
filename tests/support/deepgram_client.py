"""Deepgram's own client at the local Deepgram, for both of its recognisers."""

from __future__ import annotations

import contextlib
from typing import Any

from deepgram import AsyncDeepgramClient
from deepgram.environment import DeepgramClientEnvironment
from websockets.exceptions import ConnectionClosed

from tests.providers.server import Server

BYTES_S = 8000
"""Of mu-law."""


def client_of(server: Server, key: str = "good") -> AsyncDeepgramClient:
    """Its HTTP client is never used, so there is nothing to close."""
    place = DeepgramClientEnvironment(
        base=server.http, production=server.ws, agent=server.ws, agent_rest=server.http
    )
    return AsyncDeepgramClient(api_key=key, environment=place)


class Listening:
    """A connection, and what came on it."""

    frame_ms = 20

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.heard: list[Any] = []

    async def feed(self, seconds: float) -> None:
        """Silence, in frames, as fast as they go."""
        frame = b"\xff" * (BYTES_S * self.frame_ms // 1000)
        for _ in range(round(seconds * 1000 / self.frame_ms)):
            await self.connection.send_media(frame)

    async def next(self) -> Any:
        self.heard.append(await self.connection.recv())
        return self.heard[-1]

    async def for_ever(self) -> None:
        while True:
            await self.next()

    async def rest(self) -> list[Any]:
        with contextlib.suppress(ConnectionClosed):
            await self.for_ever()
        return self.heard
