import pytest

from intents.grammar.features import features
from intents.guards.entry.evidence import NOTHING, evidence, word_for
from intents.guards.polarity import turned


def reason(query: str, question: str, *siblings: str) -> str:
    known = evidence(siblings) if siblings else NOTHING
    return turned(features(query), features(question), known)


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("i have no more checks how can i order more", "i need to order new checks"),
        ("why can i not access my bank account", "why is my bank account blocking me"),
        ("help i cannot find my card", "has anyone seen my card"),
        ("has my request been approved or denied yet", "has anyone approved my request"),
        ("i blocked a number how do i unblock it", "how do i unblock a number"),
        ("i blocked a number how do i take the block off", "how do i unblock a number"),
        ("until when was the shop open", "when did the shop close"),
        ("i did not pass may i try again", "can i try again if i failed"),
        ("i cannot make my appointment", "how do i cancel my appointment"),
        ("how do i keep my score from going lower", "how do i raise my score"),
        ("which things do not you pay for", "what is not covered"),
        ("i do not need my reservation cancel it", "i don't need my reservation can you cancel it"),
        ("make an appointment i need an oil change", "make an appointment for an oil change"),
        ("help me found my bag it was lost", "i lost my bag"),
        ("help me unblock my account", "why is my account blocked"),
        ("i need you to find my phone", "i need my phone but cannot find it"),
        ("my phone cannot be found", "can you help me find my phone"),
        ("i don't like my plan and want a new one", "switch my plan to a new one"),
        ("i don't have cream can i use milk", "can i use milk instead of cream"),
        ("do not complete the task", "can you end the task"),
        ("i do not want it synced any more", "unsync my phone"),
        ("do not allow anything on my account", "block my account"),
        ("my room is not needed anymore", "i will not require the room"),
        ("send me the invoice", "what is my voice plan"),
        ("do you never shut the gym", "is the gym ever closed"),
        ("can i come in without a mask", "do i have to wear a mask"),
        ("i do not want my phone to ring in the meeting", "how do i set my phone to silent"),
        ("would it matter if i did not pay on time", "can i pay late"),
        ("the door stays shut", "why will not my card open the door"),
        ("do not call my neighbor", "how do i use the pool"),
        ("i have a blue badge do i park for nothing", "is parking free with a blue badge"),
        ("some of us eat meat and others do not is there a menu for us", "is there a menu"),
        ("i found a purse where is the lost property office", "where do i hand in lost property"),
        ("i forgot to pay my bill", "how do i pay my bill"),
        ("the room is not available", "is the room unavailable"),
        ("that is not right", "that is wrong"),
        ("what it says on my bill is not true", "what it says on my bill is false"),
        ("can i get a refund right away if it is wrong", "what if it is wrong"),
        ("do i pay a fee unless i cancel", "do i pay a fee if i do not cancel"),
        ("where is smoking forbidden", "where can i not smoke"),
        ("do not take away my landline", "i would like to keep my landline"),
        ("i do not want to see her any longer", "how do i unfollow someone"),
        ("why is it not letting me into my account", "let me into my account"),
    ],
)
def test_says_the_same(query: str, question: str) -> None:
    assert reason(query, question) == ""


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("my password works now", "my password does not work"),
        ("can i fly if i have the card but it expired", "can i fly if i do not have the card"),
        ("which jabs does my puppy not need", "which jabs does my puppy need"),
        ("which items cannot be returned without a receipt",
         "which items can be returned without a receipt"),
        ("how can i avoid seeing a doctor", "how can i see a doctor"),
        ("do i need a visa if i do not only change planes",
         "do i need a visa if i only change planes"),
        ("can i cancel with a fee or do you never allow it", "can i cancel with no fee"),
        ("can i change my appointment", "can i make an appointment"),
        ("i found my bag", "i lost my bag"),
        ("which things are nontaxable", "which things are taxable"),
        ("i can't get into my account", "i can get into my account"),
        ("how do i stop the plan from renewing", "does the plan renew by itself"),
        ("is the cake free of nuts", "are nuts in the cake"),
        ("can i attend without registering", "can i attend after registering"),
        ("what is the fee for giving notice late", "what is the fee for not giving notice"),
        ("what if someone answers the door", "what if no one answers the door"),
        ("what if somebody is in", "what if nobody is in"),
        ("what do i do so i do not get a fine", "what do i do if i get a fine"),
        ("is my bag uninsured if i do not pay", "is my bag insured"),
        ("can i get a room where no one has smoked", "can i smoke in the room"),
        ("is my name right on the card", "is my name wrong on the card"),
        ("should i switch my phone off", "should i leave my phone on"),
        ("what if i fail to pay the fine", "what if i pay the fine"),
        ("do i pay a fee unless i cancel", "do i pay a fee if i cancel"),
        ("is the lift out of service", "is the lift in service"),
        ("what if what i declared is false", "what if what i declared is true"),
        ("the statement is true", "i do not think so i would say it is a false statement"),
        ("can i drink alcohol with the tablets", "can i take the tablets without alcohol"),
        ("i don't want anyone to call me back", "i want someone to call me back"),
        ("how do i split my accounts", "how do i merge my accounts"),
        ("i cannot open an account", "how do i close an account"),
        ("when are you open", "when are you closed"),
    ],
)  # fmt: skip
def test_says_the_opposite(query: str, question: str) -> None:
    assert reason(query, question)


def test_what_the_other_questions_differ_in_is_no_opposite() -> None:
    question = "raise the volume"
    assert reason("decrease the volume", question)
    assert not reason("decrease the volume", question, question, "i want to reduce the volume")


def test_values_have_words() -> None:
    assert word_for("visit", frozenset({0})) == "arrange"
