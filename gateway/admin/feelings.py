"""The waits of callers, from the stored records of their turns: ``felt`` in ``stats``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.admin.outputs import FeltEvents, FeltStats, StageLatency
from gateway.audit.percentiles import summary
from gateway.core.felt import COUNTED
from gateway.ports.records import TurnRecord

NEWEST = 1000
"""Turns that are looked at, the newest first: a p99 has ten behind it."""

Waits = dict[str, list[Mapping[str, float]]]
"""Waits of turns in ms, by path or by who was waited for."""


def felt_of(turns: Iterable[TurnRecord]) -> FeltStats:
    """Return the figures of those of the turns of which anything is known. ``barge_in`` and the
    events are told by the next turn of the call."""
    waits: Waits = {}
    happened = dict.fromkeys((figure.value for figure in COUNTED), 0)
    stages: Waits = {}
    models: Waits = {}
    voices: Waits = {}
    spans: dict[str, tuple[float, float]] = {}
    known = 0
    for turn in turns:
        felt: Mapping[str, Any] = turn.evidence.get("felt") or {}
        first, last = spans.get(turn.call_id, (turn.at, turn.at))
        spans[turn.call_id] = min(first, turn.at), max(last, turn.at)
        stages.setdefault(turn.path, []).append(turn.timeline)
        if not felt:
            continue
        known += 1
        numbers = {name: float(v) for name, v in felt.items() if name.endswith("_ms")}
        waits.setdefault(turn.path, []).append(numbers)
        for who, wait, begun in (("model", "ttft_ms", models), ("voice", "ttfb_ms", voices)):
            if who in felt and wait in numbers:
                begun.setdefault(str(felt[who]), []).append({"first_ms": numbers[wait]})
        for name in happened:
            happened[name] += int(felt.get(name, 0))
    minutes = sum(last - first for first, last in spans.values()) / 60
    return FeltStats(
        turns=known,
        paths=_percentiles(waits),
        stages=_percentiles(stages),
        models={name: of["first"] for name, of in _percentiles(models).items()},
        voices={name: of["first"] for name, of in _percentiles(voices).items()},
        events=FeltEvents(**happened),
        minutes=round(minutes, 3),
        interruptions_per_minute=round(happened["interruption"] / minutes, 3) if minutes else 0.0,
    )


def _percentiles(waits: Waits) -> dict[str, dict[str, StageLatency]]:
    return {
        path: {name: _stage(figures) for name, figures in stages.items()}
        for path, stages in summary(list(waits.items())).items()
    }


def _stage(figures: Mapping[str, float]) -> StageLatency:
    rest = {name: value for name, value in figures.items() if name != "count"}
    return StageLatency(count=int(figures["count"]), **rest)
