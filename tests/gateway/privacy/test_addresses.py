"""Postal addresses and codes."""

from __future__ import annotations

import pytest

from gateway.privacy.addresses import house_number, mark_addresses
from gateway.privacy.said import Said


def kept(text: str) -> str:
    said = Said(text)
    mark_addresses(said)
    return said.text()


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("it is twelve cherry tree lane", "it is [address]"),
        ("221b baker street london please", "[address] please"),
        ("send it to 12 Oak Street, Springfield", "send it to [address]"),
        ("flat 3b rosewood court is mine", "[address] is mine"),
        ("forty five willow gardens is late", "[address] is late"),
        ("fifteen o a k street", "[address]"),
        ("p.o. box 778", "[address]"),
        ("sw1a 1aa or k1a0b1", "[postcode] or [postcode]"),
    ],
)
def test_they_go(said: str, left: str) -> None:
    assert kept(said) == left


@pytest.mark.parametrize(
    "said",
    [
        "the branch on main street",
        "a 5 minute walk",
        "do you have two different gardens",
        "is flat 5 percent the fee",
        "which road do i take",
        "3rd st",
    ],
)
def test_streets_of_nobody_stay(said: str) -> None:
    assert kept(said) == said


def test_numbers_of_houses() -> None:
    assert house_number("221b") and house_number("twelve")
    assert not house_number("baker")
