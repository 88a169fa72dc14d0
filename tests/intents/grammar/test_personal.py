import pytest

from intents.grammar.personal import own_fact, personal, same_state, same_trouble, same_way
from intents.text.spoken import canonical


@pytest.mark.parametrize(
    "text",
    ["what is my balance", "where is my order", "is my claim approved", "how much do i owe",
     "check my balance", "did you receive my form", "why was i charged", "am i approved for a loan",
     "can you tell me my balance", "how many points do i have", "did i pass the credit check",
     "what slot did i book", "are you still holding my table", "have you verified me now",
     "where am i on the waiting list", "why did you text me", "which seats are we in",
     "is the room i asked for confirmed", "did somebody just ring me",
     "what is happening with my claim", "am i eligible", "which plan do i have",
     "do you have my form"],
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
     "are you able to buy a card for me", "how are you doing today how do i get a card for me"],
)  # fmt: skip
def test_not_personal(text: str) -> None:
    assert personal(canonical(text)) == ""


def test_same_trouble() -> None:
    assert same_trouble("where is my order", "my order has not arrived")
    assert same_trouble("where is my bag", "i have trouble locating my bag")
    assert not same_trouble("where is my order", "my card is late")
    assert not same_trouble("what is my pin", "how do i change my pin")


def test_same_way() -> None:
    assert same_way("i need to find my bag", "how do i find lost bags")
    assert not same_way("find my bag", "how do i find lost bags")
    assert not same_way("i need to find my bag", "how do i check in bags")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("when do i get paid", True),
        ("how long until my contract ends", True),
        ("can you locate my phone for me", True),
        ("i wish to know when my flight will land", True),
        ("how do i get paid", False),
        ("do you accept my insurance", False),
        ("can i find my phone", False),
        ("what happens to my points when i leave", False),
    ],
)
def test_own_fact(text: str, *, expected: bool) -> None:
    assert own_fact(text) is expected


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
