"""What a caller announces goes, even if it is common words."""

from __future__ import annotations

import pytest

from gateway.privacy.frames import mark_frames
from gateway.privacy.said import Said


def kept(text: str, known: frozenset[str] = frozenset()) -> str:
    said = Said(text)
    mark_frames(said, known)
    return said.text()


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("my password is correct horse battery staple", "my password is [code]"),
        (
            "my password is orange and green and i cannot log in",
            "my password is [code] and i cannot log in",
        ),
        ("sunny day in paris is my passphrase", "[code] is my passphrase"),
        ("i use blue monkey as my password", "i use [code] as my password"),
        ("the password blue monkey does not work", "the password [code] does not work"),
        ("please change my password to blue monkey", "please change my password to [code]"),
        ("i logged in with blue monkey", "i logged in with [code]"),
        ("my passcode it's football", "my passcode it's [code]"),
        ("my plate is best one", "my plate is [code]"),
        ("order number 77", "order number [number]"),
        ("77 is my order number", "[number] is my order number"),
        ("it ends in four two", "it ends in [number]"),
        ("i was diagnosed with high blood pressure", "i was diagnosed with [health]"),
        ("my type two diabetes is worse", "my [health] is worse"),
        ("i have hepatitis c", "i have [health]"),
        ("i live at the old mill", "i live at the [address]"),
        ("deliver it to 12 cherry tree", "deliver it to [address]"),
        ("my address is old green house", "my address is [address]"),
    ],
)
def test_it_goes(said: str, left: str) -> None:
    assert kept(said) == left


@pytest.mark.parametrize(
    "said",
    [
        "my password is not working",
        "my password is too short",
        "how do i change my password",
        "what is my pin",
        "my order is late",
        "my ticket is 50 dollars",
        "my address is wrong",
        "i live in canada",
        "deliver it at 9 tomorrow",
        "do you offer treatment for pets",
    ],
)
def test_what_announces_nothing_stays(said: str) -> None:
    assert kept(said) == said


def test_an_illness_in_the_catalogue_is_a_topic() -> None:
    assert kept("do you treat asthma", frozenset({"asthma"})) == "do you treat asthma"
    assert kept("do you treat asthma") == "do you treat [health]"
    assert kept("i was diagnosed with asthma", frozenset({"asthma"})).endswith("[health]")
