"""Postal addresses and codes."""

from __future__ import annotations

import re

from gateway.privacy.lists import HARMLESS, PLACES, STOP, STREETS, UNITS, WEAK_STREETS, WIDTHS
from gateway.privacy.numbers import element, numeric
from gateway.privacy.said import SpokenWords

_UNIT_WORDS = {"apartment", "apt", "suite", "flat", "unit", "room"}
_AT = {
    "be",
    "at",
    "live",
    "lives",
    "living",
    "address",
    "is",
    "to",
    "on",
    "number",
    "our",
    "outside",
    "comma",
}
_UK = re.compile(r"[a-z]{1,2}\d[a-z\d]?")
_UK_END = re.compile(r"\d[a-z]{2}")
_UK_WHOLE = re.compile(r"[a-z]{1,2}\d[a-z\d]?\d[a-z]{2}|[a-z]\d[a-z]\d[a-z]\d")
_CA, _CA_END = re.compile(r"[a-z]\d[a-z]"), re.compile(r"\d[a-z]\d")
_HOUSE = re.compile(r"\d{1,6}[a-z]?")
_NOT_INSIDE = (STOP | UNITS | {"different", "other", "people", "cards", "card"}) - {"the", "st"}
_INSIDE = 5
"""Words between the number of a house and the street's, at most."""


def mark_addresses(said: SpokenWords) -> None:
    """Mark the words of every postal address and postcode."""
    for place, word in enumerate(said.words):
        if word in STREETS or word in WEAK_STREETS:
            _street(said, place)
        elif word in _UNIT_WORDS:
            _unit(said, place)
        elif word == "box" and said.word(place - 1).replace(".", "") in ("po", "o"):
            last = place + 1
            while element(said.word(last)) and last - place < 9:
                last += 1
            said.mark(place - 1 - (said.word(place - 1) == "o"), last, "address")
        elif word[0].isalpha() and any(map(str.isnumeric, word)):
            _postcode(said, place, word)


def _street(said: SpokenWords, street: int) -> None:
    first = street
    while first > 0 and street - first < _INSIDE and not said.breaks(first):
        word = said.words[first - 1]
        if numeric(word) or (word in _NOT_INSIDE and not _letter(said, first - 1)):
            break
        first -= 1
    if first == 0 or first == street or not numeric(said.words[first - 1]):
        return
    names = range(first, street)
    while first > 0 and (numeric(said.words[first - 1]) or said.words[first - 1] == "and"):
        first -= 1
    house = said.words[first]
    if _HOUSE.fullmatch(house) or said.words[street] in STREETS or _placed(said, first, names):
        last = street + 1
        last += said.word(last) in STREETS and said.joined(last)
        said.mark(first, _town(said, last), "address")


def _letter(said: SpokenWords, place: int) -> bool:
    """Return whether a letter of a spelled name stands at that place."""
    beside = (said.word(place - 1), said.word(place + 1))
    return len(said.words[place]) == 1 and any(len(one) == 1 for one in beside)


def _town(said: SpokenWords, place: int) -> int:
    """Return the place after an address whose street ends before ``place``: after its town, if one
    follows.
    """
    last = place
    while last < min(place + 3, len(said)) and said.gaps[last] in (" ", ", "):
        if said.words[last] not in PLACES and said.bases[last] in HARMLESS:
            break
        last += 1
    return last


def _placed(said: SpokenWords, first: int, names: range) -> bool:
    """Return whether "twelve hillside court" is an address, judged by the words before it and in
    it.
    """
    house = names[0] - first > 1 or WIDTHS.get(said.words[first], 0) > 1
    if first == 0 or said.word(first - 1) in _AT or house:
        return True
    return any(said.bases[one] not in HARMLESS for one in names)


def _unit(said: SpokenWords, place: int) -> None:
    first = place + 1 + (said.word(place + 1) == "number")
    last = first
    while element(said.word(last)) and said.word(last) not in ("a", "i") and last - first < 5:
        last += 1
    if last == first or (said.word(last) in UNITS or said.gaps[last][:1] == "%"):
        return
    if any(numeric(said.words[one]) for one in range(first, last)):
        said.mark(place, _house(said, last), "address")


def _house(said: SpokenWords, place: int) -> int:
    """Return the place after the house or street name that follows a flat; ``place`` itself if none
    follows.
    """
    for last in range(place, min(place + 5, len(said))):
        if said.words[last] in STREETS or said.words[last] in WEAK_STREETS:
            return _town(said, last + 1)
        if said.words[last] in _NOT_INSIDE:
            break
    return place


def _postcode(said: SpokenWords, place: int, word: str) -> None:
    following = said.word(place + 1)
    if _UK_WHOLE.fullmatch(word):
        said.mark(place, place + 1, "postcode")
    elif (
        (_UK.fullmatch(word) and _UK_END.fullmatch(following))
        or (_CA.fullmatch(word) and _CA_END.fullmatch(following))
    ) and not following.endswith(("st", "nd", "rd", "th", "am", "pm")):
        said.mark(place, place + 2, "postcode")


def house_number(word: str) -> bool:
    """Return whether a word can be a house number."""
    return bool(_HOUSE.fullmatch(word)) or word in WIDTHS
