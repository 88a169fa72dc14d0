"""Digits and letters, however they are said."""

from __future__ import annotations

import pytest

from gateway.privacy.numbers import element, mark_numbers, mark_rests, numeric, run
from gateway.privacy.said import Said


def kept(text: str, *pairs: tuple[str, str]) -> str:
    said = Said(text)
    mark_numbers(said, frozenset(pairs))
    mark_rests(said)
    return said.text()


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("it is four and one and one and one", "it is [number]"),
        ("treble four treble five", "[number]"),
        ("it is 12 and then 34", "it is [number]"),
        ("gb29 nwbk 6016 1331 9268 19 please", "[code] please"),
        ("AB12 CDE", "[code]"),
        ("four six nine, five", "[number]"),
        ("s t o n e", "[code]"),
        ("i am stone that is s t o n e", "i am [name] that is [code]"),
        ("a for apple n for nut", "[code]"),
        ("v as in violin eight", "[code]"),
        ("sierra tango one", "[code]"),
        ("it is sixty four nineteen", "it is [number]"),
        ("change it to 12 34", "change it to [number]"),
        ("one two no sorry one three", "[number]"),
    ],
)
def test_they_go(said: str, left: str) -> None:
    assert kept(said) == left


@pytest.mark.parametrize(
    "said",
    [
        "two or three of them",
        "a hotel for 2",
        "at nine thirty",
        "from 9 30 to 17 00",
        "it costs $5,000",
        "twenty five hundred dollars",
        "1st and 22nd at 10am",
        "is there an a t m",
        "the 4g and the u s b",
        "since 2019 i pay",
        "a b plan",
    ],
)
def test_small_ones_amounts_times_and_years_stay(said: str) -> None:
    assert kept(said) == said


def test_public_numbers_stay_where_they_stand_in_public() -> None:
    assert kept("form 1040", ("form", "1040")) == "form 1040"
    assert kept("it is 1040", ("form", "1040")) == "it is [number]"


def test_elements() -> None:
    assert [one for one in ("seven", "b", "7", "tango", "bank") if element(one)] == [
        *("seven", "b", "7", "tango")
    ]
    assert numeric("b12") and not numeric("b")
    assert run(Said("one two bank"), 0).last == 2
    assert run(Said("bank"), 0).places == []
