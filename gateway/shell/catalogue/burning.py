"""The error budget: is more of what was spoken marked wrong than may be?"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from gateway.errors import FrontlineError
from gateway.ports.hooks import BURNING, Happening, Hooks
from gateway.ports.store import RecordStore

log = logging.getLogger("frontline.budget")

EVERY = 300.0
"""Seconds between two looks."""

WINDOW = 86_400.0
"""Seconds that are looked back."""

FEWEST = 3
"""Answers marked wrong, without which a share says nothing."""


class Burning:
    """Tells once when a tenant's share of answers marked wrong exceeds its budget; again only after
    it has been within it."""

    def __init__(
        self,
        store: RecordStore,
        tenants: Callable[[], Sequence[str]],
        allowed: float,
        hooks: Hooks,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._allowed = allowed
        self._hooks = hooks
        self._now = now
        self._over: set[str] = set()

    async def watch(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.look()
            except FrontlineError as error:
                log.warning("the error budget cannot be looked at: %s", error)

    async def look(self) -> None:
        """Look at every tenant."""
        for tenant in self._tenants():
            counts = await asyncio.to_thread(self._store.stats, tenant, self._now() - WINDOW)
            hits = counts["paths"].get("cache", 0)
            wrong = sum(row["wrong"] for row in counts["entries"].values())
            over = wrong >= FEWEST and wrong > self._allowed * hits
            if over and tenant not in self._over:
                self._hooks.tell(self._happening(tenant, hits, wrong))
            (self._over.add if over else self._over.discard)(tenant)

    def _happening(self, tenant: str, hits: int, wrong: int) -> Happening:
        data = {
            "window_s": WINDOW,
            "answers": hits,
            "marked_wrong": wrong,
            "share": round(wrong / hits, 6),
            "allowed": self._allowed,
        }
        return Happening(kind=BURNING, tenant=tenant, at=self._now(), data=data)
