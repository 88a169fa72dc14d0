"""Orders to the other side of a call, in words that no wire knows: each door has its own for them.

``TellSpeech`` and ``TellTranscript`` are the core's, as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.core.actions import Path, Source, TellSpeech, TellTranscript
from gateway.ports.sound import AudioFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundBegins:
    """The first sound of a generation follows."""

    turn: int
    generation: int
    source: Source
    text: str = ""
    """The words that it says, where they are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundPiece:
    """Sound of a generation, in the door's own format."""

    generation: int
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundMark:
    """To be sent back once all sound before it has been heard."""

    generation: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundEnds:
    """All sound of a generation has been sent."""

    turn: int
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearSound:
    """Drop what is held of a generation: the caller has cut in."""

    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAccepted:
    """The call has begun; sound is in the door's own format."""

    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PathTaken:
    """The way a turn goes."""

    turn: int
    path: Path
    entry: str
    action: str
    """The operator's action, as it was written; empty if there is none."""
    question: str
    """The question of the catalogue that was recognised; empty if none was."""
    confidence: float
    brief: Mapping[str, object]
    """For whoever takes the turn over: ``intent`` and ``prompt``, where there are any."""
    decided_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnClosed:
    """A turn's account is complete."""

    turn: int
    path: Path
    timeline: Mapping[str, float]
    """Milliseconds by owner."""
    interrupted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """Something is wrong."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionDue:
    """An operator's action that the other side is to carry out."""

    turn: int
    action: str
    """The action as the operator wrote it."""
    brief: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(ActionDue):
    """Connect the caller with a person, of that queue where one is named."""

    queue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PressDigits(ActionDue):
    """Press these keys."""

    digits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """The caller has heard that somebody else goes on: connect them with a person, if this door
    can. It is said of no turn; where the door cannot, the call goes on or ends as it would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    """We end the call; what was said before is still to be heard."""

    reason: str


Control = Transfer | PressDigits | HandOver | HangUp
"""The orders that change the call itself."""

Order = (
    SoundBegins
    | SoundPiece
    | SoundMark
    | SoundEnds
    | ClearSound
    | CallAccepted
    | TellSpeech
    | TellTranscript
    | PathTaken
    | TurnClosed
    | Complaint
    | ActionDue
    | Control
)


class Dialect(Protocol):
    """One door's way of putting orders on its wire. It does no I/O, and one serves one call."""

    @property
    def form(self) -> AudioFormat:
        """The format of the sound, either way; asked for once the call is being opened. Raises
        ``ClientError`` if the other side has asked for one that does not exist."""

    @property
    def ahead(self) -> float | None:
        """Seconds of sound that the other side holds until it is heard, and is therefore sent at
        once; None if nobody knows: it gets ``playout.lead_ms`` and the rest in real time."""

    def write(self, order: Order) -> Sequence[str | bytes]:
        """The messages that say it; none where this wire has no words for it."""


Obey = Callable[[Control], None]
"""Carries out orders that go another way than the call's own wire, such as over a carrier's API."""


def nobody_obeys(order: Control) -> None:
    """All that there is to it is on the wire."""
