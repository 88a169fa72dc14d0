"""Reading what was said together with an entry's questions: who overrules whom."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from intents.guards import reading
from intents.models.encoder import Encoder
from intents.text.spoken import canonical

DATA = Path(__file__).parents[1] / "data" / "reading.txt"


def saying(*values: float) -> Callable[[str, str], float]:
    """A verifier that finds these likenesses, one after the other."""
    left = list(values)
    return lambda said, question: left.pop(0)


def test_without_a_verifier_nothing_is_doubted() -> None:
    assert reading.doubts("a", ["b"], None, reading.SURE) == ()


def test_what_reads_otherwise_is_doubted() -> None:
    found = reading.doubts("a", ["what is b"], saying(0.9), 1.0, entry="e")
    assert [(veto.guard, veto.entry) for veto in found] == [(reading.GUARD, "e")]
    assert "what is b" in found[0].reason
    assert reading.doubts("a", ["what is b"], saying(1.0), 1.0) == ()


def test_the_most_alike_of_the_near_questions_counts_and_few_are_read() -> None:
    questions = ["b", "c", "d", "e"]
    assert reading.doubts("a", questions, saying(-5.0, 2.0), 1.0) == ()
    assert reading.doubts("a", questions, saying(*[-5.0] * reading.MOST), 1.0) != ()


def test_nobody_to_read_finds_nothing_alike() -> None:
    assert not reading.alike("a", "b", None, -9.0)


def test_a_pair_is_alike_from_the_limit_on() -> None:
    assert reading.alike("a", "b", saying(1.0), 1.0)
    assert not reading.alike("a", "b", saying(0.9), 1.0)


def test_more_questions_mean_less_doubt_until_nothing_is_read() -> None:
    limits = [reading.least(held) for held in (1, 2, 3, 4, 5)]
    assert limits[0] == reading.SURE
    assert limits == sorted(limits, reverse=True)
    assert reading.least(5, near=False) == reading.SURE
    assert reading.doubts("a", ["b"], saying(-6.1), limits[2]) != ()
    assert reading.doubts("a", ["b"], saying(), limits[3]) == ()


# --- on pairs that nothing learnt from: bounds that a change must keep ----------------------------


def test_most_look_alikes_are_doubted_and_fewer_paraphrases(encoder: Encoder) -> None:
    same, other = [], []
    for line in DATA.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            question, alike, unlike = (canonical(part) for part in line.split("|"))
            same.append(encoder.likeness(alike, question))
            other.append(encoder.likeness(unlike, question))
    assert len(same) > 300
    assert sum(value < reading.SURE for value in other) > 0.75 * len(other)
    assert sum(value < reading.SURE for value in same) < 0.65 * len(same)
    pairs = [a > b for a in same for b in other]
    assert sum(pairs) > 0.7 * len(pairs)
