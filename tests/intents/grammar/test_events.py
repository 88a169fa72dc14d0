"""Questions about what happened to the caller, and those about rules and ways."""

import pytest

from intents.grammar.events import clause, event, procedure, supposed
from intents.grammar.personal import personal
from intents.text.spoken import canonical


@pytest.mark.parametrize(
    "text",
    ["has my parcel gone out", "why was i billed twice", "did anybody ring me back",
     "am i down for an upgrade on tonight's flight", "which slot have i been given",
     "you've taken my direct debit twice what happened there", "who changed my password",
     "i wondered whether my prescription had gone over", "can you see if my transfer went through",
     "what have i run up in charges so far", "is the fine on my name paid or not",
     "there's a renewal on my statement was that me", "is my husband on my policy",
     "you still have my deposit haven't you", "how close am i to my limit",
     "when does my contract run out", "how many visits have i got left"],
)  # fmt: skip
def test_personal(text: str) -> None:
    assert personal(canonical(text))


@pytest.mark.parametrize(
    "text",
    ["am i allowed to bring a dog", "am i charged for taking out cash",
     "if they take my phone am i covered", "have you got a room that will take us",
     "i've moved in and have the reading here how do i give it to you",
     "i sent in a form and nothing came what should i do", "is it safe to send my card by post",
     "can you tell me what to do if i lost my card", "is my money insured",
     "i am registered and have my card which place do i go to", "what happens if i was late",
     "when i sign up with you how many months am i tied in for", "am i limited in carry ons",
     "i need an uber 5 people ago to miami", "find my a flight to boston",
     "i got my phone yesterday and nobody can leave me a message", "who made i",
     "had my jab is the pool open", "have you euros i could have for pounds",
     "is the ferry part of what i bought", "is breakfast a problem before they take my blood"],
)  # fmt: skip
def test_not_personal(text: str) -> None:
    assert personal(canonical(text)) == ""


def test_parts() -> None:
    text = "you took my money twice so what happened"
    assert event(text, clause(text))
    assert clause("and has it come") == "has it come"
    assert procedure("how do i pay")
    assert not procedure("how much do i owe")
    assert supposed("if i lose my card")
    assert not supposed("i lost my card")
