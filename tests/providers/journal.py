"""What reached a local provider, when, and how it ended. Keys and tokens are masked.

Times are the event loop's (``time.monotonic`` on Linux): they compare with those of a client on
the same machine, in the same process or not.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

LONGEST = 10_000
"""Entries kept; older ones are dropped."""
LONGEST_TALK = 2_000
"""Text messages kept in one of them."""
MASK = "***"

_SECRET = re.compile(r"(?i)authorization|api[-_]?key|^token$|secret|trustedclienttoken|sec-ms-gec$")


def masked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with secrets masked, in depth; a scheme before a key (``Bearer``) stays."""
    return {name: _masked(name, value) for name, value in fields.items()}


def _masked(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return masked(value)
    if isinstance(value, list):
        return [_masked(name, one) for one in value]
    if name.lower() == "sec-websocket-protocol":
        return re.sub(r"(?<=, ).*|(?<=key\.).*", MASK, str(value))
    if _SECRET.search(name) and value:
        scheme, space, _ = str(value).partition(" ")
        return f"{scheme} {MASK}" if space else MASK
    return value


@dataclass
class Message:
    """One text message of a WebSocket's client."""

    at: float
    text: dict[str, Any] | str
    """Parsed, if it is JSON."""


@dataclass
class Entry:
    """One request, or one WebSocket."""

    number: int
    connection: int
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any
    """JSON if it is, else text."""
    asked_at: float
    """The request was there, whole."""
    status: int = 0
    headers_at: float | None = None
    first_at: float | None = None
    """The first piece left."""
    pieces: int = 0
    """Pieces sent."""
    ended_at: float | None = None
    """The last byte left, or the end came otherwise."""
    outcome: str = "open"
    """``complete``; ``cancelled`` by the client; ``reset`` or ``closed`` by us, as told; ``failed``
    for a fault of the provider's own."""
    client_closed_at: float | None = None
    """When the client closed the connection, also after a complete answer. Of a WebSocket: when
    its close frame came, if it was the first."""
    close_code: int | None = None
    """Of the client's close frame."""
    error: str = ""
    messages: deque[Message] = field(default_factory=lambda: deque(maxlen=LONGEST_TALK))
    audio_bytes: int = 0
    """Of binary messages, which are counted only."""
    audio_at: float | None = None
    """When the last of them came."""

    @property
    def texts(self) -> list[Any]:
        """The client's text messages, without their times."""
        return [one.text for one in self.messages]


class Journal:
    """The entries, oldest first."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=LONGEST)
        self._changed = asyncio.Event()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int) -> Entry:
        return self.entries[index]

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.note()

    def note(self) -> None:
        """Something has changed."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, index: int, holds: Callable[[Entry], object]) -> Entry:
        """Wait until there is an entry of that index and something holds of it."""
        while not (-len(self) <= index < len(self) and holds(self[index])):
            await self._changed.wait()
        return self[index]

    async def ended(self, index: int = -1) -> Entry:
        return await self.until(index, lambda entry: entry.ended_at is not None)

    async def closed(self, index: int = -1) -> Entry:
        """Wait until the client has closed that entry's connection."""
        return await self.until(index, lambda entry: entry.client_closed_at is not None)

    def export(self) -> list[dict[str, Any]]:
        """For JSON."""
        return [{**asdict(one), "messages": [asdict(m) for m in one.messages]} for one in self]
