"""Where the milliseconds of recent turns went: percentiles by path and stage.

Kept in this process and bounded; older turns are in the store with their whole timelines.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from gateway.ports import TurnRecord

KEPT = 1000
"""Turns kept of each tenant and path: enough for a p99 that ten turns stand behind."""

PERCENTILES = (50, 95, 99)

NOT_WAITING = frozenset({"heard_ms"})
"""Marks of a turn that are no part of the caller's wait."""

Rows = list[tuple[str, list[Mapping[str, float]]]]


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


def summary(rows: Rows) -> dict[str, dict[str, dict[str, float]]]:
    """Path -> stage -> ``{"count", "p50_ms", "p95_ms", "p99_ms"}``. A stage is an owner of the
    wait, or ``ttfa``, the whole of it; turns that never waited for it are not in its count."""
    by_path: dict[str, dict[str, list[float]]] = {}
    for path, turns in rows:
        stages = by_path.setdefault(path, {})
        for timeline in turns:
            for key, value in _waits(timeline):
                stages.setdefault(key, []).append(value)
    return {
        path: {stage: _figures(sorted(values)) for stage, values in sorted(stages.items())}
        for path, stages in sorted(by_path.items())
        if stages
    }


def _waits(timeline: Mapping[str, float]) -> Iterable[tuple[str, float]]:
    return (
        (key.removesuffix("_ms"), value)
        for key, value in timeline.items()
        if key.endswith("_ms") and key not in NOT_WAITING
    )


def _figures(ordered: Sequence[float]) -> dict[str, float]:
    figures: dict[str, float] = {"count": len(ordered)}
    for percent in PERCENTILES:
        figures[f"p{percent}_ms"] = round(percentile(ordered, percent), 3)
    return figures


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Nearest rank: a value that truly occurred. ``ordered`` ascends and is not empty."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
