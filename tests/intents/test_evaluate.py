"""Evaluation: counts, intervals, curves; CLINC150's protocol where the data is there."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from intents import evaluate
from intents.decision import Decision, Kind
from intents.encoder import Encoder
from intents.evaluate import EvaluationError, Query, RememberingEncoder, Result, Scores
from intents.matcher import Matcher
from tests.data import needs_data
from tests.faq import FAQ, knowledge


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


def test_a_labelled_file_is_read() -> None:
    data = '\ufeffText,note,ENTRY\r\nwhen do you open,x,hours\r\n"who, me",,\r\n'.encode()
    assert evaluate.load(data) == [Query("when do you open", "hours"), Query("who, me", "")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "line 1: the header"),
        (b"question,entry\na,b\n", "line 1: the header"),
        (b"text,entry\n", "no queries"),
        (b"text,entry\nfine,a\n ,b\n", "line 3: text is empty"),
        (b'text,entry\n"open,a\n', "line 2"),
        (b"text,entry\n\xff\xfe,a\n", "UTF-8"),
    ],
)
def test_a_bad_file_names_the_line(data: bytes, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        evaluate.load(data)


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
    with pytest.raises(EvaluationError, match="query 1: the catalogue has no entry 'nope'"):
        evaluate.evaluate(matcher, [Query("hello", "nope")])


def test_scores_rank_as_the_matcher_does(matcher: Matcher) -> None:
    queries = [*QUERIES, Query("i don't want to cancel my order", ""), Query("um", "")]
    found = evaluate.scores(evaluate.decide(matcher, queries), queries)
    assert found.score[0] == found.score[3] == 1.0
    assert found.score[2] < matcher.knowledge.calibration.threshold
    assert found.score[4] == found.score[5] == -1.0
    assert found.right.tolist() == [True, False, False, True, False, False]


def test_plain_cosine_beside_it(matcher: Matcher, encoder: Encoder) -> None:
    vectors = encoder.embed([query.text for query in QUERIES])
    plain = evaluate.cosine_scores(matcher.knowledge, vectors, QUERIES)
    assert plain.right.tolist() == [True, False, False, True]
    assert plain.score[0] == pytest.approx(1, abs=1e-5)
    strict, loose = (
        evaluate.cosine_threshold(matcher.knowledge, encoder, rate) for rate in (0.001, 0.2)
    )
    assert 0.2 < loose < strict


def test_remembered_vectors_are_the_encoders(
    model_folder: Path, encoder: Encoder, tmp_path: Path
) -> None:
    file = tmp_path / "deep" / "vectors.npz"
    first = RememberingEncoder(model_folder, file)
    texts = ["is parking free", "is parking free", "how can i pay"]
    assert np.array_equal(first.embed(texts), encoder.embed(texts))
    assert first.embed([]).shape == (0, encoder.dimension)
    first.save()
    second = RememberingEncoder(model_folder, file)
    assert set(second._known) == set(texts)
    assert np.array_equal(second.embed(texts), encoder.embed(texts))
    second.fingerprint = "other"
    second.save()
    assert RememberingEncoder(model_folder, file)._known == {}


def toy(folder: Path) -> Path:
    """Our own FAQ in CLINC150's layout."""
    train = [[question, item.id] for item in FAQ for question in item.questions[:3]]
    test = [[f"please tell me {item.questions[0]}", item.id] for item in FAQ]
    oos = [[text, "oos"] for text in ("who won the cup final", "sing a song about rain")]
    data = {"train": train, "test": test, "oos_test": oos}
    (folder / evaluate.CLINC_FILE).write_text(json.dumps(data))
    return folder


def test_the_protocol_on_our_own_data(encoder: Encoder, tmp_path: Path) -> None:
    found = evaluate.clinc(toy(tmp_path), encoder, k=2, draws=2)
    assert (found["k"], found["draws"]) == (2, 2)
    assert found["hit_pct"] > 30
    assert found["oracle_hit_pct"] >= found["hit_pct"] - 1e-6 or found["wrong_of_answers_pct"] > 1
    assert found["wrong_of_answers_pct_worst"] >= found["wrong_of_answers_pct"]
    assert {"cosine_hit_pct", "cosine_oracle_hit_pct", "clarified_pct"} <= set(found)


def test_unseeded_intents_cannot_be_hit(encoder: Encoder, tmp_path: Path) -> None:
    told: list[int] = []
    found = evaluate.clinc(
        toy(tmp_path),
        encoder,
        k=3,
        draws=1,
        unseeded=6,
        alter=str.upper,
        progress=lambda what, done, of: told.append(of),
    )
    assert found["unseeded"] == 6
    assert found["hit_pct"] > 30
    assert told == [1]


def test_missing_data_is_named(encoder: Encoder, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="does not hold"):
        evaluate.clinc(tmp_path, encoder)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_clinc150_beats_plain_cosine_within_the_budget(
    encoder: Encoder, model_folder: Path
) -> None:
    """One draw, 10 examples an intent; bounds are three standard deviations off the mean."""
    folder = needs_data("clinc150")
    file = Path(__file__).parents[2] / "var" / "clinc" / "vectors.npz"
    found = evaluate.clinc(folder, RememberingEncoder(model_folder, file), k=10, draws=1)
    assert found["hit_pct"] > 28
    assert found["wrong_of_answers_pct"] < 1.5
    assert found["oracle_hit_pct"] > found["cosine_oracle_hit_pct"] + 10
