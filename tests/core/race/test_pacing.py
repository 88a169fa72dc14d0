"""The adaptive delay and the budget."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.race.attempts import Hedging
from gateway.core.race.pacing import AIM, Pacer


def race(pacer: Pacer, ttft: float) -> bool:
    """One race as the pacer sees it; whether a second call was made."""
    pacer.earn()
    delay = pacer.delay(0)
    pacer.tried(0, silent=ttft > delay)
    if ttft > delay and (pacer.may_hedge() or pacer.may_rescue()):
        pacer.spend()
        return True
    return False


@pytest.mark.parametrize(("median", "budget"), [(0.05, 0.10), (0.1, 0.05), (0.2, 0.2)])
def test_the_long_run_meets_the_budget(median: float, budget: float) -> None:
    chance, pacer = random.Random(5), Pacer(1, Hedging(budget=budget))
    count = 20_000
    made = sum(race(pacer, chance.lognormvariate(0, 0.8) * median) for _ in range(count))
    assert AIM * budget - 0.01 <= made / count <= budget + 0.005
    share = sum(chance.lognormvariate(0, 0.8) * median > pacer.delay(0) for _ in range(count))
    assert share / count == pytest.approx(budget, rel=0.2), "the delay is that percentile"


def test_extra_calls_for_other_reasons_are_paid_by_the_hedges() -> None:
    chance, pacer = random.Random(6), Pacer(1, Hedging())
    made = {False: 0, True: 0}
    for number in range(40_000):
        late = number >= 20_000  # what was saved up is spent
        made[late] += race(pacer, chance.lognormvariate(0, 0.8) * 0.1)
        if number % 20 == 0:
            pacer.spend()
            made[late] += 1
    assert 0.095 <= made[True] / 20_000 <= 0.102
    assert made[False] <= made[True] + 600


def test_the_first_steps_are_long() -> None:
    pacer = Pacer(2, Hedging())
    for _ in range(10):
        pacer.tried(0, silent=True)
    assert pacer.delay(0) > 0.6
    assert pacer.delay(1) == 0.3, "each provider has its own"


def test_no_delay_outlasts_the_rescue_while_there_is_credit() -> None:
    pacer = Pacer(1, Hedging(depth=4.0, debt=2.0))
    for _ in range(100):
        pacer.tried(0, silent=True)
    assert pacer.delay(0) == 0.7
    assert pacer.may_hedge()
    for _ in range(3):
        pacer.spend()
    assert not pacer.may_hedge()
    assert pacer.may_rescue()
    pacer.spend()
    assert not pacer.may_rescue()
    for _ in range(1000):
        pacer.tried(0, silent=True)
    assert pacer.delay(0) == 5.0, "without credit it finds its own length"
    for _ in range(100):
        pacer.earn()
    assert pacer.delay(0) == 0.7
    pacer.tried(0, silent=True)  # at 0.7, which says nothing about 5 s
    before = pacer._delays[0]
    assert before == 5.0
    pacer.tried(0, silent=False)  # but this does
    assert pacer._delays[0] < before


def test_the_delay_is_never_shorter_than_the_least() -> None:
    pacer = Pacer(1, Hedging())
    for _ in range(10_000):
        pacer.tried(0, silent=False)
    assert pacer.delay(0) == 0.02


def test_the_target_follows_the_bucket() -> None:
    pacer, aim = Pacer(1, Hedging()), AIM * 0.1
    assert pacer.target == pytest.approx(aim)
    for _ in range(10_000):
        pacer.earn()
    assert pacer.level == 400.0
    assert pacer.target == pytest.approx(1.4 * aim)
    for _ in range(5000):
        pacer.spend()
    assert pacer.target == pytest.approx(0.2 * aim), "it can still come back"


@given(st.lists(st.tuples(st.floats(0.01, 10.0), st.booleans()), max_size=300))
def test_no_more_is_spent_than_was_there(races: list[tuple[float, bool]]) -> None:
    settings = Hedging(depth=6.0, debt=3.0)
    pacer = Pacer(1, settings)
    made = failovers = 0
    for ttft, fails in races:
        made += race(pacer, ttft)
        if fails:
            pacer.spend()
            failovers += 1
        assert pacer.level <= settings.depth
    assert made <= settings.depth / 2 + settings.debt + 1 + AIM * settings.budget * len(races)
    kept = settings.depth / 2 + AIM * settings.budget * len(races) - made - failovers
    assert pacer.level <= kept + 1e-6, "a full bucket loses, nothing is made up"
