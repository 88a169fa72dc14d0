"""From a budget to a threshold: little evidence, fewer answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.calibration import (
    NEAR_EXACT,
    PRIOR_SCORE,
    SHARES,
    Calibration,
    Samples,
    Source,
    calibrate,
    combine,
    lowest_threshold,
    prior_rate,
)


def samples(known: int, far: int = 200, errors: float = 0.0, seed: int = 0) -> Samples:
    """Known scores spread over 0.3 to 1, of which a share is wrong; far ones below 0.3."""
    random = np.random.default_rng(seed)
    score = np.concatenate([random.uniform(0.3, 1, known), random.uniform(0, 0.3, far)])
    right = np.concatenate([random.random(known) >= errors, np.zeros(far, bool)])
    source = np.repeat([Source.KNOWN, Source.FAR], [known, far]).astype(np.intp)
    return Samples(score, right, source, np.zeros(known + far, bool))


def test_weights_follow_the_assumed_traffic() -> None:
    source = np.array([Source.KNOWN] * 40 + [Source.NEAR] * 5 + [Source.FAR] * 100, np.intp)
    each = Samples(np.zeros(145), np.zeros(145, bool), source, np.zeros(145, bool)).weights()
    total = [each[source == kind].sum() / each.sum() for kind in Source]
    assert total == pytest.approx(SHARES)
    assert each[0] == pytest.approx(1)


def test_without_near_misses_the_far_ones_stand_for_all() -> None:
    found = samples(50)
    assert found.weights()[found.source == Source.FAR].sum() == pytest.approx(50 / 0.8 * 0.2)


def test_no_evidence_is_the_prior() -> None:
    nothing = samples(0, far=0)
    assert lowest_threshold(nothing, 0.01) == pytest.approx(PRIOR_SCORE, abs=0.002)
    assert lowest_threshold(nothing, 0.001) > 0.8


def test_good_evidence_lowers_the_threshold_and_bad_raises_it() -> None:
    good, bad = samples(5000), samples(5000, errors=0.04)
    assert lowest_threshold(good, 0.01) < PRIOR_SCORE - 0.1
    assert lowest_threshold(bad, 0.01) > PRIOR_SCORE + 0.2


def test_the_same_good_evidence_counts_for_less_when_there_is_little() -> None:
    thresholds = [lowest_threshold(samples(n), 0.01) for n in (10, 100, 1000, 5000)]
    assert thresholds == sorted(thresholds, reverse=True)
    assert thresholds[0] - thresholds[-1] > 0.1


@given(st.integers(0, 300), st.floats(0, 0.5), st.integers(0, 50))
def test_a_smaller_budget_never_answers_more(known: int, errors: float, seed: int) -> None:
    found = samples(known, errors=errors, seed=seed)
    thresholds = [lowest_threshold(found, budget) for budget in (0.0, 0.002, 0.01, 0.05, 0.3)]
    assert thresholds == sorted(thresholds, reverse=True)


def test_no_budget_no_answers() -> None:
    assert lowest_threshold(samples(1000), 0.0) > 1


def test_the_kept_answers_are_within_the_budget() -> None:
    found = samples(20_000, errors=0.0)
    wrong = found.score < 0.5
    found = Samples(found.score, found.right & ~wrong, found.source, found.vetoed)
    threshold = lowest_threshold(found, 0.02, prior_answers=0.0)
    kept = found.score >= threshold
    weights = found.weights()
    rate = (weights * ~found.right)[kept].sum() / weights[kept].sum()
    assert 0.015 < rate <= 0.0201


def test_what_a_guard_stops_is_no_wrong_answer() -> None:
    found = samples(2000, errors=0.05)
    guarded = Samples(found.score, found.right, found.source, ~found.right)
    assert lowest_threshold(guarded, 0.01) < lowest_threshold(found, 0.01) - 0.2


def test_few_samples_or_entries_need_a_near_exact_question() -> None:
    assert calibrate(samples(500), 50, 0.01).floor == 0
    assert calibrate(samples(500), 2, 0.01).floor == NEAR_EXACT
    assert calibrate(samples(10), 50, 0.01).floor == NEAR_EXACT


def test_confidence_follows_the_evidence() -> None:
    good, bad = calibrate(samples(500), 50, 0.01), calibrate(samples(500, errors=0.5), 50, 0.01)
    assert good.confidence(0.8) > 0.97 > 0.7 > bad.confidence(0.8)
    assert [0 < good.confidence(s) < 1 for s in (0.0, 1.0)] == [True, True]


@given(st.floats(0, 1), st.floats(0, 1))
def test_confidence_grows_with_the_score(one: float, other: float) -> None:
    line = Calibration(0.6, 0.0, 2.2, 1.5)
    low, high = sorted((one, other))
    assert line.confidence(low) <= line.confidence(high)


def test_all_right_or_all_wrong_does_not_blow_up() -> None:
    for errors in (0.0, 1.0):
        found = calibrate(samples(1000, far=0, errors=errors), 50, 0.01)
        assert all(np.isfinite([found.intercept, found.slope]))


def test_score_and_prior() -> None:
    assert combine(np.array([0.8]), np.array([0.25])) == pytest.approx([0.4])
    assert combine(np.array([0.8]), np.array([-0.2])) == pytest.approx([0.0])
    assert prior_rate(np.array([PRIOR_SCORE])) == pytest.approx([0.01])
    assert prior_rate(np.array([-1.0]))[0] == 1.0
