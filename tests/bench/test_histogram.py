"""The histogram of latencies."""

from __future__ import annotations

import math
import random

import pytest

from bench.histogram import Histogram, upper


def test_percentiles_are_those_of_the_values_to_three_digits() -> None:
    random.seed(1)
    values = sorted(random.lognormvariate(-4, 2) for _ in range(20_000))
    made = Histogram.of(values)
    for percent in (1, 50, 90, 99, 99.9, 100):
        true = values[max(0, math.ceil(len(values) * percent / 100) - 1)]
        assert made.percentile(percent) == pytest.approx(true, rel=0.002, abs=1e-6)
    assert len(made.counts) < 10_000


def test_histograms_of_parts_add_up_to_that_of_the_whole() -> None:
    one, two = Histogram.of([0.001, 0.5]), Histogram.of([0.002])
    one.merge(two)
    assert one == Histogram.of([0.001, 0.5, 0.002])


def test_a_bucket_is_a_thousandth_wide_at_most() -> None:
    assert [upper(value) for value in (0, 1, 2047)] == [0, 1, 2047]
    for value in (2048, 99_999, 12_345_678):
        assert value <= upper(value) <= value * 1.001


def test_nothing_has_no_percentile() -> None:
    assert Histogram().percentile(99) == 0.0


def test_the_table_ends_with_all_values() -> None:
    *_, last = Histogram.of([0.001, 0.002, 0.002]).lines()
    assert last.split() == ["2.000", "1.000000000000", "3", "inf"]
