"""Reading what was said together with an entry's questions: who overrules whom."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from intents import reading, vetoes
from intents.decision import Veto
from intents.encoder import Encoder
from intents.spoken import canonical

DATA = Path(__file__).parent / "data" / "reading.txt"
WORDS = (Veto(guard="polarity", entry="e", reason="one says not"),)


def saying(*values: float) -> Callable[[str, str], float]:
    """A verifier that finds these likenesses, one after the other."""
    left = list(values)
    return lambda said, question: left.pop(0)


def guards(found: tuple[Veto, ...]) -> list[str]:
    return [veto.guard for veto in found]


def test_without_a_verifier_the_words_decide() -> None:
    assert reading.judged("a", ["b"], WORDS, None, spoken=True) == WORDS
    assert reading.judged("a", ["b"], (), None, spoken=True) == ()


def test_a_sure_reading_overrules_the_words() -> None:
    assert reading.judged("a", ["b"], WORDS, saying(reading.SURE), spoken=True) == ()


def test_two_questions_stay_two() -> None:
    twice = (*WORDS, Veto(guard="double", entry="e", reason="two questions"))
    assert reading.judged("a", ["b"], twice, saying(), spoken=True) == twice


def test_an_unsure_reading_does_not() -> None:
    unsure = saying(reading.SURE - 0.1)
    assert reading.judged("a", ["b"], WORDS, unsure, spoken=False) == WORDS


def test_what_reads_otherwise_is_doubted() -> None:
    low = saying(reading.DOUBT - 0.1)
    found = reading.judged("a", ["what is b"], (), low, entry="e", spoken=True)
    assert guards(found) == [reading.GUARD]
    assert found[0].entry == "e"
    assert "what is b" in found[0].reason


def test_what_would_not_be_spoken_is_not_even_read() -> None:
    assert reading.judged("a", ["b"], (), saying(), spoken=False) == ()


def test_the_best_of_the_near_questions_counts_and_few_are_read() -> None:
    low = reading.DOUBT - 5
    questions = ["b", "c", "d", "e"]
    assert reading.judged("a", questions, (), saying(low, 2.0), spoken=True) == ()
    found = reading.judged("a", questions, (), saying(*[low] * reading.MOST), spoken=True)
    assert guards(found) == [reading.GUARD]


def test_more_questions_mean_less_doubt() -> None:
    limits = [reading.least(held) for held in (1, 2, 3)]
    assert limits[0] == reading.DOUBT
    assert limits == sorted(limits, reverse=True)
    assert reading.least(5, near=False) == reading.SURE


def test_what_was_read_is_remembered() -> None:
    asked = []

    def likeness(said: str, question: str) -> float:
        asked.append((said, question))
        return 1.0

    remembered = reading.remembering(likeness)
    assert remembered is not None
    assert [remembered("a", "b"), remembered("a", "b"), remembered("b", "a")] == [1.0] * 3
    assert asked == [("a", "b"), ("b", "a")]
    assert reading.remembering(None) is None


# --- on pairs that nothing learnt from: bounds that a change must keep ----------------------------


@pytest.fixture(scope="module")
def lines(encoder: Encoder) -> list[tuple[float, bool, float, bool]]:
    """Per line: likeness of the paraphrase, whether words forbid it; the same of the other."""
    found = []
    for line in DATA.read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        question, same, other = (canonical(part) for part in line.split("|"))
        found.append(
            (
                encoder.likeness(same, question),
                bool(vetoes.of_entry(same, [question])),
                encoder.likeness(other, question),
                bool(vetoes.of_entry(other, [question])),
            )
        )
    assert len(found) > 300
    return found


def share(found: list[bool]) -> float:
    return sum(found) / len(found)


def test_most_look_alikes_are_doubted_and_few_paraphrases(
    lines: list[tuple[float, bool, float, bool]],
) -> None:
    assert share([other < reading.DOUBT for _, _, other, _ in lines]) > 0.7
    assert share([same < reading.DOUBT for same, _, _, _ in lines]) < 0.12


def test_words_and_reading_together_let_little_through_and_forbid_little(
    lines: list[tuple[float, bool, float, bool]],
) -> None:
    passed = [
        other >= reading.SURE or (other >= reading.DOUBT and not vetoed)
        for _, _, other, vetoed in lines
    ]
    forbidden = [vetoed and same < reading.SURE for same, vetoed, _, _ in lines]
    assert share(passed) < 0.05
    assert share(forbidden) < 0.04
