"""Figures and texts as people read them."""

from __future__ import annotations

import pytest

from gateway.commands.running.shown import clean, clock, ms, percent


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines\r\n", "two lines"),
        ("a\x1b[31mred\x07", "a [31mred"),
        ("\u202eright to left", "right to left"),
        ("x" * 81, "x" * 79 + "…"),
    ],
)
def test_nothing_steers_the_terminal(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_figures() -> None:
    assert (percent(0.1234), ms(12.6), ms(None)) == ("12.3 %", "13", "")
    assert len(clock(1.0)) == 19
