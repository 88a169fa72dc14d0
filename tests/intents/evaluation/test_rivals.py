"""The rivals' rules do what their code does: by hand on a few vectors, then on a small FAQ."""

from __future__ import annotations

import numpy as np
import pytest

from intents.evaluation import rivals
from intents.evaluation.queries import Query
from intents.evaluation.rivals import Seeds
from intents.models.encoder import Encoder
from intents.text.spoken import canonical
from tests.support.faq import FAQ

LABELS = np.array([0, 0, 1, 1, 1, 1])
COSINES = np.array(
    [
        [0.9, 0.4, 0.8, 0.7, 0.6, 0.1],
        [0.3, 0.2, 0.1, 0.4, 0.2, 0.1],
    ],
    np.float32,
)


def test_the_nearest_question_decides() -> None:
    score, guess = rivals.nearest(COSINES, LABELS, 2)
    assert score == pytest.approx([0.9, 0.4])
    assert guess.tolist() == [0, 1]


def test_the_mean_of_the_top_five_is_per_route() -> None:
    # Top five: 0.9 and 0.4 of the first route, 0.8, 0.7, 0.6 of the second.
    score, guess = rivals.top_mean(COSINES, LABELS, 2)
    assert score == pytest.approx([0.7, 0.25])
    assert guess.tolist() == [1, 0]


def test_only_what_is_in_range_counts_for_the_mean() -> None:
    score, guess = rivals.range_mean(COSINES, LABELS, 2)
    assert score == pytest.approx([0.9, -1.0])
    assert guess[0] == 0


def test_fewer_than_five_questions_will_do() -> None:
    score, guess = rivals.top_mean(np.array([[0.2, 0.6]], np.float32), np.array([0, 1]), 2)
    assert (score[0], guess[0]) == (pytest.approx(0.6), 1)


QUERIES = [
    Query("when do you open", "hours"),
    Query("when do you open", "parking"),
    Query("where may i park", "parking"),
    Query("what is the capital of mongolia", ""),
]


@pytest.fixture(scope="module")
def seeds(encoder: Encoder) -> Seeds:
    return Seeds.of(FAQ, encoder)


@pytest.fixture(scope="module")
def vectors(encoder: Encoder) -> np.ndarray:
    return encoder.embed([canonical(query.text) for query in QUERIES])


def test_each_rule_is_counted(seeds: Seeds, vectors: np.ndarray) -> None:
    found = rivals.scored(seeds, vectors, QUERIES)
    assert found["nearest"].right.tolist() == [True, False, True, False]
    assert found["nearest"].known.tolist() == [True, True, True, False]
    table = rivals.figures(found, 0.5, calibrated=0.95)
    assert set(table) == {rule.name for rule in rivals.RULES} | {"cosine"}
    assert table["redisvl_cache"]["hit_pct"] == pytest.approx(33.333)
    assert table["redisvl_cache"]["wrong_of_answers_pct"] == 50
    assert table["cosine"]["threshold"] == 0.95
    best = table["gptcache_oracle"]
    assert best["oracle"]
    assert (best["hit_pct"], best["wrong_of_answers_pct"]) == (pytest.approx(66.667), 50)


def test_blocks_change_nothing(
    seeds: Seeds, vectors: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = rivals.scored(seeds, vectors, QUERIES)
    monkeypatch.setattr(rivals, "AT_ONCE", 3)
    for name, part in rivals.scored(seeds, vectors, QUERIES).items():
        assert part.score == pytest.approx(whole[name].score, abs=1e-6)


def test_a_smaller_budget_asks_for_more(seeds: Seeds, encoder: Encoder) -> None:
    strict, loose = (rivals.calibrated_threshold(seeds, encoder, r) for r in (0.001, 0.2))
    assert 0.0 < loose < strict <= 1.01
