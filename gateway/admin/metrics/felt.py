"""Metrics of what callers feel, as histograms and counters: ``gateway.core.felt`` defines each."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from gateway.core.felt import Felt, FeltFigure

WAITS = (
    FeltFigure.DETECTION,
    FeltFigure.FIRST_SOUND,
    FeltFigure.ANSWER,
    FeltFigure.SILENCE,
    FeltFigure.BARGE_IN,
)
COUNTED = tuple(figure for figure in FeltFigure if figure not in WAITS)
BUCKETS = (0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5, 2.0, 3.0, 5.0, 8.0)


class FeltMetrics:
    """The figures, on the gateway's registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._waits = Histogram(
            "frontline_felt_seconds",
            "Waits as callers feel them, by figure.",
            ("figure",),
            buckets=BUCKETS,
            registry=registry,
        )
        self._counts = Counter(
            "frontline_felt_events",
            "Things that happened to callers, by figure.",
            ("figure",),
            registry=registry,
        )
        for figure in WAITS:  # there from the start: a rate needs a zero to begin with
            self._waits.labels(figure.value)
        for figure in COUNTED:
            self._counts.labels(figure.value)

    def felt(self, felt: Felt) -> None:
        """Count one."""
        if felt.figure in WAITS:
            self._waits.labels(felt.figure.value).observe(felt.value)
        else:
            self._counts.labels(felt.figure.value).inc()
