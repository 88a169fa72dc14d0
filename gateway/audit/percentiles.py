"""Percentiles of where the milliseconds of turns went, by path and stage."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

PERCENTILES = (50, 95, 99)


NOT_WAITING = frozenset({"heard_ms"})
"""Marks of a turn that are no part of the caller's wait."""


Rows = list[tuple[str, list[Mapping[str, float]]]]


def summary(rows: Rows) -> dict[str, dict[str, dict[str, float]]]:
    """Path -> stage -> ``{"count", "p50_ms", "p95_ms", "p99_ms"}``. A stage is an owner of the
    wait, or ``ttfa``, the whole of it; turns that never waited for it are not in its count."""
    by_path: dict[str, dict[str, list[float]]] = {}
    for path, turns in rows:
        marks = by_path.setdefault(path, {})
        for timeline in turns:
            for mark, value in timeline.items():
                marks.setdefault(mark, []).append(value)
    return {
        path: stages for path, marks in sorted(by_path.items()) if (stages := _stages_of(marks))
    }


def _stages_of(marks: Mapping[str, list[float]]) -> dict[str, dict[str, float]]:
    return {
        mark.removesuffix("_ms"): _figures(sorted(values))
        for mark, values in sorted(marks.items())
        if mark.endswith("_ms") and mark not in NOT_WAITING
    }


def _figures(ordered: Sequence[float]) -> dict[str, float]:
    figures: dict[str, float] = {"count": len(ordered)}
    for percent in PERCENTILES:
        figures[f"p{percent}_ms"] = round(percentile(ordered, percent), 3)
    return figures


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Nearest rank: a value that truly occurred. ``ordered`` ascends and is not empty."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
