"""Numbers, dates and units of a canonical sentence, for comparing two sentences."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from intents.cardinals import is_number
from intents.dates import MONTHS

Words = tuple[str, ...]

WEEKDAYS = frozenset({"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"})
DAYS = WEEKDAYS | frozenset(
    {
        "weekend", "weekday", "today", "tomorrow", "yesterday", "tonight", "christmas", "easter",
        "thanksgiving", "halloween", "ramadan", "hanukkah", "eid", "holiday", "holidays", "noon",
        "midnight",
    }
)  # fmt: skip
UNITS = {
    "second": "s", "seconds": "s", "minute": "min", "minutes": "min", "hour": "h", "hours": "h",
    "day": "d", "days": "d", "week": "w", "weeks": "w", "month": "mo", "months": "mo",
    "year": "y", "years": "y", "dollars": "$", "euros": "eur", "pounds": "gbp", "cents": "c",
    "percent": "%", "miles": "mi", "mile": "mi", "kilometers": "km", "kilograms": "kg",
    "milligrams": "mg", "grams": "g", "am": "am", "pm": "pm",
}  # fmt: skip
SMALL_ORDINALS = frozenset(
    {"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"}
)
IMPLIED_BY = {
    "saturday": "weekend", "sunday": "weekend",
    **dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "weekday"),
    "christmas": "holiday", "easter": "holiday", "thanksgiving": "holiday",
}  # fmt: skip
"""A question about the whole answers one about the part, never the other way round."""
NOW = frozenset({"today", "tonight"})
"""Days that a question without any day answers as well: "are you open today"."""
DONE_TODAY = frozenset(
    {
        "deliver", "delivered", "delivery", "arrive", "come", "ship", "shipped", "send", "sent",
        "appointment", "appointments", "slot", "slots", "get", "collect", "ready", "book", "fix",
        "visit", "due",
    }
)  # fmt: skip
"""With these words "today" asks for more than the rule: "can you deliver today"."""
RELATIVE = frozenset({"today", "tonight", "tomorrow", "yesterday"})
"""Days that mean nothing in a seeded question: its answer was recorded before them."""
MONTH_BEFORE = frozenset(
    {"in", "of", "until", "by", "since", "next", "last", "this", "for", "before", "after", "during",
     "from", "to", "through", "and", "or"}
)  # fmt: skip


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
    """What is counted to its number: "2 rooms for 1 night"."""


def amounts(words: Words) -> Amounts:
    """The amounts of canonical words. "one" and "a" are not amounts."""
    words = _round_the_clock(words)
    numbers, dates, units, ordinals = [], [], [], []
    counted = {}
    for i, word in enumerate(words):
        before = words[i - 1] if i else ""
        after = words[i + 1] if i + 1 < len(words) else ""
        if is_number(word) or _big_ordinal(word):
            numbers.append(word)
            if after.isalpha():
                counted[_stem(after)] = word
            if after in UNITS:
                units.append(f"{word} {UNITS[after]}")
        elif word in DAYS:
            dates.append("holiday" if word == "holidays" else word)
        elif word in MONTHS and (word not in ("may", "march") or _is_month(before, after)):
            dates.append(word)
        elif word in SMALL_ORDINALS and not (word == "second" and before in ("a", "1")):
            ordinals.append(word)
        if word == "one" and after.isalpha():
            counted.setdefault(_stem(after), "1")
    return Amounts(
        numbers=tuple(sorted(numbers)),
        dates=tuple(sorted(dates)),
        units=tuple(sorted(units)),
        ordinals=tuple(sorted(ordinals)),
        counted=counted,
    )


def harmless(extra: Counter[str], missing: Counter[str], query: Words, question: Words) -> bool:
    """Whether the query's surplus and the question's are none, or mean nothing.

    "1 day" and "a day"; "saturday" asked of "weekend"; "today" asked of no day at all.
    """
    extra, missing = extra.copy(), missing.copy()
    for counts, other in ((extra, question), (missing, query)):
        if counts.get("1") and ("a" in other or "an" in other or "one" in other):
            del counts["1"]
    for day in list(extra):
        whole = IMPLIED_BY.get(day, "")
        if whole and (missing.get(whole) or whole in question or f"{whole}s" in question):
            del extra[day]
            missing.pop(whole, None)
        elif day in NOW and RELATIVE.issuperset(missing) and DONE_TODAY.isdisjoint(query):
            del extra[day]
    return not extra and RELATIVE.issuperset(missing)


def _stem(word: str) -> str:
    """One for "box" and "boxes"."""
    return word[:6].rstrip("es")


def _is_month(before: str, after: str) -> bool:
    return is_number(after) or before in MONTH_BEFORE


def _big_ordinal(word: str) -> bool:
    return word[:1].isdigit() and word[-2:] in ("st", "nd", "rd", "th")


_CLOCK_ROUND = (
    ("24", "hours", "a", "day", "7", "days", "a", "week"),
    ("24", "hours", "7", "days", "a", "week"),
    ("24", "hours", "7", "days"),
    ("24", "hours", "a", "day"),
    ("around", "the", "clock"),
    ("24", "hours"),
    ("24", "hour"),
)


def _round_the_clock(words: Words) -> Words:
    """All ways to say "24 7" as one, unless a number of hours is meant ("within 24 hours")."""
    for phrase in _CLOCK_ROUND:
        n = len(phrase)
        for i in range(len(words) - n + 1):
            if words[i : i + n] == phrase:
                before = words[i - 1] if i else ""
                if before in ("within", "in", "for", "after", "last", "next", "than", "every"):
                    return words
                return (*words[:i], "24", "7", *words[i + n :])
    return words
