"""One question or two, and where it begins."""

import pytest

from intents.grammar.clauses import asking, clause, double, goes_on
from intents.text.spoken import canonical


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("i cannot find the form where is it", "where is it"),
        ("we are away in july can we pause the plan", "can we pause the plan"),
        ("my card is not working", "my card is not working"),
        ("how do i pay", "how do i pay"),
        ("i would like a room do you have one", "i would like a room do you have one"),
        ("i do not know what the fee is", "i do not know what the fee is"),
    ],
)
def test_asking(text: str, asked: str) -> None:
    assert asking(text) == asked


def test_a_wish_may_be_told_first() -> None:
    assert asking("i would like a room do you have one", wishes=False) == "do you have one"


def test_what_leads_over_is_no_part_of_the_question() -> None:
    assert clause("hello so where is my order") == "where is my order"
    assert clause("i would like a room and do you have one") == "do you have one"
    assert clause("when do you open now") == "when do you open now", "only at the beginning"


@pytest.mark.parametrize(
    "text",
    [
        "when do you open and how do i get a card",
        "i lost my card how do i block it and when does the new one come",
        "i want to cancel my card also what is the fee for a new one",
        "i have a couple of questions do you have cots",
        "how do i tell you somebody died and who pays the last bill",
        "do you open today plus do you take old sofas",
        "first how do i block a call second how do i get a new number",
    ],
)
def test_double(text: str) -> None:
    assert double(canonical(text))


@pytest.mark.parametrize(
    "text",
    [
        "when do you open and close",
        "i lost my card and what do i do now",
        "my washing machine leaks and makes a noise do you fix them",
        "what do i do when my battery is dead",
        "i moved house and how do i change my address",
        "does the price have breakfast and coffee in it",
        "i want to keep two things and send the others back",
        "can you help me how do i block my card",
        "how many points have i got on my card can you check that",
        "my card is gone can you block it do you know",
        "my flight was cancelled and i want to know why",
        "how is the traffic on the ring road is it bad",
        # as it is heard
        "do know how many points do i have",
        "he can show me how many points do i have",
        "am sorry to bother you how long does it take",
        "could you look for me is my flight on time",
        "i have paid the bill thank is you",
        "what does the alert say there is i hope no storm",
    ],
)
def test_single(text: str) -> None:
    assert double(canonical(text)) == ""


@pytest.mark.parametrize(
    "text",
    ["where do i vote do i need to bring id", "is there a hot tub is it free"],
)
def test_questions_that_nothing_joins_are_left_to_the_score(text: str) -> None:
    assert double(canonical(text)) == ""


def test_the_very_words_and_more() -> None:
    question = "i need to report a leak"
    assert goes_on(f"{question} and somebody overcharged me as well", question)
    assert goes_on(f"{question} and i do not know what to do", question) == ""
    assert goes_on("i need to report a leakage", question) == ""


def test_two_question_marks() -> None:
    assert double("", "When do you open? What is the fee here?")
    assert double("", "Can you help? I lost my card.") == ""
    assert double("", "Really? What is the fee here?") == "", "too short to be one"
