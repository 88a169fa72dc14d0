"""Guards over an entry: one wording may lack what another has, but no entry says its opposite."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from intents.guards.applied import vetoes
from intents.guards.entry.guard import TOLD
from intents.guards.entry.naming import Names
from intents.guards.polarity import OPPOSITES
from intents.text.spoken import canonical

DATA = Path(__file__).parents[2] / "data" / "entries.txt"
WRONGLY_VETOED = 0.05
MISSED = 0.45
"""Of the look-alikes most ask for something else with the same thing ("what is on the menu of the
mill" where the entry books tables): no guard's matter, their scores are low."""


def guards_of(text: str, *questions: str) -> set[str]:
    return {veto.guard for veto in vetoes.of_entry(text, questions, entry="e")}


def test_a_second_wording_can_have_the_number() -> None:
    asked, first, second = (
        "can i pay 50 dollars a month",
        "can i pay 20 dollars a month",
        "can i pay 50 dollars a month",
    )
    assert guards_of(asked, first) == {"numbers"}
    assert guards_of(asked, first, second) == set()
    assert guards_of(asked, first, "can i pay 30 dollars a month") == {"numbers"}


def test_the_opposite_stands_whatever_else_the_entry_holds() -> None:
    asked, first = "how do i turn off roaming", "how do i turn on roaming"
    assert "polarity" in guards_of(asked, first)
    assert "polarity" in guards_of(asked, first, "how do i turn off roaming")


def test_no_veto_no_look_further() -> None:
    assert guards_of("when do you open", "when do you open", "do you not open") == set()


def test_the_veto_names_the_entry() -> None:
    found = vetoes.of_entry("turn off roaming", ["turn on roaming"], entry="roaming")
    assert {veto.entry for veto in found} == {"roaming"}


# --- what only a text says that tells more than the question asks ---------------------------------

TELLS = (
    ("i have only had this ford since may and cannot find how the bonnet opens", "numbers"),
    ("is it so that at christmas nobody could see how this bonnet opens", "numbers"),
)
BONNET = "how do i open the bonnet"


@pytest.mark.parametrize(("text", "guard"), TELLS)
def test_a_story_is_set_aside_if_it_reads_the_same(text: str, guard: str) -> None:
    text = canonical(text)
    assert guard in guards_of(text, BONNET)
    assert vetoes.of_entry(text, [BONNET], alike=lambda limit: False) != ()
    assert vetoes.of_entry(text, [BONNET], alike=lambda limit: True) == ()


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("are you open sunday", "are you open"),
        ("how much is a ticket to rome", "how much is a ticket to oslo"),
        ("can you turn off roaming", "turn on roaming"),
        ("where is my order that i paid for last week in your shop", "orders"),
    ],
    ids=["short date", "place", "opposite", "own"],
)
def test_what_tells_them_apart_stands_however_it_reads(text: str, question: str) -> None:
    text = canonical(text)
    found = vetoes.of_entry(text, [question])
    assert found
    assert vetoes.of_entry(text, [question], alike=lambda limit: True) == found


@pytest.mark.parametrize(
    "said", ["i do not want to cancel my transfer", "please do not cancel the transfer for now"]
)
def test_what_the_caller_refuses_is_never_set_aside(said: str) -> None:
    text = canonical(said)
    assert vetoes.of_entry(text, ["can i cancel a transfer"], alike=lambda limit: True) != ()


def test_the_less_is_told_the_more_alike_they_must_be() -> None:
    asked: list[float] = []

    def alike(limit: float) -> bool:
        asked.append(limit)
        return False

    for text in (
        "open the bonnet for me and my wife on friday",
        "open the bonnet on friday",
        "open bonnet on friday",
    ):
        vetoes.of_entry(canonical(text), ["open bonnet"], alike=alike)
    assert asked == [limit for _, limit in TOLD]


def test_an_opposite_in_a_story_must_read_the_same_as_any_question() -> None:
    text = canonical("my brother was here in may and he told me you turn off roaming")
    asked: list[float] = []

    def alike(limit: float) -> bool:
        asked.append(limit)
        return True

    assert guards_of(text, "turn on roaming") >= {"polarity"}
    assert vetoes.of_entry(text, ["turn on roaming"], alike=alike) == ()
    assert asked == [OPPOSITES[0][1]]


def test_nothing_is_read_where_nothing_is_weak() -> None:
    def never(limit: float) -> bool:
        raise AssertionError

    assert vetoes.of_entry("are you open today", ["are you open today"], alike=never) == ()
    assert vetoes.of_entry("turn off roaming", ["turn on roaming"], alike=never) != ()


def test_near_questions_come_first_and_are_few() -> None:
    cosines = np.array([0.2, 0.9, 0.8, 0.74, 0.85, 0.86, 0.87], np.float32)
    assert vetoes.near(cosines).tolist() == [1, 6, 5, 4]
    assert vetoes.near(cosines[:4]).tolist() == [1, 2]


# --- entries of several questions: bounds that a change must keep, no promise for other texts ---

Case = tuple[tuple[str, ...], str, str]


def cases() -> list[Case]:
    found = []
    for line in DATA.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            entry, same, other = line.split("|")
            questions = tuple(map(canonical, entry.split("/")))
            found.append((questions, canonical(same), canonical(other)))
    return found


CASES = cases()
NAMES = Names(
    (question, number) for number, (questions, _, _) in enumerate(CASES) for question in questions
)


def vetoed(text: str, questions: tuple[str, ...]) -> bool:
    """With the questions nearest first, by the words that they share with the text."""
    words = set(text.split())
    near = sorted(questions, key=lambda question: -len(words & set(question.split())))
    return bool(vetoes.of_entry(text, near[: vetoes.QUESTIONS], names=NAMES))


def test_there_are_pairs_enough() -> None:
    assert len(CASES) >= 20
    assert all(len(questions) >= 3 for questions, _, _ in CASES)


def test_another_of_the_things_that_an_entry_names() -> None:
    wrong = [(same, questions) for questions, same, _ in CASES if vetoed(same, questions)]
    assert len(wrong) <= WRONGLY_VETOED * len(CASES), wrong


def test_what_an_entry_does_not_leave_open() -> None:
    slipped = [(other, questions) for questions, _, other in CASES if not vetoed(other, questions)]
    assert len(slipped) <= MISSED * len(CASES), slipped
