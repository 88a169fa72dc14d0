"""Facts that the other side of a call tells, in words that no wire knows; the doors' dialects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.shell.call.orders import Dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The call is to begin; the format of its sound is the dialect's ``form``."""

    tenant: str = ""
    """Empty: the default."""
    locale: str = ""
    own_text: bool = False
    """The client brings the text, and we need no recogniser."""
    caller: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Facts about the person who is calling."""
    ids: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The carrier's names of the call, for a bot behind: ``call_sid``, ``stream_sid``,
    ``account_sid``."""


@dataclass(frozen=True, slots=True)
class SoundHeard:
    """Sound of the caller, of any length."""

    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class TextHeard:
    """The words of the caller, from the client's own recogniser."""

    text: str = field(repr=False)
    final: bool = False
    confidence: float = 1.0
    ended_ago: float | None = None
    """Seconds since the caller fell silent, where the client's recogniser knows."""


@dataclass(frozen=True, slots=True)
class MarkPlayed:
    """A mark of ours came back."""

    name: str


@dataclass(frozen=True, slots=True)
class KeyStruck:
    """A key was pressed: 0-9, * or #."""

    digit: str


@dataclass(frozen=True, slots=True)
class CallerLeft:
    """The caller hangs up."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Something that is left out: of a kind that is not known, or out of place. The client is
    warned once of each ``code``."""

    code: str
    message: str


Fact = Opening | SoundHeard | TextHeard | MarkPlayed | KeyStruck | CallerLeft | Ignored


class CallDialect(Dialect, Protocol):
    """A door's wire, both ways. It does no I/O, and one serves one call: a call is opened by the
    first ``Opening`` it reads."""

    name: str
    """The door's name, as records and the list of calls have it."""

    def sound(self, frame: str | bytes) -> bytes | None:
        """The caller's sound, if the message is that and nothing else; ``read`` would say the same
        of it, and has to be asked of any other. It changes nothing."""

    def read(self, frame: str | bytes) -> Sequence[Fact]:
        """The facts in a message of the other side; none where it says nothing that matters.

        Raises ``ClientError`` for a malformed one: three in a row end the call.
        """
