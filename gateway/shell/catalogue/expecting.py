"""The share of each tenant's traffic that resembles an entry and is none, and what follows.

It is estimated from the newest turns in the store (``intents.learning.traffic``), so that
replicas and restarts find the same. The matcher then reckons with it, along the curve that its
catalogue was published with: nothing is seeded again. A pinned ``match.near_share`` ends all that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from gateway.errors import FrontlineError
from gateway.ports.records import TurnQuery, TurnRecord
from gateway.ports.store import RecordStore
from gateway.shell.catalogue.tenants import Serving, Tenants
from intents.learning import traffic
from intents.learning.traffic import ASSUMED, Spreads, Traffic

EVERY = 30.0
"""Seconds between two looks. Reading the turns takes some 30 ms of a thread."""
NEWEST = 1000
"""The turns looked at: so many new ones later, nothing of the traffic before is left in it."""

log = logging.getLogger("frontline.catalogue")


class TrafficWatcher(Protocol):
    """Told of what is estimated."""

    def expected(self, tenant: str, near_share: float, look_alikes: float) -> None:
        """The shares of near misses and of look-alikes that the tenant's matcher reckons with from
        now on."""


class Expecting:
    """The share of near misses of every tenant."""

    def __init__(
        self, store: RecordStore, tenants: Tenants, watcher: TrafficWatcher, *, pinned: bool
    ) -> None:
        """``pinned``: the share is told in the settings, and stays what catalogues were published
        with."""
        self._store = store
        self._tenants = tenants
        self._watcher = watcher
        self._pinned = pinned
        self._found: dict[str, Traffic] = {}

    def of(self, tenant: str) -> Traffic:
        """Return what is known of the tenant's traffic."""
        return self._found.get(tenant, ASSUMED)

    async def look(self) -> None:
        """Estimate anew for each tenant, and have its matcher reckon with that."""
        for tenant in self._tenants.names():
            if (serving := self._tenants.get(tenant)) is not None:
                await self._look(tenant, serving)

    async def _look(self, tenant: str, serving: Serving) -> None:
        matcher = serving.matcher
        if not self._pinned:
            found = await asyncio.to_thread(estimate, self._store, tenant, serving)
            self._found[tenant] = found
            if self._tenants.expect(tenant, found.careful, found.look_alikes):
                now = matcher.point
                log.info(
                    "near misses of %s: %.1f %% (%.1f to %.1f) of the newest %d turns; %.1f %% of"
                    " what comes near an answer reads as asking for another thing; answers now"
                    " need a score of %.3f, reading counts %.2f",
                    *(tenant, 100 * found.near_share, 100 * found.low, 100 * found.high),
                    *(found.turns, 100 * found.look_alikes),
                    *(now.calibration.threshold, now.calibration.weight),
                )
        self._watcher.expected(tenant, matcher.point.near_share, matcher.point.look_alikes)

    async def watch(self) -> None:
        """Look for ever; a store that is down changes nothing."""
        while True:
            try:
                await self.look()
            except FrontlineError as error:
                log.warning("the store cannot be asked for the newest turns: %s", error)
            await asyncio.sleep(EVERY)


def estimate(store: RecordStore, tenant: str, serving: Serving) -> Traffic:
    """Estimate the tenant's traffic from its newest turns. Blocks."""
    turns = store.turns(TurnQuery(tenant=tenant, limit=NEWEST))
    return seen(turns, serving.matcher.knowledge)


def expect(store: RecordStore, tenant: str, serving: Serving) -> None:
    """Have the matcher reckon with the tenant's traffic as a server does after its first look."""
    found = estimate(store, tenant, serving)
    serving.matcher.expect(found.careful, found.look_alikes)


def seen(turns: Sequence[TurnRecord], knowledge: Spreads) -> Traffic:
    """Estimate the traffic from these turns; those that asked nothing say nothing.

    A turn judged right, or whose entry was named, was about the catalogue; one judged wrong for
    which no entry was named was a near miss. Both are left out of what is unlabelled.
    """
    known = near = 0
    scores: list[float] = []
    readings: list[float | None] = []
    for turn in turns:
        if turn.flag == "right" or turn.meant:
            known += 1
        elif turn.flag == "wrong":
            near += 1
        elif (score := _score(turn.evidence)) is not None:
            scores.append(score)
            readings.append(_reading(turn.evidence))
    return traffic.estimated(
        scores,
        knowledge.spectra,
        (known, near),
        readings=readings,
        spread=knowledge.readings,
    )


def _reading(evidence: Mapping[str, Any]) -> float | None:
    """Return how like its entry the turn was read; None if it was not."""
    read = evidence.get("reading")
    return float(read) if isinstance(read, int | float) else None


def _score(evidence: Mapping[str, Any]) -> float | None:
    """The score of the turn before anything was read; None if nothing was compared."""
    candidates = evidence.get("candidates") or ()
    if not candidates:
        return None
    try:
        shares = [float(one["probability"]) for one in candidates]
        return traffic.unread(shares, [float(one["similarity"]) for one in candidates])
    except (KeyError, TypeError, ValueError):  # a record that is older than these figures
        return None
