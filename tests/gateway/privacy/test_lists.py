"""The words that redaction knows."""

from __future__ import annotations

import pytest

from gateway.privacy import lists
from gateway.privacy.lists import CONDITIONS, FIRST, HARMLESS, STOP


@pytest.mark.parametrize("word", ["bank", "refund", "monday", "atm", "france", "5g", "password"])
def test_common_words_are_harmless(word: str) -> None:
    assert word in HARMLESS


@pytest.mark.parametrize("word", ["smith", "miller", "anna", "kowalski", "diabetes", "zork"])
def test_names_and_illnesses_are_not(word: str) -> None:
    assert word not in HARMLESS


def test_classes_do_not_contradict_each_other() -> None:
    assert not FIRST & HARMLESS
    assert not CONDITIONS & HARMLESS
    assert not STOP & FIRST
    assert not lists.MAYBE_FIRST & STOP - lists.DOUBTFUL
    assert not lists.MAYBE_FAMILY & lists.NO_FAMILY


def test_every_word_is_as_it_is_compared() -> None:
    every = HARMLESS | CONDITIONS | FIRST | lists.FAMILY | frozenset().union(*lists.CUES.values())
    assert not [word for word in every if word != word.lower()]
