import pytest

from intents.grammar.personal import personal, same_trouble
from intents.text.spoken import canonical


@pytest.mark.parametrize(
    "text",
    ["what is my balance", "where is my order", "how much do i owe",
     "check my balance", "did you receive my form", "why was i charged",
     "can you tell me my balance", "did i pass the credit check",
     "what slot did i book", "have you verified me now",
     "what are my test results", "could you check the status of my claim", "has my card been sent",
     "when will my parcel arrive", "what day is my delivery due", "how much is left on my card",
     "how much money do i have left", "have they sent me the contract",
     "i ordered last week where is my parcel", "when was my last payment taken",
     "do i still owe anything", "status of my claim"],
)  # fmt: skip
def test_personal(text: str) -> None:
    assert personal(canonical(text))


@pytest.mark.parametrize(
    "text",
    ["how do i change my pin", "can i use my card", "do i need my passport", "i lost my card",
     "does my card work abroad", "is my money safe with you", "what should i do with my old card",
     "how do i check my balance", "where is the branch", "what do i have to pay",
     "when would my licence run out", "is my mum allowed to collect my son",
     "have i got to pay a fee", "what will my plan pay for", "do you charge me when i am late",
     "what are my options for a new plan", "how fast will my line be if i take the small plan",
     "how heavy can my hand luggage be", "am i covered if my kettle breaks",
     "am i eligible for a discount", "do i have a choice", "do you send me a reminder",
     "how long will my ticket last", "give me my money and no voucher",
     "are my notes visible to my boss", "what am i looking at in money",
     "is a call to spain in my plan",
     "are you able to buy a card for me", "how are you doing today how do i get a card for me",
     "where is my nearest branch", "where is our local office", "when do i get my results",
     "have i got time to eat", "did you know my card is free", "where do i find my balance",
     "what is the balance on a gift card", "how do i know if my payment went through",
     "what should i do when my order has not arrived", "have you got any of my size"],
)  # fmt: skip
def test_not_personal(text: str) -> None:
    assert personal(canonical(text)) == ""


@pytest.mark.parametrize(
    "text",
    ["is my claim approved", "how many points do i have", "which plan do i have",
     "when is my appointment", "what is my account number"],
)  # fmt: skip
def test_what_may_be_asked_of_a_rule_is_left_to_the_score(text: str) -> None:
    """So asks "is my money safe", too, or "how many days do i have to return it"."""
    assert personal(canonical(text)) == ""


def test_same_trouble() -> None:
    assert same_trouble("where is my order", "my order has not arrived")
    assert same_trouble("where is my bag", "i have trouble locating my bag")
    assert not same_trouble("where is my order", "my card is late")
    assert not same_trouble("what is my pin", "how do i change my pin")
