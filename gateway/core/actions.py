"""Actions: orders, in the imperative. The shell performs them in the order given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.core.events import Utterance, Verdict
from gateway.core.reply.lines import SystemLine


class Source(StrEnum):
    """The source of sound, as the client is told."""

    CACHE = "cache"
    CLARIFY = "clarify"
    AGENT = "agent"
    """Made while it plays, from what the agent says."""
    FILLER = "filler"
    """Said while the agent is waited for."""
    SYSTEM = "system"


class Path(StrEnum):
    """Which way a turn went."""

    CACHE = "cache"
    CLARIFY = "clarify"
    AGENT = "agent"
    ROUTE = "route"
    HANDOFF = "handoff"
    NONE = "none"
    """Nothing was called for ("okay", while nobody spoke). Only recorded, never told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Root of all actions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match(Action):
    """Ask what the text means; answered by ``Decided`` with the same turn and revision.

    Only the newest question of a call matters: an older one not yet begun may be dropped.
    """

    turn: int
    revision: int
    text: str
    final: bool
    asked: tuple[str, ...] | None = None
    """The one or two entries of the clarifying question that stands."""
    before: tuple[str, ...] = ()
    """The caller's words in the last turns, canonical."""
    may_clarify: bool = True
    key: str = ""
    """The key that was pressed: it means what the operator says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefetch(Action):
    """These clips will probably be played soon: have them in memory."""

    turn: int
    clips: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Play(Action):
    """Begin a generation. Any other must have been stopped or be done, or is followed."""

    turn: int
    generation: int
    source: Source
    clips: tuple[str, ...]
    """Played one after another without a gap; empty for what the agent says to the turn."""
    offset: float = 0.0
    """Seconds to skip: what was heard before a false interruption."""
    follows: bool = False
    """This sound comes right behind what is on the air; a filler is ended at its next pause for
    it."""
    line: SystemLine | None = None
    """The system line that its clip says, if it says one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop(Action):
    """Drop what is queued of a generation and tell the client to drop what it holds."""

    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ToAgent(Action):
    """Root of what puts a turn's words to an agent."""

    turn: int
    text: str
    history: tuple[tuple[str, str], ...]
    """(role, text) of what was said and heard before, oldest first."""
    route: str = ""
    """Which agent, by name; empty for the one that takes what is left."""
    intent: str = ""
    prompt: str = ""
    tool: str = ""
    """Which tool is to be run for it, by name; empty where that is open."""
    live: str = ""
    """The entry whose answer with live values is the reply; empty: an agent's own words are."""
    evidence: object = field(default=None, compare=False, repr=False)
    """The verdict's, carried through for what the agent is told; never looked at here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAgent(ToAgent):
    """Have an agent answer the turn; answered by events of the same turn (``AgentEvent``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareAgent(ToAgent):
    """These may be the turn's last words: begin the answer to them, unheard. It is taken up by an
    ``AskAgent`` of the same text, history, route and prompt, or dropped by ``ForgetAgent``. One at
    a time; an agent that cannot, or may not spend it, does nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetAgent(Action):
    """The reply that ``PrepareAgent`` began is not wanted: the caller goes on, or the cache
    answers."""

    turn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAgent(Action):
    """Nobody waits for the agent's reply any more: stop it and forget what it said."""

    turn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishUtterance(Action):
    """Ask the recogniser for the final text of what it was fed."""

    turn: int
    """Turn that waits for it; 0: nobody does, the recogniser is only to forget what it heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeTurnEnd(Action):
    """Have the end of the caller's last sound listened to; answered by ``TurnEndJudged`` with the
    same ``silent_since``, or not at all."""

    turn: int
    began: float
    """The time at which the turn did; what was said before it is none of its sound."""
    silent_since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StopListening(Action):
    """The recogniser was waited for long enough: close it, and tell the client."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TellSpeech(Action):
    """Tell the client that the caller's voice began or stopped."""

    speaking: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TellTranscript(Action):
    """Tell the client what was heard."""

    text: str
    final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TellDecision(Action):
    """Tell the client which way the turn goes."""

    turn: int
    path: Path
    verdict: Verdict
    decided_on: str
    """``partial`` if it was there before the turn's last text, else ``final``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseTurn(Action):
    """The turn's account is complete: tell the client and keep the record.

    Sent when the turn's first audio is on the wire, or at once if the turn has none; sent
    again with ``interrupted`` set if the audio was cut short.
    """

    turn: int
    path: Path
    utterance: Utterance
    verdict: Verdict
    decided_on: str
    timeline: Mapping[str, float] = field(default_factory=dict)
    """Seconds by owner; they sum to the TTFA."""
    interrupted: bool = False
    heard: float = 0.0
    """Seconds of the audio heard so far."""
    lost: bool = False
    """A clip of the answer could not be played; the path is the one that was taken instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act(Action):
    """Have an operator's action carried out: what announces it has been heard, or there is
    nothing to be said. A caller who cuts in before has changed their mind: it is not sent."""

    turn: int
    verdict: Verdict
    """The verdict on the turn, with the action, the intent and the prompt for an agent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndCall(Action):
    """Close the call after what is queued has been sent."""

    reason: str
