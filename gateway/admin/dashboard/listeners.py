"""Everybody who listens to what happens, and what waits for each.

Each listener has a queue of its own. One that does not take its events in time is dropped when the
queue is full, and has to ask anew: what happens never waits for it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from typing import Any

import msgspec

from gateway.admin.wire import Refused
from gateway.ports.records import TurnRecord

LISTENERS = 32
"""Streams at once; further ones are refused and may poll."""

QUEUE = 256
"""Events that wait for one listener."""

BEAT = 15.0
"""Seconds of silence after which a comment says that the stream is alive."""

ALIVE = b": alive\n\n"
DROPPED = b"event: dropped\ndata: {}\n\n"


class Listener:
    """One stream, and what waits for it."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        """Whose events it gets; empty for all."""
        self.dropped = False
        self._waiting: deque[bytes] = deque()
        self._news = asyncio.Event()

    def tell(self, event: bytes) -> None:
        """Queue the event; the listener is dropped if its queue is full."""
        if len(self._waiting) >= QUEUE:
            self.dropped = True
        else:
            self._waiting.append(event)
        self._news.set()

    def drop(self) -> None:
        """End the stream; what waits is not told."""
        self.dropped = True
        self._news.set()

    async def events(self, beat: float = BEAT) -> AsyncIterator[bytes]:
        """Yield events as they come, and a comment after each ``beat`` seconds without. Ends once
        the listener is dropped."""
        yield b"retry: 3000\n: listening\n\n"
        while (event := await self._next(beat)) is not None:
            yield event
        yield DROPPED

    async def _next(self, beat: float) -> bytes | None:
        """The next event, or a comment; None once the listener is dropped."""
        if not self._waiting and not self.dropped:
            self._news.clear()
            try:
                async with asyncio.timeout(beat):
                    await self._news.wait()
            except TimeoutError:
                return ALIVE
        return None if self.dropped else self._waiting.popleft()


class Events:
    """Everybody who listens to this process. Used from the event loop."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self.lost = 0
        """Listeners that were dropped since the start."""

    def __len__(self) -> int:
        return len(self._listeners)

    def listen(self, tenant: str) -> Listener:
        """A new listener, to be given back with ``leave``. Raises ``Refused`` (503) if there are
        too many."""
        if len(self._listeners) >= LISTENERS:
            raise Refused(503, "busy", f"{LISTENERS} listen already: ask again and again instead")
        listener = Listener(tenant)
        self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """The listener is gone."""
        self._listeners.discard(listener)

    def turn_closed(self, record: TurnRecord) -> None:
        """A turn has its record, or a later one. Costs nothing while nobody listens."""
        if self._listeners:
            facts = {
                "id": record.id,
                "call": record.call_id,
                "tenant": record.tenant,
                "at": record.at,
                "path": record.path,
                "entry": record.entry,
            }
            self._tell("turn", record.tenant, facts)

    def changed(self, what: str, tenant: str = "") -> None:
        """Something else has changed: ``calls``, ``catalogue``, ``flags``, ``mode``."""
        if self._listeners:
            self._tell("changed", tenant, {"what": what, "tenant": tenant})

    def close(self) -> None:
        """End all streams, so that the server can."""
        for listener in self._listeners:
            listener.drop()

    def _tell(self, name: str, tenant: str, facts: dict[str, Any]) -> None:
        event = b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode(facts))
        for listener in self._concerned(tenant):
            listener.tell(event)
            if listener.dropped:
                self.lost += 1
                self._listeners.discard(listener)

    def _concerned(self, tenant: str) -> Iterable[Listener]:
        return [
            one for one in self._listeners if not (one.tenant and tenant) or one.tenant == tenant
        ]
