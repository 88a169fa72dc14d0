"""Minimal pairs per guard, both sides, and a set of true paraphrases with a measured rate."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.decision import Veto
from intents.guards.names import Names
from intents.guards.registry import GUARDS
from intents.guards.registry import veto as of_names
from intents.text.spoken import canonical

DATA = Path(__file__).parents[1] / "data"
WRONGLY_VETOED = 0.03
"""Largest share of the paraphrases that may be vetoed. Of all when this was written: 1.8 %."""
MISSED = 0.005
"""Largest share of the minimal pairs that may pass all guards. When this was written: 0.4 %."""
LATER_MISSED, LATER_VETOED = 0.03, 0.031
"""The same of the pairs written after the guards, when this was written: 2 of 67, 2 of 65."""


def table(name: str) -> list[tuple[str, ...]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [
        tuple(part.strip() for part in line.split("|"))
        for line in lines
        if line and not line.startswith("#")
    ]


MUST_VETO = table("must_veto.txt")
MUST_PASS = table("must_pass.txt")
PARAPHRASES = table("paraphrases.txt")
LATER_OPPOSITES = table("later_opposites.txt")
LATER_SAME = table("later_paraphrases.txt")


def catalogue() -> Names:
    """All seeded questions of the pairs in one catalogue, beside one that is full of names."""
    entries = table("catalogue.txt")
    seeded = dict.fromkeys(
        pair[-1] for pair in [*MUST_VETO, *MUST_PASS, *PARAPHRASES, *LATER_OPPOSITES, *LATER_SAME]
    )
    named = {question for questions in entries for question in questions}
    entries += [(question,) for question in seeded if question not in named]
    return Names(
        (canonical(question), number)
        for number, questions in enumerate(entries)
        for question in questions
    )


NAMES = catalogue()


def veto(query: str, question: str, *, entry: str = "") -> tuple[Veto, ...]:
    return of_names(query, question, entry=entry, names=NAMES)


@pytest.mark.parametrize(("guard", "query", "question"), MUST_VETO)
def test_vetoes(guard: str, query: str, question: str) -> None:
    found = veto(query, question, entry="e1")
    assert guard in {v.guard for v in found}
    assert all(v.entry == "e1" and v.reason for v in found)


@pytest.mark.parametrize(("guard", "query", "question"), MUST_PASS)
def test_stays_silent(guard: str, query: str, question: str) -> None:
    assert [v for v in veto(query, question) if v.guard == guard] == []


def test_each_guard_has_its_pairs() -> None:
    """At least 25 a guard on each side, and 60 in all."""
    sides = [Counter(guard for guard, *_ in pairs) for pairs in (MUST_VETO, MUST_PASS)]
    for name, _ in GUARDS:
        assert min(side[name] for side in sides) >= 25, name
        assert sum(side[name] for side in sides) >= 60, name


def test_true_paraphrases_pass() -> None:
    pairs = [*PARAPHRASES, *LATER_SAME]
    assert len(pairs) >= 160
    assert_rate(vetoed(pairs), pairs, WRONGLY_VETOED)
    assert_rate(vetoed(LATER_SAME), LATER_SAME, LATER_VETOED)


def test_few_opposites_pass() -> None:
    later = [pair for pair in LATER_OPPOSITES if not veto(*pair)]
    assert len(LATER_OPPOSITES) >= 60
    assert_rate(later, LATER_OPPOSITES, LATER_MISSED)
    pairs = [pair[1:] for pair in MUST_VETO] + LATER_OPPOSITES
    assert_rate([pair for pair in pairs if not veto(*pair)], pairs, MISSED)


def vetoed(pairs: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [pair for pair in pairs if veto(*pair)]


def assert_rate(odd: list[tuple[str, ...]], pairs: list[tuple[str, ...]], most: float) -> None:
    assert len(odd) <= most * len(pairs), (len(odd), len(pairs), odd)


@pytest.mark.parametrize(("query", "question"), PARAPHRASES)
def test_a_question_never_vetoes_itself(query: str, question: str) -> None:
    assert veto(query, query) == ()
    assert veto(f"um {question} please", question) == ()


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_bearable(query: str, question: str) -> None:
    for found in veto(query, question):
        assert found.guard in {name for name, _ in GUARDS}


@pytest.mark.parametrize("nothing", ["", "?", "um"])
@pytest.mark.parametrize(
    "text",
    ["my card does not work", "i have no card", "i do not want a card", "the card is not here"],
)
def test_beside_a_text_without_words_a_denial_is_bearable(text: str, nothing: str) -> None:
    assert isinstance(veto(text, nothing), tuple)
    assert isinstance(veto(nothing, text), tuple)


@pytest.mark.parametrize("query", ["don't cancel my card", "i don't need a new card"])
@pytest.mark.parametrize("question", ["i lost my card", "i can't find my debit card"])
def test_what_is_refused_is_not_done(query: str, question: str) -> None:
    names = Names((canonical(text), 0) for text in ("i lost my card", "i can't find my debit card"))
    assert "polarity" in {v.guard for v in of_names(query, question, names=names)}


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("i don't want your emails any more", "how do i stop your emails"),
        ("i don't want a contract can i have the plan", "can i have the plan without a contract"),
        ("do not connect to my phone any more", "disconnect from my phone"),
        ("i don't need the room", "i don't want the room"),
        ("don't you deliver on sundays", "do you deliver on sundays"),
    ],
)
def test_some_refusals_ask_for_what_the_entry_gives(query: str, question: str) -> None:
    assert "polarity" not in {v.guard for v in veto(query, question)}


def test_all_reasons_are_given() -> None:
    found = veto("don't cancel my order on monday", "cancel my order on friday")
    assert [v.guard for v in found] == ["polarity", "numbers"]
