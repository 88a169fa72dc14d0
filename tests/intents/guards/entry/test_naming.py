"""What a catalogue says about its names."""

from intents.guards.entry.naming import NO_NAMES, Names, kin, synonymous
from intents.text.spoken import tokens

CARDS = Names(
    [
        ("is the gold card free", 0),
        ("is the platinum card free", 1),
        ("does the ruby card cost anything", 2),
        ("does the garnet card cost anything", 2),
    ]
)


def test_names_that_tell_entries_apart() -> None:
    assert CARDS.told_apart(
        tokens("free platinum card"), tokens("is the gold card free"), "platinum"
    )
    assert not CARDS.told_apart(tokens("free ruby card"), tokens("is the gold card free"), "ruby")


def test_the_questions_of_an_entry() -> None:
    garnet = "does the garnet card cost anything"
    assert CARDS.siblings(garnet) == ("does the ruby card cost anything", garnet)
    assert CARDS.entry_of(tokens(garnet)) == 2
    assert CARDS.siblings("is there a card") == ()
    assert CARDS.entry_of(tokens("is there a card")) == -1


def test_who_uses_a_word_and_where() -> None:
    assert CARDS.entries_with("cards") == {0, 1, 2}
    assert CARDS.entries_with("umbrella") == set()
    assert CARDS.at(("before", "card"))["gold"] == {0}
    assert NO_NAMES.at(("before", "card")) == {}


def test_an_entry_of_which_few_questions_name_a_place() -> None:
    names = Names((text, 0) for text in ("is it hot in leeds", "is it hot", "how hot", "hot today"))
    assert names.has(0, "place")
    assert names.rarely(0, "place")
    assert not names.any_of(0, "place")
    assert not names.has(1, "place")


def test_words_for_one_thing_and_things_of_one_family() -> None:
    assert synonymous("purchase", "orders")
    assert not synonymous("purchase", "refund")
    assert kin("modem", "router")
    assert not kin("modem", "boston")
