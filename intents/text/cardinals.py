"""Numbers in words to digits: "two hundred and five", "three point five", "double five two".

"one" stays a word ("which one", "no one") unless its neighbours make it a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from intents.text import lexicon

Tokens = list[str]

ONES = {w: n for n, w in enumerate(lexicon.ordered("digit"))}
TEENS = {
    w: n
    for n, w in enumerate(
        lexicon.ordered("teen"),
        start=10,
    )
}
TENS = {w: 10 * n for n, w in enumerate(lexicon.ordered("ten-times"), start=2)}
TENS["fourty"] = 40
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
DIGITS = {**ONES, "oh": 0, "o": 0, "nought": 0}
TIMES_OVER = {"double": 2, "triple": 3}

UNITS = lexicon.words("unit-after-one")
"""Words after which "one" is a number."""
COUNTED = lexicon.words("numbered-thing")
"""Words before which "one" is a number: "option one"."""
CLOCK_BEFORE = lexicon.words("before-clock")
MONEY = {"dollar": "dollars", "euro": "euros", "pound": "pounds", "cent": "cents"}
CARDINAL_STARTERS = frozenset({*DIGITS, *TEENS, *TENS, *SCALES, *TIMES_OVER, "hundred", "a", "an"})


def is_number(token: str) -> bool:
    """Digits, with a point or colon inside perhaps: ``25``, ``3.5``, ``3:30``."""
    if not token.isascii() or not token[:1].isdigit():
        return False
    return token.replace(".", "").replace(":", "").isdigit()


def at(tokens: Sequence[str], i: int) -> str:
    """The token there; empty past either end."""
    return tokens[i] if 0 <= i < len(tokens) else ""


def cardinals(tokens: Tokens) -> Tokens:
    """The tokens with cardinal numbers and runs of digits in digits."""
    out: Tokens = []
    i = 0
    while i < len(tokens):
        word = tokens[i]
        if word not in CARDINAL_STARTERS and not word[0].isdigit():
            out.append(word)
            i += 1
            continue
        found = _digit_run(tokens, i) or _clock_pair(tokens, i) or _cardinal(tokens, i)
        if found is None:
            out.append(tokens[i])
            i += 1
        else:
            text, i = found
            out.append(text)
    return out


def _digit_run(tokens: Tokens, i: int) -> tuple[str, int] | None:
    """Three or more digits said one by one: "four oh one", "double five two"."""
    digits = ""
    j = i
    while j < len(tokens):
        word, times, k = tokens[j], 1, j + 1
        if word in TIMES_OVER:
            word, times, k = at(tokens, j + 1), TIMES_OVER[word], j + 2
        if word in DIGITS:
            digits += str(DIGITS[word]) * times
        elif len(word) == 1 and word in "0123456789":
            digits += word * times
        else:
            break
        j = k
    if len(digits) == 3 and at(tokens, j) in ("am", "pm"):
        return None
    if len(digits) < 3 or at(tokens, j) in ("hundred", "thousand", "million", "point"):
        return None
    return digits, j


def _clock_pair(tokens: Tokens, i: int) -> tuple[str, int] | None:
    """ "three thirty" after a word of time, or before am or pm."""
    hour = hour_of(tokens[i])
    if hour is None:
        return None
    minutes = _small(tokens, i + 1)
    if minutes is None and at(tokens, i + 1) in ("oh", "o"):
        minutes = _small(tokens, i + 2)
        minutes = (minutes[0], minutes[1]) if minutes and minutes[0] < 10 else None
    elif minutes is not None and not 10 <= minutes[0] < 60:
        minutes = None
    if minutes is None:
        return None
    value, j = minutes
    after = at(tokens, j)
    if after in ("am", "pm") or (at(tokens, i - 1) in CLOCK_BEFORE and after not in UNITS):
        return f"{hour}:{value:02d}", j
    return None


def hour_of(token: str) -> int | None:
    """1 to 12, written or in words."""
    value = ONES.get(token) or TEENS.get(token)
    if value is None and token.isascii() and token.isdigit():
        value = int(token) if len(token) <= 2 else None
    return value if value is not None and 1 <= value <= 12 else None


def _small(tokens: Tokens, i: int) -> tuple[int, int] | None:
    """1 to 99 in words."""
    word = at(tokens, i)
    if word in TENS:
        ones = ONES.get(at(tokens, i + 1), 0)
        return (TENS[word] + ones, i + 2) if ones else (TENS[word], i + 1)
    if word in TEENS:
        return TEENS[word], i + 1
    if ONES.get(word):
        return ONES[word], i + 1
    return None


def _cardinal(tokens: Tokens, i: int) -> tuple[str, int] | None:
    word = tokens[i]
    if word == "zero":
        return _with_fraction(Decimal(0), tokens, i + 1)
    if word == "one" and not _one_is_number(tokens, i):
        return None
    year = _year(tokens, i)
    if year is not None:
        return year
    if word in ("a", "an") and at(tokens, i + 1) in ("hundred", *SCALES):
        i += 1
    total, group, j, limit = Decimal(0), None, i, 10**12
    while True:
        start = j
        if group is None and (part := _group(tokens, j)) is not None:
            group, j = part
        scale = SCALES.get(at(tokens, j))
        if scale is None or scale >= limit or (group is None and total):
            if group is None:
                j = start
            break
        total += (1 if group is None else group) * scale
        group, limit, j = None, scale, j + 1
        j = _skip_and(tokens, j)
    total += group or 0
    if j <= i or (j == i + 1 and is_number(tokens[i])):
        return None
    if tokens[j - 1] == "and":
        j -= 1
    return _with_fraction(total, tokens, j)


def _group(tokens: Tokens, i: int) -> tuple[Decimal, int] | None:
    """Below 1000: "two hundred and five", "hundred"; or digits before a scale word."""
    if is_number(at(tokens, i)):
        if ":" in tokens[i] or at(tokens, i + 1) not in ("hundred", *SCALES):
            return None
        try:
            head, j = Decimal(tokens[i]), i + 1
        except InvalidOperation:
            return None
    elif (small := _small(tokens, i)) is not None:
        head, j = Decimal(small[0]), small[1]
    elif at(tokens, i) == "hundred":
        head, j = Decimal(1), i
    else:
        return None
    if at(tokens, j) != "hundred":
        return head, j
    j = _skip_and(tokens, j + 1)
    rest = _small(tokens, j) if at(tokens, j - 1) in ("and", "hundred") else None
    if rest is None:
        return head * 100, j - 1 if tokens[j - 1] == "and" else j
    return head * 100 + rest[0], rest[1]


def _skip_and(tokens: Tokens, i: int) -> int:
    """Past "and" if a smaller number follows that is not itself a new amount."""
    if at(tokens, i) != "and":
        return i
    small = _small(tokens, i + 1)
    if small is None or at(tokens, small[1]) in ("hundred", *SCALES):
        return i
    return i + 1


def _with_fraction(value: Decimal, tokens: Tokens, j: int) -> tuple[str, int]:
    """Adds "point five" and "and a half"."""
    if at(tokens, j) == "point":
        digits, k = "", j + 1
        while at(tokens, k) in DIGITS:
            digits += str(DIGITS[tokens[k]])
            k += 1
        if digits:
            return f"{value}.{digits}", k
    if tuple(tokens[j : j + 3]) == ("and", "a", "half"):
        return f"{value}.5", j + 3
    return f"{value.normalize():f}" if value else "0", j


def _year(tokens: Tokens, i: int) -> tuple[str, int] | None:
    """ "twenty twenty four", "nineteen ninety nine", "twenty oh five"."""
    century = {"eighteen": 18, "nineteen": 19, "twenty": 20}.get(tokens[i])
    if century is None:
        return None
    if at(tokens, i + 1) in ("oh", "o") and ONES.get(at(tokens, i + 2)):
        return f"{century}0{ONES[tokens[i + 2]]}", i + 3
    rest = _small(tokens, i + 1)
    if rest is None or rest[0] < 10 or at(tokens, rest[1]) in ("hundred", *SCALES, *MONEY):
        return None
    return f"{century}{rest[0]}", rest[1]


def _one_is_number(tokens: Tokens, i: int) -> bool:
    before, after = at(tokens, i - 1), at(tokens, i + 1)
    if after in UNITS or after in SCALES or after == "point" or before in COUNTED:
        return True
    if after in ONES or after in TEENS or after in TENS or is_number(after):
        return True
    if before in CLOCK_BEFORE and not after:
        return True
    number = is_number(before) or before in ONES or before in TEENS
    if number or (before == "point"):
        return True
    return tuple(tokens[i + 1 : i + 4]) == ("and", "a", "half")
