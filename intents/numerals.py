"""Spoken numbers, ordinals, dates, times and money to one written form, over word tokens.

``numerals(["twenty", "five", "dollars"])`` gives ``["25", "dollars"]``. The output is a fixed
point: numbers already written stay. "one", "second", "may", "to" and "for" are left alone unless
their neighbours make them numbers or dates.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

Tokens = list[str]

ONES = {w: n for n, w in enumerate("zero one two three four five six seven eight nine".split())}
TEENS = {
    w: n
    for n, w in enumerate(
        "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(),
        start=10,
    )
}
TENS = {
    w: 10 * n
    for n, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
}
TENS["fourty"] = 40
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
DIGITS = {**ONES, "oh": 0, "o": 0, "nought": 0}
TIMES_OVER = {"double": 2, "triple": 3}

ORDINAL_ONES = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
ORDINALS = {w: n for n, w in enumerate(ORDINAL_ONES, start=1)}
ORDINALS |= {
    w: n
    for n, w in enumerate(
        "eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth "
        "nineteenth twentieth".split(),
        start=11,
    )
}
ORDINALS |= {"thirtieth": 30, "fortieth": 40, "fiftieth": 50, "hundredth": 100}

MONTHS = frozenset(
    "january february march april may june july august september october november december".split()
)
MONTHS_SHORT = {
    "jan": "january", "feb": "february", "mar": "march", "jun": "june",
    "jul": "july", "aug": "august", "sep": "september", "sept": "september", "oct": "october",
    "nov": "november", "dec": "december",
}  # fmt: skip

UNITS = frozenset(
    "dollar dollars euro euros pound pounds cent cents percent second seconds minute minutes hour "
    "hours day days week weeks month months year years night nights mile miles kilometer "
    "kilometers kilo kilos gram grams ounce ounces milligram milligrams degree degrees am pm "
    "oclock million billion thousand hundred".split()
)
"""Words after which "one" is a number."""
COUNTED = frozenset("number option press room gate step page line floor".split())
"""Words before which "one" is a number: "option one"."""
CLOCK_BEFORE = frozenset("at by until before after from around past".split())
UNITS_SHORT = {
    "mg": "milligrams", "kg": "kilograms", "ml": "milliliters", "km": "kilometers",
    "lb": "pounds", "lbs": "pounds", "oz": "ounces", "hr": "hours",
}  # fmt: skip
MONEY = {"dollar": "dollars", "euro": "euros", "pound": "pounds", "cent": "cents"}
AFTER_DATE = frozenset("and to or at until through is are do for in this next".split())
BEFORE_DATE = frozenset("on in of by until since before after from next last this to".split())


_CARDINAL_STARTERS = frozenset({*DIGITS, *TEENS, *TENS, *SCALES, *TIMES_OVER, "hundred", "a", "an"})
_STARTERS = frozenset(
    {*_CARDINAL_STARTERS, *ORDINALS, *MONTHS, *MONTHS_SHORT, "half", "quarter"} - {"a", "an"}
)


def numerals(tokens: Tokens) -> Tokens:
    """The tokens with all numbers in digits; idempotent."""
    if not any(token in _STARTERS or token[0].isdigit() for token in tokens):
        return tokens
    for step in (_cardinals, _ordinals, _dates, _times, _money):
        tokens = step(tokens)
    return tokens


def is_number(token: str) -> bool:
    """Digits, with a point or colon inside perhaps: ``25``, ``3.5``, ``3:30``."""
    if not token.isascii() or not token[:1].isdigit():
        return False
    return token.replace(".", "").replace(":", "").isdigit()


def ordinal(n: int) -> str:
    """Canonical ordinal: a word up to ten, then ``11th``."""
    if 1 <= n <= len(ORDINAL_ONES):
        return ORDINAL_ONES[n - 1]
    suffix = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{suffix}"


# --- cardinals -------------------------------------------------------------------------------


def _at(tokens: Sequence[str], i: int) -> str:
    return tokens[i] if 0 <= i < len(tokens) else ""


def _cardinals(tokens: Tokens) -> Tokens:
    out: Tokens = []
    i = 0
    while i < len(tokens):
        word = tokens[i]
        if word not in _CARDINAL_STARTERS and not word[0].isdigit():
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
            word, times, k = _at(tokens, j + 1), TIMES_OVER[word], j + 2
        if word in DIGITS:
            digits += str(DIGITS[word]) * times
        elif len(word) == 1 and word in "0123456789":
            digits += word * times
        else:
            break
        j = k
    if len(digits) < 3 or _at(tokens, j) in ("hundred", "thousand", "million", "point"):
        return None
    return digits, j


def _clock_pair(tokens: Tokens, i: int) -> tuple[str, int] | None:
    """ "three thirty" after a word of time, or before am or pm."""
    hour = _hour(tokens[i])
    if hour is None:
        return None
    minutes = _small(tokens, i + 1)
    if minutes is None and _at(tokens, i + 1) in ("oh", "o"):
        minutes = _small(tokens, i + 2)
        minutes = (minutes[0], minutes[1]) if minutes and minutes[0] < 10 else None
    elif minutes is not None and not 10 <= minutes[0] < 60:
        minutes = None
    if minutes is None:
        return None
    value, j = minutes
    after = _at(tokens, j)
    if after in ("am", "pm") or (_at(tokens, i - 1) in CLOCK_BEFORE and after not in UNITS):
        return f"{hour}:{value:02d}", j
    return None


def _hour(token: str) -> int | None:
    value = ONES.get(token) or TEENS.get(token)
    if value is None and token.isascii() and token.isdigit():
        value = int(token) if len(token) <= 2 else None
    return value if value is not None and 1 <= value <= 12 else None


def _small(tokens: Tokens, i: int) -> tuple[int, int] | None:
    """1 to 99 in words."""
    word = _at(tokens, i)
    if word in TENS:
        ones = ONES.get(_at(tokens, i + 1), 0)
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
    if word in ("a", "an") and _at(tokens, i + 1) in ("hundred", *SCALES):
        i += 1
    total, group, j, limit = Decimal(0), None, i, 10**12
    while True:
        start = j
        if group is None and (part := _group(tokens, j)) is not None:
            group, j = part
        scale = SCALES.get(_at(tokens, j))
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
    if is_number(_at(tokens, i)):
        if ":" in tokens[i] or _at(tokens, i + 1) not in ("hundred", *SCALES):
            return None
        try:
            head, j = Decimal(tokens[i]), i + 1
        except InvalidOperation:
            return None
    elif (small := _small(tokens, i)) is not None:
        head, j = Decimal(small[0]), small[1]
    elif _at(tokens, i) == "hundred":
        head, j = Decimal(1), i
    else:
        return None
    if _at(tokens, j) != "hundred":
        return head, j
    j = _skip_and(tokens, j + 1)
    rest = _small(tokens, j) if _at(tokens, j - 1) in ("and", "hundred") else None
    if rest is None:
        return head * 100, j - 1 if tokens[j - 1] == "and" else j
    return head * 100 + rest[0], rest[1]


def _skip_and(tokens: Tokens, i: int) -> int:
    """Past "and" if a smaller number follows that is not itself a new amount."""
    if _at(tokens, i) != "and":
        return i
    small = _small(tokens, i + 1)
    if small is None or _at(tokens, small[1]) in ("hundred", *SCALES):
        return i
    return i + 1


def _with_fraction(value: Decimal, tokens: Tokens, j: int) -> tuple[str, int]:
    """Adds "point five" and "and a half"."""
    if _at(tokens, j) == "point":
        digits, k = "", j + 1
        while _at(tokens, k) in DIGITS:
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
    if _at(tokens, i + 1) in ("oh", "o") and ONES.get(_at(tokens, i + 2)):
        return f"{century}0{ONES[tokens[i + 2]]}", i + 3
    rest = _small(tokens, i + 1)
    if rest is None or rest[0] < 10 or _at(tokens, rest[1]) in ("hundred", *SCALES, *MONEY):
        return None
    return f"{century}{rest[0]}", rest[1]


def _one_is_number(tokens: Tokens, i: int) -> bool:
    before, after = _at(tokens, i - 1), _at(tokens, i + 1)
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


# --- ordinals and dates ----------------------------------------------------------------------


def _ordinals(tokens: Tokens) -> Tokens:
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
    before = _at(tokens, i - 2)
    return _at(tokens, i + 1) in ("", "of", *AFTER_DATE) or before in ("the", *MONTHS)


def _written_ordinal(word: str) -> int | None:
    if word[-2:] in ("st", "nd", "rd", "th") and word[:-2].isascii() and word[:-2].isdigit():
        return int(word[:-2]) if len(word) <= 8 else None
    return None


def _day(token: str) -> int | None:
    """Day of the month that an ordinal names."""
    n = ORDINALS.get(token) or _written_ordinal(token)
    return n if n is not None and 1 <= n <= 31 else None


def _dates(tokens: Tokens) -> Tokens:
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
    token = _at(tokens, i)
    day = _day(token)
    of = _at(tokens, i + 1) == "of"
    if day is None and of and token.isascii() and token.isdigit() and len(token) <= 2:
        day = int(token) if 1 <= int(token) <= 31 else None
    j = i + 2 if of else i + 1
    month = _month(_at(tokens, j))
    if day is None or not month:
        return None
    if not of and month in ("may", "march") and _at(tokens, j + 1) in ("i", "be", "not", "have"):
        return None
    return month, day, j + 1


def _month_first(tokens: Tokens, i: int) -> tuple[str, int, int] | None:
    """ "may first", "dec 5"; "may" only where it cannot be the verb."""
    month = _month(tokens[i])
    if not month:
        return None
    j = i + 2 if _at(tokens, i + 1) == "the" else i + 1
    token = _at(tokens, j)
    day = _day(token)
    if day is None:
        plain = token.isascii() and token.isdigit() and len(token) <= 2 and j == i + 1
        short = plain and month != tokens[i]
        return (month, int(token), j + 1) if short and 1 <= int(token) <= 31 else None
    after = _at(tokens, j + 1)
    certain = not after or after in AFTER_DATE or is_number(after)
    if month in ("may", "march") and not certain and _at(tokens, i - 1) not in BEFORE_DATE:
        return None
    return month, day, j + 1


# --- times and money -------------------------------------------------------------------------


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
    skip = 1 if tokens[i] == "a" and _at(tokens, i + 1) == "quarter" else 0
    first = _at(tokens, i + skip)
    minutes = {"half": 30, "quarter": 15}.get(first)
    j = i + skip + 1
    spelt = minutes is not None
    if minutes is None and first.isascii() and first.isdigit() and len(first) <= 2:
        minutes = int(first)
        spelt = _at(tokens, j) == "minutes"
        j += spelt
    if minutes is None or not 0 < minutes < 60:
        return None
    way, hour = _at(tokens, j), _hour(_at(tokens, j + 1))
    if hour is None:
        return None
    if way == "past" or (way == "after" and spelt and first != "half"):
        return [f"{hour}:{minutes:02d}"], j + 2
    if way in ("to", "until", "of") and spelt and first != "half":
        return [f"{(hour - 2) % 12 + 1}:{60 - minutes:02d}"], j + 2
    return None


def _part_of_day(out: Tokens, tokens: Tokens, i: int) -> int:
    """Joins o'clock, am, pm and "in the morning" to the time at the end of ``out``."""
    time = out[-1]
    clock = ":" in time
    if _at(tokens, i) == "oclock":
        clock, i = True, i + 1
    timed = clock or (len(out) > 1 and out[-2] in CLOCK_BEFORE)
    part = ""
    if _at(tokens, i) in ("am", "pm"):
        part, i = tokens[i], i + 1
        time = time.replace(".", ":")
    elif timed and tokens[i : i + 2] == ["in", "the"]:
        part = {"morning": "am", "afternoon": "pm", "evening": "pm"}.get(_at(tokens, i + 2), "")
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
        j = i + 1 if _at(tokens, i) == "and" else i
        cents = _at(tokens, j)
        whole = out[-1].isascii() and out[-1].isdigit()
        if word != "cents" and whole and _at(tokens, j + 1) in ("cent", "cents"):
            if cents.isascii() and cents.isdigit() and len(cents) <= 2:
                out[-1] = f"{out[-1]}.{int(cents):02d}"
                i = j + 2
        if "." in out[-1]:
            out[-1] = out[-1].rstrip("0").rstrip(".")
        out.append(word)
    return out
