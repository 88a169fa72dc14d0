import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.text.cardinals import ONES, SCALES, TEENS, TENS, at, cardinals, hour_of, is_number

CASES = [
    ("twenty five", "25"),
    ("two hundred and five", "205"),
    ("two hundred five", "205"),
    ("a hundred", "100"),
    ("a thousand and one", "1001"),
    ("seven hundred fifty thousand", "750000"),
    ("one million two hundred thousand", "1200000"),
    ("three point five", "3.5"),
    ("zero point zero one", "0.01"),
    ("two and a half", "2.5"),
    ("5 hundred", "500"),
    ("1.5 million", "1500000"),
    ("one hundred and two hundred", "100 and 200"),
    ("between one thousand and two thousand", "between 1000 and 2000"),
    ("nineteen ninety nine", "1999"),
    ("twenty twenty four", "2024"),
    ("twenty oh five", "2005"),
    ("four oh one", "401"),
    ("double five two", "552"),
    ("five five five one two three four", "5551234"),
    ("one two", "1 2"),
    ("at three thirty", "at 3:30"),
    ("five oh five pm", "5:05 pm"),
    ("which one", "which one"),
    ("no one knows", "no one knows"),
    ("the first one", "the first one"),
    ("one of the cards", "one of the cards"),
    ("one day", "1 day"),
    ("option one", "option 1"),
    ("oh two questions", "oh 2 questions"),
    ("for to too", "for to too"),
    ("a card", "a card"),
    ("2024", "2024"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_cardinals(text: str, expected: str) -> None:
    assert " ".join(cardinals(text.split())) == expected


def spoken(n: int, joint: str = " and ") -> str:
    """A whole number below a million in words, as a person says it.

    No "and" inside the thousands: "one hundred and one thousand" may as well be two numbers.
    """
    ones = {**{v: k for k, v in ONES.items()}, **{v: k for k, v in TEENS.items()}}
    tens = {v: k for k, v in TENS.items() if k != "fourty"}
    if n < 20:
        return ones[n]
    if n < 100:
        return tens[n // 10 * 10] + (f" {ones[n % 10]}" if n % 10 else "")
    if n < 1000:
        return f"{ones[n // 100]} hundred" + (f"{joint}{spoken(n % 100)}" if n % 100 else "")
    rest = n % 1000
    join = " and " if 0 < rest < 100 else " "
    return f"{spoken(n // 1000, ' ')} thousand" + (f"{join}{spoken(rest)}" if rest else "")


@given(st.integers(min_value=2, max_value=999_999))
def test_any_number_in_words(n: int) -> None:
    assert cardinals(spoken(n).split()) == [str(n)]


@given(st.lists(st.sampled_from([*ONES, *TEENS, *TENS, *SCALES, "hundred", "and", "point", "a"])))
def test_nothing_but_numbers_and_joints_remains(words: list[str]) -> None:
    for word in cardinals(words):
        assert is_number(word) or word in {"and", "point", "a", "one"}


def test_helpers() -> None:
    assert [is_number(t) for t in ("5", "3.5", "3:30", "5th", "x", "", "²")] == [
        True, True, True, False, False, False, False,
    ]  # fmt: skip
    assert (hour_of("three"), hour_of("12"), hour_of("13"), hour_of("cat")) == (3, 12, None, None)
    assert (at(["a"], 0), at(["a"], 1), at(["a"], -1)) == ("a", "", "")
