"""Events, orders and settings of a race between two agent streams.

A *race* gets one answer from one of two providers; an *attempt* is one request to one of them.
Attempt 0 is the first that was started, attempt 1 the second; there is never a third.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from gateway.core.actions import Action
from gateway.core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Somebody who can answer."""

    name: str
    cancels: bool = True
    """True if a stream that is cut stops being billed; some run on and bill the whole answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The cost that one attempt may have, in tokens."""

    prompt: int = 0
    answer: int = 0
    """The most it may answer: its ``max_tokens``."""


class PieceKind(StrEnum):
    """The kinds of piece in a stream."""

    EMPTY = "empty"
    """Nothing to use: the opening delta that only names the role, a keep-alive."""
    TEXT = "text"
    TOOL_BEGUN = "tool_begun"
    """A tool is being called; its arguments are still coming."""
    TOOL = "tool"
    """A whole tool call, in ``tool``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A tool the answer wants run."""

    id: str
    name: str
    arguments: str = "{}"
    """JSON, complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of an answer."""

    kind: PieceKind
    text: str = ""
    tool: ToolCall | None = None
    request: str = field(default="", compare=False)
    """The provider's id of the request, with the first words of its answer."""

    @property
    def usable(self) -> bool:
        """True if it shows that the answer has begun: words, or a tool call."""
        if self.kind is PieceKind.TEXT:
            return bool(self.text) and not self.text.isspace()
        return self.tool is not None or self.kind is PieceKind.TOOL_BEGUN


class AttemptFailure(StrEnum):
    """Why an attempt, or a race, came to nothing."""

    UNREACHABLE = "unreachable"
    SERVER = "server"
    """The provider answered with a fault of its own (5xx)."""
    RATE_LIMITED = "rate_limited"
    """429; it may have said when to come back."""
    REFUSED = "refused"
    """The provider will not take the request (401, 403, 404): asking again is no use."""
    BROKEN = "broken"
    """The stream was cut."""
    EMPTY = "empty"
    """The stream ended without a word."""
    SILENT = "silent"
    """The provider said nothing for too long."""
    UNAVAILABLE = "unavailable"
    """Not asked at all: its breaker is open, or it asked to be left alone."""


# --- what happens -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceEvent(Event):
    """Root of what happens in a race."""

    race: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptEvent(RaceEvent):
    """Root of what happens to an attempt."""

    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceArrived(AttemptEvent):
    """A piece of the stream."""

    piece: Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFailed(AttemptEvent):
    """The attempt has failed. Nothing more comes of it and nothing of it is left open."""

    reason: AttemptFailure
    retry_after: float | None = None
    """Seconds, if the provider said when to come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFinished(AttemptEvent):
    """The stream came to its end. Nothing of it is left open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptClosed(AttemptEvent):
    """``CancelAttempt`` is carried out: nothing of the attempt is left open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceAdopted(RaceEvent):
    """The answer that was asked for on speculation is wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceDropped(RaceEvent):
    """The answer is not wanted (any more)."""


# --- what to do -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceAction(Action):
    """Root of a race's orders."""

    race: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptAction(RaceAction):
    """Root of the orders about one attempt."""

    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAttempt(AttemptAction):
    """Send the request to this provider."""

    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAttempt(AttemptAction):
    """Cut the stream, wait until it is closed, and say so with ``AttemptClosed``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AbandonAttempt(AttemptAction):
    """The attempt did not close in time: wait no longer, and ignore whatever it still says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver(AttemptAction):
    """A piece of the answer. All pieces of a race come from one attempt, in its order."""

    piece: Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTool(AttemptAction):
    """Run the tool. Ordered at most once for a call's id."""

    tool: ToolCall


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerEnded(AttemptAction):
    """The answer is whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerBroken(AttemptAction):
    """The answer stops here although it is not whole. It is never taken up by the other
    provider, whose words would be others."""

    reason: AttemptFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceFailed(RaceAction):
    """There is no answer, and nothing of one was delivered."""

    reasons: tuple[tuple[str, AttemptFailure], ...]
    """Provider and reason, in the order of failing."""


# --- settings ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Hedging:
    """The settings of races. Seconds, unless said otherwise. Raises ValueError if impossible."""

    budget: float = 0.10
    """Extra calls per race in the long run, of whatever kind. Nearly all of the tail goes with
    the first few percent ("The Tail at Scale", CACM 2013: 5 %)."""
    depth: float = 400.0
    """Extra calls that can be saved up, so that a bad spell is not met with an empty bucket."""
    debt: float = 400.0
    """Extra calls that rescues may spend beyond the bucket; paid back by later races."""
    rescue_after: float = 0.7
    """Silence at which the other is started whether the bucket has a call or not. A caller
    takes 0.8 s of silence for a fault."""
    first_delay: float = 0.3
    """The hedge's delay before anything is known; also the TTFT expected of a stranger."""
    min_delay: float = 0.02
    max_delay: float = 5.0
    """The adaptive delay stays within these."""
    step: float = 0.01
    """Least step of the logarithm of the delay; the first steps are longer."""
    margin: float = 0.15
    """The margin by which the primary must be slower than the other to be doubted, in ln seconds
    (16 %)."""
    evidence: float = 12.0
    """Doubt at which the primary changes, in ln seconds added up over its answers. Where nothing
    ever changes, noise changes it 96 times in a million races at 8, 16 times at 12 (``bench
    hedge``, iid); who has become six times slower is left after some 10 answers instead of 7."""
    spread: float = 0.9
    """Standard deviation of ln TTFT, to judge what a cut attempt would have taken. 0.8 to 0.9
    is a p99 seven times the median."""
    probe_after: int = 300
    """Races without news of the other after which both are started at once."""
    give_up: float = 8.0
    """Seconds from the start of a race to its failure if nobody answers."""
    stall: float = 5.0
    """Between two pieces of an answer."""
    close_within: float = 0.1
    """For a cancelled attempt to close, before it is abandoned."""
    speculate_for: float = 10.0
    """A speculation that nobody wants by then drops itself."""
    max_held: int = 512
    """Pieces kept of an answer that is not wanted yet; more drop it."""
    breaker_failures: int = 5
    """Failures in a row that open a provider's breaker."""
    breaker_open: float = 5.0
    """The seconds for which it is left alone then; doubled each time the trial call fails too."""
    breaker_open_max: float = 60.0
    retry_after_max: float = 300.0
    """The longest wait a provider can ask for."""

    def __post_init__(self) -> None:
        if not 0 < self.budget <= 1:
            raise ValueError(f"budget must be above 0 and at most 1; got {self.budget}")
        if not 0.02 <= self.min_delay <= self.first_delay <= self.max_delay <= 5:
            raise ValueError("delays must be 0.02 <= min_delay <= first_delay <= max_delay <= 5")
        if self.rescue_after < self.min_delay or self.give_up <= 0 or self.spread <= 0:
            raise ValueError("rescue_after, give_up and spread must be longer than that")
        if self.depth < 2 or self.debt < 0:
            raise ValueError("the bucket holds 2 calls or more, and its debt is not negative")
