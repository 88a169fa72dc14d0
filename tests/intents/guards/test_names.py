"""Another name in place of one: of those that everyone knows, and of the catalogue's own."""

import pytest

from intents.guards.entry.evidence import evidence
from intents.guards.entry.naming import NO_NAMES, Names
from intents.guards.names import clash as found
from intents.text.spoken import tokens

CARDS = Names(
    [
        ("is the gold card free", 0),
        ("is the platinum card free", 1),
        ("does the ruby card cost anything", 2),
        ("does the garnet card cost anything", 2),
    ]
)


def clash(names: Names, query: str, question: str) -> bool:
    return bool(found(tokens(query), tokens(question), names))


def test_the_catalogue_tells_its_own_names_apart() -> None:
    question = "does the ruby card cost anything"
    assert clash(CARDS, "does the platinum card cost anything now", question)
    assert not clash(NO_NAMES, "does the sapphire card cost anything now", question)
    assert clash(CARDS, "does the sapphire card cost anything now", question)


def test_two_wordings_of_one_entry_name_the_same() -> None:
    question = "does the ruby card cost anything"
    assert not clash(CARDS, "does the garnet card cost anything", question)


def test_a_word_that_the_catalogue_uses_elsewhere_is_no_new_name() -> None:
    names = Names([("is the gold card free", 0), ("is the basic card free", 1), ("a plastic", 2)])
    assert not clash(names, "my plastic card is free", "is the gold card free")
    assert clash(names, "my cobalt card is free", "is the gold card free")


def test_what_is_asked_of_a_thing_is_no_name_of_it() -> None:
    names = Names([("is the gold card free", 0), ("is the basic card free", 1)])
    assert not clash(names, "what size card is free", "is the gold card free")


def test_one_modifier_alone_is_no_naming() -> None:
    names = Names([("where do i enter a promo code", 0)])
    assert not clash(names, "my summer code is where", "where do i enter a promo code")


@pytest.mark.parametrize(
    ("query", "question", "expected"),
    [
        ("does it work in boston", "does it work in austin", True),
        ("does it work in new york", "does it work in york", True),
        ("do you ship to england", "do you ship to the uk", False),
        ("do you ship to canada", "do you ship abroad", False),
        ("do you ship to canada", "do you ship fast", True),
        ("do you ship", "do you ship to canada", True),
        ("where can i buy tablets", "where can i buy a laptop", True),
        ("how do i reset my modem", "how do i reset my router", True),
        ("can i change my purchase", "can i change my order", False),
        ("i misplaced my card", "i lost my card", False),
    ],
)
def test_families(query: str, question: str, *, expected: bool) -> None:
    assert clash(NO_NAMES, query, question) is expected


def test_an_entry_with_several_places_is_about_any() -> None:
    questions = ["do you ship to alaska", "do you ship to ohio"]
    free = Names([(question, 0) for question in questions])
    bound = Names([(question, n) for n, question in enumerate(questions)])
    assert not clash(free, "do you ship to texas", questions[0])
    assert clash(bound, "do you ship to texas", questions[0])
    assert not clash(free, "do you ship", questions[0])


def test_any_place_where_the_entry_has_names_that_no_list_knows() -> None:
    questions = ["is it hot in oxton", "will it rain in barmby", "how warm is it in north cave"]
    free = Names([(question, 0) for question in questions])
    asked, question = tokens("is it hot in denver"), tokens(questions[0])
    places = evidence(tuple(questions)).places
    assert found(asked, question, free)
    assert not found(asked, question, free, places)
    assert found(tokens("is it hot from denver"), question, free, places)
    assert found(asked, question, free, evidence(("is it hot in oxton", "how hot is oxton")).places)


def test_what_few_questions_name_none_needs() -> None:
    questions = [
        "is there a meal from chile",
        "any meals",
        "suggest a meal",
        "what meals are there",
    ]
    few = Names([(question, 0) for question in questions])
    assert not clash(few, "is there a meal from norway", questions[0])
    told = Names([*((question, 0) for question in questions), ("is the meal from norway good", 1)])
    assert clash(told, "is there a meal from norway", questions[0])
    assert clash(few, "is there a meal from norway", "is there a meal from peru")


def test_the_name_of_a_bank_is_no_place() -> None:
    assert not clash(NO_NAMES, "my bank of hawaii card", "my card")
    assert clash(NO_NAMES, "my card in hawaii", "my card")


def test_what_lies_in_a_place_is_no_other_place() -> None:
    assert not clash(NO_NAMES, "what are calls in florida", "what are calls in america")
    assert clash(NO_NAMES, "what are calls in paris", "what are calls in america")
    assert clash(NO_NAMES, "what are calls in america", "what are calls in florida")


def test_the_place_may_be_told_first() -> None:
    told = "i am visiting you in leeds how do i find the branch"
    assert not clash(NO_NAMES, told, "how do i get to the leeds branch")
