"""The same sentence but for a word."""

import pytest

from intents.guards.entry.evidence import NOTHING, evidence
from intents.guards.entry.naming import Names
from intents.guards.wording import another
from intents.text.spoken import canonical, tokens


def other(query: str, *entry: str) -> bool:
    known = evidence(tuple(map(canonical, entry))) if len(entry) > 1 else NOTHING
    return bool(another(tokens(query), tokens(entry[0]), known))


def test_a_word_of_another_question_of_the_entry() -> None:
    question = "can i export invoices to excel"
    assert other("can i export invoices to sage", question)
    assert not other("can i export invoices to sage", question, "does sage work with you")


def test_a_thing_that_few_questions_name_does_not_matter() -> None:
    entry = (
        "what is the traffic like on the way to the mall",
        "is there traffic on the way to the office",
        "how is traffic on the way to the zoo",
        "traffic on the way home",
    )
    assert not other("what is the traffic like on the way to the terminal", *entry)
    assert other("what is the traffic like on the way to the terminal", *entry[:2])


NAMED = ("call me bob", "they call me carrie", "you may call me ishmael", "my name is frank")


def test_any_name_where_the_entry_has_several() -> None:
    assert not other("call me dennis", *NAMED)
    assert other("call me dennis", *NAMED[:2])
    assert other("call me dennis", "call me bob", "please call me bob", "could you call me bob")


def test_a_name_of_another_entry_is_no_name_of_this() -> None:
    names = Names([*((text, 0) for text in NAMED), ("call me a taxi", 1)])
    known = evidence(NAMED)
    assert another(tokens("call me taxi"), tokens("call me bob"), known, names)
    assert not another(tokens("call me dennis"), tokens("call me bob"), known, names)


def test_a_verb_matters_however_few_questions_have_it() -> None:
    entry = ("how do i prune roses", "how do i trim roses", "cutting roses", "when to clip roses")
    assert other("how do i feed roses", *entry)


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("how do i fix my watch", "how do i repair my watch"),
        ("what is the weather outlook for seattle", "what is the weather forecast for seattle"),
        ("how do i synch my phone", "how do i sync my phone"),
        ("are you open on monday", "are you open on friday"),
        ("how long do you keep lost property", "where is the branch"),
        ("why was the card not took", "why was the card not taken"),
        ("say my credit score", "do you know my credit score"),
        ("get me the price list", "give me the price list"),
        ("do you really repair boots", "do you repair boots"),
        ("play me some tunes", "play me some music"),
        ("set a timer for 2 hours", "set a timer for 40 minutes"),
    ],
)
def test_let_pass(query: str, question: str) -> None:
    assert not other(query, question)


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("does it work in boston", "does it work in austin"),
        ("do you ship to france", "do you ship to the uk"),
        ("how do i reset my modem", "how do i reset my router"),
        ("how do i get a debit card", "how do i get a credit card"),
        ("is the visit free for adults", "is the visit free for children"),
    ],
)
def test_another_place_or_thing(query: str, question: str) -> None:
    assert other(query, question)
    assert other(question, query)


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("how do i scroll down in the app", "how do i scroll up in the app"),
        ("how do i stop hiring a locker", "how do i hire a locker"),
        ("who is covered on the policy", "what is covered on the policy"),
    ],
)
def test_small_words_that_matter(query: str, question: str) -> None:
    assert other(query, question)
    assert other(question, query)
