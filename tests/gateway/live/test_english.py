"""English words for numbers, days and hours, at the edges."""

from __future__ import annotations

import pytest

from gateway.live import english


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "zero"),
        (21, "twenty-one"),
        (100, "one hundred"),
        (110, "one hundred ten"),
        (1_000_001, "one million one"),
        (-7, "minus seven"),
    ],
)
def test_cardinals(number: int, said: str) -> None:
    assert english.cardinal(number) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "first"), (12, "twelfth"), (20, "twentieth"), (22, "twenty-second"), (31, "thirty-first")],
)
def test_ordinals(number: int, said: str) -> None:
    assert english.ordinal(number) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (1900, "nineteen hundred"),
        (1905, "nineteen oh five"),
        (2000, "two thousand"),
        (2005, "two thousand five"),
        (2010, "twenty ten"),
        (2026, "twenty twenty-six"),
    ],
)
def test_years(number: int, said: str) -> None:
    assert english.year(number) == said
