"""Percentiles of the stages of turns."""

from __future__ import annotations

import pytest

from gateway.admin.metrics.latency import Recent
from gateway.audit.percentiles import percentile, summary
from tests.support.stored import turn


@pytest.mark.parametrize(
    ("percent", "value"), [(50, 50.0), (95, 95.0), (99, 99.0), (100, 100.0), (0, 1.0)]
)
def test_a_percentile_is_a_value_that_occurred(percent: float, value: float) -> None:
    assert percentile([float(n) for n in range(1, 101)], percent) == value


def test_one_value_is_every_percentile() -> None:
    assert [percentile([7.0], p) for p in (1, 50, 99)] == [7.0] * 3


def test_stages_by_path() -> None:
    recent = Recent()
    for n in range(1, 101):
        recent.add(turn("a", n, timeline={"match_ms": float(n), "ttfa_ms": n + 200.0}))
    recent.add(turn("a", 101, path="handoff", timeline={"ttfa_ms": 9.0, "heard_ms": 1200.0}))
    figures = summary(recent.of("default"))
    assert figures == {
        "cache": {
            "match": {"count": 100, "p50_ms": 50.0, "p95_ms": 95.0, "p99_ms": 99.0},
            "ttfa": {"count": 100, "p50_ms": 250.0, "p95_ms": 295.0, "p99_ms": 299.0},
        },
        "handoff": {"ttfa": {"count": 1, "p50_ms": 9.0, "p95_ms": 9.0, "p99_ms": 9.0}},
    }


def test_a_stage_counts_the_turns_that_waited_for_it() -> None:
    recent = Recent()
    recent.add(turn("a", 1, timeline={"ttfa_ms": 1.0, "stt_ms": 5.0}))
    recent.add(turn("a", 2, timeline={"ttfa_ms": 3.0}))
    stages = summary(recent.of(""))["cache"]
    assert (stages["stt"]["count"], stages["ttfa"]["count"]) == (1, 2)
