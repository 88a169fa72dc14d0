"""Runs of digits and letters, written, spoken and spelled.

A number stays if it is small, or plainly an amount, a time or a year. Whatever else has three
digits or more goes, with the letters in it: "four and one and one and one", "a b 12 c d e".
Libraries that know cards, accounts and telephone numbers find those that are written and right;
a recogniser writes neither, and a wrong one is as personal.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Container
from dataclasses import dataclass, field

from gateway.privacy.lists import (
    CUES,
    HARMLESS,
    MIXED,
    MONTHS,
    NATO,
    ONES,
    ORDINALS,
    SCALES,
    SHORT,
    TENS,
    UNITS,
    WIDTHS,
)
from gateway.privacy.said import SpokenWords

_CONNECTORS = CUES["connectors"]
"""Words that may stand between the parts of a number; three at once at most."""
_SOUNDS = {"as", "for", "like", "is"}
_REPEATS = {"double", "triple", "treble"}
_TIME_BEFORE = {"at", "from", "until", "till", "by", "before", "after", "around", "past"}
_TIME_NEXT = {"am", "pm", "a.m", "p.m", "a", "p", "o'clock", "oclock", "hours", "today", "tomorrow"}
_YEAR_BEFORE = {"in", "since", "year", "during", "until", "before", "after", "of"} | MONTHS
_HOURS = frozenset(ONES) | {"ten", "eleven", "twelve", "twenty"}
_CLOCK = re.compile(r"(?:[01]?\d|2[0-4])[.:]?[0-5]\d")
_A_YEAR = re.compile(r"(?:19[5-9]|20[0-4])\d")
_AMOUNT = re.compile(r"\d{1,3}(?:,?\d{3})?(?:\.\d\d?)?")
_UNITED = re.compile(
    r"\d{1,6}(?:[.:]\d{1,2})?(?:st|nd|rd|th|am|pm|k|gb|mb|tb|kb|kg|g|km|m|cm|mm|mi|h|hr|hrs|min|mins|"
    r"x|c|f|in|ft|lb|lbs|oz|ml|l|hz|ghz|mph|s|p|d|w|v)|\d{1,2}[.:]\d\d(?:am|pm)"
)
"""A number with its unit, or an ordinal."""


@dataclass(slots=True)
class DigitRun:
    """Parts of a number that follow one another."""

    places: list[int] = field(default_factory=list)
    last: int = 0
    """The place after its last word."""
    digits: int = 0
    letters: int = 0
    nato: int = 0
    sounds: int = 0
    """Letters told by a word: "b as in boy"."""
    odd: bool = False
    """Letters and digits in one word, that is no known thing."""


def mark_numbers(said: SpokenWords, pairs: Container[tuple[str, str]] = ()) -> None:
    """Mark every personal number and code; ``pairs`` are adjoining words of public texts, which
    stay.
    """
    place = 0
    while place < len(said):
        found = run(said, place)
        if found.places:
            _judge(said, found, pairs)
        place = max(found.last, place + 1)


def mark_rests(said: SpokenWords) -> None:
    """Mark the parts of a number left beside a marked part: "[number] and then 84"."""
    for places in (range(len(said)), range(len(said) - 1, -1, -1)):
        step = places.step
        for place in places:
            if said.marks[place] not in ("number", "code"):
                continue
            at = place + step
            while abs(at - place) < 4 and said.word(at) in _CONNECTORS and said.free(at):
                at += step
            if said.free(at) and _alone(said.words[at]) and said.word(at + 1) not in UNITS:
                said.mark(min(at, place), max(at, place) + 1, said.marks[place])


def _alone(word: str) -> bool:
    return (word in WIDTHS or word[0].isnumeric()) and not _UNITED.fullmatch(word)


def numeric(word: str) -> bool:
    """Return whether a word is a number or has a digit in it."""
    return word in WIDTHS or any(map(str.isnumeric, word))


def element(word: str) -> bool:
    """Return whether a word may be part of a number: a digit, a letter or a number in words."""
    return len(word) == 1 or numeric(word) or word in NATO or word in ORDINALS


def _digits(word: str) -> int:
    return sum(map(str.isnumeric, word))


def _odd(word: str) -> bool:
    """Letters with digits, that are no known thing and no amount."""
    return (
        any(map(str.isnumeric, word))
        and any(map(str.isalpha, word))
        and word not in MIXED
        and not _UNITED.fullmatch(word)
    )


def _part(said: SpokenWords, place: int, run: DigitRun) -> int:
    """Return how many words from ``place`` on extend the run by one part, and count that part in
    it; 0 if none do.
    """
    if not said.free(place):
        return 0
    word = said.words[place]
    told = _told(said, place, run)
    if told:
        run.letters += 1
        run.sounds += 1
    elif word in WIDTHS and not (word == "o" and not (run.digits or run.letters)):
        one = word in ONES and said.word(place - 1) in TENS and place - 1 in run.places
        run.digits += 0 if one else WIDTHS[word]
    elif _odd(word):
        run.odd = True
        run.digits += _digits(word)
        run.letters += len(word) - _digits(word)
    elif word[0].isnumeric() and not _UNITED.fullmatch(word):
        run.digits += _digits(word)
    elif len(word) == 1:
        run.letters += 1
    elif word in NATO:
        run.nato += 1
    elif _stray(said, place, run):
        run.letters += len(word)
        run.odd = True
    else:
        return 0
    run.places.append(place)
    return told or 1


def _told(said: SpokenWords, place: int, run: DigitRun) -> int:
    """Return how many words from ``place`` on tell a letter: "b as in boy", "b for boy", "b boy"; 0
    if none do.
    """
    word = said.words[place]
    if len(word) != 1 or not word.isalpha() or said.word(place + 1) not in _SOUNDS:
        return 0
    ahead = 1 + (said.word(place + 1) in ("as", "is") and said.word(place + 2) in ("in", "for"))
    follows = said.word(place + ahead + 1)
    another = len(said.word(place + ahead + 2)) == 1
    letter = bool(run.places) or another or word not in "ai"
    sounds = said.word(place + 1) == "as" or (follows.startswith(word) and letter)
    return ahead + 2 if sounds and len(follows) > 1 and said.free(place + ahead + 1) else 0


def _stray(said: SpokenWords, place: int, run: DigitRun) -> bool:
    """Return whether a short string that is no word stands beside letters with digits: "gb29
    nwbk".
    """
    word = said.words[place]
    if len(word) > 4 or not word.isalpha() or said.bases[place] in HARMLESS:
        return False
    if run.odd:
        return True
    following = said.word(place + 1)
    return not run.places and (_odd(following) or _digits(following) > 1)


def run(said: SpokenWords, place: int) -> DigitRun:
    """The parts of a number from there on; none if it is no part of one."""
    found = DigitRun()
    while place < len(said):
        taken = _part(said, place, found)
        if taken:
            place += taken
            found.last = place
            continue
        if not found.places or place - found.last >= 3 or said.words[place] not in _CONNECTORS:
            break
        place += 1
    return found


def _judge(said: SpokenWords, run: DigitRun, pairs: Container[tuple[str, str]]) -> None:
    """Mark the run, or leave it."""
    _without_articles(said, run)
    first, last = run.places[0], run.last
    if run.sounds and (run.sounds + run.letters + run.digits > 2 or run.nato or first == last - 4):
        said.mark(first, last, "code")
        return
    if run.nato and run.nato + run.letters + run.digits < 3:
        return
    if run.nato == 1 and not run.letters:
        _without_nato(said, run, pairs)
        return
    if run.nato or run.letters:
        _judge_letters(said, run)
    elif not _harmless(said, run, pairs):
        said.mark(first, last, "number")


def _without_articles(said: SpokenWords, run: DigitRun) -> None:
    """Take "a" and "i" off the ends where they are words: beside no letter."""
    for end, beside in ((-1, -2), (0, 1)):
        if len(run.places) < 2 or said.words[run.places[end]] not in "ai" or run.sounds:
            continue
        word = said.words[run.places[beside]]
        if len(word) > 1 or word.isnumeric():
            run.places.pop(end)
            run.letters -= 1
            run.last = run.places[-1] + 1


def _without_nato(said: SpokenWords, run: DigitRun, pairs: Container[tuple[str, str]]) -> None:
    """A single word of the spelling alphabet beside a number is a hotel, a golf or an india."""
    places = [place for place in run.places if said.words[place] not in NATO]
    for few in (
        [one for one in places if one < (nato := _nato(said, run))],
        [one for one in places if one > nato],
    ):
        if few:
            part = DigitRun(few, few[-1] + 1)
            part.digits = sum(WIDTHS.get(said.words[one], _digits(said.words[one])) for one in few)
            if not _harmless(said, part, pairs):
                said.mark(part.places[0], part.last, "number")


def _nato(said: SpokenWords, run: DigitRun) -> int:
    return next(place for place in run.places if said.words[place] in NATO)


def _judge_letters(said: SpokenWords, run: DigitRun) -> None:
    places = run.places
    if all(len(said.words[one]) == 1 and said.words[one].isalpha() for one in places):
        if "".join(said.words[one] for one in places) in SHORT:
            return
        while len(places) > 1 and said.words[places[0]] in "ai" and len(places) < 4:
            places = places[1:]
        while len(places) > 1 and said.words[places[-1]] in "ai" and places[-1] + 1 < len(said):
            places = places[:-1]
        letters = "".join(said.words[one] for one in places)
        if len(letters) < 2 or letters in SHORT:
            return
        said.mark(places[0], places[-1] + 1, "code")
        for place in range(max(0, places[0] - 5), places[0]):
            if said.words[place] == letters:  # "stone, that is s t o n e"
                said.mark(place, place + 1, "name")
        return
    while len(places) > 1 and said.words[places[-1]] in "ai" and places[-1] + 1 < len(said):
        places = places[:-1]
    if len(places) > 1 and said.words[places[0]] in "ai" and len(said.words[places[1]]) > 1:
        places = places[1:]
    count = sum(max(1, len(said.words[one]) * (said.words[one] not in WIDTHS)) for one in places)
    if run.odd or count > 2 or len(places) > 2:
        last = run.last if places[-1] == run.places[-1] else places[-1] + 1
        said.mark(places[0], last, "code")


def _harmless(said: SpokenWords, run: DigitRun, pairs: Container[tuple[str, str]]) -> bool:
    """Return whether a run of digits is an amount, a time, a year or a small number."""
    first, last = run.places[0], run.last
    words = [said.words[place] for place in run.places]
    before, after = said.word(first - 1), said.word(last)
    if _small(run, words):
        return True
    if len(words) == 1 and ((before, words[0]) in pairs or (words[0], after) in pairs):
        return True
    money = said.gaps[first][-1:] in ("$", "£", "€")
    if (after in UNITS or money or said.gaps[last][:1] == "%") and _amount(said, run, words):
        return True
    written = " ".join(words).replace(" ", "")
    if len(words) == 1 and ":" in written and _CLOCK.fullmatch(written):
        return True
    if _when(said, first) or after in _TIME_NEXT:
        if len(words) <= 2 and _CLOCK.fullmatch(written):
            return True
        if len(words) <= 3 and words[0] in _HOURS and all(one in TENS for one in words[1:2]):
            return words[-1] in ONES or words[-1] in TENS
    if words == ["24", "7"] or written == "247":
        return True
    return len(words) == 1 and bool(_A_YEAR.fullmatch(words[0])) and before in _YEAR_BEFORE


def _when(said: SpokenWords, first: int) -> bool:
    """Return whether a time may follow; after "to" only if "from" came before."""
    before = said.word(first - 1)
    if before == "to":
        return "from" in said.words[max(0, first - 7) : first]
    return before in _TIME_BEFORE


def _small(run: DigitRun, words: list[str]) -> bool:
    if run.digits > 3:
        return False
    if run.digits == 3:
        return (len(words) == 2 and not any(one in _REPEATS for one in words)) or (
            words[-1] in ("hundred", "thousand") and len(words) < 3
        )
    return len(words) < 3


def _amount(said: SpokenWords, run: DigitRun, words: list[str]) -> bool:
    """Return whether the run is one number rather than digits said one after another."""
    if len(words) == 1:
        return bool(_AMOUNT.fullmatch(words[0])) or words[0] in WIDTHS
    if not all(one in WIDTHS for one in words):
        return len(words) == 2 and words[1] in SCALES
    if len(words) > 7 or any(one in _REPEATS for one in words):
        return False
    pairs = itertools.pairwise(words)
    return not any(one in ONES and other in ONES for one, other in pairs)
