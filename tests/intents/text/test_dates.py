import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.text.dates import MONTHS, dates, ordinal, ordinals

CASES = [
    ("first of may", "may 1"),
    ("the first of may", "may 1"),
    ("may first", "may 1"),
    ("may 1st", "may 1"),
    ("on the 4th of july", "on july 4"),
    ("december 25th", "december 25"),
    ("december the 25th", "december 25"),
    ("dec 5", "december 5"),
    ("1 of may", "may 1"),
    ("20 first of june", "june 21"),
    ("5th december", "december 5"),
    ("may first time buyers apply", "may first time buyers apply"),
    ("march second quarter", "march second quarter"),
    ("on may fifth you said", "on may 5 you said"),
    ("the second card", "the second card"),
    ("20 second video", "20 second video"),
    ("the 20 second", "the 22nd"),
    ("1st and 2nd", "first and second"),
    ("11th floor", "11th floor"),
    ("my march statement", "my march statement"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_dates(text: str, expected: str) -> None:
    assert " ".join(dates(ordinals(text.split()))) == expected


@given(st.sampled_from(sorted(MONTHS)), st.integers(min_value=1, max_value=31))
def test_all_ways_to_say_a_day_are_one(month: str, day: int) -> None:
    expected = [month, str(day)]
    for text in (f"{month} {ordinal(day)}", f"the {ordinal(day)} of {month}", f"{month} {day}"):
        assert dates(ordinals(text.split())) == expected


@given(st.integers(min_value=1, max_value=9999))
def test_ordinals_are_a_fixed_point(n: int) -> None:
    assert ordinals([ordinal(n)]) == [ordinal(n)]


def test_ordinal() -> None:
    assert [ordinal(n) for n in (1, 10, 11, 12, 21, 22, 23, 111)] == [
        "first", "tenth", "11th", "12th", "21st", "22nd", "23rd", "111th",
    ]  # fmt: skip
