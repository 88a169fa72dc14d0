"""Numbers, dates and units of a canonical sentence, for comparing two sentences."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from intents.text import lexicon
from intents.text.cardinals import is_number
from intents.text.dates import MONTHS, ORDINALS
from intents.text.figures import NAMED_DAYS, in_figures
from intents.text.lexicon.contrasts import FUNCTION
from intents.text.roots import root, singular

Words = tuple[str, ...]

_MIDDAY = frozenset({"noon", "midnight"})
_ONE = lexicon.words("one-of-something")
LAST_DAYS = frozenset({"28", "29", "30", "31"})
"""The last days of a month: "by the end of march"."""
TEN = 10
_TWO = frozenset({"both", "pair", "couple", "twin", "twins", "double"})
WEEKDAYS = lexicon.words("weekday")
DAYS = WEEKDAYS | lexicon.words("day-beside-weekday")
UNITS = {
    "second": "s", "seconds": "s", "minute": "min", "minutes": "min", "hour": "h", "hours": "h",
    "day": "d", "days": "d", "week": "w", "weeks": "w", "month": "mo", "months": "mo",
    "year": "y", "years": "y", "dollars": "$", "euros": "eur", "pounds": "gbp", "cents": "c",
    "percent": "%", "miles": "mi", "mile": "mi", "kilometers": "km", "kilograms": "kg",
    "milligrams": "mg", "grams": "g", "am": "am", "pm": "pm",
}  # fmt: skip
SMALL_ORDINALS = lexicon.words("ordinal")
IMPLIED_BY = {
    "saturday": "weekend", "sunday": "weekend",
    **dict.fromkeys(WEEKDAYS - {"saturday", "sunday"}, "weekday"),
    "christmas": "holiday", "easter": "holiday", "thanksgiving": "holiday",
}  # fmt: skip
"""A question about the whole answers one about the part, never the other way round."""
WHOLE = {"weekend": "weekend", "weekday": "weekday"}
SEASONS = {
    "winter": frozenset({"december", "january", "february"}),
    "spring": frozenset({"march", "april", "may"}),
    "summer": frozenset({"june", "july", "august"}),
    "autumn": frozenset({"september", "october", "november"}),
    "fall": frozenset({"september", "october", "november"}),
}
ORDINAL_OF = {str(number): word for word, number in ORDINALS.items() if number <= TEN}
NOW = frozenset({"today", "tonight"})
"""Days that a question without any day answers as well: "are you open today"."""
DONE_TODAY = lexicon.words("done-today")
"""With these words "today" asks for more than the rule: "can you deliver today"."""
RELATIVE = lexicon.words("relative-day")
"""Days that mean nothing in a seeded question: its answer was recorded before them."""
MONTH_BEFORE = lexicon.words("before-month")


_PERSONS = (("us",), ("them",), ("you",))
ONES = frozenset({"a", "an", "one"})
TIME_BEFORE = lexicon.words("before-time")
IDENTIFIES = frozenset({"number", "ending", "ends", "code", "reference", "id"})
CONDITION = lexicon.words("condition")
"""Before a number they make it a condition of what is asked."""
REACH = 3
"""The number of words before a number that may make it a condition."""
LONG = 4
"""Digits from which a bare number is a reference."""
MEASURES = {
    "s": "span", "min": "span", "h": "span", "d": "span", "w": "span", "mo": "span", "y": "span",
    "$": "money", "eur": "money", "gbp": "money", "c": "money", "%": "percent", "am": "time",
    "pm": "time", "mi": "distance", "km": "distance", "kg": "weight", "mg": "weight",
    "g": "weight",
}  # fmt: skip
"""Unit to the kind of what it measures."""
Kind = str
"""The thing that a value measures: ``time``, ``span``, ``ago`` (a span reckoned from today),
``money``, ``percent``, ``distance``, ``weight``, ``reference``, ``count``, ``group`` (of persons,
or as many as are to be listed); of days ``date``, ``weekday``, ``weekend``, ``holiday``,
``relative``."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """All sorted, so that order does not matter."""

    numbers: tuple[str, ...]
    dates: tuple[str, ...]
    """Weekdays, months, holidays, relative days."""
    units: tuple[str, ...]
    """``5 d``, ``5 w``: numbers with their unit."""
    ordinals: tuple[str, ...]
    counted: dict[str, str]
    """The things that are counted, to their numbers: "2 rooms for 1 night"."""
    said: tuple[str, ...]
    """The numbers in the order said."""
    kinds: dict[str, Kind]
    """The kind of each number and date."""
    periods: frozenset[str]
    """ "last week", "tomorrow": what is told from today."""
    conditions: frozenset[str]
    """Numbers and dates that what is asked depends on: "after 30 days"."""


def amounts(words: Words) -> Amounts:
    """The amounts of canonical words. "one" and "a" are not amounts."""
    words = in_figures(_round_the_clock(words))
    numbers, dates, units, ordinals = [], [], [], []
    counted: dict[str, str] = {}
    kinds: dict[str, Kind] = {}
    conditions = set()
    for i, said in enumerate(words):
        before = words[i - 1] if i else ""
        after = words[i + 1] if i + 1 < len(words) else ""
        word = _day_number(words, i) if said[0].isdigit() or said in SMALL_ORDINALS else said
        if is_number(word):
            numbers.append(word)
            kinds[word] = "date" if word != said else _kind(words, i)
            if before == "top":
                numbers.pop()  # "the top 10 ways"
                continue
            if before in _LISTED and after.endswith("s") and after not in UNITS:
                kinds[word] = "group"  # "my last 5 payments"
                continue
            if after == "of" and words[i + 2 : i + 3] in _PERSONS:
                kinds[word] = "group"
            if words[i - 2 : i] == ("of", "the"):  # "the larger of the 2"
                numbers.pop()
                continue
            if after.isalpha():
                counted[root(after)] = word
            if after in UNITS:
                units.append(f"{word} {UNITS[after]}")
        elif word in NAMED_DAYS:
            dates.append(word)
            kinds[word] = "holiday"
        elif word in DAYS and not (
            (before, word) in _NO_DAYS
            or (word in _FREE_DAYS and not _is_day(words, word, before, after))
        ):
            day = "holiday" if word == "holidays" else word
            dates.append(day)
            kinds[day] = _day_kind(day)
        elif word in MONTHS and (word not in ("may", "march") or _is_month(before, after)):
            dates.append(word)
            kinds[word] = "date"
        elif word in SMALL_ORDINALS and not (
            word == "second" and before in ("a", "1") and (not after or after in FUNCTION)
        ):
            ordinals.append(word)
        else:
            if (word == "one" or (word == "a" and numbers and before == "and")) and after.isalpha():
                counted.setdefault(root(after), "1")
            continue
        if not CONDITION.isdisjoint(words[max(0, i - REACH) : i]) or after == "year":
            conditions.add(word)
    return Amounts(
        numbers=tuple(sorted(numbers)),
        dates=tuple(sorted(dates)),
        units=tuple(sorted(units)),
        ordinals=tuple(sorted(ordinals)),
        counted=counted,
        said=tuple(numbers),
        periods=_periods(words),
        kinds=kinds,
        conditions=frozenset(conditions),
    )


_FROM_TODAY = {
    "last": "last", "previous": "last", "past": "last", "this": "this", "current": "this",
    "next": "next", "coming": "next", "following": "next",
}  # fmt: skip
_PERIODS = lexicon.words("period")


def _periods(words: Words) -> frozenset[str]:
    found = {word for word in words if word in RELATIVE}
    for than, before, word in zip(("", *words), words, words[1:], strict=False):
        if before not in _FROM_TODAY or than == "than":  # "higher than last month" is this month
            continue
        period = singular(word)  # "last month's"
        if period in _PERIODS:
            found.add(f"{_FROM_TODAY[before]} {period}")
    return frozenset(found)


def _day_number(words: Words, i: int) -> str:
    """The word, "25th" as 25 and "by the fifth" as 5."""
    word = words[i]
    if word in SMALL_ORDINALS:
        return str(ORDINALS[word]) if _of_month(words, i) else word
    return word[:-2] if _big_ordinal(word) else word


def _of_month(words: Words, i: int) -> bool:
    """Return whether the ordinal is a day of the month: "by the fifth", not "by the fifth
    visit"."""
    after = words[i + 1] if i + 1 < len(words) else ""
    dated = words[i - 1] == "the" and words[i - 2] in _DATE_BEFORE if i > 1 else False
    return dated and (after in _DATE_AFTER or words[i + 1 : i + 4] == ("of", "the", "month"))


_DATE_BEFORE = lexicon.words("before-day-of-month")
_DATE_AFTER = lexicon.words("after-day-of-month") | {""}  # fmt: skip
_LISTED = frozenset({"last", "latest", "recent", "previous"})
_HENCE = ("from", "now")
_AWAY = frozenset({"last", "past", "next", "coming", "previous"})


def _kind(words: Words, i: int) -> Kind:
    number = words[i]
    before = words[i - 1] if i else ""
    after = words[i + 1] if i + 1 < len(words) else ""
    if before in MONTHS:
        return "date"
    if MEASURES.get(UNITS.get(after, "")) == "span" and (
        before in _AWAY or words[i + 2 : i + 3] == ("ago",) or words[i + 2 : i + 4] == _HENCE
    ):
        return "ago"
    timed = before in TIME_BEFORE or (before == "and" and words[i - 3 : i - 2] == ("between",))
    if ":" in number or (timed and after not in UNITS):
        return "time"
    if after in UNITS:
        return MEASURES[UNITS[after]]
    named = len(number) >= LONG and number.isdigit() and not number.endswith("00")
    if before in IDENTIFIES or before == "in" or named:
        return "reference"
    return "count"


def _day_kind(day: str) -> Kind:
    if day in ("noon", "midnight"):
        return "time"
    return "relative" if day in RELATIVE else IMPLIED_BY.get(day, WHOLE.get(day, "holiday"))


def harmless(extra: Counter[str], missing: Counter[str], query: Words, question: Words) -> bool:
    """Return whether the query's surplus and the question's are none, or mean nothing.

    "1 day" and "a day"; "saturday" asked of "weekend"; "today" asked of no day at all.
    """
    extra, missing = extra.copy(), missing.copy()
    for counts, other in ((extra, question), (missing, query)):
        if counts.get("1") and not _ONE.isdisjoint(other):
            del counts["1"]
    for counts, other in ((extra, question), (missing, query)):
        if not _MIDDAY.isdisjoint(other):
            counts.pop("12", None)
        if not _TWO.isdisjoint(other):
            counts.pop("2", None)
        for number in counts & ORDINAL_OF.keys():
            if ORDINAL_OF[number] in other:  # "payment number 2", "the second payment"
                del counts[number]
        if "half" in other:
            counts.pop("50", None)
        if "end" in other:
            for last in LAST_DAYS & counts.keys():
                del counts[last]
        for season, months in SEASONS.items():
            if season in other:
                for month in months & counts.keys():
                    del counts[month]
        if "12" in other:
            counts.pop("noon", None)
            counts.pop("midnight", None)
    for day in list(extra):
        whole = IMPLIED_BY.get(day, "")
        if whole and (missing.get(whole) or whole in question or f"{whole}s" in question):
            del extra[day]
            missing.pop(whole, None)
        elif day in NOW and RELATIVE.issuperset(missing) and DONE_TODAY.isdisjoint(query):
            del extra[day]
    return not extra and RELATIVE.issuperset(missing)


def _is_month(before: str, after: str) -> bool:
    determined = before in ("the", "my", "this", "our") and bool(after)
    return is_number(after) or _big_ordinal(after) or before in MONTH_BEFORE or determined


_NO_DAYS = frozenset({("doing", "today"), ("which", "weekend"), ("what", "weekend")})
"""A greeting, and what is asked for."""
_FREE_DAYS = frozenset({"holiday", "holidays"})
_ON = lexicon.words("before-holiday")


def _is_day(words: Words, word: str, before: str, after: str) -> bool:
    """ "open on holidays", but not "the next holiday", "on holiday", "holiday home"."""
    trip = word == "holiday" and before == "on"
    on = before in _ON or (before == "a" and not WEEKDAYS.isdisjoint(words))
    return on and not trip and after not in _TRIPS


_TRIPS = frozenset(
    {"home", "homes", "let", "insurance", "booking", "park", "package", "abroad", "request"}
)


def _big_ordinal(word: str) -> bool:
    return word[:1].isdigit() and word[-2:] in ("st", "nd", "rd", "th")


_CLOCK_ROUND = (
    ("24", "hours", "a", "day", "7", "days", "a", "week"),
    ("24", "hours", "7", "days", "a", "week"),
    ("24", "hours", "7", "days"),
    ("24", "hours", "a", "day"),
    ("around", "the", "clock"),
    ("round", "the", "clock"),
    ("24", "hours"),
    ("24", "hour"),
)


_OF_HOURS = lexicon.words("of-hours")
_SPAN_BEFORE = lexicon.words("beside-span")


def _round_the_clock(words: Words) -> Words:
    """All ways to say "24 7" as one, unless a number of hours is meant ("within 24 hours")."""
    if "24" not in words and "clock" not in words:
        return words
    for phrase in _CLOCK_ROUND:
        n = len(phrase)
        for i in range(len(words) - n + 1):
            if words[i : i + n] == phrase:
                before = words[i - 1] if i else ""
                after = words[i + n] if i + n < len(words) else ""
                if before in _OF_HOURS or after in _SPAN_BEFORE:
                    return words
                return (*words[:i], "24", "7", *words[i + n :])
    return words
