"""Numbers, money, days and hours in English words, as they are said on the telephone."""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal

_SMALL = [
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
_TENS = ["_", "_", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

CURRENCIES: dict[str, tuple[str, str, str, str]] = {
    "USD": ("dollar", "dollars", "cent", "cents"),
    "CAD": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "AUD": ("Australian dollar", "Australian dollars", "cent", "cents"),
    "NZD": ("New Zealand dollar", "New Zealand dollars", "cent", "cents"),
    "EUR": ("euro", "euros", "cent", "cents"),
    "GBP": ("pound", "pounds", "penny", "pence"),
    "CHF": ("Swiss franc", "Swiss francs", "centime", "centimes"),
    "INR": ("rupee", "rupees", "paisa", "paise"),
    "ZAR": ("rand", "rand", "cent", "cents"),
    "JPY": ("yen", "yen", "", ""),
}
"""One and several of the unit and of its hundredth, which the yen has none of."""


def cardinal(number: int) -> str:
    """A whole number: ``one thousand two hundred thirty-four``."""
    if number < 0:
        return f"minus {cardinal(-number)}"
    if number < 20:
        return _SMALL[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return f"{_TENS[tens]}-{_SMALL[ones]}" if ones else _TENS[tens]
    scale, name = next(one for one in _SCALES if number >= one[0])
    count, rest = divmod(number, scale)
    said = f"{cardinal(count)} {name}"
    return f"{said} {cardinal(rest)}" if rest else said


def ordinal(number: int) -> str:
    """A place in a row: ``twenty-third``."""
    said = cardinal(number)
    last = re.split(r"[- ]", said)[-1]
    head = said[: -len(last)]
    if last in _ORDINALS:
        return head + _ORDINALS[last]
    return head + (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")


def decimal(number: Decimal) -> str:
    """A number with its places one by one: ``three point one four``."""
    sign, plain = ("minus ", -number) if number < 0 else ("", number)
    whole, _, places = f"{plain:f}".partition(".")
    places = places.rstrip("0")
    said = cardinal(int(whole))
    if places:
        said += " point " + " ".join(_SMALL[int(one)] for one in places)
    return sign + said if plain else said


def money(amount: Decimal, currency: str) -> str:
    """An amount: ``twelve dollars and fifty cents``."""
    one, many, hundredth, hundredths = CURRENCIES[currency]
    sign, plain = ("minus ", -amount) if amount < 0 else ("", amount)
    whole = int(plain)
    parts = int((plain - whole) * 100)
    said = []
    if whole or not parts:
        said.append(f"{cardinal(whole)} {one if whole == 1 else many}")
    if parts:
        said.append(f"{cardinal(parts)} {hundredth if parts == 1 else hundredths}")
    return sign + " and ".join(said)


def year(number: int) -> str:
    """A year: ``twenty twenty-six``, ``two thousand five``."""
    century, rest = divmod(number, 100)
    if 2000 <= number < 2010 or (not rest and century % 10 == 0):
        return cardinal(number)
    if not rest:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def day(when: date, today: date, *, american: bool) -> str:
    """A date, with its year if that is another: ``Thursday, December third``."""
    name, month, number = _DAYS[when.weekday()], _MONTHS[when.month - 1], ordinal(when.day)
    said = f"{name}, {month} {number}" if american else f"{name} the {number} of {month}"
    return said if when.year == today.year else f"{said}, {year(when.year)}"


def clock(when: time) -> str:
    """A time of day: ``three fifteen p.m.``, ``noon``."""
    if not when.minute and when.hour in (0, 12):
        return "noon" if when.hour else "midnight"
    half = "a.m." if when.hour < 12 else "p.m."
    hour = cardinal((when.hour - 1) % 12 + 1)
    if not when.minute:
        return f"{hour} {half}"
    return f"{hour} {'oh ' if when.minute < 10 else ''}{cardinal(when.minute)} {half}"


def spelt(digits: str) -> str:
    """Digits one by one, with a pause between groups: ``one two three, four five six``."""
    return ", ".join(" ".join(_SMALL[int(one)] for one in group) for group in digits.split())
