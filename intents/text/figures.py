"""Amounts and days in the words people use for them: "a fortnight", "half a year", "boxing day"."""

from __future__ import annotations

import re
from decimal import Decimal

from intents.text import lexicon
from intents.text.cardinals import ONES, TEENS
from intents.text.dates import MONTHS
from intents.text.roots import singular

Words = tuple[str, ...]

_PHRASES = lexicon.rows("amounts")


def _table() -> dict[str, tuple[tuple[Words, Words], ...]]:
    """First word to the phrases that begin with it, longest first, and what they stand for."""
    found: dict[str, list[tuple[Words, Words]]] = {}
    for line in _PHRASES:
        said, _, meant = line.partition(" = ")
        found.setdefault(said.split()[0], []).append((tuple(said.split()), tuple(meant.split())))
    return {
        first: tuple(sorted(phrases, key=lambda pair: -len(pair[0])))
        for first, phrases in found.items()
    }


_TABLE = _table()
NAMED_DAYS = frozenset(
    meant
    for line in _PHRASES
    if (meant := line.partition(" = ")[2]).endswith(("day", "eve", "night")) and " " not in meant
) - {"midnight", "yesterday"}
DAY_OF_MONTH = {
    "christmaseve": "24", "christmas": "25", "boxingday": "26", "newyearseve": "31",
    "newyearsday": "1", "valentinesday": "14", "halloween": "31",
}  # fmt: skip
"""The day of the month of named days that people also call by it: "on the 25th"."""
_LONGER = {
    "minute": (60, "hour"),
    "day": (7, "week"),
    "night": (7, "week"),
    "week": (4, "month"),
    "month": (12, "year"),
}
"""So many of a unit make one of the next, as people say it."""
_SAME_UNIT = {
    "gigs": "gigabytes", "gig": "gigabytes", "gigabyte": "gigabytes", "gb": "gigabytes",
    "mb": "megabytes", "megabyte": "megabytes", "megs": "megabytes", "cc": "milliliters",
    "kilos": "kilograms", "kilo": "kilograms", "quid": "pounds", "bucks": "dollars",
    "centimetres": "centimeters", "cm": "centimeters",
}  # fmt: skip
"""After a number."""
_SMALLER = {
    "liter": (1000, "milliliters"), "liters": (1000, "milliliters"), "meter": (100, "centimeters"),
    "meters": (100, "centimeters"), "ton": (1000, "kilograms"), "tons": (1000, "kilograms"),
    "tonne": (1000, "kilograms"), "tonnes": (1000, "kilograms"),
    "hour": (60, "minutes"), "hours": (60, "minutes"), "year": (12, "months"),
    "years": (12, "months"), "month": (4, "weeks"), "months": (4, "weeks"),
}  # fmt: skip
"""Unit to how many of which smaller one it is, as people say it."""
_UNITS = _SMALLER.keys() | _SAME_UNIT.keys()
_SCALES = {"grand": 1000, "k": 1000, "1000": 1000, "1000000": 1000000, "million": 1000000}
_WITH_NUMBER = _SCALES.keys() | {"am", "pm"}
_PLAIN = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")
_MINUTES = re.compile(r"(?:[1-9]|1[0-2]) [0-5][0-9]")
_SEVERAL_OF = {
    f"{word}s": str(value) for word, value in (ONES | TEENS).items() if value not in (0, 1, 6)
}
""" "the under fives"; "sixes" are not said, and "ones" are no number."""
_LETTER_NUMBER = re.compile(r"[a-z]([0-9]+)|([0-9]+)s")
_DATED = MONTHS - {"march", "may"} | {
    *lexicon.words("weekday"),
    *lexicon.words("day-by-today"),
}


def _written(number: Decimal) -> str:
    return str(int(number)) if number == int(number) else str(number)


def in_figures(words: Words) -> Words:
    """Canonical words with amounts and named days in one form: "2 weeks", ``boxingday``."""
    out: list[str] = []
    i = 0
    while i < len(words):
        word = words[i]
        for said, meant in _TABLE.get(word, ()):
            if words[i : i + len(said)] == said:
                out += meant
                i += len(said)
                break
        else:
            i += 1
            if word.isalpha() and word[-1] != "s" and word not in _WITH_NUMBER:
                out.append(word)
            elif word in _SCALES and out and _PLAIN.fullmatch(out[-1]):
                out[-1] = _written(Decimal(out[-1]) * _SCALES[word])
            elif word in ("am", "pm") and _MINUTES.fullmatch(" ".join(out[-2:])):  # "6 30 am"
                out[-2:] = [":".join(out[-2:]), word]
            elif found := _LETTER_NUMBER.fullmatch(word):
                out.append(found[1] or found[2])
            elif word == "100" and words[max(0, i - 3) : i - 1] == ("couple", "of"):
                out[-1] = "200"
            elif word in _SEVERAL_OF and out:
                out.append(_SEVERAL_OF[word])
            elif out and out[-1] in ("oh", "o") and word.isdigit():  # "oh 800"
                out[-1] = f"0{word}"
            elif word[-1:] == "s" and word[:-1] in _DATED:
                out.append(word[:-1])
            else:
                out.append(word)
    return _in_long_units(_in_small_units(out))


def _in_small_units(words: list[str]) -> list[str]:
    """ "1.6 liters" as 1600 milliliters, "1 meter 80" as 180 centimeters, "1.5 hours" as 90
    minutes; whole hours and years stay."""
    if _UNITS.isdisjoint(words):
        return words
    for i in range(len(words) - 1):
        number, unit = words[i], words[i + 1]
        if not (number[0].isdigit() or number in ("a", "one")):
            continue
        if unit in _SAME_UNIT and number[0].isdigit():
            words[i + 1] = _SAME_UNIT[unit]
        if unit not in _SMALLER:
            continue
        count, smaller = _SMALLER[unit]
        whole = "1" if number in ("a", "one") else number
        rest = words[i + 2] if i + 2 < len(words) else ""
        exact = smaller == "centimeters" and rest.isdigit() and len(rest) == 2
        if exact and whole.isdigit():
            words[i : i + 3] = [str(int(whole) * count + int(rest)), smaller]
            break
        if "." in number and _PLAIN.fullmatch(number):
            words[i : i + 2] = [_written((Decimal(number) * count).normalize()), smaller]
    return words


def _in_long_units(words: list[str]) -> Words:
    """ "8 weeks" as "2 months", "30 days" as "1 month", "48 hours" as "2 days"."""
    for i in range(len(words) - 1):
        number, unit = words[i], singular(words[i + 1])
        if not number.isdigit() or len(number) > 3:
            continue
        count = int(number)
        if unit == "hour" and count > 24 and count % 24 == 0:
            count, unit = count // 24, "day"
        if unit == "day" and count % 30 == 0 and count:
            count, unit = count // 30, "month"
        while unit in _LONGER and count and count % _LONGER[unit][0] == 0:
            count, unit = count // _LONGER[unit][0], _LONGER[unit][1]
        if unit != singular(words[i + 1]):
            words[i : i + 2] = [str(count), unit if count == 1 else f"{unit}s"]
    return tuple(words)
