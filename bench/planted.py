"""Personal data as callers say them, planted in sentences: what redaction is measured with.

Some kinds are lists (``data/planted/values.txt``), those of digits and letters are made here from a
seed: written as a recogniser may write them, spoken and spelled. Every value is put into the 40
frames of its kind (``data/planted/frames.txt``). Every second value and every second frame are held
out: redaction may be improved on the others alone.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_DATA = Path(__file__).parent / "data" / "planted"
SEED = 11
MADE = 24
"""Values of each kind that is made here."""

_BANKS = ("GB29NWBK", "DE89", "FR14", "NL91ABNA", "ES91", "IE29AIBK")

Random = random.Random


def _read(name: str) -> dict[str, tuple[str, ...]]:
    """The lines of each section of a file."""
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in (_DATA / name).read_text("utf-8").splitlines():
        if line.startswith("= "):
            lines = sections.setdefault(line[2:], [])
        elif line and not line.startswith("#"):
            lines.append(line)
    return {name: tuple(lines) for name, lines in sections.items()}


_WORDS = {name: " ".join(lines).split() for name, lines in _read("words.txt").items()}
_ONES, _TEENS, _TENS = _WORDS["ones"], _WORDS["teens"], _WORDS["tens"]
_NATO, _AS_IN_WORDS, _MONTHS = _WORDS["nato"], _WORDS["as in"], _WORDS["months"]
_ORDINALS = _WORDS["ordinals"] + [f"twenty {one}" for one in _WORDS["ordinals"][:9]] + ["thirtieth"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of personal data."""

    name: str
    frames: str
    """The group of its frames."""
    values: tuple[str, ...]
    called: tuple[str, ...] = ("number",)
    """The name of the kind in frames that name it."""


@dataclass(frozen=True, slots=True)
class Planted:
    """One datum in one frame."""

    kind: str
    value: str
    frame: str
    text: str
    held_out: bool | None
    """True if both the value and the frame are held out, False if neither is; None if only one of
    them is."""


def kinds() -> list[Kind]:
    """All of them."""
    listed = _read("values.txt")
    chance = Random(SEED)

    def made(how: Callable[[Random, int], str]) -> tuple[str, ...]:
        values = [how(chance, number) for number in range(MADE)]
        chance.shuffle(values)  # or every second way of saying it would be held out
        return tuple(values)

    named = [Kind(one, "name", listed[one]) for one in listed if one.startswith("name")]
    surnames = [value.split()[-1] for one in named for value in one.values]
    spelled = made(lambda chance, number: _spelled(chance, chance.choice(surnames), number))
    secret = ("password", "password", "passphrase", "passcode")
    return [
        *named,
        Kind("name, spelled", "name", spelled),
        Kind("email", "link", listed["email"]),
        Kind("web address", "link", listed["web address"]),
        Kind("street address", "address", listed["street address"]),
        Kind("postcode", "number", made(_postcode), ("postcode", "zip code", "postal code")),
        Kind("phone number", "phone", made(_phone)),
        Kind("card number", "number", made(_card), ("card number", "card", "credit card number")),
        Kind("iban", "number", made(_iban), ("iban", "account", "account number")),
        Kind("account number", "number", made(_account), _ACCOUNTS),
        Kind("national id", "number", made(_national), ("social security number", "passport")),
        Kind("reference", "number", made(_reference), _REFERENCES),
        Kind("date of birth", "birth", made(_birth)),
        Kind(
            "plate",
            "number",
            made(_plate),
            ("plate", "number plate", "registration", "license plate"),
        ),
        Kind("pin or code", "secret", made(_pin), ("pin", "pin code", "passcode", "security code")),
        Kind("password", "secret", listed["password"], secret),
        Kind("diagnosis", "health", listed["diagnosis"]),
    ]


_ACCOUNTS = ("account number", "customer number", "membership number", "policy number")
_REFERENCES = ("booking reference", "order number", "reference", "tracking number")


def planted() -> Iterator[Planted]:
    """Every value in every frame of its kind."""
    frames = _read("frames.txt")
    for kind in kinds():
        for row, value in enumerate(kind.values):
            for column, frame in enumerate(frames[kind.frames]):
                what = kind.called[(row + column // 2) % len(kind.called)]
                text = frame.replace("{what}", what).replace("{}", value)
                halves = row % 2, column % 2
                held_out = bool(halves[0]) if halves[0] == halves[1] else None
                without = frame.replace("{what}", what).replace("{}", " ")
                yield Planted(kind.name, value, without, text, held_out)


# --- what survives -------------------------------------------------------------------------------

_PARTS = re.compile(r"[^\W_]+")
GENERIC = frozenset(_WORDS["generic"])
"""Words of a datum that tell nobody anything."""


def survivors(one: Planted, kept: str) -> list[str]:
    """Words and digits of the datum that are still in the redacted text: any but the generic ones,
    and those that the frame itself has."""
    left = [word.lower() for word in _PARTS.findall(re.sub(r"\[\w{1,20}\]", " ", kept))]
    frame = {word.lower() for word in _PARTS.findall(one.frame)}
    tells = {word.lower() for word in _PARTS.findall(one.value)} - GENERIC - frame
    return sorted(word for word in tells if word in left)


# --- made values ---------------------------------------------------------------------------------


def _digits(chance: Random, count: int) -> str:
    return "".join(str(chance.randrange(10)) for _ in range(count))


def _say(digits: str) -> list[str]:
    return [_ONES[int(one)] for one in digits]


def _pair(number: int) -> str:
    if number < 10:
        return f"oh {_ONES[number]}"
    if number < 20:
        return _TEENS[number - 10]
    ones = f" {_ONES[number % 10]}" if number % 10 else ""
    return _TENS[number // 10] + ones


def _repeats(digits: str) -> str:
    """Repeated digits as "double four" and "treble five"."""
    said = []
    for run in re.finditer(r"(\d)\1{0,2}", digits):
        times = {1: "", 2: "double ", 3: "treble "}[len(run[0])]
        said.append(times + _ONES[int(run[1])])
    return " ".join(said)


def _grouped(digits: str, sizes: tuple[int, ...], between: str) -> str:
    found, at = [], 0
    for size in sizes:
        found.append(digits[at : at + size])
        at += size
    return between.join(one for one in found if one)


def _spoken(chance: Random, digits: str, number: int) -> str:
    """The digits in one of the ways in which people say them."""
    even = digits if len(digits) % 2 == 0 else digits + "0"
    pairs = [int(even[at : at + 2]) for at in range(0, len(even), 2)]
    twice = "".join(digits[at // 2] for at in range(len(digits)))  # doubles and trebles
    ways = (
        lambda: " ".join(_say(digits)),
        lambda: " and ".join(_say(digits)),
        lambda: _repeats(twice),
        lambda: " ".join(_pair(one) for one in pairs),
        lambda: " and then ".join(_grouped(even, (2,) * 12, " ").split()),
        lambda: " ".join(digits),
        lambda: ", ".join(" ".join(_say(one)) for one in _grouped(digits, (3,) * 8, " ").split()),
        lambda: " uh ".join(_say(digits)),
        lambda: " dash ".join(
            " ".join(_say(one)) for one in _grouped(digits, (4,) * 6, " ").split()
        ),
    )
    return ways[number % len(ways)]()


def _phone(chance: Random, number: int) -> str:
    digits = "0" + str(chance.choice((2, 7))) + _digits(chance, 9)
    american = str(chance.randrange(2, 10)) + _digits(chance, 9)
    ways = (
        lambda: digits,
        lambda: _grouped(digits, (5, 6), " "),
        lambda: f"+44 {_grouped(digits[1:], (4, 6), ' ')}",
        lambda: f"({american[:3]}) {american[3:6]}-{american[6:]}",
        lambda: _grouped(american, (3, 3, 4), "-"),
        lambda: _grouped(american, (3, 3, 4), "."),
    )
    return ways[number // 2 % len(ways)]() if number % 2 else _spoken(chance, digits, number // 2)


def _card(chance: Random, number: int) -> str:
    digits = "4" + _digits(chance, 15)
    if number % 2:
        return _grouped(digits, (4, 4, 4, 4), (" ", "-", "", ".")[number // 2 % 4])
    return _spoken(chance, digits, number // 2)


def _account(chance: Random, number: int) -> str:
    digits = str(chance.randrange(1, 10)) + _digits(chance, chance.choice((5, 7, 9)))
    return digits if number % 4 == 1 else _spoken(chance, digits, number)


def _iban(chance: Random, number: int) -> str:
    whole = chance.choice(_BANKS) + _digits(chance, 14)
    low = whole.lower() if number % 3 else whole
    if number % 2:
        return _grouped(low, (4,) * 6, " ") if number % 4 == 1 else low
    return " ".join(_ONES[int(one)] if one.isdigit() else one for one in whole.lower())


def _letters(chance: Random, count: int) -> str:
    return "".join(chance.choice("bcdefghjklmnprstuvwxyz") for _ in range(count))


def _mixed(chance: Random, code: str, number: int) -> str:
    """Letters and digits, said in one of the ways in which people spell."""
    low = code.lower()
    said = [_ONES[int(one)] if one.isdigit() else one for one in low]
    nato = [_ONES[int(one)] if one.isdigit() else _NATO[ord(one) - 97] for one in low]
    as_in = [
        _ONES[int(one)] if one.isdigit() else f"{one} as in {_AS_IN_WORDS[ord(one) - 97]}"
        for one in low
    ]
    ways = (code, " ".join(said), low, " ".join(nato), " ".join(as_in), " ".join(low))
    return ways[number % len(ways)]


def _reference(chance: Random, number: int) -> str:
    code = chance.choice(
        (
            _letters(chance, 2) + _digits(chance, 6),
            _letters(chance, 3) + _digits(chance, 3),
            _letters(chance, 1) + _digits(chance, 1) + _letters(chance, 1) + _digits(chance, 3),
        )
    )
    return _mixed(chance, code.upper(), number)


def _plate(chance: Random, number: int) -> str:
    british = _letters(chance, 2) + _digits(chance, 2) + _letters(chance, 3)
    german = _letters(chance, 1) + _letters(chance, 2) + _digits(chance, 4)
    code = (british if number % 3 else german).upper()
    if number % 6 in (0, 2):
        return f"{code[:4]} {code[4:]}"
    return _mixed(chance, code, number)


def _national(chance: Random, number: int) -> str:
    digits = _digits(chance, 9)
    if number % 3 == 0:
        return _grouped(digits, (3, 2, 4), "-" if number % 2 else " ")
    if number % 3 == 1:
        return _spoken(chance, digits, number // 3)
    return _mixed(
        chance, (_letters(chance, 2) + digits[:6] + _letters(chance, 1)).upper(), number // 3
    )


def _postcode(chance: Random, number: int) -> str:
    zip_code = _digits(chance, 5)
    british = _letters(chance, 2) + _digits(chance, 2) + _letters(chance, 2)
    canadian = "".join(_letters(chance, 1) + _digits(chance, 1) for _ in range(3))
    whole = (zip_code, british.upper(), canadian.upper())[number % 3]
    if number % 3 == 0:
        return whole if number % 2 else _spoken(chance, whole, number // 3)
    if number % 2:
        return f"{whole[:3]} {whole[3:]}"
    return _mixed(chance, whole, number // 3)


def _pin(chance: Random, number: int) -> str:
    digits = _digits(chance, 4 + 2 * (number % 3 == 2))
    return digits if number % 6 == 1 else _spoken(chance, digits, number)


def _birth(chance: Random, number: int) -> str:
    day, month, year = chance.randrange(1, 29), chance.randrange(12), chance.randrange(1940, 2006)
    word, ordinal = _MONTHS[month], _ORDINALS[day - 1]
    century = "nineteen" if year < 2000 else "two thousand"
    short = _pair(year % 100) if year < 2000 or year % 100 > 9 else _ONES[year % 100]
    said = f"{century} {short}" if year != 2000 else century
    ways = (
        f"{day}/{month + 1}/{year}",
        f"the {ordinal} of {word} {said}",
        f"{word} {day} {year}",
        f"{ordinal} {word} {said}",
        f"{year}-{month + 1:02}-{day:02}",
        f"{word} the {ordinal} {said}",
        f"{day} {month + 1} {year % 100:02}",
        f"the {day}th of {word} {year}",
        f"{day}.{month + 1}.{year}",
        f"{_pair(day).removeprefix('oh ')} {_pair(month + 1).removeprefix('oh ')} {said}",
        f"{word} {day}, {year}",
        f"{day} {word} {year % 100:02}",
    )
    return ways[number % len(ways)]


def _spelled(chance: Random, name: str, number: int) -> str:
    letters = [one for one in name if one.isalpha()]
    ways = (
        " ".join(letters),
        "-".join(letters),
        " ".join(_NATO[ord(one) - 97] for one in letters),
        " ".join(f"{one} as in {_AS_IN_WORDS[ord(one) - 97]}" for one in letters),
        f"{name} that is {' '.join(letters)}",
        " ".join(f"{one} for {_AS_IN_WORDS[ord(one) - 97]}" for one in letters),
    )
    return ways[number % len(ways)]
