"""Evaluation: counts, intervals, dialogues, curves, and what became of each intent."""

from __future__ import annotations

import numpy as np
import pytest

from intents.decision import Decision, Kind
from intents.evaluation import evaluate
from intents.evaluation.evaluate import Result, Scores
from intents.evaluation.queries import EvaluationError, Query
from intents.matcher import Matcher
from intents.models.encoder import Encoder
from tests.support.faq import knowledge


def test_wilson_as_in_the_books() -> None:
    # Newcombe 1998: 81 of 263 gives 0.2553 to 0.3662, 0 of 20 gives 0 to 0.1611.
    assert evaluate.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-4)
    assert evaluate.wilson(0, 20) == pytest.approx((0, 0.1611), abs=5e-4)
    assert evaluate.wilson(0, 0) == (0.0, 1.0)


def test_figures_of_counts() -> None:
    figures = Result(queries=200, known=160, answers=100, right=98, clarified=4).figures()
    assert figures["hit_pct"] == 61.25
    assert figures["wrong_of_answers_pct"] == 2.0
    assert figures["wrong_of_all_pct"] == 1.0
    assert figures["clarified_pct"] == 2.0
    assert figures["wrong_of_answers_pct_low"] < 2.0 < figures["wrong_of_answers_pct_high"]
    assert Result(0, 0, 0, 0).figures()["hit_pct"] == 0.0


SCORES = Scores(
    score=np.array([0.9, 0.8, 0.7, 0.6, 0.5, -1.0]),
    right=np.array([True, True, False, True, False, True]),
    known=np.array([True, True, True, True, False, True]),
)


def test_oracle_takes_the_most_answers_within_the_budget() -> None:
    threshold, result = SCORES.oracle(0.25)
    assert threshold == 0.6
    assert (result.answers, result.right, result.known) == (4, 3, 5)
    assert SCORES.at(0.6) == result
    assert SCORES.oracle(0.0)[1].answers == 2
    assert Scores(SCORES.score, ~SCORES.right & False, SCORES.known).oracle(0.1)[1].answers == 0


def test_what_a_guard_forbids_is_answered_at_no_threshold() -> None:
    assert SCORES.oracle(1.0)[1].answers == 5


def test_the_curve_trades_hits_for_errors() -> None:
    curve = evaluate.risk_coverage(SCORES, points=5)
    assert [point["threshold"] for point in curve] == [0.9, 0.8, 0.7, 0.6, 0.5]
    assert [point["hit_pct"] for point in curve] == [20, 40, 40, 60, 60]
    assert curve[-1]["wrong_of_answers_pct"] == 40
    assert (
        evaluate.risk_coverage(Scores(np.array([-1.0]), np.array([False]), np.array([True]))) == []
    )


@pytest.fixture(scope="module")
def matcher(encoder: Encoder) -> Matcher:
    return Matcher(knowledge(encoder), encoder)


QUERIES = [
    Query("when do you open", "hours"),
    Query("when do you open", "parking"),
    Query("what is the capital of mongolia", ""),
    Query("i want to make a complaint", "complaint"),
]


def test_the_matcher_is_counted(matcher: Matcher) -> None:
    assert evaluate.evaluate(matcher, QUERIES) == Result(4, 3, answers=3, right=2, clarified=0)
    decisions = evaluate.decide(matcher, QUERIES)
    asked = [Decision(kind=Kind.CLARIFY, clarify=("hours", "parking")), *decisions[1:]]
    assert evaluate.evaluate(matcher, QUERIES, asked).clarified == 1


def test_unknown_entries_are_named(matcher: Matcher) -> None:
    with pytest.raises(EvaluationError, match="query 1: entry: the catalogue has no entry 'nope'"):
        evaluate.evaluate(matcher, [Query("hello", "nope")])


def test_scores_rank_as_the_matcher_does(matcher: Matcher) -> None:
    queries = [*QUERIES, Query("i don't want to cancel my order", ""), Query("um", "")]
    found = evaluate.scores(evaluate.decide(matcher, queries), queries)
    assert found.score[0] == found.score[3] == 1.0
    assert found.score[2] < matcher.point.calibration.threshold
    assert found.score[4] == found.score[5] == -1.0
    assert found.right.tolist() == [True, False, False, True, False, False]


def test_callers_answer_the_question_they_are_asked(matcher: Matcher) -> None:
    queries = [
        Query("about the opening", "hours"),
        Query("about the other opening", "holidays"),
        Query("about a refund", "refund"),
        Query("the weather", ""),
        Query("when do you open", "hours"),
    ]
    pair = Decision(kind=Kind.CLARIFY, clarify=("hours", "holidays"))
    told = [pair, pair, pair, pair, Decision(kind=Kind.ANSWER, entry="hours")]
    found = evaluate.converse(matcher, queries, told)
    assert found.result == Result(queries=5, known=4, answers=3, right=3)
    assert (found.asked, found.asked_unknown, found.in_vain) == (4, 1, 2)
    figures = found.figures()
    assert figures["clarified_right_pct"] == 75
    assert figures["clarified_wrong_pct"] == 0
    assert figures["clarified_misled_pct"] == 40
    assert (figures["asked_pct"], figures["asked_unknown_pct"]) == (80, 100)
    assert figures["asked_in_vain_pct"] == 50


def test_every_intent_has_its_row(matcher: Matcher) -> None:
    queries = [*QUERIES, Query("don't cancel my order", "cancel"), Query("about parking", "hours")]
    told = evaluate.decide(matcher, queries[:5])
    told.append(Decision(kind=Kind.CLARIFY, clarify=("hours", "parking")))
    rows = {row["intent"]: row for row in evaluate.by_intent(matcher, queries, told)}
    assert next(iter(rows)) == "parking"
    assert rows["parking"]["wrong"] == rows["parking"]["answered"] == 1
    hours = rows["opening_hours"]
    assert (hours["queries"], hours["right"], hours["clarified"]) == (2, 1, 1)
    assert (rows["cancel_order"]["missed"], rows["cancel_order"]["vetoed"]) == (1, 1)
    assert (rows[""]["queries"], rows[""]["missed"]) == (1, 1)
    for row in rows.values():
        assert row["queries"] == row["answered"] + row["clarified"] + row["missed"]


def test_pooled_scores_are_one_after_the_other() -> None:
    both = evaluate.pooled([SCORES, SCORES])
    assert both.at(0.6).figures()["hit_pct"] == SCORES.at(0.6).figures()["hit_pct"]
    assert len(both.score) == 12
