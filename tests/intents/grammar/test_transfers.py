"""Which way a thing goes, by verb and by who does it."""

import pytest

from intents.grammar.transfers import opposite, same_way


def words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("how do i buy a ticket", "how do i sell my ticket"),
        ("can i borrow my sons card", "can i lend my card to my son"),
        ("how do i issue a refund", "how do i get a refund"),
        ("do i pay interest on this account", "do i get interest on this account"),
        ("how do i hand in my keys", "how do i get my keys"),
        ("how do i take out a library book", "how do i return a library book"),
        ("how do i lease out my car", "how do i lease a car"),
        ("nobody was in when i came to collect it", "nobody was in when you came to collect it"),
        ("am i given a ticket", "do i give a ticket"),
        ("do you buy old phones", "do you sell old phones"),
        ("when do i hand the keys in", "when do i get the keys handed to me"),
        ("did you send me an email", "did i send an email"),
        ("can i take a book home", "can i bring a book back"),
        ("how do i move my number away from you", "how do i move my number to you"),
    ],
)
def test_opposite(query: str, question: str) -> None:
    assert opposite(words(query), words(question))
    assert opposite(words(question), words(query))
    assert not same_way(words(query), words(question))


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("do you sell vouchers", "can i buy a voucher"),
        ("will you send me the invoice", "when do i receive the invoice"),
        ("could the hospital lend him a wheelchair", "can i borrow a wheelchair"),
        ("does this account pay me interest", "do i get interest on this account"),
        ("can you sell me a ticket", "can i purchase a ticket"),
    ],
)
def test_two_sides_of_one_deal(query: str, question: str) -> None:
    assert same_way(words(query), words(question))
    assert not opposite(words(query), words(question))


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("how do i get to the store", "how do i send a parcel"),
        ("when do i get paid", "when do i pay my rent"),
        ("i have got a parcel to send", "how do i send a parcel"),
        ("where is the post office", "how do i get my post"),
        ("can you get my card blocked", "how do i return my card"),
        ("how do i get my card", "how do i return my shoes"),
        ("how do i buy a ticket and sell it", "how do i sell a ticket"),
        ("can you send a text for me", "send a text"),
        ("i want you to send a text", "i have to send a text"),
        ("how often should you get an oil change", "can you give me an oil change"),
        ("do you rent skis", "do you rent out skis"),
        ("do you rent skis", "can i rent skis"),
        ("do you have flats to rent", "are there flats to rent"),
        ("how much do you charge to post a letter", "how much does it cost to post a letter"),
        ("how many towels are we given", "how many towels do we get"),
        ("", ""),
    ],
)
def test_nothing_is_known(query: str, question: str) -> None:
    assert not opposite(words(query), words(question))
