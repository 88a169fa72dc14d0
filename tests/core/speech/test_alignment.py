from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.speech.alignment import MOST_PAIRS, Alignment
from gateway.core.speech.speakable import speakable


def steps(written: str) -> list[str]:
    """What is said of a text after each spoken word."""
    spoken = speakable(written)
    alignment = Alignment(written, spoken)
    said, at = [], 0
    for word in spoken.split():
        at = spoken.index(word, at) + len(word)
        said.append(written[: alignment.said(at)])
    return said


def test_a_text_that_is_spoken_as_it_is_written_is_said_word_by_word() -> None:
    assert steps("We open at nine, daily.") == [
        *("We", "We open", "We open at", "We open at nine,", "We open at nine, daily."),
    ]


@pytest.mark.parametrize(
    ("written", "spoken", "before", "after"),
    [
        ("It is $1,200.50. Fine.", 6, "It is", "It is $1,200.50."),
        ("Call (555) 123-4567 now.", 10, "Call", "Call (555) 123-4567"),
        ("Open 9am-5 PM today.", 7, "Open", "Open 9am-5 PM"),
        ("Mix 20°C & more.", 3, "Mix", "Mix"),
    ],
)
def test_other_words_are_said_once_all_of_them_are(
    written: str, spoken: int, before: str, after: str
) -> None:
    said = steps(written)
    assert said[spoken - 1] == before
    assert said[spoken] == after
    assert said[-1] == written


def test_what_is_not_spoken_goes_with_the_word_before() -> None:
    assert steps("**Yes**, thanks 👍 a lot 🎉") == [
        *("**Yes**,", "**Yes**, thanks 👍", "**Yes**, thanks 👍 a", "**Yes**, thanks 👍 a lot 🎉"),
    ]


def test_a_word_that_is_only_spoken_belongs_to_the_one_before() -> None:
    alignment = Alignment("May 5 then", "May 5 pounds then")
    assert [alignment.said(at) for at in (3, 5, 12, 17)] == [3, 3, 5, 10]


def test_one_that_is_spoken_first_is_waited_for_with_what_follows() -> None:
    alignment = Alignment("one two", "and one two")
    assert [alignment.said(at) for at in (3, 7, 11)] == [0, 3, 7]


def test_half_a_word_is_not_said() -> None:
    alignment = Alignment("we open.", "we open.")
    assert [alignment.said(at) for at in (-1, 1, 2, 6, 7, 99)] == [0, 0, 2, 2, 8, 8]


def test_nothing_is_said_of_nothing() -> None:
    assert Alignment("", "").said(5) == 0
    assert Alignment("🎉", "").said(5) == 0
    assert Alignment("", "one").said(3) == 0


def test_a_mark_alone_is_a_word() -> None:
    alignment = Alignment("yes ... no", "yes ... no")
    assert alignment.said(7) == 7


def test_the_same_words_over_and_over_are_not_looked_through() -> None:
    written = "a " * int(MOST_PAIRS**0.5 + 1)
    alignment = Alignment(written, written + "b")
    assert alignment.said(len(written)) == 0
    assert alignment.said(len(written) + 1) == len(written.rstrip())


words = st.sampled_from(
    ["it", "is", "$5", "5", "9am-5 PM", "20°C", "&", "👍", "**so**", "at", "it,"]
)
texts = st.lists(words, min_size=1, max_size=12).map(" ".join)


@given(texts, texts)
def test_more_that_is_spoken_is_never_less_that_is_said(written: str, spoken: str) -> None:
    alignment = Alignment(written, spoken)
    said = [alignment.said(at) for at in range(-1, len(spoken) + 2)]
    assert said == sorted(said)
    assert said[0] == 0
    assert said[-1] == len(written)
    ends = {len(" ".join(written.split()[:count])) for count in range(len(written) + 1)}
    assert set(said) <= ends, "whole words only"


@given(texts)
def test_no_more_words_are_said_than_are_spoken(written: str) -> None:
    """Of words that are spoken as they are written."""
    plain = {"it", "is", "at", "it,"}
    spoken = speakable(written)
    alignment = Alignment(written, spoken)
    heard = spoken.split()
    for count in range(len(heard) + 1):
        said = written[: alignment.said(len(" ".join(heard[:count])))].split()
        for word in plain:
            bare = [one.strip(",.") for one in heard[:count]]
            assert [one.strip(",.") for one in said].count(word.strip(",")) <= bare.count(
                word.strip(",")
            )
