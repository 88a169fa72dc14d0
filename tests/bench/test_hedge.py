"""The hedging benchmark drives real races through the worlds it names."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from bench.hedge import LINES, drive, hedged, one_race, rivals, run, strict, wasted
from bench.worlds import KINDS, World, world
from gateway.core.race.attempts import Hedging
from gateway.core.race.hedge import Race
from gateway.core.race.pilot import Pilot
from gateway.errors import UsageError
from gateway.settings.whole import Settings
from tests.support.hedging import PAIR, SIZE

NEVER = math.inf


def small(*calls: tuple[float, float, float, float]) -> World:
    """Calls as (a, error of a, b, error of b), ms."""
    columns = [np.array(one, dtype=float) for one in zip(*calls, strict=True)]
    return World(columns[0], columns[2], columns[1], columns[3])


def test_worlds_are_as_described() -> None:
    drawn = world("drift", 200_000, 3)
    good = drawn.a[np.isfinite(drawn.a)]
    assert np.median(good) == pytest.approx(90, rel=0.1)
    assert np.isinf(drawn.b).mean() == pytest.approx(0.005, rel=0.2)
    assert np.array_equal(np.isinf(drawn.a), np.isfinite(drawn.error_a))
    assert np.array_equal(drawn.a, world("drift", 200_000, 3).a)
    calm = world("iid", 200_000, 3)
    both = np.isfinite(calm.a) & np.isfinite(calm.b)
    assert abs(np.corrcoef(np.log(calm.a[both]), np.log(calm.b[both]))[0, 1]) < 0.02
    size = world("corr", 200_000, 3)
    both = np.isfinite(size.a) & np.isfinite(size.b)
    assert np.corrcoef(np.log(size.a[both]), np.log(size.b[both]))[0, 1] > 0.1


@pytest.mark.parametrize(
    ("times", "first"),
    [
        ((0.2, NEVER, 0.1, NEVER), 0.2),
        ((9.0, NEVER, 0.1, NEVER), 0.4),  # hedged at 0.3
        ((0.35, NEVER, 0.1, NEVER), 0.35),
        ((NEVER, 0.05, 0.1, NEVER), 0.15),  # failed over at 0.05
        ((NEVER, 0.05, NEVER, 0.1), NEVER),
        ((9.0, NEVER, NEVER, 0.1), NEVER),  # given up at 8
    ],
)
def test_a_race_takes_what_it_takes(times: tuple[float, ...], first: float) -> None:
    pilot = Pilot(PAIR, Hedging())
    took, now = one_race(Race(0, pilot, SIZE), times, 5.0)
    assert took == pytest.approx(first)
    assert now > 5.0
    assert pilot.spent.abandoned == 0


def test_races_follow_one_another() -> None:
    drawn = small((200, NEVER, 100, NEVER), (9000, NEVER, 100, NEVER))
    found = list(drive(Pilot(PAIR, replace(Hedging(), step=0.001)), drawn))
    assert found[0] == pytest.approx(0.2)
    assert 0.35 < found[1] < 0.4


def test_the_strict_bucket_runs_dry() -> None:
    stuck = small(*[(5000.0, NEVER, 100.0, NEVER)] * 60)
    hedges = np.isfinite(strict(stuck))
    assert hedges[:20].all()
    assert hedges.sum() < 30


def test_tokens_are_those_of_the_loser() -> None:
    drawn = small(
        (100, NEVER, 100, NEVER),  # b not asked
        (500, NEVER, 100, NEVER),  # b wins, a runs on
        (350, NEVER, 100, NEVER),  # a wins, b stops
        (350, NEVER, NEVER, 10),  # b failed by itself
        (NEVER, 50, 100, NEVER),  # a failed by itself
    )
    start = np.array([300.0, 300.0, 300.0, 300.0, 50.0])
    assert wasted(drawn, start).tolist() == [0.0, 750.0, 600.0, 0.0, 0.0]


def test_the_hedge_beats_its_rivals_where_things_change() -> None:
    drawn = world("corr", 60_000, 1)
    drawn.a[40_000:43_000] *= 6
    drawn.a[40_000:43_000:20] += 10_000
    ours, others = hedged(drawn, "drift"), rivals(drawn, "drift")
    assert ours["drift_p999_ms"] < 0.5 * others["bucket_drift_p999_ms"]
    assert ours["drift_p99_ms"] < others["failover_drift_p99_ms"]
    assert ours["drift_p99_ms"] > others["race_drift_p99_ms"], "which takes all the calls"
    assert ours["drift_unclosed"] == 0


def test_it_has_all_its_figures() -> None:
    result = run(Settings(), calls=21_000, seed=2)
    figures, goals = result["figures"], result["goals"]
    for kind in KINDS:
        for key in ("p50_ms", "p99_ms", "p999_ms", "extra_calls_pct", "extra_tokens"):
            for who in ("", "failover_", "fixed_", "bucket_", "race_"):
                assert f"{who}{kind}_{key}" in figures
        assert goals[f"{kind}_p999_ms"] == f"<= {LINES[kind][1]}"
        assert figures[f"race_{kind}_extra_calls_pct"] == 100
    assert set(goals) <= set(figures)
    with pytest.raises(UsageError, match="not counted"):
        run(Settings(), calls=20_000)
