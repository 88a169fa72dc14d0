"""Loosening: other words, the same question."""

from __future__ import annotations

from intents.text.spoken import canonical
from training.loosening import ARTICLES, loosened, reworded

TEXTS = (
    "how do i block my card",
    "do you have parking",
    "i have lost my passport",
    "can i bring 2 bags on the train to leeds",
    "what is the fee for a late payment",
    "open",
)


def test_the_same_seed_gives_the_same_text() -> None:
    assert [loosened(text, 7) for text in TEXTS] == [loosened(text, 7) for text in TEXTS]


def test_seeds_give_many_texts_all_canonical() -> None:
    for text in TEXTS[:-1]:
        found = {loosened(text, seed) for seed in range(40)}
        assert len(found) > 10
        assert all(one and canonical(one) == one for one in found)


def test_openings_are_swapped() -> None:
    found = {loosened("how do i block my card", seed) for seed in range(200)}
    assert {"how can i block my card", "how to block my card"} <= found


def test_articles_come_and_go() -> None:
    found = {loosened("what is the fee for a late payment", seed) for seed in range(200)}
    assert {"what is fee for a late payment", "what is the fee for late payment"} <= found


def test_numbers_and_denials_stay() -> None:
    for seed in range(100):
        assert "2" in loosened("can i bring 2 bags on the train to leeds", seed).split()
        assert "not" in loosened("do not send me letters", seed).split()


def test_what_is_reworded_is_the_same_question_begun_or_ended_in_another_way() -> None:
    for text in TEXTS:
        found = {reworded(text, seed) for seed in range(60)}
        assert len(found) > 5
        assert found == {reworded(text, seed) for seed in range(60)}
        assert all(canonical(one) == one for one in found)
    kept = [word for word in TEXTS[4].split() if word in ARTICLES]
    for seed in range(60):
        one = reworded(TEXTS[4], seed)
        assert [word for word in one.split() if word in ARTICLES] == kept, one
        assert one.removesuffix(" please").removesuffix(" thanks").endswith("late payment") or (
            "late payment" in one
        )
