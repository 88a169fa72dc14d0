"""Which values of a query matter to an entry."""

import pytest

from intents.grammar.amounts import amounts
from intents.grammar.slots import differ, free, is_request
from intents.text.spoken import tokens


def kinds(*questions: str) -> frozenset[str]:
    return free([amounts(tokens(question)) for question in questions])


def differs(query: str, *entry: str) -> bool:
    said, seeded = tokens(query), tokens(entry[0])
    return bool(differ(said, amounts(said), seeded, amounts(seeded), kinds(*entry)))


def test_what_differs_within_an_entry_is_free() -> None:
    assert kinds("send 5 dollars to bob", "send 20 dollars") == {"money"}
    assert kinds("send 5 dollars to bob", "send money") == frozenset()
    assert kinds("book it for 7 pm", "book it for noon") == {"time"}


def test_weekend_and_holidays_do_not_make_every_day_free() -> None:
    assert kinds("are you open on saturday", "are you open on sunday") == {"weekend"}
    assert "weekday" not in kinds("are you open on sunday", "are you open on christmas")
    assert "weekday" in kinds("are you open on sunday", "are you open on monday")


def test_days_of_several_kinds_make_any_day_free() -> None:
    free_days = kinds("what did i spend last month", "what did i spend in may")
    assert free_days >= {"weekday", "relative", "ago"}
    assert "weekend" in kinds("will it rain today", "will it rain tomorrow")
    assert "holiday" not in kinds("will it rain today", "will it rain tomorrow")


def test_an_ordinal_that_something_depends_on_has_no_kind() -> None:
    cards = "i need a card", "order a card", "how do i get a card"
    assert "count" not in kinds(*cards, "do i pay for a second card if the first is gone")


def test_what_few_questions_of_an_entry_have_is_free() -> None:
    cab = "i need a cab", "get me a cab", "call a cab for me", "cab please"
    assert "count" in kinds(*cab, "i need a cab for 3 passengers")
    assert "weekday" in kinds(*cab, "i need a cab on monday")
    assert "count" not in kinds(*cab)
    assert "count" not in kinds(*cab[:2], "i need a cab for 3 passengers")
    returned = "can i return it", "may i return it", "returns", "how do i return it"
    assert "span" not in kinds(*returned, "can i return it within 14 days")


@pytest.mark.parametrize(
    ("query", "entry", "expected"),
    [
        ("transfer 500 dollars to john", ("how do i transfer money",), False),
        ("transfer 500 dollars to john", ("transfer 20 dollars",), True),
        ("transfer 500 dollars to john", ("transfer 20 dollars", "send 7 dollars"), False),
        ("can i transfer 500 dollars", ("can i transfer money",), True),
        ("are you open at six on saturday", ("when are you open",), True),
        ("are you open on monday", ("are you open on saturday", "are you open on sunday"), True),
        ("is my card ending in 9012 blocked", ("is my card blocked",), False),
        ("where is order 48213", ("where is order 48231",), True),
        ("how do i return it after 60 days", ("how do i return an item",), True),
        ("how do i book for 4 people", ("how do i book for 2 people",), True),
        ("i need 2 rooms for 1 night", ("i need 1 room for 2 nights",), True),
        ("what is the second dose", ("what is the first dose",), True),
        ("does it take 5 hours by bus", ("how long does it take by bus",), False),
        ("is it 5 pounds to park", ("how long can i park",), True),
        ("can i return it after 60 days", ("can i return it after 2 months",), False),
        ("is it open at 9", ("when is it open",), True),
        ("my lunch break is at 1 could i bank then", ("are you open at lunchtime",), False),
        ("is the bank there at 9", ("are you open at lunchtime",), True),
        ("could i come to the bank between 12 and 2", ("are you open at lunchtime",), False),
        ("my baby is 10 days old", ("babies under 2 weeks",), False),
        ("i am 64 is it cheaper for me", ("what do the over sixties pay",), False),
        ("is it 4 pounds 50", ("is it 4.5 pounds",), False),
        ("is it 4 pounds 5", ("is it 4.5 pounds",), True),
        ("when is payment number 2", ("when is the second payment",), False),
        ("my box is 3 kilos what would you ask", ("how much is postage to spain",), False),
        ("is there a bus on the 25th", ("is there a bus on christmas day",), False),
        ("is there a bus on the 24th", ("is there a bus on christmas day",), True),
        ("are prices lower from december to february", ("is it cheaper in winter",), False),
        ("is it cheaper in july", ("is it cheaper in winter",), True),
        ("can you come on a normal monday", ("can you come on a bank holiday monday",), True),
        ("i want tickets for 2 adults and 3 children", ("2 adults and a child",), True),
        ("show me the last 5 payments", ("show me the last payments",), False),
        ("can i cancel", ("can i cancel within 14 days",), True),
        ("where is a card to move my debt and pay nothing", ("a 0 percent transfer",), False),
    ],
)
def test_differ(query: str, entry: tuple[str, ...], *, expected: bool) -> None:
    assert differs(query, *entry) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("set an alarm for 6", True),
        ("how do i pay", True),
        ("can you send me a card", True),
        ("can you be reached on sunday", False),
        ("are you open", False),
        ("how much is it", False),
        ("can i bring a dog", False),
    ],
)
def test_requests(text: str, *, expected: bool) -> None:
    assert is_request(text) is expected
