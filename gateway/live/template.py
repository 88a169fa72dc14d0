"""The template of an answer: fixed words, and values that a tool looks up while they are said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

MOST_VALUES = 4
"""Values of one answer: nobody remembers more of what they hear."""
_VALUE = re.compile(r"\s*([a-z][a-z0-9_-]{0,31})\s*\.\s*([A-Za-z_][A-Za-z0-9_]{0,63})\s*")
_SAYS_SOMETHING = re.compile(r"\w")


class TemplateWrong(Exception):
    """An answer is no template: what is wrong with it, and how to mend it."""

    def __init__(self, reason: str, mend: str) -> None:
        super().__init__(f"{reason}; {mend}")
        self.reason = reason
        self.mend = mend


@dataclass(frozen=True, slots=True)
class LiveValue:
    """A place that is filled by a field of a tool's result."""

    tool: str
    field: str

    def __str__(self) -> str:
        return f"{{{self.tool}.{self.field}}}"


Part = str | LiveValue


@dataclass(frozen=True, slots=True)
class Template:
    """The parts of an answer in the order they are said."""

    parts: tuple[Part, ...]

    @property
    def values(self) -> tuple[LiveValue, ...]:
        """The places to be filled."""
        return tuple(part for part in self.parts if isinstance(part, LiveValue))

    @property
    def fixed(self) -> tuple[str, ...]:
        """The words that are the same for everybody."""
        return tuple(part for part in self.parts if isinstance(part, str))

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools that fill it, each once."""
        return tuple(dict.fromkeys(value.tool for value in self.values))


def has_braces(answer: str) -> bool:
    """Return whether the answer holds, or was to hold, live values."""
    return "{" in answer or "}" in answer


@lru_cache(maxsize=1024)
def parse(answer: str) -> Template:
    """The template of an answer. Punctuation right behind a value is dropped: it has no sound.
    Raises ``TemplateWrong``."""
    parts: list[Part] = []
    rest = answer
    while rest:
        fixed, opened, rest = rest.partition("{")
        if "}" in fixed:
            raise TemplateWrong("a } closes nothing", "write values like {order.status}")
        if _SAYS_SOMETHING.search(fixed):
            parts.append(_words(fixed, follows=bool(parts)))
        if opened:
            inside, closed, rest = rest.partition("}")
            if not closed or "{" in inside:
                raise TemplateWrong("a { is not closed", "write values like {order.status}")
            parts.append(_value(inside))
    template = Template(tuple(parts))
    if len(template.values) > MOST_VALUES:
        reason = f"it has {len(template.values)} values"
        raise TemplateWrong(reason, f"use at most {MOST_VALUES}")
    return template


def _value(inside: str) -> LiveValue:
    found = _VALUE.fullmatch(inside)
    if found is None:
        reason = f"{{{inside[:60]}}} names no value"
        raise TemplateWrong(reason, "write a tool and a field of its result, like {order.status}")
    return LiveValue(found[1], found[2])


def _words(fixed: str, *, follows: bool) -> str:
    text = " ".join(fixed.split())
    return re.sub(r"^[^\w\"'(]+", "", text) if follows else text
