"""Words a recogniser should know."""

from __future__ import annotations

import pytest

from intents.hearing.keyterms import MOST, keyterms
from intents.models.encoder import Encoder


def rare(word: str) -> int:
    """In place of the encoder's vocabulary."""
    return 2 if word in ("flexisaver", "klimabonus") else 1


def test_names_come_as_they_are_written() -> None:
    terms = keyterms(
        [
            ["Can I open an ISA?", "How does an ISA work", "is the isa safe"],
            ["Where is your branch in Hadley Street?", "Do you have one on Hadley Street"],
            ["Do you take iDEAL, Klarna or Apple Pay?", "What's 3DSecure"],
        ],
        rare,
    )
    assert terms[:2] == ("Hadley Street", "ISA")
    assert set(terms[2:]) == {"iDEAL", "Klarna", "Apple Pay", "3DSecure"}


@pytest.mark.parametrize(
    "question",
    [
        "When do you open? How late can I come? Until 10pm?",
        "WHEN DO YOU OPEN ON SATURDAY",
        "I'm sorry. I'll come on the 3rd",
        "",
        "?!",
    ],
)
def test_a_sentence_is_no_name(question: str) -> None:
    assert keyterms([[question]], rare) == ()


def test_words_that_one_entry_keeps_using() -> None:
    terms = keyterms(
        [
            ["how do i close my flexisaver", "is the flexisaver free", "what is a flexisaver"],
            ["how do i open an account", "open account"],
            ["when do you open", "how late do you open", "when does the klimabonus come"],
        ],
        rare,
    )
    assert terms == ("flexisaver",)  # the other was said but once


def test_what_is_rare_the_encoder_knows(encoder: Encoder) -> None:
    entries = [["is the mortgage free", "what is the flexisaver"], ["mortgage", "the flexisaver"]]
    assert keyterms(entries, encoder.pieces) == ("flexisaver",)


def test_never_more_than_asked_for_and_always_the_same() -> None:
    entries = [[f"what does the Model{n} cost", f"is Model{n} sold out"] for n in range(200)]
    assert len(keyterms(entries, rare)) == MOST
    assert len(keyterms(entries, rare, 7)) == 7
    assert keyterms(entries, rare, 7) == keyterms([list(reversed(one)) for one in entries], rare, 7)
    assert keyterms([], rare) == ()
