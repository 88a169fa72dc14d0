"""The metrics of one moment, to be read by name: for the API, beside Prometheus."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

WAITS = "frontline_felt_seconds_bucket"
PERCENTILES = (50, 95, 99)

Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Values by name of the sample and its labels."""

    samples: Mapping[str, Mapping[Labels, float]]

    @classmethod
    def of(cls, registry: CollectorRegistry) -> Snapshot:
        """All of the registry. Some milliseconds: not for the event loop."""
        samples: dict[str, dict[Labels, float]] = {}
        for metric in registry.collect():
            for one in metric.samples:
                samples.setdefault(one.name, {})[frozenset(one.labels.items())] = one.value
        return cls(samples)

    def total(self, name: str) -> float:
        """The sum over all labels."""
        return sum(self.samples.get(name, {}).values())

    def by(self, name: str, label: str) -> dict[str, float]:
        """Sums by one label."""
        found: defaultdict[str, float] = defaultdict(float)
        for labels, value in self.samples.get(name, {}).items():
            found[dict(labels).get(label, "")] += value
        return dict(found)

    def waits(self) -> dict[str, dict[str, float]]:
        """Figure -> ``{"count", "p50_ms", ...}`` of what callers felt: the upper edge of the bucket
        that holds the percentile, so never too good."""
        buckets: dict[str, list[tuple[float, float]]] = {}
        for labels, value in self.samples.get(WAITS, {}).items():
            named = dict(labels)
            buckets.setdefault(named["figure"], []).append((float(named["le"]), value))
        return {
            figure: _figures(sorted(edges))
            for figure, edges in sorted(buckets.items())
            if max(value for _, value in edges)
        }


def _figures(edges: list[tuple[float, float]]) -> dict[str, float]:
    count = edges[-1][1]
    largest = max(edge for edge, _ in edges if edge != float("inf"))
    figures = {"count": count}
    for percent in PERCENTILES:
        edge = next(edge for edge, value in edges if value >= count * percent / 100)
        figures[f"p{percent}_ms"] = round(min(edge, largest) * 1000, 3)
    return figures
