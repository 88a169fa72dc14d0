"""What races share: plans, permissions, the account."""

from __future__ import annotations

import pytest

from gateway.core.race.attempts import AttemptFailure, Hedging, Provider
from gateway.core.race.breaker import Fitness
from gateway.core.race.pilot import Pilot, RacePlan, Why
from tests.support.hedging import make_pilot

THREE = tuple(Provider(name=name) for name in "abc")


def break_off(pilot: Pilot, provider: int, now: float = 0.0) -> None:
    pilot.failed(provider, AttemptFailure.REFUSED, None, now, begun=False)


def test_somebody_must_be_there() -> None:
    with pytest.raises(ValueError, match="no provider"):
        Pilot((), Hedging())


def test_the_first_named_goes_first() -> None:
    pilot = make_pilot()
    assert pilot.plan(0.0) == RacePlan(0, None, 0.3)
    assert pilot.other(0, 0.0) == 1
    assert pilot.spent.races == 1


def test_the_others_are_taken_by_their_record() -> None:
    pilot = Pilot(THREE, Hedging())
    pilot.answered(1, 0.9)
    pilot.answered(2, 0.1)
    assert pilot.other(0, 0.0) == 2
    break_off(pilot, 2)
    assert pilot.other(0, 0.0) == 1
    break_off(pilot, 1)
    assert pilot.other(0, 0.0) is None
    assert pilot.other(0, 5.0) in (1, 2), "on trial it is better than nobody"


def test_no_news_calls_for_both() -> None:
    pilot = make_pilot(Hedging(probe_after=50))
    plans = [pilot.plan(0.0) for _ in range(21)]
    assert [plan.second for plan in plans if plan] == [None] * 20 + [1]
    pilot.pacer.level = 0.0
    assert pilot.plan(0.0) == RacePlan(0, None, 0.3), "but not from an empty bucket"
    alone = make_pilot(count=1)
    assert all(alone.plan(0.0) == RacePlan(0, None, 0.3) for _ in range(50))


def test_who_is_stale_and_first_anyway_needs_no_second() -> None:
    pilot = make_pilot()
    for _ in range(30):
        pilot.plan(0.0)
    break_off(pilot, 0)
    assert pilot.plan(1.0) == RacePlan(1, None, 0.3)


def test_a_trial_runs_beside_the_other_or_alone() -> None:
    pilot = make_pilot()
    break_off(pilot, 0)
    assert pilot.fitness(0, 4.9) is Fitness.UNFIT
    assert pilot.plan(4.9) == RacePlan(1, None, 0.3)
    assert pilot.plan(5.0) == RacePlan(1, 0, 0.3)
    break_off(pilot, 1)
    assert pilot.plan(4.9) is None
    assert pilot.plan(5.0) == RacePlan(0, None, 0.3), "both are on trial: one call"
    pilot.started(0)
    assert pilot.plan(5.0) == RacePlan(1, None, 0.3)
    pilot.started(1)
    assert pilot.plan(5.0) is None
    pilot.cut(0, 0.2, 5.2)
    assert pilot.fitness(0, 10.3) is Fitness.TRIAL
    pilot.started(0)
    pilot.answered(0, 0.1)
    assert pilot.fitness(0, 10.3) is Fitness.FIT


def test_failures_apart_do_not_open_a_breaker() -> None:
    pilot = make_pilot()
    for _ in range(20):
        pilot.failed(1, AttemptFailure.SERVER, None, 0.0, begun=False)
        pilot.answered(0, 0.1)  # which is no answer of the other
        pilot.answered(1, 0.1)
    assert pilot.fitness(1, 0.0) is Fitness.FIT


def test_what_a_failure_says_about_speed() -> None:
    pilot = make_pilot()
    pilot.failed(1, AttemptFailure.RATE_LIMITED, 1.0, 0.0, begun=False)
    pilot.failed(1, AttemptFailure.BROKEN, None, 0.0, begun=True)
    assert pilot.chooser.usual(1) == pytest.approx(0.3), "nothing"
    pilot.failed(1, AttemptFailure.BROKEN, None, 0.0, begun=False)
    assert pilot.chooser.usual(1) > 0.5


def test_permissions() -> None:
    pilot = make_pilot(Hedging(debt=1.0))
    assert pilot.may_start(long=False) is Why.HEDGE
    pilot.pacer.level = 0.5
    assert pilot.may_start(long=True) is Why.RESCUE
    assert pilot.may_start(long=False) is None
    pilot.spend(Why.RESCUE)
    pilot.spend(Why.FAILOVER)
    assert pilot.may_start(long=True) is None
    assert (pilot.spent.denied, pilot.spent.extra_calls) == (1, 2)
    assert pilot.pacer.level == -1.5
