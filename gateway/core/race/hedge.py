"""The hedge: one answer from two streams, after the model of Happy Eyeballs (RFC 8305).

Theory of operation. The primary is asked. If it is still silent after the delay that the pilot
gives it, or fails before, the other is asked too. The first *usable* piece, words or a tool call,
decides: its attempt is the answer, whatever else is open is cancelled in the same instant, and
nothing of a cancelled attempt is ever delivered. A cancelled attempt must report that it is
closed; one that does not in time is abandoned and counted. There is never a third attempt: what
two providers do not answer in time has to be said otherwise.

A race may be begun before the caller has finished. Until it is adopted it costs one call only (no
hedge, but a failover), everything it would deliver is held back, tools above all, and if nobody
adopts it in time it drops itself.

Every state that waits has a deadline. What comes at the very instant of a deadline counts as
having come before it if it is received before it.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from math import inf

from gateway.core.actions import Action
from gateway.core.events import DeadlinePassed
from gateway.core.race.attempts import (
    AnswerBroken,
    AnswerEnded,
    AttemptClosed,
    AttemptFailed,
    AttemptFailure,
    AttemptFinished,
    Deliver,
    Piece,
    PieceArrived,
    PieceKind,
    RaceAdopted,
    RaceDropped,
    RaceEvent,
    RaceFailed,
    RunTool,
    Size,
)
from gateway.core.race.pilot import Pilot, Why
from gateway.core.race.runs import Attempt, Runs

NO_SIZE = Size()


class RaceState(Enum):
    """The states of a race."""

    READY = auto()
    """Not begun. -> WAITING, COMMITTED (both at once), OVER (nobody may be asked)"""
    WAITING = auto()
    """Silence; the other can still be asked. -> COMMITTED, ANSWERING, CLOSING, OVER"""
    COMMITTED = auto()
    """Silence; nobody else can be asked. -> ANSWERING, CLOSING, OVER"""
    ANSWERING = auto()
    """There is a winner, and its answer is coming. -> CLOSING, OVER"""
    CLOSING = auto()
    """Answered, failed or dropped; something cancelled is still open. -> OVER"""
    OVER = auto()
    """Nothing is open any more."""


class Race:
    """One answer. Give it the time of its ``deadline`` with ``DeadlinePassed``."""

    __slots__ = (
        "_adopted",
        "_drop_at",
        "_ended",
        "_give_up_at",
        "_hedge_at",
        "_held",
        "_pilot",
        "_reasons",
        "_runs",
        "_stall_at",
        "_tested_at",
        "_tools",
        "deadline",
        "number",
        "state",
        "winner",
    )

    def __init__(self, number: int, pilot: Pilot, size: Size = NO_SIZE) -> None:
        self.number = number
        self.state = RaceState.READY
        self.deadline: float | None = None
        self.winner: int | None = None
        """The attempt whose answer it is."""
        self._pilot = pilot
        self._runs = Runs(number, pilot, size)
        self._reasons: list[tuple[str, AttemptFailure]] = []
        self._tools: set[str] = set()
        self._held: list[Piece] = []
        self._adopted = True
        self._ended = False
        self._tested_at = inf  # when the primary's silence tells about its delay
        self._hedge_at = self._give_up_at = self._stall_at = self._drop_at = inf

    def __repr__(self) -> str:
        return f"<Race {self.number} {self.state.name} winner={self.winner}>"

    @property
    def ahead(self) -> str:
        """Return what an answer that is not wanted yet has said so far, up to the first tool."""
        said: list[str] = []
        for piece in self._held:
            if piece.kind is PieceKind.TOOL:
                break
            said.append(piece.text)
        return "".join(said)

    # --- beginning -------------------------------------------------------------------------

    def start(self, now: float, *, speculative: bool = False) -> list[Action]:
        """Ask the primary. If ``speculative``, for an answer that is not wanted yet."""
        assert self.state is RaceState.READY, "a race is begun once"
        plan, settings = self._pilot.plan(now), self._pilot.settings
        if plan is None:
            self.state = RaceState.OVER
            names = (one.name for one in self._pilot.providers)
            return self._failure(tuple((name, AttemptFailure.UNAVAILABLE) for name in names))
        self._adopted = not speculative
        if speculative:
            self._drop_at = now + settings.speculate_for
        self._give_up_at = now + settings.give_up
        actions = [self._runs.begin(plan.first, now)]
        if plan.second is not None and not speculative:
            actions.append(self._begin_second(plan.second, Why.PROBE, now))
        else:
            self.state = RaceState.WAITING
            self._tested_at = self._hedge_at = now + plan.delay
        self._arm()
        return actions

    def _begin_second(self, provider: int, why: Why, now: float) -> Action:
        self.state, self._hedge_at = RaceState.COMMITTED, inf
        self._pilot.spend(why)
        return self._runs.begin(provider, now)

    # --- events ----------------------------------------------------------------------------

    def receive(self, event: RaceEvent | DeadlinePassed, now: float) -> list[Action]:
        """Take one event; the orders that follow. Another race's events, and what a state has
        no use for, are let go."""
        if isinstance(event, RaceEvent) and event.race != self.number:
            return []
        handler = TRANSITIONS[self.state].get(type(event))
        if handler is None:
            return []
        actions = handler(self, event, now)
        self._arm()
        return actions

    def _arm(self) -> None:
        match self.state:
            case RaceState.WAITING:
                hedge_at = self._hedge_at if self._adopted else inf
                self.deadline = min(hedge_at, self._give_up_at, self._drop_at)
            case RaceState.COMMITTED:
                self.deadline = min(self._give_up_at, self._drop_at)
            case RaceState.ANSWERING:
                self.deadline = min(self._stall_at, self._drop_at, self._runs.close_by)
            case RaceState.CLOSING:
                self.deadline = self._runs.close_by
            case _:
                self.deadline = None

    # --- silence ---------------------------------------------------------------------------

    def _silence(self, event: DeadlinePassed, now: float) -> list[Action]:
        """A deadline in WAITING or COMMITTED."""
        if now >= self._drop_at:
            return self._drop(event, now)
        if now >= self._give_up_at:
            return self._give_up(now)
        if self._adopted and now >= self._hedge_at:
            return self._hedge(now)
        return []

    def _hedge(self, now: float) -> list[Action]:
        """The primary has been silent for long enough to ask the other, if that may be."""
        self._test(now, silent=True)
        pilot, first = self._pilot, self._runs.all[0]
        rescue_at = first.started + pilot.settings.rescue_after
        self._hedge_at = inf
        if (second := pilot.other(first.provider, now)) is None:
            return []  # nobody else; the primary's failure or the giving up ends it
        if (why := pilot.may_start(long=now >= rescue_at)) is not None:
            return [self._begin_second(second, why, now)]
        if now < rescue_at:
            self._hedge_at = rescue_at
        return []

    def _test(self, now: float, *, silent: bool) -> None:
        """Tell the pilot, once, whether the primary outlasted its delay."""
        if self._tested_at < inf:
            late = silent or now > self._tested_at
            self._pilot.pacer.tried(self._runs.all[0].provider, silent=late)
            self._tested_at = inf

    def _give_up(self, now: float) -> list[Action]:
        for one in self._runs.all:
            if one.open:
                self._blame(one, AttemptFailure.SILENT, None, now)
        return self._end(now, *self._failure(tuple(self._reasons)))

    # --- the first usable piece ------------------------------------------------------------

    def _first_piece(self, event: PieceArrived, now: float) -> list[Action]:
        attempt = self._runs.opened(event.attempt)
        if attempt is None:
            return self._late(event, now)
        attempt.pieces += 1
        if not event.piece.usable:
            return []
        self._test(now, silent=False)
        self._runs.answered(attempt, now)
        self.state, self.winner = RaceState.ANSWERING, event.attempt
        self._stall_at = now + self._pilot.settings.stall
        return self._runs.cancel(event.attempt, now) + self._take(event.piece)

    def _more(self, event: PieceArrived, now: float) -> list[Action]:
        if event.attempt != self.winner or self._ended:
            return self._late(event, now)
        self._runs.all[event.attempt].pieces += 1
        self._stall_at = now + self._pilot.settings.stall
        if not self._adopted and len(self._held) >= self._pilot.settings.max_held:
            return self._drop(event, now)
        return self._take(event.piece)

    def _take(self, piece: Piece) -> list[Action]:
        if not self._adopted:
            self._held.append(piece)
            return []
        return self._deliver(piece)

    def _deliver(self, piece: Piece) -> list[Action]:
        assert self.winner is not None, "only a winner's pieces are delivered"
        if piece.kind is PieceKind.EMPTY:
            return []
        if piece.kind is PieceKind.TOOL:
            if piece.tool is None or piece.tool.id in self._tools:
                return []
            self._tools.add(piece.tool.id)
            return [RunTool(race=self.number, attempt=self.winner, tool=piece.tool)]
        return [Deliver(race=self.number, attempt=self.winner, piece=piece)]

    # --- failing ---------------------------------------------------------------------------

    def _failed(self, event: AttemptFailed, now: float) -> list[Action]:
        return self._lose(event.attempt, event.reason, event.retry_after, now)

    def _finished_empty(self, event: AttemptFinished, now: float) -> list[Action]:
        return self._lose(event.attempt, AttemptFailure.EMPTY, None, now)

    def _lose(
        self, number: int, reason: AttemptFailure, retry_after: float | None, now: float
    ) -> list[Action]:
        """An attempt failed while nobody had said anything."""
        attempt = self._runs.opened(number)
        if attempt is None:
            return []
        self._test(now, silent=False)
        attempt.open = False
        self._blame(attempt, reason, retry_after, now)
        if self.state is RaceState.WAITING:
            second = self._pilot.other(attempt.provider, now)
            if second is not None:
                return [self._begin_second(second, Why.FAILOVER, now)]
        if self._runs.any_open:
            return []
        return self._end(now, *self._failure(tuple(self._reasons)))

    def _blame(
        self, attempt: Attempt, reason: AttemptFailure, retry_after: float | None, now: float
    ) -> None:
        self._reasons.append(self._runs.failed(attempt, reason, retry_after, now))

    def _failure(self, reasons: tuple[tuple[str, AttemptFailure], ...]) -> list[Action]:
        return [RaceFailed(race=self.number, reasons=reasons)]

    # --- the rest of the answer ------------------------------------------------------------

    def _watch(self, event: DeadlinePassed, now: float) -> list[Action]:
        """A deadline in ANSWERING."""
        if now >= self._drop_at:
            return self._drop(event, now)
        actions = self._abandon(event, now)
        if now >= self._stall_at:
            assert self.winner is not None, "somebody answers"
            actions += self._break(self.winner, AttemptFailure.SILENT, now)
        return actions

    def _winner_failed(self, event: AttemptFailed, now: float) -> list[Action]:
        if event.attempt != self.winner or self._ended:
            return self._shut(event, now)
        self._runs.all[event.attempt].open = False
        return self._break(event.attempt, event.reason, now)

    def _break(self, number: int, reason: AttemptFailure, now: float) -> list[Action]:
        attempt = self._runs.all[number]
        self._blame(attempt, reason, None, now)
        if self._adopted:
            return self._end(now, AnswerBroken(race=self.number, attempt=number, reason=reason))
        return self._end(now, *self._failure(tuple(self._reasons)))  # nothing was heard of it

    def _winner_finished(self, event: AttemptFinished, now: float) -> list[Action]:
        if event.attempt != self.winner or self._ended:
            return self._shut(event, now)
        self._runs.all[event.attempt].open = False
        self._ended, self._stall_at = True, inf
        if not self._adopted:
            return []
        return self._end(now, AnswerEnded(race=self.number, attempt=event.attempt))

    # --- speculation -----------------------------------------------------------------------

    def _adopt(self, event: RaceAdopted, now: float) -> list[Action]:
        """The answer is wanted from now on: what was held is delivered, a hedge put off is made."""
        self._adopted, self._drop_at = True, inf
        held, self._held = self._held, []
        actions = [action for piece in held for action in self._deliver(piece)]
        if self._ended:
            assert self.winner is not None, "what has ended was begun"
            return self._end(now, *actions, AnswerEnded(race=self.number, attempt=self.winner))
        if self.state is RaceState.WAITING and now >= self._hedge_at:
            actions += self._hedge(now)
        return actions

    def _drop(self, event: RaceEvent | DeadlinePassed, now: float) -> list[Action]:
        """The answer is not wanted: the caller interrupted, or a speculation was wrong."""
        if now > self._tested_at:
            self._test(now, silent=True)
        if not self._adopted:
            self._runs.dropped()
        self._held = []
        return self._end(now)

    # --- ending ----------------------------------------------------------------------------

    def _end(self, now: float, *said: Action) -> list[Action]:
        """Nothing more is delivered: cancel what is open, and wait until it is closed."""
        actions = self._runs.cancel(None, now)
        self.state = RaceState.CLOSING
        self._settle()
        return [*said, *actions]

    def _shut(
        self, event: AttemptClosed | AttemptFailed | AttemptFinished, now: float
    ) -> list[Action]:
        """Something cancelled is closed, by itself or by us."""
        self._runs.closed(event.attempt)
        self._settle()
        return []

    def _abandon(self, event: DeadlinePassed, now: float) -> list[Action]:
        actions = self._runs.abandon(now)
        self._settle()
        return actions

    def _settle(self) -> None:
        if self.state is RaceState.CLOSING and self._runs.close_by == inf:
            self.state = RaceState.OVER

    def _late(self, event: PieceArrived, now: float) -> list[Action]:
        """A piece of an attempt that was cancelled, or is over."""
        self._pilot.spent.late += 1
        return []


Handler = Callable[..., list[Action]]

_SILENT: dict[type, Handler] = {
    PieceArrived: Race._first_piece,
    AttemptFailed: Race._failed,
    AttemptFinished: Race._finished_empty,
    DeadlinePassed: Race._silence,
    RaceAdopted: Race._adopt,
    RaceDropped: Race._drop,
}

TRANSITIONS: dict[RaceState, dict[type, Handler]] = {
    RaceState.READY: {},
    RaceState.WAITING: _SILENT,
    RaceState.COMMITTED: _SILENT,
    RaceState.ANSWERING: {
        PieceArrived: Race._more,
        AttemptFailed: Race._winner_failed,
        AttemptFinished: Race._winner_finished,
        AttemptClosed: Race._shut,
        DeadlinePassed: Race._watch,
        RaceAdopted: Race._adopt,
        RaceDropped: Race._drop,
    },
    RaceState.CLOSING: {
        PieceArrived: Race._late,
        AttemptFailed: Race._shut,
        AttemptFinished: Race._shut,
        AttemptClosed: Race._shut,
        DeadlinePassed: Race._abandon,
    },
    RaceState.OVER: {PieceArrived: Race._late},
}
