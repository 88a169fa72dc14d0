"""The newest turns of each tenant, kept in memory."""

from __future__ import annotations

from gateway.admin.metrics.latency import Recent
from gateway.audit.percentiles import summary
from tests.support.stored import turn


def test_old_turns_go() -> None:
    recent = Recent(kept=3)
    for n in range(10):
        recent.add(turn("a", n, timeline={"ttfa_ms": float(n)}))
    assert recent.of("default") == [("cache", [{"ttfa_ms": n} for n in (7.0, 8.0, 9.0)])]


def test_tenants_are_kept_apart() -> None:
    recent = Recent()
    recent.add(turn("a", 1, tenant="one", timeline={"ttfa_ms": 1.0}))
    recent.add(turn("b", 1, tenant="two", timeline={"ttfa_ms": 5.0}))
    assert summary(recent.of("one"))["cache"]["ttfa"]["p99_ms"] == 1.0
    assert summary(recent.of(""))["cache"]["ttfa"]["count"] == 2
    assert summary(recent.of("three")) == {}
