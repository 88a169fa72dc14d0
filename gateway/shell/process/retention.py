"""Retention: turns go when their time is over, each kind after its own; clips when no catalogue
names them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping

from gateway.errors import FrontlineError
from gateway.ports.records import Kept, PurgeQuery
from gateway.ports.store import Store

log = logging.getLogger("frontline.retention")

DAY = 86_400.0

FIRST = 60.0
"""Seconds after the start, when everything else has begun."""

EVERY = 3600.0
"""Seconds between two looks: a turn is kept an hour longer at most. Every server of a store looks;
the second finds nothing to do."""


class Retention:
    """Deletes what has been kept for as long as it may be."""

    def __init__(
        self,
        store: Store,
        days: Mapping[Kept, int],
        now: Callable[[], float] = time.time,
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        """``days`` of each kind; 0: for ever. ``leads``: whether it is this process, of those of
        this machine, that collects clips."""
        self._store = store
        self._days = days
        self._now = now
        self._leads = leads

    async def watch(self) -> None:
        """Look for ever."""
        await asyncio.sleep(FIRST)
        while True:
            try:
                await self.look()
                if self._leads():
                    await asyncio.to_thread(self._store.collect)
            except FrontlineError as error:
                log.warning("what is old cannot be deleted: %s", error)
            await asyncio.sleep(EVERY)

    async def look(self) -> int:
        """Delete what is over; how many turns went."""
        deleted = 0
        for kind, days in self._days.items():
            if days:
                query = PurgeQuery(before=self._now() - days * DAY, kind=kind)
                deleted += await asyncio.to_thread(self._store.remove, query)
        if deleted:
            log.info("old turns are gone", extra={"turns": deleted})
        return deleted
