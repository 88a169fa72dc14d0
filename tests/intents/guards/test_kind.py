"""Two things of one kind, and when it does not matter which."""

import pytest

from intents.grammar.features import features
from intents.guards.entry.evidence import NOTHING, evidence
from intents.guards.entry.naming import NO_NAMES, Names
from intents.guards.kind import another

FRAUD = (
    "i want to report fraud on my credit card",
    "somebody used my card",
    "report fraud",
    "there is a payment that i did not make",
)


def other(query: str, *entry: str, names: Names = NO_NAMES) -> bool:
    known = evidence(entry) if len(entry) > 1 else NOTHING
    return bool(another(features(query), features(entry[0]), known, names))


def test_what_few_questions_say_does_not_matter() -> None:
    asked = "report fraud on my debit card"
    assert not other(asked, *FRAUD)
    assert other(asked, FRAUD[0])
    assert other(asked, FRAUD[0], *FRAUD[0:1] * 3)


def test_but_where_another_entry_is_told_apart_by_it() -> None:
    names = Names([*((text, 0) for text in FRAUD), ("i want to report fraud on a debit card", 1)])
    assert other("i want to report fraud on my debit card", *FRAUD, names=names)


def test_both_sides_of_an_entry() -> None:
    assert not other("is the senior team full", "is the junior team full", "the senior team")


def test_a_kind_among_names() -> None:
    entry = ("lock the east door", "lock the shed door", "lock the cabin door", "the north door")
    assert not other("lock the west door", *entry)
    assert other("lock the west door", entry[0], entry[3])


def test_accounts_without_the_word() -> None:
    assert not other("from my savings into my checking", "from checking to savings")
    assert other("what is in my savings", "what is in my checking")


def test_what_is_told_beside_the_question() -> None:
    question = "can i have the window seat"
    assert not other("i do not like the aisle could i sit by the window", question)
    assert other("could i sit at the aisle", question)
    assert not other("put money from my checking into savings", "put money into my savings")
    assert other("which is better the aisle or the window", question)


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("do you have part time courses", "do you do full time courses"),
        ("shears for the right handed", "are there left handed shears"),
        ("my seat shall be at the window", "can i have an aisle seat"),
        ("what may my hold bag weigh", "how big can my cabin bag be"),
        ("where is the north gate", "where is the south gate"),
    ],
)
def test_told_apart(query: str, question: str) -> None:
    assert other(query, question)
    assert not other(query, query)
