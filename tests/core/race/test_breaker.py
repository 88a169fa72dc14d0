"""Who may be asked: breakers and Retry-After."""

from __future__ import annotations

import pytest

from gateway.core.race.attempts import AttemptFailure, Hedging
from gateway.core.race.breaker import Breaker, Fitness

FIT, TRIAL, UNFIT = Fitness.FIT, Fitness.TRIAL, Fitness.UNFIT
SETTINGS = Hedging(breaker_failures=3, breaker_open=5.0, breaker_open_max=12.0)


def opened(at: float = 0.0) -> Breaker:
    """Open since then."""
    breaker = Breaker(SETTINGS)
    for _ in range(3):
        breaker.failed(AttemptFailure.SERVER, None, at)
    return breaker


def test_failures_in_a_row_open_it() -> None:
    breaker = Breaker(SETTINGS)
    for _ in range(2):
        breaker.failed(AttemptFailure.SERVER, None, 0.0)
    assert breaker.fitness(0.0) is FIT
    calm = [breaker.calm]
    breaker.answered()
    assert [*calm, breaker.calm] == [False, True]
    for _ in range(2):
        breaker.failed(AttemptFailure.UNREACHABLE, None, 1.0)
    assert breaker.fitness(1.0) is FIT
    breaker.failed(AttemptFailure.BROKEN, None, 1.0)
    assert [breaker.fitness(t) for t in (1.0, 5.9, 6.0)] == [UNFIT, UNFIT, TRIAL]


def test_one_trial_at_a_time_closes_it() -> None:
    breaker = opened()
    breaker.started()
    assert breaker.fitness(9.0) is UNFIT
    breaker.answered()
    assert breaker.fitness(9.0) is FIT
    assert breaker.calm
    breaker.started()
    assert breaker.fitness(9.0) is FIT, "what is closed needs no trial"


def test_failed_trials_wait_longer_and_longer_but_not_for_ever() -> None:
    breaker = opened()
    now = 5.0
    for wait in (10.0, 12.0, 12.0):
        assert breaker.fitness(now) is TRIAL
        breaker.started()
        breaker.failed(AttemptFailure.SILENT, None, now)
        assert breaker.fitness(now + wait - 0.1) is UNFIT
        now += wait
    assert breaker.fitness(now) is TRIAL


def test_a_trial_that_lost_says_nothing() -> None:
    breaker = opened()
    breaker.inconclusive(5.0)
    assert breaker.fitness(5.0) is TRIAL, "it was not on trial"
    breaker.started()
    breaker.inconclusive(6.0)
    assert [breaker.fitness(t) for t in (10.9, 11.0)] == [UNFIT, TRIAL]


def test_who_refuses_is_left_alone_at_once() -> None:
    breaker = Breaker(SETTINGS)
    breaker.failed(AttemptFailure.REFUSED, None, 0.0)
    assert [breaker.fitness(t) for t in (4.9, 5.0)] == [UNFIT, TRIAL]


def test_late_failures_do_not_shorten_the_rest() -> None:
    breaker = opened()
    breaker.failed(AttemptFailure.SERVER, None, 2.0)  # of an attempt begun before
    assert [breaker.fitness(t) for t in (6.9, 7.0)] == [UNFIT, TRIAL]


@pytest.mark.parametrize(("asked", "wait"), [(3.0, 3.0), (-1.0, 0.0), (9e9, 300.0)])
def test_retry_after_is_kept_and_needs_no_trial(asked: float, wait: float) -> None:
    breaker = Breaker(SETTINGS)
    breaker.failed(AttemptFailure.RATE_LIMITED, asked, 10.0)
    assert not breaker.calm
    assert breaker.fitness(10.0 + wait) is FIT
    assert wait == 0.0 or breaker.fitness(10.0 + wait - 0.1) is UNFIT


def test_retry_after_of_a_trial_ends_the_trial() -> None:
    breaker = opened()
    breaker.started()
    breaker.failed(AttemptFailure.RATE_LIMITED, 1.0, 6.0)
    assert [breaker.fitness(t) for t in (6.9, 7.0)] == [UNFIT, TRIAL]


def test_a_limit_without_a_time_counts_as_a_failure() -> None:
    breaker = Breaker(SETTINGS)
    for _ in range(3):
        breaker.failed(AttemptFailure.RATE_LIMITED, None, 0.0)
    assert breaker.fitness(0.0) is UNFIT
