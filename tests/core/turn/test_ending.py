"""The odds of a turn's end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.policy import PATIENCE, Policy
from gateway.core.turn.ending import (
    AGREES,
    CERTAIN,
    FINISHED,
    GOES_ON,
    HARDLY,
    LEAVES_IT,
    OBJECTS,
    PAUSE,
    RARE,
    USUAL,
    Evidence,
    nobody_counted,
    nobody_judged,
    probability,
    silence_for,
    silence_needed,
)

POLICY = Policy()

evidence = st.builds(
    lambda done, habit, certain, eager, ear: Evidence(
        completeness=done, finality=habit, certain=certain, eager=eager, ear=ear
    ),
    st.floats(0, 1),
    st.none() | st.floats(-20, 20),
    st.booleans(),
    st.booleans(),
    st.none() | st.floats(0, 1),
)


@pytest.mark.parametrize(
    ("of", "silence"),
    [
        (Evidence(completeness=0.1, certain=True), POLICY.silence_confident),
        (Evidence(completeness=0.95), POLICY.silence_complete),
        (Evidence(completeness=FINISHED), POLICY.silence_complete),
        (Evidence(completeness=0.5), (POLICY.silence_complete + POLICY.silence_incomplete) / 2),
        (Evidence(completeness=0.1), POLICY.silence_incomplete),
        (Evidence(completeness=0.1, eager=True), POLICY.silence_incomplete),
        (
            Evidence(completeness=0.8, eager=True),
            (POLICY.silence_confident + POLICY.silence_complete) / 2,
        ),
    ],
)
def test_with_no_ear_the_silences_are_those_of_the_settings(of: Evidence, silence: float) -> None:
    assert silence_needed(of, POLICY) == pytest.approx(silence)


def test_habit_tells_finished_sentences_apart() -> None:
    finished = Evidence(completeness=0.75)
    usual = POLICY.silence_complete
    left_at, gone_on_from = replace(finished, finality=9.0), replace(finished, finality=-9.0)
    assert silence_needed(replace(finished, finality=USUAL), POLICY) == pytest.approx(usual)
    assert silence_needed(left_at, POLICY) == pytest.approx(usual - PAUSE * LEAVES_IT)
    assert silence_needed(gone_on_from, POLICY) == pytest.approx(usual + PAUSE * HARDLY)
    rare = replace(finished, finality=RARE)
    assert silence_needed(rare, POLICY) == pytest.approx(usual + PAUSE * GOES_ON)
    believed = replace(gone_on_from, ear=0.51)
    assert silence_needed(believed, POLICY) < usual + PAUSE * (GOES_ON + OBJECTS)
    broken_off = Evidence(completeness=0.1, finality=9.0)
    assert silence_needed(broken_off, POLICY) == POLICY.silence_incomplete, "not those"
    eager = replace(left_at, eager=True)
    assert silence_needed(eager, POLICY) == silence_needed(replace(eager, finality=None), POLICY)


def test_habit_and_an_ear_that_agrees_are_worth_no_more_than_the_ear() -> None:
    both = Evidence(completeness=CERTAIN, finality=9.0, ear=0.98)
    assert silence_needed(both, POLICY) == silence_needed(replace(both, finality=None), POLICY)


def test_an_ear_that_agrees_shortens_the_wait_for_a_whole_question_only() -> None:
    whole, statement = Evidence(completeness=CERTAIN), Evidence(completeness=0.85)
    short = POLICY.silence_complete - PAUSE * AGREES
    assert silence_needed(replace(whole, ear=0.98), POLICY) == pytest.approx(short)
    assert silence_needed(replace(statement, ear=0.98), POLICY) == POLICY.silence_complete


def test_an_ear_that_objects_lengthens_it_within_bounds() -> None:
    statement = Evidence(completeness=0.85, ear=0.0)
    assert silence_needed(statement, POLICY) == pytest.approx(
        POLICY.silence_complete + PAUSE * OBJECTS
    )
    broken_off = Evidence(completeness=0.1, ear=0.0)
    assert silence_needed(broken_off, POLICY) == POLICY.silence_incomplete


def test_ten_times_the_patience_is_half_a_second_longer() -> None:
    of = Evidence(completeness=0.8)
    patient = replace(POLICY, patience=10 * PATIENCE)
    longer = silence_needed(of, patient) - silence_needed(of, POLICY)
    assert longer == pytest.approx(0.46, abs=0.01)
    hasty = replace(POLICY, patience=1.0)
    assert silence_needed(of, hasty) == POLICY.silence_confident


@given(evidence, st.floats(1, 10_000), st.floats(0, 5))
def test_we_speak_just_when_waiting_costs_as_much_as_cutting_in(
    of: Evidence, patience: float, silence: float
) -> None:
    policy = replace(POLICY, patience=patience)
    at = silence_needed(of, policy)
    over = probability(of, at, policy)
    assert over * 1 == pytest.approx((1 - over) * patience)
    assert 0 <= probability(of, silence, policy) <= 1
    assert probability(of, silence + 0.1, policy) >= probability(of, silence, policy)


@given(evidence, st.floats(0.01, 0.99))
def test_the_silence_for_a_probability_gives_that_probability(of: Evidence, sure: float) -> None:
    assert probability(of, silence_for(of, sure, POLICY), POLICY) == pytest.approx(sure)


@given(evidence)
def test_the_surer_an_ear_is_the_shorter_the_wait(of: Evidence) -> None:
    waits = [silence_needed(replace(of, ear=ear / 10), POLICY) for ear in range(11)]
    assert waits == sorted(waits, reverse=True)


def test_nobody_knows_anything_unless_told() -> None:
    assert nobody_counted("when do you open") is None
    assert nobody_judged("when do you open") == 0.0
