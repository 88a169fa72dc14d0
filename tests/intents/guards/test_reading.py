"""Reading what was said together with an entry's questions: who overrules whom."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from intents.guards import reading
from intents.guards.entry.guard import Contender
from intents.guards.entry.likeness import Likeness
from intents.models.encoder import Encoder
from intents.text.spoken import canonical

DATA = Path(__file__).parents[1] / "data" / "guards" / "pairs" / "reading.txt"


def saying(*values: float) -> Callable[[str, str], float]:
    """A verifier that finds these likenesses, one after the other."""
    left = list(values)
    return lambda said, question: left.pop(0)


def doubted(likeness: Likeness | None, *questions: str, held: int = 1, sure: bool = True) -> str:
    """The reason for not speaking an entry with these near questions, of ``held``."""
    found = reading.against(
        Contender(
            said="a",
            entry="e",
            questions=lambda: questions or ("what is b",),
            held=held,
            similarity=0.9,
            sure=sure,
            likeness=likeness,
            counter_example=lambda: ("", -1.0),
        )
    )
    return found.reason if found else ""


def test_without_a_verifier_nothing_is_doubted() -> None:
    assert doubted(None) == ""


def test_what_reads_otherwise_is_doubted() -> None:
    assert "what is b" in doubted(saying(reading.SURE - 0.1))
    assert doubted(saying(reading.SURE)) == ""


def test_the_most_alike_of_the_near_questions_counts_and_few_are_read() -> None:
    questions = ("b", "c", "d", "e")
    assert doubted(saying(-5.0, reading.SURE), *questions) == ""
    assert doubted(saying(*[-5.0] * reading.MOST), *questions) != ""


def test_more_questions_mean_less_doubt_until_nothing_is_read() -> None:
    limits = [reading.least(held) for held in (1, 2, 3, 4, 5)]
    assert limits[0] == reading.SURE
    assert limits == sorted(limits, reverse=True)
    assert reading.least(5, near=False) == reading.SURE
    assert doubted(saying(-6.1), held=3) != ""
    assert doubted(saying(), held=4) == ""
    assert doubted(saying(reading.SURE - 0.1), held=4, sure=False) != ""


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
