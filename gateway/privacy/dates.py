"""Dates: of birth always, others where day, month and year are told."""

from __future__ import annotations

import re

from gateway.privacy.lists import MONTHS, ORDINALS, WIDTHS
from gateway.privacy.said import SpokenWords

_BORN = {"born", "birth", "birthday", "birthdate", "birthdays", "dob", "d.o.b", "birthdate's"}
_AFTER = {"is", "was", "on", "in", "the", "it's", "date", "of", "being", "as", "and", "for", "b"}
_AFTER |= {"at", "are", "that", "that's", "which", "my", "back", "uh", "um", "reads", "would", "be"}
_INSIDE = {
    "of",
    "the",
    "and",
    "in",
    "year",
    "day",
    "month",
    "then",
    "slash",
    "dash",
    "uh",
    "um",
    "oh",
}
_ORDINAL = re.compile(r"\d{1,2}(?:st|nd|rd|th)")
_YEAR = re.compile(r"'?\d{2}|(?:19|20)\d\d")
_APART = re.compile(r"\s?[/.-]\s?")
_WRITTEN = re.compile(r"\d{1,4}\.\d{1,2}\.\d{2,4}")


def mark_dates(said: SpokenWords) -> None:
    """Mark every date of birth, and other dates that give day, month and year."""
    if not MONTHS.isdisjoint(said.words):
        for place, word in enumerate(said.words):
            if word in MONTHS:
                _around(said, place)
    if not _BORN.isdisjoint(said.words) or ("d" in said.words and "b" in said.words):
        _births(said)
    for place in range(len(said)):
        if said.free(place) and said.words[place][0].isnumeric():
            _written(said, place)


def _dateish(word: str) -> bool:
    return (
        word in MONTHS
        or word in ORDINALS
        or word in WIDTHS
        or word.isnumeric()
        or bool(_ORDINAL.fullmatch(word))
        or bool(_WRITTEN.fullmatch(word))
    )


def _births(said: SpokenWords) -> None:
    for place, word in enumerate(said.words):
        spelled = word == "b" and said.word(place - 1) == "o" and said.word(place - 2) == "d"
        if word not in _BORN and not spelled:
            continue
        first = place + 1
        while said.word(first) in _AFTER and first - place < 7:
            first += 1
        _date(said, first)
        before = said.since(place, {"is", "was", "that's", "are"}, 5)
        if before > 1 and said.word(before - 1) in ("is", "was"):
            last = before - 1
            first = last
            while first > 0 and (
                _dateish(said.words[first - 1]) or said.words[first - 1] in _INSIDE
            ):
                first -= 1
            _date(said, first)


def _date(said: SpokenWords, first: int) -> None:
    """Mark a date that begins there, if one does."""
    last = end = first
    while last < len(said) and last - first < 14:
        if _dateish(said.words[last]):
            end = last + 1
        elif said.words[last] not in _INSIDE:
            break
        last += 1
    said.mark(first, end, "date")


def _day(said: SpokenWords, place: int) -> int:
    """Return how many words ending at ``place`` form a day of a month; 0 if they form none."""
    word = said.word(place)
    if word in ORDINALS or word in WIDTHS:
        return 1 + (said.word(place - 1) in ("twenty", "thirty"))
    short = word.isnumeric() and len(word) <= 2
    return int(short or bool(_ORDINAL.fullmatch(word)))


def _year(said: SpokenWords, place: int) -> int:
    """Return how many words from ``place`` on form a year; 0 if they form none."""
    while said.word(place) in ("of", "in"):
        following = _year(said, place + 1)
        return following + 1 if following else 0
    if _YEAR.fullmatch(said.word(place)):
        return 1
    last = place
    while said.word(last) in WIDTHS and last - place < 5:
        last += 1
        last += said.word(last) == "and" and said.word(last + 1) in WIDTHS
    return last - place


def _around(said: SpokenWords, month: int) -> None:
    """A day before or after the month, and a year after that."""
    before = month - 1 - (said.word(month - 1) == "of")
    days = _day(said, before)
    if days and (years := _year(said, month + 1)):
        said.mark(before - days + 1, month + 1 + years, "date")
        return
    after = month + 1 + (said.word(month + 1) == "the")
    last = after + (said.word(after) in ("twenty", "thirty"))
    last -= not _day(said, last)
    if _day(said, last) and (years := _year(said, last + 1)):
        said.mark(month, last + 1 + years, "date")


def _written(said: SpokenWords, place: int) -> None:
    """3/5/1980, 1980-05-03, 3.5.80."""
    words = said.words[place : place + 3]
    apart = all(_APART.fullmatch(gap) for gap in said.gaps[place + 1 : place + 3])
    for one, gap in ((place + 3, place + 3), (place - 1, place)):
        if said.word(one).isnumeric() and _APART.fullmatch(said.gaps[gap]):
            return  # the digits of something longer
    if _WRITTEN.fullmatch(words[0]):
        said.mark(place, place + 1, "date")
        return
    lengths = [len(one) for one in words if one.isnumeric()]
    if len(lengths) == 3 and apart and max(lengths) <= 4 and sum(lengths) <= 8 and lengths[1] <= 2:
        said.mark(place, place + 3, "date")
