"""The declared types of live values: what fits one, and how it is said.

A tool's answer is not trusted: what does not fit its type to the letter is not said at all. Nothing
of a value's own wording is spoken, except where the settings give that wording (``enum``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from gateway.live import english


class Unfit(Exception):
    """A value does not fit its type. Says why, and nothing of the value."""


class KindWrong(Exception):
    """A declaration names no type."""


class KindName(StrEnum):
    """The types that there are."""

    MONEY = "money"
    DATE = "date"
    TIME = "time"
    NUMBER = "number"
    DIGITS = "digits"
    ENUM = "enum"


LONGEST = 64
"""Characters of a value that is looked at."""
LONGEST_WORDING = 200
MOST_WORDS = 100
"""Words of one ``enum``."""
MOST_DIGITS = 24
PLACES = 6
"""Decimal places that a number may have; what arithmetic leaves behind them is none of it."""
GROUP = 3
"""Digits said in one go where the value does not group them itself."""
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T[0-9:.+Z-]{2,24})?")
_TIME = re.compile(r"([0-9]{2}):([0-9]{2})(:[0-9]{2})?")
_DIGITS = re.compile(r"[0-9]+([ -][0-9]+)*")
_WORDING = re.compile(r"[^\W_][\w ,.'’()&/-]*")


@dataclass(frozen=True, slots=True)
class ValueKind:
    """A declared type."""

    name: KindName
    currency: str = ""
    words: dict[str, str] = field(default_factory=dict)
    """The values of an ``enum``, each in lower case, and how it is said."""

    def say(self, value: object, locale: str, today: date) -> str:
        """The value in spoken words. Raises ``Unfit``."""
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise Unfit("it is neither a text nor a number")
        text = _plain(value)
        if not text or len(text) > LONGEST:
            raise Unfit("it is empty or too long")
        match self.name:
            case KindName.MONEY:
                return english.money(self._amount(text), self.currency)
            case KindName.NUMBER:
                return english.decimal(_number(text))
            case KindName.DATE:
                american = locale.replace("_", "-").lower() == "en-us"
                return english.day(_date(text), today, american=american)
            case KindName.TIME:
                return english.clock(_time(text))
            case KindName.DIGITS:
                return english.spelt(_digits(text))
        said = self.words.get(text.casefold())
        if said is None:
            raise Unfit("it is none of the values that are declared")
        return said

    def _amount(self, text: str) -> Decimal:
        amount = _number(text)
        places = 0 if not english.CURRENCIES[self.currency][2] else 2
        if abs(amount) >= 10**9 or amount != round(amount, places):
            raise Unfit("it is no amount of that currency")
        return amount


def kind_of(declared: str) -> ValueKind:
    """The type that a declaration stands for: ``money EUR``, ``date``, ``time``, ``number``,
    ``digits`` or ``enum: shipped | in_transit = on its way``. Raises ``KindWrong``."""
    name, _, words = declared.partition(":")
    head = name.split()
    if head == ["enum"]:
        return ValueKind(KindName.ENUM, words=_words(words))
    if words or not head:
        raise KindWrong(_USAGE)
    if head[0] == "money":
        return ValueKind(KindName.MONEY, currency=_currency(head[1:]))
    if len(head) > 1 or head[0] not in set(KindName):
        raise KindWrong(_USAGE)
    return ValueKind(KindName(head[0]))


_USAGE = (
    'is "money EUR", "date", "time", "number", "digits" or "enum: shipped | in_transit = on its '
    'way"'
)


def _currency(named: list[str]) -> str:
    if len(named) != 1 or named[0] not in english.CURRENCIES:
        known = ", ".join(sorted(english.CURRENCIES))
        raise KindWrong(f'of type money names its currency, such as "money EUR", one of {known}')
    return named[0]


def _words(text: str) -> dict[str, str]:
    words: dict[str, str] = {}
    for one in text.split("|"):
        value, equals, said = (part.strip() for part in one.partition("="))
        wording = " ".join((said if equals else value.replace("_", " ")).split())
        if not value or len(value) > LONGEST or value.casefold() in words:
            raise KindWrong('of type enum names each value once: "enum: paid | open"')
        if not _WORDING.fullmatch(wording) or len(wording) > LONGEST_WORDING:
            raise KindWrong(f"of type enum: what is said for {value[:40]!r} is no plain text")
        words[value.casefold()] = wording
    if len(words) > MOST_WORDS:
        raise KindWrong(f"of type enum has at most {MOST_WORDS} values")
    return words


def _plain(value: float | str) -> str:
    """The value as it was written; a number of JSON without an exponent."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int):
        return str(value) if abs(value) < 10**MOST_DIGITS else ""
    try:
        return f"{Decimal(repr(round(value, PLACES))):f}"[: LONGEST + 1]
    except InvalidOperation:
        return ""


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise Unfit("it is no number")
    number = Decimal(text)
    if abs(number) >= 10**12:
        raise Unfit("it is too large")
    return number


def _date(text: str) -> date:
    found = _DATE.fullmatch(text)
    try:
        if found is not None:
            if found[2]:
                datetime.fromisoformat(text)
            return date.fromisoformat(found[1])
    except ValueError:
        pass
    raise Unfit("it is no date like 2026-12-24")


def _time(text: str) -> time:
    found = _TIME.fullmatch(text)
    try:
        if found is not None:
            return time(int(found[1]), int(found[2]))
    except ValueError:
        pass
    raise Unfit("it is no time of day like 15:30")


def _digits(text: str) -> str:
    """The digits in groups: those of the value itself, else of three."""
    bare = re.sub(r"[ -]", "", text)
    if not _DIGITS.fullmatch(text) or len(bare) > MOST_DIGITS:
        raise Unfit("it is no row of digits")
    if bare != text:
        return " ".join(re.split(r"[ -]", text))
    if len(bare) <= GROUP + 1:
        return bare
    groups = [bare[at : at + GROUP] for at in range(0, len(bare), GROUP)]
    if len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return " ".join(groups)
