"""Names in what a caller says."""

from __future__ import annotations

import pytest

from gateway.privacy.names import mark_names, ordinary
from gateway.privacy.said import Said


def without_names(text: str) -> str:
    said = Said(text)
    mark_names(said)
    return said.text()


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("my name is anna miller", "my name is [name]"),
        (
            "hi my name is anna miller and i want to close my account",
            "hi my name is [name] and i want to close my account",
        ),
        ("this is john speaking", "this is [name] speaking"),
        ("this is priya calling about my order", "this is [name] calling about my order"),
        ("hello this is oluwaseun can you help me", "hello this is [name] can you help me"),
        ("it's for john smith", "it's for [name]"),
        (
            "i want to book a table for john smith tomorrow",
            "i want to book a table for [name] tomorrow",
        ),
        ("can i speak to sarah please", "can i speak to [name] please"),
        ("i was talking to michael kowalczyk yesterday", "i was talking to [name] yesterday"),
        (
            "my husband david wants to be added to the account",
            "my husband [name] wants to be added to the account",
        ),
        ("my last name is fitzwilliam", "my last name is [name]"),
        ("last name nguyen", "last name [name]"),
        ("the name on the account is peter van houten", "the name on the account is [name]"),
        ("name is mark", "name is [name]"),
        ("it's under the name of garcia", "it's under the name of [name]"),
        ("i am calling on behalf of emily watson", "i am calling on behalf of [name]"),
        ("mrs patel was supposed to ring me", "mrs [name] was supposed to ring me"),
        ("mr. o'brien left a message", "mr. [name] left a message"),
        ("i'm rebecca calling from the clinic", "i'm [name] calling from the clinic"),
        ("it's tom again about the parcel", "it's [name] again about the parcel"),
        ("transfer fifty dollars to grace lopez", "transfer fifty dollars to [name]"),
        ("is anna's appointment still on friday", "is [name] appointment still on friday"),
        ("dr. ramirez gave me a prescription", "dr. [name] gave me a prescription"),
        ("send it to Jürgen Müller please", "send it to [name] please"),
        ("my name's li wei", "my name's [name]"),
        (
            "i'd like to add my daughter sophie hansen to the plan",
            "i'd like to add my daughter [name] to the plan",
        ),
        ("my maiden name was kowalski", "my maiden name was [name]"),
        ("they call me bobby", "they call me [name]"),
    ],
)
def test_names_go(said: str, kept: str) -> None:
    assert without_names(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        "my user name is not accepted",
        "this is about my card",
        "this is not what i asked",
        "this is ridiculous",
        "this is urgent",
        "this is taking forever",
        "this is unbelievable",
        "this is the third time i call",
        "this is john deere support right",
        "it's for my husband",
        "i'm calling about a loan",
        "i am still here",
        "i'm just calling to check",
        "can you call me back",
        "call me when it is ready",
        "my name is wrong on the bill",
        "my last name has changed",
        "how do i change the name on my account",
        "the name is misspelled",
        "what's your name",
        "on behalf of my mother",
        "may i ask something",
        "will you be open on may first",
        "can you mark it as paid",
        "what is the grace period",
        "i hope it will arrive in june",
        "the bill is wrong",
        "do you sell art and roses",
        "is the store in paris open in august",
        "what does jack daniels cost",
        "i need a doctor appointment",
        "is the doctor in on monday",
        "is there a branch in san diego",
        "the fastest way to st louis",
        "do you have a shop in ann arbor",
        "does red robin take cards",
        "is it open in jan and feb",
    ],
)
def test_words_that_are_no_names_stay(said: str) -> None:
    assert without_names(said) == said


@pytest.mark.parametrize(
    ("text", "is_ordinary"),
    [
        ("I'll help you. May I? Yes, I can: please wait.", True),
        ('She said: "Please wait." And so on', True),
        ("We are open today", True),
        ("please wait, Please", False),
        ("we are the IT people", False),
        ("hello anna", False),
        ("a b c", False),
        ("qwertz", False),
    ],
)
def test_whether_all_words_are_ordinary(text: str, is_ordinary: bool) -> None:
    assert ordinary(text) is is_ordinary
