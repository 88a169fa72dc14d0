"""What happened, for those who watch: one record and one log line a turn, never in the way."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.errors import FrontlineError
from gateway.ports import RecordStore, TurnRecord

log = logging.getLogger("frontline.turn")

QUEUE = 2000
"""Records waiting for the store. When it is full the oldest are lost and counted."""

FLUSH = 0.25
"""Seconds between two writes."""


class Observer(Protocol):
    """Whoever counts. Called on the event loop; must not block."""

    def call_started(self) -> None: ...
    def call_ended(self, seconds: float) -> None: ...
    def matched(self, seconds: float, *, final: bool) -> None: ...
    def turn_closed(self, record: TurnRecord) -> None: ...
    def lost(self, what: str, count: int) -> None: ...


@dataclass(slots=True)
class LiveCall:
    """A call in progress, as the admin page lists it."""

    id: str
    tenant: str
    transport: str
    since: float
    """Unix seconds."""
    turns: int = 0
    state: str = ""


class Records:
    """Turns on their way to the store, written in batches in a thread."""

    def __init__(self, store: RecordStore, observer: Observer) -> None:
        self._store = store
        self._observer = observer
        self._waiting: deque[TurnRecord] = deque()

    def add(self, record: TurnRecord) -> None:
        """Keep a turn. A record of the same turn replaces the one before."""
        if len(self._waiting) >= QUEUE:
            self._waiting.popleft()
            self._observer.lost("records", 1)
        self._waiting.append(record)
        self._observer.turn_closed(record)
        log.info(
            "turn",
            extra={
                "call": record.call_id,
                "turn": record.turn,
                "tenant": record.tenant,
                "path": record.path,
                "entry": record.entry,
                "confidence": round(record.confidence, 3),
                "decided_on": record.decided_on,
                "catalogue": record.catalogue,
                "interrupted": record.interrupted,
                "ttfa_ms": record.timeline.get("ttfa_ms"),
            },
        )

    async def run(self) -> None:
        """Write for ever."""
        while True:
            await asyncio.sleep(FLUSH)
            await self.flush()

    async def flush(self) -> None:
        """Write what waits. If the store is down it waits on."""
        batch: Sequence[TurnRecord] = list(self._waiting)
        if not batch:
            return
        try:
            await asyncio.to_thread(self._store.write, batch)
        except FrontlineError as error:
            log.warning("turns cannot be stored: %s", error)
            return
        written = set(map(id, batch))
        while self._waiting and id(self._waiting[0]) in written:
            self._waiting.popleft()
