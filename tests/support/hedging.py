"""Races told as scripts: what happens when, and what must be ordered then."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn, Self

import pytest

from gateway.core.actions import Action
from gateway.core.events import DeadlinePassed
from gateway.core.race.attempts import (
    AbandonAttempt,
    AnswerBroken,
    AnswerEnded,
    AttemptClosed,
    AttemptFailed,
    AttemptFailure,
    AttemptFinished,
    CancelAttempt,
    Deliver,
    Hedging,
    Piece,
    PieceArrived,
    PieceKind,
    Provider,
    RaceAdopted,
    RaceDropped,
    RaceEvent,
    RaceFailed,
    RunTool,
    Size,
    StartAttempt,
    ToolCall,
)
from gateway.core.race.hedge import Race
from gateway.core.race.pilot import Pilot

PAIR = (Provider(name="a", cancels=False), Provider(name="b", cancels=True))
SIZE = Size(prompt=600, answer=150)
ROLE = Piece(kind=PieceKind.EMPTY)
TOOL = ToolCall(id="1", name="balance")


def make_pilot(settings: Hedging | None = None, *, count: int = 2) -> Pilot:
    """A pilot that knows nothing yet."""
    return Pilot(PAIR[:count], settings or Hedging())


def text(words: str = "You") -> Piece:
    return Piece(kind=PieceKind.TEXT, text=words)


def tool(call: ToolCall = TOOL) -> Piece:
    return Piece(kind=PieceKind.TOOL, tool=call)


BEGUN = Piece(kind=PieceKind.TOOL_BEGUN)

# --- what happens in race 1 ----------------------------------------------------------------------


def piece(attempt: int, said: Piece | None = None) -> PieceArrived:
    return PieceArrived(race=1, attempt=attempt, piece=said or text())


def failed(
    attempt: int, reason: AttemptFailure = AttemptFailure.SERVER, after: float | None = None
) -> AttemptFailed:
    return AttemptFailed(race=1, attempt=attempt, reason=reason, retry_after=after)


def finished(attempt: int) -> AttemptFinished:
    return AttemptFinished(race=1, attempt=attempt)


def closed(attempt: int) -> AttemptClosed:
    return AttemptClosed(race=1, attempt=attempt)


ADOPTED, DROPPED = RaceAdopted(race=1), RaceDropped(race=1)

# --- what is ordered in it -----------------------------------------------------------------------


def start(attempt: int, provider: str) -> StartAttempt:
    return StartAttempt(race=1, attempt=attempt, provider=provider)


def cancel(attempt: int) -> CancelAttempt:
    return CancelAttempt(race=1, attempt=attempt)


def abandon(attempt: int) -> AbandonAttempt:
    return AbandonAttempt(race=1, attempt=attempt)


def say(attempt: int, said: Piece | None = None) -> Deliver:
    return Deliver(race=1, attempt=attempt, piece=said or text())


def run_tool(attempt: int, call: ToolCall = TOOL) -> RunTool:
    return RunTool(race=1, attempt=attempt, tool=call)


def ended(attempt: int) -> AnswerEnded:
    return AnswerEnded(race=1, attempt=attempt)


def broken(attempt: int, reason: AttemptFailure) -> AnswerBroken:
    return AnswerBroken(race=1, attempt=attempt, reason=reason)


def no_answer(*reasons: tuple[str, AttemptFailure]) -> RaceFailed:
    return RaceFailed(race=1, reasons=reasons)


class Script:
    """Race 1 and what has happened in it. Every step names all that it must lead to."""

    def __init__(
        self,
        *expected: Action,
        pilot: Pilot | None = None,
        speculative: bool = False,
        now: float = 0.0,
    ) -> None:
        self.pilot = pilot or make_pilot()
        self.race = Race(1, self.pilot, SIZE)
        self._told: list[str] = []
        actions = self.race.start(now, speculative=speculative)
        self._check(f"{now:8.3f}  start", actions, expected or (start(0, "a"),))

    def at(self, now: float, event: RaceEvent, *expected: Action) -> Self:
        """An event; deadlines before it must have been ticked."""
        armed = self.race.deadline
        if armed is not None and armed < now - 1e-9:
            self._fail(f"the deadline at {armed:.3f} was not ticked before {now:.3f}")
        self._check(f"{now:8.3f}  {event}", self.race.receive(event, now), expected)
        return self

    def tick(self, now: float, *expected: Action) -> Self:
        """The armed deadline passes; it must be armed for just that instant."""
        armed = self.race.deadline
        if armed is None or armed != pytest.approx(now, abs=1e-6):
            self._fail(f"armed for {armed}, not for {now}")
        self._check(f"{now:8.3f}  tick", self.race.receive(DeadlinePassed(), armed), expected)
        return self

    def over(self) -> Self:
        """Nothing is open, nothing is waited for."""
        if self.race.state.name != "OVER" or self.race.deadline is not None:
            self._fail("not over")
        return self

    def _check(self, step: str, actions: list[Action], expected: tuple[Action, ...]) -> None:
        self._told += [step, *(f"{'':10}-> {action}" for action in actions)]
        if actions != list(expected):
            self._fail("expected " + (", ".join(map(str, expected)) or "nothing"))

    def _fail(self, problem: str) -> NoReturn:
        pytest.fail("\n".join([*self._told, problem, repr(self.race)]))


# --- whoever comes, in whatever order ------------------------------------------------------------


@dataclass
class Watch:
    """Follows a race and proves, step by step, what must hold in every one."""

    pilot: Pilot
    number: int = 1
    said_by: set[int] = field(default_factory=set)
    """Attempts of which something was delivered or run."""
    tools: list[str] = field(default_factory=list)
    open: set[int] = field(default_factory=set)
    """Attempts started and not yet failed, finished, closed or abandoned."""
    cancelled: set[int] = field(default_factory=set)
    started: int = 0
    outcomes: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.race = Race(self.number, self.pilot, SIZE)

    def start(self, now: float, *, speculative: bool = False) -> list[Action]:
        """Begin the race."""
        actions = self.race.start(now, speculative=speculative)
        self._see(actions)
        return actions

    def send(self, event: RaceEvent | DeadlinePassed, now: float) -> list[Action]:
        """Pass an event on; what ends an attempt is taken note of first."""
        if isinstance(event, (AttemptFailed, AttemptFinished)):
            self.open.discard(event.attempt)
        if isinstance(event, AttemptClosed) and event.attempt in self.cancelled:
            self.open.discard(event.attempt)
        actions = self.race.receive(event, now)
        self._see(actions)
        return actions

    def _see(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case StartAttempt(attempt=attempt):
                    assert attempt == self.started
                    self.started += 1
                    self.open.add(attempt)
                case CancelAttempt(attempt=attempt):
                    assert attempt in self.open - self.cancelled
                    self.cancelled.add(attempt)
                case AbandonAttempt(attempt=attempt):
                    assert attempt in self.open & self.cancelled
                    self.open.discard(attempt)
                case Deliver(attempt=attempt):
                    self._speaks(attempt)
                case RunTool(attempt=attempt, tool=call):
                    self._speaks(attempt)
                    self.tools.append(call.id)
                case _:
                    self.outcomes.append(action)
        self._hold()

    def _speaks(self, attempt: int) -> None:
        assert attempt not in self.cancelled, "nothing of a cancelled attempt is delivered"
        assert not self.outcomes, "nothing is delivered after the end"
        self.said_by.add(attempt)

    def _hold(self) -> None:
        assert self.started <= 2, "never a third attempt"
        assert len(self.said_by) <= 1, "never two voices"
        assert len(set(self.tools)) == len(self.tools), "a tool runs at most once"
        assert len(self.outcomes) <= 1, "a race ends once"
        over = self.race.state.name == "OVER"
        assert over == (self.race.deadline is None), "who waits has a deadline"
        assert not (over and self.open), "what is over has nothing open"
