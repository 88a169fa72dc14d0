"""Answers to "do you mean the opening hours or the holiday hours?" and the like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.turns.replies import Reply, correction, understand

HOURS = ("the opening hours", "the holiday hours")
CARDS = ("how to block a lost card", "how to order a new card")

CASES = [
    (HOURS, "yes", Reply.YES),
    (HOURS, "yeah sure", Reply.YES),
    (HOURS, "that's right", Reply.YES),
    (HOURS, "yes please", Reply.YES),
    (HOURS, "no", Reply.NO),
    (HOURS, "nope", Reply.NO),
    (HOURS, "no that's not it", Reply.NO),
    (HOURS, "no thank you", Reply.NO),
    (HOURS, "neither", Reply.NEITHER),
    (HOURS, "neither of them", Reply.NEITHER),
    (HOURS, "none of those", Reply.NEITHER),
    (HOURS, "no neither", Reply.NEITHER),
    (HOURS, "something else", Reply.NEITHER),
    (HOURS, "the first", Reply.FIRST),
    (HOURS, "yeah the first one", Reply.FIRST),
    (HOURS, "um the first one please", Reply.FIRST),
    (HOURS, "the former", Reply.FIRST),
    (HOURS, "option one", Reply.FIRST),
    (HOURS, "number 1", Reply.FIRST),
    (HOURS, "the second", Reply.SECOND),
    (HOURS, "no the second one", Reply.SECOND),
    (HOURS, "the latter", Reply.SECOND),
    (HOURS, "the last one", Reply.SECOND),
    (HOURS, "the other one", Reply.SECOND),
    (HOURS, "option two please", Reply.SECOND),
    (HOURS, "opening hours", Reply.FIRST),
    (HOURS, "i mean the opening hours", Reply.FIRST),
    (HOURS, "holiday hours please", Reply.SECOND),
    (HOURS, "the holiday ones", Reply.SECOND),
    (HOURS, "holidays", Reply.SECOND),
    (HOURS, "what are the holiday hours", Reply.SECOND),
    (CARDS, "block it", Reply.FIRST),
    (CARDS, "i want to block my card", Reply.FIRST),
    (CARDS, "order a new one", Reply.SECOND),
    (CARDS, "a new card", Reply.SECOND),
    (HOURS, "both", Reply.OTHER),
    (HOURS, "both of them", Reply.OTHER),
    (HOURS, "hours", Reply.OTHER),
    (HOURS, "not the holiday hours", Reply.OTHER),
    (HOURS, "i lost my card", Reply.OTHER),
    (HOURS, "do you have parking", Reply.OTHER),
    (HOURS, "no i want to block my card", Reply.OTHER),
    (HOURS, "can i book a holiday loan", Reply.OTHER),
    (HOURS, "opening an account for my daughter", Reply.OTHER),
    (HOURS, "opening hours and holiday hours", Reply.OTHER),
    (CARDS, "what does a card cost", Reply.OTHER),
    (CARDS, "i do not know", Reply.OTHER),
    (HOURS, "not the first one", Reply.SECOND),
    (HOURS, "no not the second", Reply.FIRST),
    (HOURS, "i think so", Reply.YES),
    (HOURS, "i didn't mean that", Reply.NO),
    (HOURS, "opening hours on sunday", Reply.OTHER),
    (HOURS, "that one", Reply.OTHER),
    (HOURS, "", Reply.OTHER),
    (HOURS, "um", Reply.OTHER),
]


@pytest.mark.parametrize(("labels", "text", "expected"), CASES)
def test_understand(labels: tuple[str, str], text: str, expected: Reply) -> None:
    assert understand(text, *labels) is expected


@pytest.mark.parametrize(("labels", "text", "expected"), CASES)
def test_labels_swapped(labels: tuple[str, str], text: str, expected: Reply) -> None:
    """A choice by label follows its label; a choice by position does not."""
    swapped = understand(text, labels[1], labels[0])
    by_label = {Reply.FIRST: Reply.SECOND, Reply.SECOND: Reply.FIRST}
    assert swapped in {expected, by_label.get(expected, expected)}


@given(st.text(max_size=40), st.text(max_size=20))
def test_equal_labels_are_never_chosen_by_label(text: str, label: str) -> None:
    by_position = understand(text, "", "")
    assert understand(text, label, label) is by_position


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((text, Reply.YES) for text in ("yes", "yes please", "that's the one", "yes that one")),
        *((text, Reply.YES) for text in ("opening hours", "yeah the hours", "the first one")),
        *((text, Reply.YES) for text in ("that is what i want", "correct", "i guess so")),
        *((text, Reply.NO) for text in ("no", "no thank you", "neither", "something else")),
        *((text, Reply.NO) for text in ("not the opening hours", "the other one", "not that")),
        *((text, Reply.OTHER) for text in ("no opening hours", "holiday hours", "both")),
        *((text, Reply.OTHER) for text in ("i want to pay a bill", "yes but on sunday", "maybe")),
    ],
)
def test_the_reply_to_a_question_about_one(text: str, expected: Reply) -> None:
    assert understand(text, "opening hours") is expected


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("No, I mean when do you close?", "i mean when do you close"),
        ("not that one i want to pay a bill", "i want to pay a bill"),
        ("sorry no what about parking", "what about parking"),
        ("no", ""),
        ("no fee account", ""),
        ("no problem", ""),
        ("i have no card", ""),
        ("when do you close", ""),
    ],
)
def test_what_is_meant_instead(text: str, rest: str) -> None:
    assert correction(text) == rest
