from collections import Counter

import pytest

from intents.grammar.amounts import amounts, harmless
from intents.text.spoken import tokens


@pytest.mark.parametrize(
    ("text", "numbers", "dates", "units"),
    [
        ("are you open on sunday at 9 am", ("9",), ("sunday",), ("9 am",)),
        ("is it five days or 2 weeks", ("2", "5"), (), ("2 w", "5 d")),
        ("are you open 24 hours a day", ("24", "7"), (), ()),
        ("do you reply within 24 hours", ("24",), (), ("24 h",)),
        ("may i come in may", (), ("may",), ()),
        ("is the 21st free", ("21",), (), ()),
        ("from the fifth to the 21st of june", ("21", "5"), ("june",), ()),
        ("on the fifth floor", (), (), ()),
        ("is march 31st the last day", ("31",), ("march",), ()),
        ("how are you doing today is it open", (), (), ()),
        ("which weekend do the clocks change", (), (), ()),
        ("ring the round the clock line", ("24", "7"), (), ()),
        ("which one", (), (), ()),
        ("on the first of may", ("1",), ("may",), ()),
        ("are you open on holidays", (), ("holiday",), ()),
    ],
)
def test_amounts(
    text: str, numbers: tuple[str, ...], dates: tuple[str, ...], units: tuple[str, ...]
) -> None:
    found = amounts(tokens(text))
    assert (found.numbers, found.dates, found.units) == (numbers, dates, units)


def test_ordinals_but_not_moments() -> None:
    assert amounts(tokens("the second visit")).ordinals == ("second",)
    assert amounts(tokens("wait a second")).ordinals == ()
    assert amounts(tokens("may i add a second driver")).ordinals == ("second",)
    assert amounts(tokens("which of the 2 is better")).numbers == ()


@pytest.mark.parametrize(
    ("extra", "missing", "query", "question", "expected"),
    [
        ("", "", "x", "x", True),
        ("5", "", "5 cards", "cards", False),
        ("1", "", "1 day", "a day", True),
        ("1", "", "1 day", "days", False),
        ("saturday", "weekend", "on saturday", "on weekend", True),
        ("weekend", "saturday", "on weekend", "on saturday", False),
        ("today", "", "open today", "open", True),
        ("tonight", "", "open tonight", "open", True),
        ("today", "", "can you deliver today", "can you deliver", False),
        ("tomorrow", "", "open tomorrow", "open", False),
        ("", "today", "open", "open today", True),
        ("50", "", "50 percent of the rent", "half the rent", True),
        ("december", "", "in december", "in winter", True),
        ("july", "", "in july", "in winter", False),
        ("", "sunday", "open", "open sunday", False),
    ],
)
def test_harmless(extra: str, missing: str, query: str, question: str, expected: bool) -> None:
    found = harmless(
        Counter(extra.split()),
        Counter(missing.split()),
        tuple(query.split()),
        tuple(question.split()),
    )
    assert found is expected


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("what did i spend in the last 2 months", "2", "ago"),
        ("i moved 3 weeks ago", "3", "ago"),
        ("what is it 10 days from now", "10", "ago"),
        ("is the guarantee 2 years", "2", "span"),
        ("show me my last 5 payments", "5", "group"),
        ("it came yesterday", "yesterday", "relative"),
        ("is it due on the third", "3", "date"),
        ("between 12 and 2", "2", "time"),
    ],
)
def test_kinds(text: str, value: str, kind: str) -> None:
    assert amounts(tokens(text)).kinds[value] == kind


def test_what_a_period_is_compared_with_is_not_asked_about() -> None:
    assert amounts(tokens("why is it higher than last month")).periods == frozenset()
    assert amounts(tokens("what did i use last month")).periods == {"last month"}


def test_the_end_of_a_month_is_its_last_day() -> None:
    assert harmless(Counter(["31"]), Counter(), ("march", "31"), ("end", "of", "march"))
    assert not harmless(Counter(["31"]), Counter(), ("march", "31"), ("in", "march"))
