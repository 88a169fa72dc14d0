import pytest

from intents.quantity import quantity, unequal
from intents.spoken import tokens


@pytest.mark.parametrize(
    ("text", "asked"),
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
        ("", ""),
    ],
)
def test_asked(text: str, asked: str) -> None:
    assert quantity(tokens(text)).asked == asked


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
