"""From a budget to a threshold: little evidence, fewer answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.learning import spreads
from intents.learning.calibration import (
    NEAR_EXACT,
    NEAR_SHARE,
    PRIOR_RATE,
    PRIOR_SCORE,
    SHARES,
    UNSURE,
    WEIGHTS,
    Aim,
    Bools,
    Calibration,
    Samples,
    Source,
    ability,
    calibrate,
    combine,
    hit_rate,
    lowest_threshold,
    prior_rate,
    prior_score,
    raised,
    read_score,
    reading_weight,
)
from intents.learning.rehearsal import joined

SIMULATED = (Source.KNOWN, Source.NEAR, Source.FAR)


def samples(known: int, far: int = 200, errors: float = 0.0, seed: int = 0) -> Samples:
    """Known scores spread over 0.3 to 1, of which a share is wrong; far ones below 0.3."""
    random = np.random.default_rng(seed)
    score = np.concatenate([random.uniform(0.3, 1, known), random.uniform(0, 0.3, far)])
    right = np.concatenate([random.random(known) >= errors, np.zeros(far, bool)])
    source = np.repeat([Source.KNOWN, Source.FAR], [known, far]).astype(np.intp)
    nobody, unread = np.zeros(known + far, np.intp), np.zeros(known + far)
    return Samples(score, unread, right, source, np.zeros(known + far, bool), nobody)


def with_live(found: Samples, *rights: bool, score: float = 0.9) -> Samples:
    """The samples and turns that somebody judged, all with that score."""
    count = len(rights)
    return Samples(
        np.concatenate([found.score, np.full(count, score)]),
        np.concatenate([found.reading, np.zeros(count)]),
        np.concatenate([found.right, np.array(rights, bool)]),
        np.concatenate([found.source, np.full(count, Source.LIVE, np.intp)]),
        np.concatenate([found.vetoed, np.zeros(count, bool)]),
        np.concatenate([found.guess, np.zeros(count, np.intp)]),
    )


def test_weights_follow_the_assumed_traffic() -> None:
    source = np.array([Source.KNOWN] * 40 + [Source.NEAR] * 5 + [Source.FAR] * 100, np.intp)
    nobody, nothing = np.zeros(145, np.intp), np.zeros(145, bool)
    each = Samples(np.zeros(145), np.zeros(145), nothing, source, nothing, nobody).weights()
    total = [each[source == kind].sum() / each.sum() for kind in SIMULATED]
    assert total == pytest.approx(SHARES)
    assert each[0] == pytest.approx(1)


def test_without_near_misses_the_far_ones_stand_for_all() -> None:
    found = samples(50)
    known = SHARES[Source.KNOWN]
    assert found.weights()[found.source == Source.FAR].sum() == pytest.approx(
        50 / known * (1 - known)
    )


def test_a_judged_turn_counts_as_one_whatever_the_others_do() -> None:
    found = with_live(samples(50), True, False)
    each = found.weights()
    assert each[found.source == Source.LIVE].tolist() == [1, 1]
    assert np.array_equal(each[:-2], samples(50).weights())
    alone = with_live(samples(0, far=0), False)
    assert alone.weights().tolist() == [1]


def test_wrong_answers_that_somebody_heard_raise_the_threshold() -> None:
    found = samples(1000)
    at_first = lowest_threshold(found, Aim(0.01))
    assert lowest_threshold(with_live(found, *[True] * 20), Aim(0.01)) <= at_first
    assert lowest_threshold(with_live(found, *[False] * 20), Aim(0.01)) > max(at_first, 0.9)


def test_rows_are_chosen_whole() -> None:
    found = with_live(samples(5, far=5), True)
    kept = found.where(found.source != Source.FAR)
    assert (
        len(kept.score)
        == len(kept.guess)
        == len(kept.vetoed)
        == len(kept.right)
        == len(kept.reading)
        == 6
    )
    assert kept.source.tolist() == [Source.KNOWN] * 5 + [Source.LIVE]


def test_no_evidence_is_the_prior() -> None:
    nothing = samples(0, far=0)
    for budget in (0.01, 0.001):
        least = lowest_threshold(nothing, Aim(budget))
        assert prior_rate(np.array([least, least - 0.002])) == pytest.approx(budget, rel=0.03)
        assert prior_rate(np.array([least]))[0] <= budget
    assert lowest_threshold(nothing, Aim(0.001)) > lowest_threshold(nothing, Aim(0.01)) + 0.1


def test_good_evidence_lowers_the_threshold_and_bad_raises_it() -> None:
    good, bad = samples(5000), samples(5000, errors=0.04)
    assert lowest_threshold(good, Aim(0.01)) < PRIOR_SCORE - 0.1
    assert lowest_threshold(bad, Aim(0.01)) > PRIOR_SCORE + 0.2


def test_the_same_good_evidence_counts_for_less_when_there_is_little() -> None:
    thresholds = [lowest_threshold(samples(n), Aim(0.01)) for n in (10, 100, 1000, 5000)]
    assert thresholds == sorted(thresholds, reverse=True)
    assert thresholds[0] - thresholds[-1] > 0.1


@settings(deadline=None)
@given(st.integers(0, 300), st.floats(0, 0.5), st.integers(0, 50))
def test_a_smaller_budget_never_answers_more(known: int, errors: float, seed: int) -> None:
    found = samples(known, errors=errors, seed=seed)
    budgets = (0.0, 0.002, 0.01, 0.05, 0.3)
    thresholds = [lowest_threshold(found, Aim(budget)) for budget in budgets]
    assert thresholds == sorted(thresholds, reverse=True)


def test_more_near_misses_ask_for_more_care() -> None:
    near = of_entries(*[(1, 0.3 + 0.4 * (n / 100) ** 2, False, Source.NEAR) for n in range(100)])
    found = joined([samples(1000), near])
    shares = (NEAR_SHARE, 0.1, 0.15, 0.3)
    for asked in (samples(0, far=0), found):
        thresholds = [lowest_threshold(asked, Aim(0.01, share)) for share in shares]
        assert thresholds == sorted(thresholds)
        assert thresholds[-1] > thresholds[0] + 0.05


@pytest.mark.parametrize("share", [0.0, NEAR_SHARE, 0.3, 0.5])
def test_shares_of_the_traffic_are_the_whole(share: float) -> None:
    for look_alikes in (0.0, 0.15, 0.5):
        known, near, far, posed = Aim(0.01, share, look_alikes).shares
        assert known + near + far + posed == pytest.approx(1)
        assert near == pytest.approx((1 - look_alikes) * share)
        assert posed == look_alikes
        assert known / far == pytest.approx(SHARES[0] / SHARES[2])


def beside_look_alikes(alike: float = 1.5) -> Samples:
    """Known questions that read as the same, and what looks like them."""
    found = samples(300)
    known = found.source == Source.KNOWN
    spread = np.random.default_rng(1).normal(alike, 1.0, len(known))
    found = replace(found, reading=np.where(known, spread, 0.0))
    return joined([found, spreads.look_alikes(found)])


def test_where_look_alikes_are_asked_reading_decides() -> None:
    """Their scores are those of known questions, so that no threshold on scores would help."""
    found = beside_look_alikes()
    usual = calibrate(found, 20, Aim(0.01))
    told = calibrate(found, 20, Aim(0.01, look_alikes=0.3))
    assert usual.weight <= max(WEIGHTS) < told.weight
    posed = found.source == Source.LOOK_ALIKE

    def answered(decided: Calibration, rows: Bools) -> float:
        score = read_score(found.score, found.reading, decided.weight)
        return float((score >= decided.threshold)[rows].mean())

    assert answered(usual, posed) > 0.2
    assert answered(told, posed) < 0.05
    assert answered(told, found.source == Source.KNOWN) > 0.4


def test_where_reading_says_nothing_it_does_not_decide() -> None:
    found = beside_look_alikes()
    blind = replace(found, reading=np.zeros(len(found.score)))
    assert reading_weight(blind, Aim(0.01, look_alikes=0.3)) == UNSURE
    assert lowest_threshold(blind, Aim(0.01, look_alikes=0.3)) > 0.95


def test_look_alikes_that_are_made_up_raise_no_entry_of_its_own() -> None:
    found = beside_look_alikes()
    aim = Aim(0.01, look_alikes=0.3)
    low = Calibration(0.3, 0.0, 0.0, 1.0, 0.1)
    assert raised(found, low, aim) == raised(
        found.where(found.source != Source.LOOK_ALIKE), low, aim
    )


def test_no_budget_no_answers() -> None:
    assert lowest_threshold(samples(1000), Aim(0.0)) > 1


def test_the_kept_answers_are_within_the_budget() -> None:
    found = samples(20_000, errors=0.0)
    wrong = found.score < 0.5
    found = replace(found, right=found.right & ~wrong)
    threshold = lowest_threshold(found, Aim(0.02), prior_answers=0.0)
    kept = found.score >= threshold
    weights = found.weights()
    rate = (weights * ~found.right)[kept].sum() / weights[kept].sum()
    assert 0.015 < rate <= 0.0201


def test_what_a_guard_stops_is_no_wrong_answer() -> None:
    found = samples(2000, errors=0.05)
    guarded = replace(found, vetoed=~found.right)
    assert lowest_threshold(guarded, Aim(0.01)) < lowest_threshold(found, Aim(0.01)) - 0.2


def test_few_samples_or_entries_need_a_near_exact_question() -> None:
    assert calibrate(samples(500), 50, Aim(0.01)).floor == 0
    assert calibrate(samples(500), 2, Aim(0.01)).floor == NEAR_EXACT
    assert calibrate(samples(10), 50, Aim(0.01)).floor == NEAR_EXACT


def test_confidence_follows_the_evidence() -> None:
    good = calibrate(samples(500), 50, Aim(0.01))
    bad = calibrate(samples(500, errors=0.5), 50, Aim(0.01))
    assert good.confidence(0.8) > 0.97 > 0.7 > bad.confidence(0.8)
    assert [0 < good.confidence(s) < 1 for s in (0.0, 1.0)] == [True, True]


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_confidence_grows_with_the_score(one: float, other: float) -> None:
    line = Calibration(0.6, 0.0, 2.2, 1.5)
    low, high = sorted((one, other))
    assert line.confidence(low) <= line.confidence(high)


def test_all_right_or_all_wrong_does_not_blow_up() -> None:
    for errors in (0.0, 1.0):
        found = calibrate(samples(1000, far=0, errors=errors), 50, Aim(0.01))
        assert all(np.isfinite([found.intercept, found.slope]))


def test_score() -> None:
    # likely, near its question, and ahead of all others
    sure = combine(np.array([0.8]), np.array([0.2]), np.array([0.64]), np.array([0.14]))
    assert sure == pytest.approx([(0.7 * 0.8 * 0.75) ** 0.5])
    best = [np.array([one]) for one in (1.0, 0.0, 1.0, 0.0)]
    assert combine(*best) == pytest.approx([1.0])


@pytest.mark.parametrize("worse", [(0.8, 0.1), (0.1, 0.3), (0.64, 0.2), (0.14, 0.5)])
def test_every_part_of_the_score_counts(worse: tuple[float, float]) -> None:
    before, after = worse
    parts = [0.8, 0.1, 0.64, 0.14]
    with_less = list(parts)
    with_less[parts.index(before)] = after
    usual, less = (combine(*(np.array([one]) for one in row)) for row in (parts, with_less))
    assert less[0] < usual[0]


def test_no_likeness_no_score() -> None:
    assert combine(*(np.array([one]) for one in (0.8, 0.1, -0.2, 0.0))) == pytest.approx([0.0])
    # far less likely than another entry
    assert combine(*(np.array([one]) for one in (0.1, 0.8, 0.9, 0.1))) == pytest.approx([0.0])


def test_prior() -> None:
    assert prior_rate(np.array([PRIOR_SCORE])) == pytest.approx([PRIOR_RATE])
    assert prior_rate(np.array([-1.0]))[0] == 1.0
    assert prior_rate(np.array([0.6]), prior=0.6) == pytest.approx([PRIOR_RATE])


def test_the_trained_encoder_is_believed_less_the_fewer_questions_it_learnt_from() -> None:
    scores = [prior_score(trained=True, each=each) for each in (2.5, 5, 7, 9, 10, 50)]
    assert scores[:2] == [0.60, 0.60]
    assert scores[2] == pytest.approx(0.58)
    assert scores[3:] == [0.56, 0.56, 0.56]
    assert prior_score(trained=False, each=1) == PRIOR_SCORE < 0.56
    nothing = samples(0)
    least = [lowest_threshold(nothing, Aim(0.01), prior=score) for score in (0.53, 0.56, 0.60)]
    assert np.diff(least) == pytest.approx([0.03, 0.04], abs=0.002)


# --- thresholds of single entries -----------------------------------------------------------------


def of_entries(*rows: tuple[int, float, bool, Source]) -> Samples:
    """(entry that would be spoken, score, whether it is right, source) each."""
    guess, score, right, source = zip(*rows, strict=True)
    return Samples(
        np.array(score),
        np.zeros(len(rows)),
        np.array(right, bool),
        np.array(source, np.intp),
        np.zeros(len(rows), bool),
        np.array(guess, np.intp),
    )


def decided(threshold: float, weight: float = 0.0) -> Calibration:
    return Calibration(threshold, 0.0, 2.0, 1.5, weight)


GOOD = [(entry, 0.5 + 0.01 * n, True, Source.KNOWN) for entry in (0, 1) for n in range(10)]


def test_an_entry_that_erred_must_be_surer_than_it_was_then() -> None:
    found = of_entries(*GOOD, (1, 0.7, False, Source.LIVE))
    assert set(own := raised(found, decided(0.5), Aim(0.01))) == {1}
    assert own[1] > 0.7
    assert raised(found, decided(own[1]), Aim(0.01)) == {}, "then it would be silent"
    assert raised(of_entries(*GOOD), decided(0.5), Aim(0.01)) == {}


def test_much_evidence_that_it_is_right_outweighs_one_error() -> None:
    many = [(1, 0.5 + 0.0005 * n, True, Source.KNOWN) for n in range(900)]
    assert raised(of_entries(*many, (1, 0.7, False, Source.LIVE)), decided(0.5), Aim(0.01)) == {}


def test_one_simulated_near_miss_is_not_enough() -> None:
    """It stands for little traffic where there are many of them; a judged turn is one turn."""
    near = [(0, 0.1, False, Source.NEAR)] * 80
    simulated = of_entries(*GOOD, *near, (1, 0.7, False, Source.NEAR))
    assert raised(simulated, decided(0.5), Aim(0.01)) == {}


def test_what_is_vetoed_or_below_the_threshold_raises_nothing() -> None:
    found = of_entries(*GOOD, (1, 0.7, False, Source.LIVE), (0, 0.4, False, Source.LIVE))
    silent = replace(found, vetoed=~found.right)
    assert raised(silent, decided(0.5), Aim(0.01)) == {}
    assert 0 not in raised(found, decided(0.5), Aim(0.01))


# --- reading --------------------------------------------------------------------------------------


def look_alikes(known: int = 300, near: int = 100) -> Samples:
    """Near misses that score as known questions do; read, they are told apart."""
    random = np.random.default_rng(3)
    count = known + near
    right = np.arange(count) < known
    return Samples(
        random.uniform(0.5, 0.9, count),
        np.where(right, 3.0, -3.0),
        right,
        np.where(right, Source.KNOWN, Source.NEAR).astype(np.intp),
        np.zeros(count, bool),
        np.zeros(count, np.intp),
    )


def test_reading_lowers_the_score_of_a_look_alike_and_raises_that_of_a_paraphrase() -> None:
    score, reading = np.full(3, 0.6), np.array([-3.0, 0.0, 3.0])
    least, same, best = read_score(score, reading, 0.3)
    assert least < same < best
    assert same == pytest.approx(0.6)
    odds = np.log(best / (1 - best)) - np.log(0.6 / 0.4)
    assert odds == pytest.approx(0.3 * 3.0)
    assert np.array_equal(read_score(score, reading, 0.0), score)


def test_as_much_of_reading_is_taken_as_helps_and_no_more() -> None:
    helps = look_alikes()
    found = reading_weight(helps, Aim(0.01))
    assert found > WEIGHTS[0]
    assert ability(helps, found) > ability(helps) + 0.2
    assert ability(helps, found) >= 0.99 * max(ability(helps, weight) for weight in WEIGHTS)
    assert calibrate(helps, 50, Aim(0.01)).weight == found
    misleads = replace(helps, reading=-helps.reading, score=np.where(helps.right, 0.9, 0.5))
    assert reading_weight(misleads, Aim(0.01)) == WEIGHTS[0]
    tells_nothing = replace(helps, reading=np.zeros(len(helps.reading)))
    assert reading_weight(tells_nothing, Aim(0.01)) == WEIGHTS[0]


def test_nobody_read_and_the_weight_is_no_matter() -> None:
    found = samples(1000)
    plain = lowest_threshold(found, Aim(0.01))
    for weight in WEIGHTS:
        assert lowest_threshold(found, Aim(0.01), weight=weight) == pytest.approx(plain, abs=0.002)


@pytest.mark.parametrize("moved", [3.0, -3.0])
def test_reading_that_moves_all_alike_changes_little_of_what_is_answered(moved: float) -> None:
    """The prior follows it half of the way: so much more of what is surer is answered, and so much
    less of what is not, but never all or nothing."""
    found = replace(samples(300, far=0), reading=np.full(300, moved))
    hits = [
        hit_rate(found, lowest_threshold(found, Aim(0.01), weight=weight), weight)
        for weight in (0.0, *WEIGHTS)
    ]
    assert hits == sorted(hits, reverse=moved < 0)
    assert abs(hits[-1] - hits[0]) < 0.25
    assert 0.2 < hits[0] < 1


def test_an_entry_erred_with_its_reading_too() -> None:
    """Its own threshold is one of scores with reading, as the common one is."""
    found = of_entries(*GOOD, (1, 0.7, False, Source.LIVE))
    read = replace(found, reading=np.where(found.right, 0.0, 2.0))
    own = raised(read, decided(0.5, weight=0.3), Aim(0.01))
    assert own[1] > read_score(np.array([0.7]), np.array([2.0]), 0.3)[0] > 0.7
    unlike = replace(found, reading=np.where(found.right, 0.0, -6.0))
    assert raised(unlike, decided(0.5, weight=0.3), Aim(0.01)) == {}, "it is not spoken"


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(WEIGHTS), st.integers(0, 50))
def test_with_one_weight_more_near_misses_never_ask_for_less(weight: float, seed: int) -> None:
    found = joined([samples(200, errors=0.05, seed=seed), look_alikes(100, 40)])
    shares = (0.01, 0.05, 0.1, 0.2, 0.35, 0.5)
    thresholds = [lowest_threshold(found, Aim(0.01, share), weight=weight) for share in shares]
    assert thresholds == sorted(thresholds)


def test_reading_counts_at_least_as_much_as_where_fewer_near_misses_are_expected() -> None:
    found = calibrate(samples(500), 50, Aim(0.01), least_weight=WEIGHTS[-1])
    assert found.weight == WEIGHTS[-1]
