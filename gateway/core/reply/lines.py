"""System lines: what the gateway says of itself.

Most there are once, and the core says them by their names. Fillers are of a kind, of which there
are several, or one for an intent or a tool. As text a line is ``handoff``, ``filler:1`` or
``tool:balance``; that is how the settings give it to whoever renders it, and what the key of its
clip is made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PREFIX = "line:"
"""The keys of clips that say lines begin with this."""


class LineKind(StrEnum):
    """The purposes of a line."""

    PHRASE = "phrase"
    """A line that stands alone: there is one of each name, and its text is the name itself."""
    HUM = "hum"
    """A sound of having heard ("mm-hm"), before anything else is said."""
    FILLER = "filler"
    """The first silence of any turn that is worth words."""
    MORE = "more"
    """A silence after another."""
    BRIDGE = "bridge"
    """A long silence."""
    INTENT = "intent"
    """The first silence of a turn about the intent of that name."""
    TOOL = "tool"
    """The tool of that name has begun."""


@dataclass(frozen=True, slots=True)
class SystemLine:
    """One line."""

    kind: LineKind
    name: str

    def __str__(self) -> str:
        """The line as text, from which ``parse`` makes it again."""
        return self.name if self.kind is LineKind.PHRASE else f"{self.kind.value}:{self.name}"

    @property
    def clip(self) -> str:
        """The key of the clip that says the line, in a catalogue."""
        return f"{PREFIX}{self}"

    @staticmethod
    def parse(text: str) -> SystemLine:
        """The line that stands as that text. One of a kind that is not known is a phrase, which
        nobody will ask for."""
        kind, colon, name = text.partition(":")
        if colon and kind in FILLERS:
            return SystemLine(LineKind(kind), name)
        return SystemLine(LineKind.PHRASE, text)

    @staticmethod
    def of_clip(key: str) -> SystemLine | None:
        """The line that the clip of that key says; None if it says something else."""
        return SystemLine.parse(key.removeprefix(PREFIX)) if key.startswith(PREFIX) else None


FILLERS = frozenset(LineKind) - {LineKind.PHRASE}
"""Kinds of lines that are said while something is waited for."""


def _phrase(name: str) -> SystemLine:
    return SystemLine(LineKind.PHRASE, name)


GREETING = _phrase("greeting")
HANDOFF = _phrase("handoff")
CLARIFY = _phrase("clarify")
CLARIFY_OR = _phrase("clarify_or")
NOT_UNDERSTOOD = _phrase("not_understood")
NOT_UNDERSTOOD_AGAIN = _phrase("not_understood_again")
NOTHING_TO_REPEAT = _phrase("nothing_to_repeat")
GOODBYE = _phrase("goodbye")
FAILURE = _phrase("failure")
HERE = _phrase("here")
STILL_THERE = _phrase("still_there")
