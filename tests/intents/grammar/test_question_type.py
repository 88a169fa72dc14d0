"""What is asked for, and whether two texts ask for the same."""

import pytest

from intents.grammar.question_type import asked, other_asked, other_measure
from intents.text.spoken import tokens


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("how long does it take", "how long or when"),
        ("when do you open", "how long or when"),
        ("how many days until it comes", "how long or when"),
        ("how many days do i have left", "how many"),
        ("how much does it cost", "how much"),
        ("how much time do i need", "how long or when"),
        ("what is the transfer fee", "how much"),
        ("what is a transfer fee", "what"),
        ("where can i park", "where"),
        ("why was i charged", "why"),
        ("how often do you deliver", "how often"),
        ("can i call when i am abroad", "whether"),
        ("i am abroad where do i call", "where"),
        ("how slow is it allowed to be", "to what degree"),
        ("every how many months is it read", "how often"),
        ("how do i change it", "how"),
        ("which documents prove it", "which"),
        ("what colours does it come in", "which"),
        ("can you send me a bag", ""),
        ("how fast can i get it", "how long or when"),
        ("how fast does the wifi get", "how fast"),
        ("what is the minimum time i am tied in for", "how long or when"),
        ("what distance is it to town", "how far"),
        ("what is the maximum number of guests", "how many"),
        ("is there a limit on visitors", "limit"),
        ("is there a limit on how often i can call", "how often"),
        ("what does the guarantee cover", "contents"),
        ("what would cause my card to be blocked", "why"),
        ("was it blocked for any particular reason", "why"),
        ("who has the lowest rates", "whom"),
        ("which of us has got to sign it", "who"),
        ("how fast will the leak be fixed", "how long or when"),
        ("what temperatures will we get", "how warm"),
        ("what age can you join", "how old"),
        ("how thick is the mattress", "how big"),
        ("how fast will my internet be", "how fast"),
        ("i have a friend who would come may i bring him", "whether"),
        ("have you got a date for it", "how long or when"),
        ("what does a coffee cost in points", "how many"),
        ("what percentage is the charge", "how much"),
        ("how is many miles will it take", "how many"),
        ("", ""),
    ],
)
def test_asked(text: str, what: str) -> None:
    assert asked(tokens(text)).what == what


def other(query: str, question: str) -> bool:
    one, two = asked(tokens(query)), asked(tokens(question))
    found = other_asked(one, two) or other_measure(one, two)
    assert found == (other_asked(two, one) or other_measure(two, one)), "either way round"
    return found


@pytest.mark.parametrize(
    ("query", "question", "expected"),
    [
        ("how do i pay by card", "can i pay by card", False),
        ("where do i ask for a refund", "who do i ask for a refund", True),
        ("who has cheap loans", "where do i get a low rate", False),
        ("who fills in the claim form", "where is the claim form", True),
        ("what does the guarantee cover", "how long is the guarantee", True),
        ("what does the guarantee cover", "is it covered by the guarantee", False),
        ("how often should i change tires", "when should i get new tires", False),
        ("how often do you deliver", "when do you deliver", True),
        ("is there an age limit for the pool", "how old must i be for the pool", False),
        ("is there a limit on visitors", "how many visitors can i have", False),
        ("does it take 5 hours by bus", "how long does the bus take", False),
        ("does it go by bus", "how long does it go by bus", True),
        ("are you a cat or a dog person", "which are you a cat or a dog person", False),
        ("how long is the flight to rome", "when is the flight to rome", True),
        ("how long is the offer valid", "when does the offer end", False),
        ("how wide is the sofa", "how tall is the sofa", True),
        ("how tall is the sofa", "how high is the sofa", False),
        ("how wide is the sofa", "how big is the sofa", False),
        ("what depth is the sofa", "how wide is the sofa", True),
        ("how long does the battery take to charge", "how long does the battery last", True),
        ("how big a bag may i bring", "how heavy a bag may i bring", True),
        ("how old must i be to drive", "how long must i have had a licence to drive", True),
        ("how old is the house", "when was it built", False),
        ("how long does the crossing take", "how long is the crossing", False),
        ("how many people fit in the van", "how much luggage fits in the van", True),
        ("how many gigabytes are in it", "how much data is in it", False),
        ("how many vacation days do i have", "how many days of vacation do i have", False),
        ("how many days of leave have i left", "how much leave have i left", False),
        ("how many weeks notice must i give", "how much notice must i give", False),
        ("how many days leave do i get", "how many days of leave do i get", False),
        ("what discount do students get", "how much discount do students get", False),
        ("which plan do i pay for", "how much do i pay for the plan", True),
        ("which size should i order", "what size should i order", False),
        ("how quick is the post", "how fast is the post", False),
        ("who signed for my parcel", "who has signed for my parcel", False),
        ("how many rooms does a bed cost", "how many beds does a room cost", True),
    ],
)
def test_other(query: str, question: str, *, expected: bool) -> None:
    assert other(query, question) is expected
