"""A histogram of latencies as HdrHistogram keeps them: whole microseconds, to three digits.

A value falls into a bucket whose width is at most a thousandth of it, so that any percentile of
days of traffic is known to 0.1 % from a few thousand counts, and histograms of slices and of
processes add up to those of the whole. ``lines`` is the percentile table (``.hgrm``) that
HdrHistogram's own plotters read.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Self

HALF = 10
"""Bits that a bucket keeps of a value: 1024 steps in each doubling."""


@dataclass
class Histogram:
    """Counts of seconds."""

    counts: dict[int, int] = field(default_factory=dict)
    """Upper end of a bucket, in microseconds -> values in it."""
    total: int = 0
    longest: float = 0.0

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """The histogram of these seconds."""
        made = cls()
        for value in values:
            made.add(value)
        return made

    def add(self, seconds: float) -> None:
        """Count a value; one below zero counts as zero."""
        bucket = upper(max(0, round(seconds * 1e6)))
        self.counts[bucket] = self.counts.get(bucket, 0) + 1
        self.total += 1
        self.longest = max(self.longest, seconds)

    def merge(self, other: Histogram) -> None:
        """Count what the other has as well."""
        for bucket, count in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + count
        self.total += other.total
        self.longest = max(self.longest, other.longest)

    def percentile(self, percent: float) -> float:
        """Seconds below or at which so many of the values are (nearest rank); 0 if there are
        none."""
        wanted, seen = max(1, math.ceil(self.total * percent / 100)), 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen >= wanted:
                return min(bucket / 1e6, self.longest)
        return 0.0

    def lines(self) -> Iterator[str]:
        """The percentile table, in milliseconds."""
        yield "       Value     Percentile TotalCount 1/(1-Percentile)"
        seen = 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            share = seen / self.total
            left = f"{1 / (1 - share):14.2f}" if seen < self.total else "           inf"
            yield f"{bucket / 1000:12.3f} {share:2.12f} {seen:10d} {left}"


def upper(micros: int) -> int:
    """The upper end of the bucket of a value."""
    shift = max(0, micros.bit_length() - HALF - 1)
    return (((micros >> shift) + 1) << shift) - 1
