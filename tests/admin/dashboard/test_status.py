"""What was saved, how the helpers do, and which alerts there are."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from gateway.adapters.store import SqliteStore
from gateway.admin.dashboard.status import (
    ENOUGH,
    breaker_alerts,
    budget_alerts,
    catalogue_alerts,
    helpers,
    loss_alerts,
    near_alerts,
    saved,
    stall_alerts,
)
from gateway.admin.metrics.metrics import Metrics
from gateway.admin.metrics.snapshot import Snapshot
from gateway.admin.outputs import Alert, NearMisses
from gateway.core.race.pilot import Why
from gateway.settings.budget import PriceSettings
from tests.admin.conftest import recent
from tests.admin.truth import Client

QUICK: Mapping[str, float] = {"ttfa_ms": 200.0}
SLOW: Mapping[str, float] = {"ttfa_ms": 1200.0, "filler_ms": 300.0}


def kinds(alerts: Any) -> list[str]:
    found: list[Alert] = list(alerts)
    return [one.kind for one in found]


def test_the_status_of_a_server(client: Client, store: SqliteStore) -> None:
    store.write([recent("a", 1, entry="wifi"), recent("a", 2, path="handoff")])
    status = client.get("/status", window="1h")
    assert (status["mode"], status["catalogue"], status["calls"]) == ("live", 2, 0)
    assert status["saved"] == {"turns": 1, "seconds": None, "money": None, "currency": "USD"}
    assert status["helpers"]["hedge"] is None
    assert status["alerts"] == []
    client.send("PUT", "/mode", {"mode": "shadow"})
    assert client.get("/status")["mode"] == "shadow"
    assert client.get("/status", tenant="nobody")["catalogue"] == 0


def test_savings_are_against_the_agent() -> None:
    rows = [("cache", [QUICK] * 3), ("agent", [SLOW] * 3)]
    found = saved(rows, 60, PriceSettings(agent_turn=0.05, currency="EUR"))
    assert (found.seconds, found.money, found.currency) == (60.0, 3.0, "EUR")
    assert saved(rows[:1], 60, PriceSettings()).seconds is None
    assert saved([("cache", [SLOW]), ("agent", [QUICK])], 9, PriceSettings()).seconds == 0.0


def test_shares_of_the_agents_helpers() -> None:
    metrics = Metrics()
    for _ in range(4):
        metrics.llm.ended("whole")
    metrics.llm.spent({Why.HEDGE: 1, Why.FAILOVER: 1, Why.RESCUE: 1}, 0, 0, 0)
    metrics.voice_failed("one", "refused")
    found = helpers(Snapshot.of(metrics.registry), turns=2, filled=1)
    assert (found.answers, found.hedge, found.fallback) == (4, 0.25, 0.5)
    assert (found.filler, found.voice_failures) == (0.5, 1)


def test_the_error_budget_burns_from_twice_what_may_be() -> None:
    def of(slow: int, quick: int) -> list[str]:
        return kinds(budget_alerts([("cache", [SLOW] * slow + [QUICK] * quick)], 800))

    assert of(2, 98) == ["budget"]
    assert of(1, 99) == []
    assert of(1, ENOUGH - 2) == [], "of so few nothing is said"


def test_a_catalogue_that_is_not_served_is_told() -> None:
    served: Any = SimpleNamespace(number=1)
    assert kinds(catalogue_alerts(served, 1)) == kinds(catalogue_alerts(None, None)) == []
    assert kinds(catalogue_alerts(served, 2)) == kinds(catalogue_alerts(None, 2)) == ["catalogue"]


def test_a_near_share_that_has_moved_is_told_once_it_is_sure() -> None:
    def of(low: float, high: float, turns: int, look_alikes: float = 0.1) -> list[str]:
        served: Any = SimpleNamespace(summary={"near_share": 0.05})
        near = NearMisses(
            share=0.2,
            low=low,
            high=high,
            turns=turns,
            look_alikes=look_alikes,
            threshold=0.5,
            reading_weight=0.4,
        )
        return kinds(near_alerts(near, served))

    assert of(0.1, 0.3, 500) == ["near_share"]
    assert of(0.01, 0.3, 500) == of(0.1, 0.3, 50) == []
    assert of(0.01, 0.3, 500, 0.2) == ["look_alikes"]
    assert of(0.1, 0.3, 500, 0.2) == ["look_alikes", "near_share"]
    assert of(0.01, 0.3, 50, 0.2) == []
    assert kinds(near_alerts(None, None)) == []


def test_stalls_losses_and_breakers_are_told() -> None:
    metrics = Metrics()
    metrics.loop_stalled(0.3)
    ((at, _),) = metrics.stalls
    assert kinds(stall_alerts(metrics.stalls, at + 1)) == ["stalls"]
    assert kinds(stall_alerts(metrics.stalls, at + 3600)) == []
    assert kinds(stall_alerts([(at, 0.03)], at)) == []
    assert kinds(loss_alerts(Snapshot.of(metrics.registry))) == []
    metrics.lost("records", 3)
    assert kinds(loss_alerts(Snapshot.of(metrics.registry))) == ["losses"]
    (alert,) = breaker_alerts(["groq"])
    assert (alert.kind, alert.severity) == ("breaker", "bad")
