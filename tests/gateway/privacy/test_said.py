"""A text in words, and what is kept of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.privacy.said import Said, base, plain


@pytest.mark.parametrize(
    ("word", "made"),
    [("John’s", "john"), ("what's", "what"), ("isn't", "is"), ("can't", "can"), ("José", "jose")],
)
def test_the_base_of_a_word(word: str, made: str) -> None:
    assert base(plain(word)) == made


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a check-in at 9:30.", ["a", "check", "in", "at", "9:30"]),
        ("it is 1,234.50, yes", ["it", "is", "1,234.50", "yes"]),
        ("john.smith@x.org", ["john.smith", "x.org"]),
        ("[name] called", ["[name]", "called"]),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert Said(text).words == words


def test_what_was_masked_stays_masked() -> None:
    assert Said("[name] called").marks == ["name", ""]


def test_the_first_mark_stays_and_adjoining_ones_are_one() -> None:
    said = Said("my pin is 1 2, okay")
    said.mark(3, 4, "code")
    said.mark(3, 5, "code")
    said.mark(3, 5, "number")
    assert said.text() == "my pin is [code], okay"


def test_kinds_that_adjoin_are_told_apart() -> None:
    said = Said("i am ann at 12")
    said.mark(2, 3, "name")
    said.mark(4, 5, "number")
    said.mark(3, 4, Said.KEEP)
    assert said.text() == "i am [name] at [number]"


def test_signs_of_a_password_do_not_stay() -> None:
    said = Said("it is a#b*c now")
    said.mark(2, 5, "code")
    assert said.text() == "it is [code] now"
    assert "~" not in Said("so ~^ be it").text()


def test_runs_end_at_words_and_clauses() -> None:
    said = Said("send it to anna miller, please do")
    assert said.until(3, {"please"}, 9) == 5
    assert said.until(3, (), 1) == 4
    assert said.since(5, {"to"}, 9) == 3
    assert said.since(6, (), 9) == 5


@given(st.text(max_size=80))
def test_nothing_is_lost_where_nothing_is_marked(text: str) -> None:
    said = Said(text)
    assert [one.lower() for one in said.raw] == [one.lower() for one in Said(said.text()).raw]
