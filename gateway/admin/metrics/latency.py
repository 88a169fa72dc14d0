"""The newest timelines of each tenant and path, kept in this process and bounded; older turns are
in the store."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from gateway.audit.percentiles import Rows
from gateway.ports.records import TurnRecord

KEPT = 1000
"""Turns kept of each tenant and path: enough for a p99 that ten turns stand behind."""


class Recent:
    """The newest timelines of each tenant and path. Used from the event loop only."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._turns: dict[tuple[str, str], deque[Mapping[str, float]]] = {}

    def add(self, record: TurnRecord) -> None:
        """Keep the turn's timeline; the oldest of its kind goes. Cheap."""
        key = (record.tenant, record.path)
        self._turns.setdefault(key, deque(maxlen=self._kept)).append(record.timeline)

    def of(self, tenant: str) -> Rows:
        """(path, timelines) of the tenant, of all tenants if empty: a copy for ``summary``."""
        return [
            (path, list(turns))
            for (owner, path), turns in self._turns.items()
            if not tenant or owner == tenant
        ]
