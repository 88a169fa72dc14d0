"""Metrics read by name."""

from __future__ import annotations

from gateway.admin.metrics.metrics import Metrics
from gateway.admin.metrics.snapshot import Snapshot
from gateway.core.felt import Felt, FeltFigure


def test_counters_are_summed_as_asked() -> None:
    metrics = Metrics()
    for what, count in (("records", 2), ("frames", 3)):
        metrics.lost(what, count)
    seen = Snapshot.of(metrics.registry)
    assert seen.total("frontline_losses_total") == 5
    assert seen.by("frontline_losses_total", "what") == {"records": 2, "frames": 3}
    assert (seen.total("no_such"), seen.by("no_such", "what")) == (0, {})


def test_percentiles_are_never_better_than_what_was_felt() -> None:
    metrics = Metrics()
    for seconds in [0.22] * 98 + [0.65, 30.0]:
        metrics.felt(Felt(FeltFigure.FIRST_SOUND, seconds))
    waits = Snapshot.of(metrics.registry).waits()
    assert list(waits) == ["first_sound"], "what nobody felt has no figures"
    assert waits["first_sound"] == {
        "count": 100,
        "p50_ms": 250.0,
        "p95_ms": 250.0,
        "p99_ms": 700.0,
    }
