"""What is kept of what a caller said."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.redact import redact


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("my card is 4111 1111 1111 1111 please", "my card is [number] please"),
        ("call +1 (415) 555-0100 now", "call +[number] now"),
        ("it was 1,234,567 I think", "it was [number] I think"),
        ("four one five five five", "[number]"),
        ("it's double four one oh five", "it's [number]"),
        ("twenty three forty five sixty seven", "[number]"),
        ("my pin is 4 five 6 seven", "my pin is [number]"),
        ("write to john.smith+x@mail.example.org.", "write to [email]"),
        ("smith at gmail dot com", "[email]"),
        ("it is john dot smith at mail dot co dot uk thanks", "it is [email] thanks"),
        ("my name is John Smith and I lost my card", "my name is [name] and I lost my card"),
        ("my name is Mary Jane Watson", "my name is [name]"),
        ("my name\u2019s José Álvarez", "my name\u2019s [name]"),
        ("hi this is Conan O'Brien calling about a loan", "hi this is [name] calling about a loan"),
        ("I live at 12 Long Acre Street", "I live at [address]"),
        ("send it to 12345 oak road", "send it to [address]"),
        ("I was born on May 3 1980", "I was born on [date]"),
        ("birthday is 3 may 80", "birthday is [date]"),
    ],
)
def test_what_could_name_a_person_goes(said: str, kept: str) -> None:
    assert redact(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        "when do you open on sunday",
        "do you open at nine thirty",
        "is it open 24 7",
        "what does plan 2 cost",
        "this is about my card",
        "this is not what I asked",
        "two or three of them",
        "meet me at the branch dot",
        "",
    ],
)
def test_the_rest_stays(said: str) -> None:
    assert redact(said) == said


def test_white_space_is_one_space() -> None:
    assert redact("  when \n do\tyou  ") == "when do you"


@given(st.text(alphabet="abz019 .-@,'()\n", max_size=80))
def test_four_digits_running_never_stay(said: str) -> None:
    assert not re.search(r"\d{4}", redact(said))


@given(st.integers(min_value=1000, max_value=10**19), st.sampled_from(["", " ", "-", ".", ", "]))
def test_numbers_go_however_they_are_written(number: int, between: str) -> None:
    assert redact(f"it is {between.join(str(number))} yes") == "it is [number] yes"


@pytest.mark.parametrize(
    "hostile",
    [
        "@a" * 1000,
        "a" * 2000,
        "a" * 1999 + "@",
        "a." * 1000,
        "a-" * 1000,
        "born " * 400,
        "a dot " * 330,
        "my name is " * 180,
        "'" * 2000,
        " " * 2000,
        "1 a " * 500,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_no_text_holds_up_the_event_loop(hostile: str) -> None:
    """A few milliseconds; without bounds on the repetitions the first takes 14 s."""
    began = time.perf_counter()
    redact(hostile)
    assert time.perf_counter() - began < 0.25
