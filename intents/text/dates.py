"""Ordinals and dates: "the twenty first of june" to ``june 21``.

"second" stays a word, "may" and "march" become months only where they cannot be verbs.
"""

from __future__ import annotations

from intents.text import lexicon
from intents.text.cardinals import Tokens, at, is_number

ORDINAL_ONES = lexicon.ordered("ordinal")
ORDINALS = {w: n for n, w in enumerate(ORDINAL_ONES, start=1)}
ORDINALS |= {
    w: n
    for n, w in enumerate(
        lexicon.ordered("teen-ordinal"),
        start=11,
    )
}
ORDINALS |= {"thirtieth": 30, "fortieth": 40, "fiftieth": 50, "hundredth": 100}

MONTHS = lexicon.words("month")
MONTHS_SHORT = {
    "jan": "january", "feb": "february", "mar": "march", "jun": "june",
    "jul": "july", "aug": "august", "sep": "september", "sept": "september", "oct": "october",
    "nov": "november", "dec": "december",
}  # fmt: skip

AFTER_DATE = lexicon.words("after-date")
BEFORE_DATE = lexicon.words("before-date")


def ordinal(n: int) -> str:
    """Canonical ordinal: a word up to ten, then ``11th``."""
    if 1 <= n <= len(ORDINAL_ONES):
        return ORDINAL_ONES[n - 1]
    suffix = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{suffix}"


def ordinals(tokens: Tokens) -> Tokens:
    """Ordinals in one form: words up to ten, then ``11th``."""
    out: Tokens = []
    for i, word in enumerate(tokens):
        n = ORDINALS.get(word) or _written_ordinal(word)
        if n is None:
            out.append(word)
        elif n < 10 and _tens(out) and (word != "second" or _second_is_ordinal(tokens, i)):
            out[-1] = ordinal(int(out[-1]) + n)
        else:
            out.append(ordinal(n))
    return out


def _tens(out: Tokens) -> bool:
    return bool(out) and out[-1] in ("20", "30", "40", "50", "60", "70", "80", "90")


def _second_is_ordinal(tokens: Tokens, i: int) -> bool:
    """ "twenty second" is 22nd at the end, before "of" or after "the"; else a duration."""
    before = at(tokens, i - 2)
    return at(tokens, i + 1) in ("", "of", *AFTER_DATE) or before in ("the", *MONTHS)


def _written_ordinal(word: str) -> int | None:
    if word[-2:] in ("st", "nd", "rd", "th") and word[:-2].isascii() and word[:-2].isdigit():
        return int(word[:-2]) if len(word) <= 8 else None
    return None


def _day(token: str) -> int | None:
    """Day of the month that an ordinal names."""
    n = ORDINALS.get(token) or _written_ordinal(token)
    return n if n is not None and 1 <= n <= 31 else None


def dates(tokens: Tokens) -> Tokens:
    """Ordinal and month in any order to ``month day``."""
    out: Tokens = []
    i = 0
    while i < len(tokens):
        start = i + 1 if tokens[i] == "the" else i
        found = _day_first(tokens, start) or (_month_first(tokens, i) if start == i else None)
        if found is None:
            out.append(tokens[i])
            i += 1
        else:
            month, day, i = found
            out += [month, str(day)]
    return out


def _month(token: str) -> str:
    return token if token in MONTHS else MONTHS_SHORT.get(token, "")


def _day_first(tokens: Tokens, i: int) -> tuple[str, int, int] | None:
    """ "first of may", "4th july", "1 of may"."""
    token = at(tokens, i)
    day = _day(token)
    of = at(tokens, i + 1) == "of"
    if day is None and of and token.isascii() and token.isdigit() and len(token) <= 2:
        day = int(token) if 1 <= int(token) <= 31 else None
    j = i + 2 if of else i + 1
    month = _month(at(tokens, j))
    if day is None or not month:
        return None
    if not of and month in ("may", "march") and at(tokens, j + 1) in ("i", "be", "not", "have"):
        return None
    return month, day, j + 1


def _month_first(tokens: Tokens, i: int) -> tuple[str, int, int] | None:
    """ "may first", "dec 5"; "may" only where it cannot be the verb."""
    month = _month(tokens[i])
    if not month:
        return None
    j = i + 2 if at(tokens, i + 1) == "the" else i + 1
    token = at(tokens, j)
    day = _day(token)
    if day is None:
        plain = token.isascii() and token.isdigit() and len(token) <= 2 and j == i + 1
        short = plain and month != tokens[i]
        return (month, int(token), j + 1) if short and 1 <= int(token) <= 31 else None
    after = at(tokens, j + 1)
    certain = not after or after in AFTER_DATE or is_number(after)
    if month in ("may", "march") and not certain and at(tokens, i - 1) not in BEFORE_DATE:
        return None
    return month, day, j + 1
