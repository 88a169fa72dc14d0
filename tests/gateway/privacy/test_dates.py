"""Dates."""

from __future__ import annotations

import pytest

from gateway.privacy.dates import mark_dates
from gateway.privacy.said import Said


def kept(text: str) -> str:
    said = Said(text)
    mark_dates(said)
    return said.text()


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("i was born on the third of may nineteen eighty", "i was born on the [date]"),
        ("the third of may is my birthday", "[date] is my birthday"),
        ("my d o b is 5 12 61", "my d o b is [date]"),
        ("it is may the twenty first nineteen eighty", "it is [date]"),
        ("march 4th, 1985", "[date]"),
        ("1980-05-03 or 3/5/80 or 3.5.1980", "[date] or [date] or [date]"),
        ("twelve december two thousand and five", "[date]"),
    ],
)
def test_they_go(said: str, left: str) -> None:
    assert kept(said) == left


@pytest.mark.parametrize(
    "said",
    ["open on the fourth of july", "in march 2025", "the birthday discount", "may i come on 3 4"],
)
def test_days_that_are_nobodys_stay(said: str) -> None:
    assert kept(said) == said


def test_digits_of_something_longer_are_no_date() -> None:
    assert "[date]" not in kept("1-0-0-0")
