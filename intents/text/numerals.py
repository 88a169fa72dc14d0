"""Spoken numbers, ordinals, dates, times and money to one written form, over word tokens.

``numerals(["twenty", "five", "dollars"])`` gives ``["25", "dollars"]``. The output is a fixed
point: numbers already written stay. "one", "second", "may", "to" and "for" are left alone unless
their neighbours make them numbers or dates.
"""

from __future__ import annotations

from intents.text.cardinals import (
    CARDINAL_STARTERS,
    CLOCK_BEFORE,
    MONEY,
    UNITS,
    Tokens,
    at,
    cardinals,
    hour_of,
    is_number,
)
from intents.text.dates import MONTHS, MONTHS_SHORT, ORDINALS, dates, ordinals

UNITS_SHORT = {
    "mg": "milligrams", "kg": "kilograms", "ml": "milliliters", "km": "kilometers",
    "lb": "pounds", "lbs": "pounds", "oz": "ounces", "hr": "hours",
}  # fmt: skip
_STARTERS = frozenset(
    {*CARDINAL_STARTERS, *ORDINALS, *MONTHS, *MONTHS_SHORT, "half", "quarter"} - {"a", "an"}
)
"""A text without these words and without digits has nothing to convert."""


def numerals(tokens: Tokens) -> Tokens:
    """The tokens with all numbers in digits; idempotent."""
    if not any(token in _STARTERS or token[0].isdigit() for token in tokens):
        return tokens
    for step in (cardinals, ordinals, dates, _times, _money):
        tokens = step(tokens)
    return tokens


def _times(tokens: Tokens) -> Tokens:
    """Times of day to ``3 pm``, ``3:30``, ``3:30 pm``."""
    out: Tokens = []
    i = 0
    while i < len(tokens):
        found = _past(tokens, i)
        words, i = found if found is not None else ([tokens[i]], i + 1)
        out += words
        if is_number(out[-1]):
            i = _part_of_day(out, tokens, i)
    return out


def _past(tokens: Tokens, i: int) -> tuple[Tokens, int] | None:
    """ "half past three", "quarter to three", "ten past three", "five minutes to three"."""
    skip = 1 if tokens[i] == "a" and at(tokens, i + 1) == "quarter" else 0
    first = at(tokens, i + skip)
    hour = hour_of(at(tokens, i + 1))
    if first == "half" and hour not in (None, 1) and not _unit_at(tokens, i + 2):
        return [f"{hour}:30"], i + 2
    minutes = {"half": 30, "quarter": 15}.get(first)
    j = i + skip + 1
    spelt = minutes is not None
    if minutes is None and first.isascii() and first.isdigit() and len(first) <= 2:
        minutes = int(first)
        spelt = at(tokens, j) == "minutes"
        j += spelt
    if minutes is None or not 0 < minutes < 60:
        return None
    way, hour = at(tokens, j), hour_of(at(tokens, j + 1))
    if hour is None:
        return None
    if way == "past" or (way == "after" and spelt and first != "half"):
        return [f"{hour}:{minutes:02d}"], j + 2
    spelt = spelt or (minutes in _TO_AND_NO_FROM and way == "to" and not _unit_at(tokens, j + 2))
    if way in ("to", "until", "of") and spelt and first != "half":
        return [f"{(hour - 2) % 12 + 1}:{60 - minutes:02d}"], j + 2
    return None


_TO_AND_NO_FROM = (20, 25)
""" "20 to 3" is a time, "10 to 5" may be from then to then."""


def _unit_at(tokens: Tokens, i: int) -> bool:
    """Return whether what is counted stands there: "half 3 kilos"."""
    return at(tokens, i) in UNITS - {"am", "pm", "oclock"}


def _part_of_day(out: Tokens, tokens: Tokens, i: int) -> int:
    """Joins o'clock, am, pm and "in the morning" to the time at the end of ``out``."""
    time = out[-1]
    clock = ":" in time
    if at(tokens, i) == "oclock":
        clock, i = True, i + 1
    timed = clock or (len(out) > 1 and out[-2] in CLOCK_BEFORE)
    part = ""
    if at(tokens, i) in ("am", "pm"):
        part, i = tokens[i], i + 1
        time = time.replace(".", ":")
    elif timed and tokens[i : i + 2] == ["in", "the"]:
        part = {"morning": "am", "afternoon": "pm", "evening": "pm"}.get(at(tokens, i + 2), "")
        i += 3 if part else 0
    elif timed and tokens[i : i + 2] == ["at", "night"]:
        part, i = "pm", i + 2
    out[-1:] = _clock(time, part)
    return i


def _clock(time: str, part: str) -> Tokens:
    """ "15:30" to 3:30 pm, "9:00" to 9."""
    hour, _, minutes = time.partition(":")
    if minutes and len(minutes) == 2 and len(hour) <= 2 and int(minutes) < 60:
        if not part and 12 < int(hour) < 24:
            hour, part = str(int(hour) - 12), "pm"
        hour = str(int(hour)) if int(hour) else hour
        time = hour if minutes == "00" else f"{hour}:{minutes}"
    return [time, part] if part else [time]


def _money(tokens: Tokens) -> Tokens:
    """ "5 dollars and 50 cents" to ``5.5 dollars``; singular currencies after numbers to plural."""
    out: Tokens = []
    i = 0
    while i < len(tokens):
        word = MONEY.get(tokens[i], tokens[i])
        if tokens[i] in UNITS_SHORT and out and is_number(out[-1]):
            out.append(UNITS_SHORT[tokens[i]])
            i += 1
            continue
        if not (word in MONEY.values() and out and is_number(out[-1])):
            out.append(tokens[i])
            i += 1
            continue
        i += 1
        j = i + 1 if at(tokens, i) == "and" else i
        cents = at(tokens, j)
        whole = out[-1].isascii() and out[-1].isdigit()
        two = cents.isascii() and cents.isdigit() and len(cents) <= 2
        if word != "cents" and whole and two and at(tokens, j + 1) in ("cent", "cents"):
            out[-1] = f"{out[-1]}.{int(cents):02d}"
            i = j + 2
        if "." in out[-1]:
            out[-1] = out[-1].rstrip("0").rstrip(".")
        out.append(word)
    return out
