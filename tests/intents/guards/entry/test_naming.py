"""What a catalogue says about its names."""

from intents.guards.entry.naming import NO_NAMES, Names, synonymous
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


def test_who_uses_a_word() -> None:
    assert CARDS.entries_with("cards") == {0, 1, 2}
    assert CARDS.entries_with("umbrella") == set()
    assert CARDS.entries_with("the") == set(), "a small word is anybody's"
    assert NO_NAMES.entries_with("cards") == set()


def test_words_for_one_thing() -> None:
    assert synonymous("purchase", "orders")
    assert not synonymous("purchase", "refund")
