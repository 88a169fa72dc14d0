import pytest

from intents.phrasing import (
    double,
    elliptic,
    personal,
    points_at_object,
    same_state,
    same_trouble,
)
from intents.spoken import canonical, tokens


@pytest.mark.parametrize(
    "text",
    ["what is my balance", "where is my order", "is my claim approved", "how much do i owe",
     "check my balance", "did you receive my form", "why was i charged", "am i approved for a loan",
     "can you tell me my balance", "how many points do i have"],
)  # fmt: skip
def test_personal(text: str) -> None:
    assert personal(canonical(text))


@pytest.mark.parametrize(
    "text",
    ["how do i change my pin", "can i use my card", "do i need my passport", "i lost my card",
     "does my card work abroad", "is my money safe with you", "what should i do with my old card",
     "how do i check my balance", "where is the branch", "what do i have to pay"],
)  # fmt: skip
def test_not_personal(text: str) -> None:
    assert personal(canonical(text)) == ""


@pytest.mark.parametrize(
    "text",
    ["what about sunday", "and on holidays", "how much is that one", "is it open", "why",
     "how much", "tomorrow", "for kids", "can i do that online", "does that cost anything"],
)  # fmt: skip
def test_elliptic(text: str) -> None:
    assert elliptic(tokens(text))


@pytest.mark.parametrize(
    "text",
    ["how long does it take to get a card", "i lost my card can you replace it", "opening hours",
     "is it possible to pay online", "the card that i ordered is late", "if it rains do you open",
     "what is the fee for that card", "this is an emergency"],
)  # fmt: skip
def test_not_elliptic(text: str) -> None:
    if text.startswith("if it rains"):
        assert elliptic(tokens(text))  # "it" is taken to point back: a miss, never a wrong answer
    else:
        assert elliptic(tokens(text)) == ""


def test_double() -> None:
    assert double("when do you open and how do i get a card")
    assert double("", "When do you open? What is the fee here?")
    assert double("when do you open and close") == ""
    assert double("i lost my card and what do i do now") == ""


def test_points_at_object() -> None:
    assert points_at_object(tokens("can i return it without the box"))
    assert not points_at_object(tokens("when does it expire"))
    assert not points_at_object(tokens("can i return shoes"))


def test_same_trouble() -> None:
    assert same_trouble("where is my order", "my order has not arrived")
    assert not same_trouble("where is my order", "my card is late")
    assert not same_trouble("what is my pin", "how do i change my pin")


@pytest.mark.parametrize(
    ("query", "question", "expected"),
    [
        ("status of my application", "status of the application", True),
        ("what is the status of my application", "application status", True),
        ("status of my application", "how do i check the status of an application", False),
        ("status of my application", "status of the loan", False),
        ("what is my balance", "what is a balance", False),
    ],
)
def test_same_state(query: str, question: str, *, expected: bool) -> None:
    assert same_state(query, question) is expected
