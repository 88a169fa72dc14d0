import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.text.numerals import numerals

CASES = [
    ("half past three", "3:30"),
    ("quarter past nine", "9:15"),
    ("a quarter to three", "2:45"),
    ("quarter to one", "12:45"),
    ("ten past three", "3:10"),
    ("five minutes to three", "2:55"),
    ("from ten to four", "from 10 to 4"),
    ("twenty to three", "2:40"),
    ("twenty to three percent", "20 to 3 percent"),
    ("half two", "2:30"),
    ("half three kilos", "half 3 kilos"),
    ("half one half the other", "half one half the other"),
    ("three oclock", "3"),
    ("three oclock in the afternoon", "3 pm"),
    ("at eight in the morning", "at 8 am"),
    ("at nine at night", "at 9 pm"),
    ("two in the morning pills", "2 in the morning pills"),
    ("3:00 pm", "3 pm"),
    ("3.30 pm", "3:30 pm"),
    ("15:30", "3:30 pm"),
    ("15:00", "3 pm"),
    ("09:00", "9"),
    ("five dollars and fifty cents", "5.5 dollars"),
    ("5 dollar fee", "5 dollars fee"),
    ("5.50 euros", "5.5 euros"),
    ("twenty cents", "20 cents"),
    ("50 mg", "50 milligrams"),
    ("the twenty first of june at half past four", "june 21 at 4:30"),
    ("no numbers here", "no numbers here"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_numerals(text: str, expected: str) -> None:
    assert " ".join(numerals(text.split())) == expected


@given(st.integers(min_value=13, max_value=23), st.integers(min_value=1, max_value=59))
def test_a_day_of_24_hours_and_one_of_twelve_are_the_same(hour: int, minutes: int) -> None:
    assert numerals([f"{hour}:{minutes:02d}"]) == numerals([f"{hour - 12}:{minutes:02d}", "pm"])


@given(st.lists(st.from_regex(r"[0-9]{1,4}(?:[.:][0-9]{1,2})?", fullmatch=True), max_size=5))
def test_written_numbers_end_in_a_fixed_point(words: list[str]) -> None:
    once = numerals(numerals(words))
    assert numerals(once) == once
