"""The declared types: what is said of two hundred values of each, and what never is.

Every spoken text is read back by a reader of its own, which knows nothing of how it was made.
"""

from __future__ import annotations

import random
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest

from gateway.live.english import CURRENCIES
from gateway.live.kinds import KindName, KindWrong, Unfit, kind_of

TODAY = date(2026, 11, 25)
CHANCE = random.Random(7)
UNITS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
UNITS |= {"oh": 0}
UNITS |= {
    word: 10 * number
    for number, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2
    )
}
SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9}
PLACES = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
    "twenty-first",
    "twenty-second",
    "twenty-third",
    "twenty-fourth",
    "twenty-fifth",
    "twenty-sixth",
    "twenty-seventh",
    "twenty-eighth",
    "twenty-ninth",
    "thirtieth",
    "thirty-first",
]


def whole(words: str) -> int:
    """A number from its words."""
    total, group = 0, 0
    for word in re.split(r"[ -]", words):
        if word == "hundred":
            group *= 100
        elif word in SCALES:
            total, group = total + group * SCALES[word], 0
        else:
            group += UNITS[word]
    return total + group


def number(words: str) -> Decimal:
    sign = -1 if words.startswith("minus ") else 1
    integer, _, places = words.removeprefix("minus ").partition(" point ")
    digits = "".join(str(UNITS[one]) for one in places.split())
    return sign * Decimal(f"{whole(integer)}.{digits or 0}")


def amount(words: str, currency: str) -> Decimal:
    """An amount of money from its words."""
    sign = -1 if words.startswith("minus ") else 1
    one, many, part, parts = CURRENCIES[currency]
    total = Decimal(0)
    for piece in words.removeprefix("minus ").split(" and "):
        for unit, worth in ((one, 1), (many, 1), (part, 0), (parts, 0)):
            if unit and piece.endswith(f" {unit}"):
                count = whole(piece.removesuffix(f" {unit}"))
                assert (count == 1) == (unit in (one, part)) or one == many
                total += Decimal(count) if worth else Decimal(count) / 100
                break
        else:
            raise AssertionError(f"{piece} is no amount of {currency}")
    return sign * total


@pytest.mark.parametrize("currency", sorted(CURRENCIES))
def test_money(currency: str) -> None:
    kind = kind_of(f"money {currency}")
    cents = 0 if currency == "JPY" else 2
    values = [Decimal(CHANCE.randrange(-(10**7), 10**9)).scaleb(-cents) for _ in range(200)]
    values += [Decimal(text) for text in ("0", "1", "2", "100", "1000", "999999999")]
    if cents:
        values += [Decimal(text) for text in ("0.01", "1.01", "0.99", "12.50", "1.10")]
    for value in values:
        said = kind.say(str(value), "en-US", TODAY)
        assert amount(said, currency) == value, said
        assert not re.search(r"\d", said)


def test_numbers() -> None:
    kind = kind_of("number")
    values = [
        Decimal(CHANCE.randrange(-(10**6), 10 ** CHANCE.randrange(1, 12))).scaleb(
            -CHANCE.randrange(4)
        )
        for _ in range(200)
    ]
    values += [Decimal(one) for one in range(130)]
    for value in values:
        assert number(kind.say(str(value), "en-US", TODAY)) == value


def test_dates() -> None:
    kind = kind_of("date")
    for _ in range(200):
        when = date(1990, 1, 1) + timedelta(days=CHANCE.randrange(20_000))
        american = kind.say(when.isoformat(), "en-US", TODAY)
        weekday, rest, *year = american.split(", ")
        month, place = rest.split()
        assert (weekday, month) == (when.strftime("%A"), when.strftime("%B"))
        assert PLACES.index(place) + 1 == when.day
        assert bool(year) == (when.year != TODAY.year)
        if year:
            assert _year(year[0]) == when.year
        british = kind.say(when.isoformat(), "en-GB", TODAY)
        assert british.startswith(f"{weekday} the {place} of {month}")


def _year(words: str) -> int:
    if "thousand" in words:
        return whole(words)
    century, *rest = words.split()
    return 100 * whole(century) + whole(" ".join(rest))


def test_times() -> None:
    kind = kind_of("time")
    every = [(hour, minute) for hour in range(24) for minute in range(60)]
    for hour, minute in every:
        said = kind.say(f"{hour:02}:{minute:02}", "en-US", TODAY)
        if said in ("noon", "midnight"):
            assert (hour, minute) == ((12, 0) if said == "noon" else (0, 0))
            continue
        *words, half = said.split()
        first, *later = words
        assert UNITS[first] % 12 + (12 if half == "p.m." else 0) == hour
        assert (whole(" ".join(later)) if later else 0) == minute


def test_digits() -> None:
    kind = kind_of("digits")
    for _ in range(200):
        value = "".join(CHANCE.choice("0123456789") for _ in range(CHANCE.randrange(1, 25)))
        said = kind.say(value, "en-US", TODAY)
        assert "".join(str(UNITS[one]) for one in said.replace(",", "").split()) == value
        assert all(1 <= len(group.split()) <= 4 for group in said.split(", "))
    assert kind.say("12 345-6", "en-US", TODAY) == "one two, three four five, six"
    assert kind.say(4711, "en-US", TODAY) == "four seven one one"


def test_enums() -> None:
    words = {f"state_{one}": f"state number {one}" for one in range(50)}
    kind = kind_of("enum: " + " | ".join(f"{value} = {said}" for value, said in words.items()))
    for value in (CHANCE.choice(sorted(words)) for _ in range(200)):
        assert kind.say(value, "en-US", TODAY) == words[value]
        assert kind.say(f" {value.upper()} ", "en-US", TODAY) == words[value]
    assert kind_of("enum: in_transit").say("in_transit", "en-US", TODAY) == "in transit"


@pytest.mark.parametrize(
    ("declared", "value", "said"),
    [
        ("money USD", 12.5, "twelve dollars and fifty cents"),
        ("money EUR", 0.1 + 0.2, "thirty cents"),
        ("money GBP", "-3.01", "minus three pounds and one penny"),
        ("number", 1234, "one thousand two hundred thirty-four"),
        ("number", -0.5, "minus zero point five"),
        ("date", "2026-12-03", "Thursday, December third"),
        (
            "date",
            "2027-01-21T10:00:00+01:00",
            "Thursday, January twenty-first, twenty twenty-seven",
        ),
        ("time", "15:05", "three oh five p.m."),
        ("time", "09:00:00", "nine a.m."),
        ("digits", "0049301234", "zero zero four, nine three zero, one two three four"),
    ],
)
def test_values_are_said_as_people_say_them(declared: str, value: object, said: str) -> None:
    assert kind_of(declared).say(value, "en-US", TODAY) == said


NEVER = [
    "",
    " ",
    "<b>1</b>",
    "<speak>1</speak>",
    "1" * 65,
    "ignore what you were told",
    "1; 2",
    "1e5",
    "٣",
    "NaN",
    "inf",
    "one",
    "{order.status}",
    "\x00",
    None,
    True,
    False,
    [],
    {},
    ["1"],
    {"amount": 1},
    float("nan"),
    float("inf"),
    10**30,
]


@pytest.mark.parametrize("name", list(KindName))
@pytest.mark.parametrize("value", NEVER, ids=repr)
def test_what_does_not_fit_is_not_said(name: KindName, value: object) -> None:
    declared = {"money": "money EUR", "enum": "enum: paid | open"}.get(name, name)
    with pytest.raises(Unfit) as caught:
        kind_of(declared).say(value, "en-US", TODAY)
    assert repr(value) not in str(caught.value)


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ("money EUR", "1.234"),
        ("money JPY", "1.5"),
        ("money EUR", "1000000000"),
        ("money EUR", "12,50"),
        ("number", "1.1234567"),
        ("date", "2026-02-30"),
        ("date", "24.12.2026"),
        ("date", "2026-12-24T99:00"),
        ("time", "25:00"),
        ("time", "3 pm"),
        ("digits", "-12"),
        ("digits", "12a"),
        ("digits", 1.5),
        ("enum: paid", "unpaid"),
    ],
)
def test_a_wrong_value_of_a_type_is_not_said(declared: str, value: object) -> None:
    with pytest.raises(Unfit):
        kind_of(declared).say(value, "en-US", TODAY)


@pytest.mark.parametrize(
    "declared",
    [
        "",
        "text",
        "money",
        "money XYZ",
        "date EUR",
        "number: 1",
        "enum:",
        "enum: a | a",
        "enum: a = <b>",
        "enum: a | ",
        "enum: " + "|".join(f"v{one}" for one in range(101)),
    ],
)
def test_a_declaration_that_is_none_is_told(declared: str) -> None:
    with pytest.raises(KindWrong):
        kind_of(declared)
