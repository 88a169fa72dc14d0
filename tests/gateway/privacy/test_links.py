"""E-mail and web addresses."""

from __future__ import annotations

import pytest

from gateway.privacy.links import mark_links
from gateway.privacy.said import Said


def kept(text: str) -> str:
    said = Said(text)
    mark_links(said)
    return said.text()


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("write to jo-ann+x@mail.example.org please", "write to [email] please"),
        ("it is jo @ example.org", "it is [email]"),
        ("see https://jo.example/me?id=7&x=y now", "see [url] now"),
        ("see annamiller.com", "see [url]"),
        ("my site is w w w dot annas bakery dot com", "my site is [url]"),
        ("look at facebook dot com slash big bear please", "look at [url] please"),
        ("reach me at j o h n at gmail dot com today", "reach me at [email] today"),
        ("j dot doe at a c m e dot org", "[email]"),
        ("it is info at my shop dot net thanks", "it is [email] thanks"),
        ("kim eighty five at outlook", "[email]"),
        ("can i order at tulips dot com", "can i order at [url]"),
    ],
)
def test_they_go_written_spoken_and_spelled(said: str, left: str) -> None:
    assert kept(said) == left


@pytest.mark.parametrize(
    "said",
    [
        "open until 9 a.m. or 5 p.m.",
        "e.g. this one",
        "meet me at the branch dot",
        "is it at the u.s.",
    ],
)
def test_dots_that_are_none_stay(said: str) -> None:
    assert kept(said) == said
