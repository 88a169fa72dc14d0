"""What callers feel, as the scraper reads it."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from gateway.admin.metrics.felt import COUNTED, WAITS, FeltMetrics
from gateway.core.felt import Felt, FeltFigure


def test_every_figure_is_there_from_the_start_and_counted() -> None:
    registry = CollectorRegistry()
    metrics = FeltMetrics(registry)
    for figure in FeltFigure:
        is_wait = figure in WAITS
        name = "frontline_felt_seconds_count" if is_wait else "frontline_felt_events_total"
        assert registry.get_sample_value(name, {"figure": figure.value}) == 0
        metrics.felt(Felt(figure, 0.25))
        assert registry.get_sample_value(name, {"figure": figure.value}) == 1
    total = registry.get_sample_value("frontline_felt_seconds_sum", {"figure": "first_sound"})
    assert total == pytest.approx(0.25)
    assert set(WAITS) | set(COUNTED) == set(FeltFigure)
