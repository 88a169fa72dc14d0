import pytest

from intents.grammar.quantity import quantity, unequal
from intents.text.spoken import tokens


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("no more than 5", "bound", 1),
        ("no less than 5", "bound", 0),
        ("at least 5", "bound", 0),
        ("over 5", "bound", 0),
        ("all my orders", "extent", 0),
        ("one of my orders", "extent", 2),
        ("my last order", "turn", 1),
    ],
)
def test_values(text: str, name: str, value: int) -> None:
    assert quantity(tokens(text)).values[name] == {value}


@pytest.mark.parametrize(
    "text", ["not at all", "how long does it last", "first aid", "over the phone", "no longer"]
)
def test_no_amount(text: str) -> None:
    assert quantity(tokens(text)).values == {}


def test_either_way_round() -> None:
    several, one = quantity(tokens("can i have multiple cards")), quantity(tokens("can i have one"))
    assert unequal(several, one, {})
    assert unequal(one, several, {})
    assert unequal(one, one, {}) == ""


def test_what_the_entry_varies_does_not_count() -> None:
    last, this = quantity(tokens("my spending last month")), quantity(tokens("spending this month"))
    assert unequal(this, last, {})
    assert unequal(this, last, last.values)
    assert unequal(this, last, {"turn": last.values["turn"] | this.values["turn"]}) == ""


def test_in_what_respect_one_of_many_is_picked() -> None:
    nearest, biggest = (
        quantity(tokens(f"where is the {word} branch")) for word in ("nearest", "biggest")
    )
    assert unequal(nearest, biggest, {})
    assert unequal(quantity(tokens("where is the closest branch")), nearest, {}) == ""


def test_another_thing_counted_is_unequal() -> None:
    people, luggage = "how many people fit in the van", "how much luggage fits in the van"
    assert unequal(quantity(tokens(luggage)), quantity(tokens(people)), {})


@pytest.mark.parametrize(
    ("query", "question", "expected"),
    [
        ("which plan is cheaper for families", "which plan is better for families", True),
        ("is it cheaper than the bus", "is it less expensive than the bus", False),
        ("is breakfast included on the first day", "is breakfast included every day", True),
        ("can i take a quarter of my pension", "can i take my whole pension", True),
        ("can i come this friday", "can i come next friday", True),
        ("can you leave out mondays apart from this one", "can i skip monday", False),
        ("can i have all days except monday", "can i have all days", True),
        ("what is the smallest amount", "how little can i pay", False),
        ("do any members get a towel", "do all members get a towel", True),
        ("can i return any item", "can i return all items", False),
        ("does anyone need a ticket", "does everyone need a ticket", True),
        ("can i take either tablet", "can i take both tablets", True),
        ("can i bring one guest", "can i bring several guests", True),
        ("can i bring a guest", "can i bring several guests", False),
        ("can a few people park here", "can most people park here", True),
        ("can i transfer my full balance", "can i transfer part of my balance", True),
        ("is there one bag between us", "is a bag there for each of us", True),
        ("what is the average wage", "what is the minimum wage", True),
        ("do buses run all night", "do any of the buses run at night", False),
        ("how much are stamps", "how many stamps do i need", True),
        ("how many fees are refunded", "how much of the fee is refunded", True),
        ("how much is service as a percent", "what percentage is the service", False),
        ("what is the longest you can lend me money", "what is the most you can lend me", True),
        ("what is the biggest sum i can send", "what is the most i can send", False),
        ("can i have longer lessons each week", "can i have fewer lessons a week", True),
        ("how much room do i have in total", "how much room do i have left", True),
    ],
)
def test_unequal(query: str, question: str, *, expected: bool) -> None:
    assert bool(unequal(quantity(tokens(query)), quantity(tokens(question)), {})) is expected
