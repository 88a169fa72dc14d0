"""Events: facts, in the past tense.

Times are float seconds on the call's own monotonic clock, the same as ``now``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from gateway.core.policy import Policy
from gateway.core.routes import Route


class Bearing(StrEnum):
    """The bearing of an utterance on what is being played."""

    NORMAL = "normal"
    BACKCHANNEL = "backchannel"
    """Only acknowledgements ("uh-huh", "okay"): the caller is listening, not speaking up."""
    INTERRUPTION = "interruption"
    """A phrase that always interrupts ("wait", "stop")."""


class Aim(StrEnum):
    """The aim of words that are said while an answer is waited for."""

    TURN = "turn"
    """A turn of its own, as all words are while nothing is waited for."""
    PRESENCE = "presence"
    """To know if somebody is there ("hello?"), or the beginning of what may be just that."""
    ADDITION = "addition"
    """To add to what was asked ("and for my wife too")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """Words that were heard, with what the language side says of them."""

    text: str
    canonical: str
    """The text in canonical form; two utterances say the same if these are equal."""
    completeness: float = 1.0
    """0 to 1: how sure that the sentence is finished."""
    manner: Bearing = Bearing.NORMAL
    asks: bool = True
    """True if there is something to answer; False where the words only acknowledge, or only take
    the floor ("wait")."""
    aim: Aim = Aim.TURN
    confidence: float = 1.0
    """The recogniser's, 0 to 1."""
    key: str = ""
    """The key that was pressed, if these are no words but an operator's key."""

    @property
    def words(self) -> int:
        """Words of the canonical text."""
        return len(self.canonical.split())


class VerdictKind(StrEnum):
    """The kinds of decision that the understanding side makes."""

    ANSWER = "answer"
    CLARIFY = "clarify"
    ROUTE = "route"
    MISS = "miss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A decision, as far as the call needs it."""

    kind: VerdictKind
    entry: str = ""
    action: Route | None = None
    """The action to carry out. None where there is none, and for a ``ROUTE`` whose action is none
    that can be carried out."""
    clips: tuple[str, ...] = ()
    """Keys of the clips that say it; empty if nothing is rendered for it."""
    length: float = 0.0
    """Seconds of those clips together."""
    clarify: tuple[str, ...] | None = None
    """The one or two entries asked about."""
    upset: bool = False
    """The caller has lost patience."""
    confidence: float = 0.0
    verbatim: bool = False
    """The words are a whole question of the catalogue, a command, or a reply to what was asked
    back: neither misheard nor unfinished."""
    open_ended: bool = False
    """A question of the catalogue begins with just these words and has more."""
    reason: str = ""
    says: str = ""
    """The words that the clips say."""
    live: bool = False
    """The entry's answer holds values that are looked up while it is said: there are no clips, it
    is asked for like an agent's reply."""
    intent: str = ""
    """The likely subject of the caller's words."""
    prompt: str = ""
    """The operator's prompt to an agent for that intent."""
    evidence: object = field(default=None, compare=False)
    """Carried through for the record; never looked at here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Root of all events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarted(Event):
    """The caller is there and audio may flow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceStarted(Event):
    """The voice detector is sure that the caller speaks."""

    at: float
    """The time at which the voice truly began, in seconds: up to the detector's window before
    ``now``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceStopped(Event):
    """The voice detector is sure that the caller is silent."""

    at: float
    """The time at which the last voiced sound ended, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceStirred(Event):
    """Something is heard in the caller's silence that may become a voice: if it does, the detector
    is sure of it about 0.1 s from now."""

    goes_on: bool = True
    """False: it is over, and was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEndJudged(Event):
    """Somebody has listened to how the caller's last sound ended."""

    probability: float
    """That the turn is over, 0 to 1."""
    silent_since: float | None = None
    """The ``at`` of the ``VoiceStopped`` that it is about; None: the recogniser says it, of what it
    has heard so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialHeard(Event):
    """The recogniser's current text of the running utterance; replaces the one before."""

    utterance: Utterance
    eager: bool = False
    """The recogniser believes that the turn is over, but is not sure; the next partial without it
    takes that back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalHeard(Event):
    """The recogniser's last word on the running utterance."""

    utterance: Utterance
    ended_at: float | None = None
    """The end of the speech, where a client with a recogniser of its own tells it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecogniserAway(Event):
    """The recogniser is gone for the moment: what the caller says is kept, and heard later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecogniserBack(Event):
    """The recogniser is there again, and hears the sound that was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecogniserLost(Event):
    """The recogniser is gone and cannot be had again: nothing more is heard in this call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(Event):
    """The understanding side answered ``Match``."""

    turn: int
    revision: int
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioStarted(Event):
    """The first audio of a generation was written to the wire."""

    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkReached(Event):
    """The caller has heard this much of a generation."""

    generation: int
    position: float
    """Seconds from the start of what ``Play`` ordered, its offset not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybackDone(Event):
    """All of a generation has been heard."""

    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybackFailed(Event):
    """A generation could not be played (its clip is missing or damaged)."""

    generation: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentEvent(Event):
    """Root of what comes of ``AskAgent``."""

    turn: int
    """The turn that was passed on. Of one that is given up it is late: dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentText(AgentEvent):
    """The first words of the agent's reply are there; not yet as sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTool(AgentEvent):
    """The agent has begun to run a tool."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WordEnd:
    """A word of a reply is heard whole."""

    at: float
    """Seconds from the beginning of the reply."""
    said: int
    """Characters of the reply's text up to its end: of the texts told so far, each with one space
    before it but for the first. Where a text begins if no word of it is whole yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentAudio(AgentEvent):
    """More of the reply is there as sound."""

    length: float
    """Seconds of sound there is by now, from the beginning of the reply."""
    text: str = ""
    """The text that the new sound begins to say; empty if it goes on with the text before. Without
    new sound: more text that was said at the end of the sound so far."""
    words: tuple[WordEnd, ...] = ()
    """The ends of the words of all texts so far, if the voice tells them; nothing is known of other
    words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDone(AgentEvent):
    """All of the reply is there as sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFailed(AgentEvent):
    """No more of the reply will come, though it is not whole."""

    reason: str


AGENT_EVENTS: tuple[type[Event], ...] = (AgentText, AgentTool, AgentAudio, AgentDone, AgentFailed)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPressed(Event):
    """A DTMF digit: 0-9, * or #."""

    digit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLost(Event):
    """The agent behind, which hears the caller itself, cannot be had."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReplaced(Event):
    """The agent behind cannot be had, and another takes its place."""

    policy: Policy
    """The policy of the rest of the call."""
    owed: bool
    """The one that is gone has not answered what it was passed last."""
    fresh: bool
    """Nobody has greeted the caller: it was never there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HungUp(Event):
    """The caller is gone. Nothing happens after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlinePassed(Event):
    """The armed deadline has come."""
