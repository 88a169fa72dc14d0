"""Conversations as scripts: what happens when, and what must follow from it.

A step is ``at(now, event, *expected)``; ``tick(now, *expected)`` sends the armed deadline and
checks that it is armed for just then. An expectation is an action, or a type of action where the
details do not matter; ``...`` as the last one allows more. A failure prints the conversation.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import EllipsisType
from typing import Any, NoReturn, Self

import pytest

from gateway.core.actions import Action, AskAgent, CloseTurn, Match, Play, Source, TellDecision
from gateway.core.call import Call
from gateway.core.events import (
    AgentAudio,
    AgentText,
    AudioStarted,
    Bearing,
    CallStarted,
    DeadlinePassed,
    Decided,
    Event,
    FinalHeard,
    PartialHeard,
    Utterance,
    Verdict,
    VerdictKind,
    VoiceStarted,
    VoiceStopped,
)
from gateway.core.policy import Policy
from gateway.core.reply.lines import SystemLine
from gateway.shell.catalogue.verdicts import action_of

LINES = {
    "handoff": 2.0,
    "clarify": 0.5,
    "clarify_or": 0.2,
    "not_understood": 2.0,
    "not_understood_again": 2.0,
    "nothing_to_repeat": 2.0,
    "goodbye": 1.0,
    "failure": 2.0,
    "still_there": 1.0,
}

FILLERS = {
    "filler:1": 0.8,
    "filler:2": 0.9,
    "more:1": 1.0,
    "bridge:1": 2.0,
    "intent:advice": 1.0,
    "tool:balance": 1.1,
}
"""Lines for calls with an agent."""


def system(lines: Mapping[str, float]) -> dict[SystemLine, float]:
    """The lines that stand as those texts."""
    return {SystemLine.parse(text): length for text, length in lines.items()}


Expected = Action | type[Action] | EllipsisType


def said(text: str, **fields: Any) -> Utterance:
    """An utterance whose canonical form is its text. What is not spoken to be answered ("okay",
    "wait") asks for nothing, unless it is said that it does."""
    fields.setdefault("asks", fields.get("manner", Bearing.NORMAL) is Bearing.NORMAL)
    return Utterance(text=text, canonical=text.lower(), **fields)


def partial(text: str, **fields: Any) -> PartialHeard:
    return PartialHeard(utterance=said(text, **fields))


def final(text: str, **fields: Any) -> FinalHeard:
    return FinalHeard(utterance=said(text, **fields))


def backchannel(text: str) -> PartialHeard:
    return partial(text, manner=Bearing.BACKCHANNEL)


def answer(
    entry: str = "hours", length: float = 4.0, confidence: float = 0.95, *, verbatim: bool = False
) -> Verdict:
    return Verdict(
        kind=VerdictKind.ANSWER,
        entry=entry,
        clips=(f"entry:{entry}",),
        length=length,
        confidence=confidence,
        verbatim=verbatim,
    )


def miss(reason: str = "nothing near") -> Verdict:
    return Verdict(kind=VerdictKind.MISS, reason=reason)


def clarify(first: str = "hours", second: str = "holidays") -> Verdict:
    """A question about two entries, or with ``second`` empty about one."""
    more = ("line:clarify_or", f"label:{second}") if second else ()
    return Verdict(
        kind=VerdictKind.CLARIFY,
        clarify=(first, second) if second else (first,),
        clips=("line:clarify", f"label:{first}", *more),
        length=3.0,
    )


def route(action: str, entry: str = "") -> Verdict:
    return Verdict(kind=VerdictKind.ROUTE, action=action_of(action), entry=entry)


class Script:
    """A call and what has been said in it."""

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        recogniser: bool = False,
        start: bool = True,
        lines: Mapping[str, float] = LINES,
        expects: float | None = None,
    ) -> None:
        self.call = Call(
            policy or Policy(),
            system(lines),
            recogniser=recogniser,
            expects=lambda asked: expects,
        )
        self.now = 0.0
        self.actions: list[Action] = []
        """What the last step led to."""
        self.matches: list[Match] = []
        self.plays: list[Play] = []
        self._told: list[str] = []
        if start:
            self.at(0.0, CallStarted())

    def at(self, now: float, event: Event, *expected: Expected) -> Self:
        """Send an event at that instant. Deadlines before it must have been ticked."""
        armed = self.call.deadline
        if armed is not None and armed < now - 1e-9:
            self._fail(f"the deadline at {armed:.3f} was not ticked before {now:.3f}")
        return self._send(now, event, expected)

    def tick(self, now: float, *expected: Expected) -> Self:
        """The armed deadline passes; it must be armed for just that instant."""
        armed = self.call.deadline
        if armed is None or armed != pytest.approx(now, abs=1e-6):
            self._fail(f"armed for {armed}, not for {now}")
        return self._send(armed, DeadlinePassed(), expected)

    def decide(self, now: float, verdict: Verdict, *expected: Expected, index: int = -1) -> Self:
        """Answer the latest question (or the one at ``index``)."""
        asked = self.matches[index]
        decided = Decided(turn=asked.turn, revision=asked.revision, verdict=verdict)
        return self.at(now, decided, *expected)

    def _send(self, now: float, event: Event, expected: tuple[Expected, ...]) -> Self:
        self.now = now
        self.actions = self.call.receive(event, now)
        self.matches += [action for action in self.actions if isinstance(action, Match)]
        self.plays += [action for action in self.actions if isinstance(action, Play)]
        self._told.append(f"{now:8.3f}  {event}")
        self._told += [f"{'':10}-> {action}" for action in self.actions]
        if expected:
            self._check(expected)
        return self

    def _check(self, expected: tuple[Expected, ...]) -> None:
        wanted = [one for one in expected if one is not ...]
        got = self.actions[: len(wanted)] if ... in expected else self.actions
        if len(got) != len(wanted) or not all(map(fits, got, wanted)):
            self._fail("expected " + ", ".join(map(str, expected)))

    def nothing(self) -> Self:
        """The last step led to nothing."""
        if self.actions:
            self._fail("expected nothing")
        return self

    def _fail(self, problem: str) -> NoReturn:
        pytest.fail("\n".join([*self._told, problem, f"now: {self.call.state.name}"]))


def fits(action: Action, wanted: Expected) -> bool:
    """Whether an action is what was expected."""
    return isinstance(action, wanted) if isinstance(wanted, type) else action == wanted


def speaking(length: float = 4.0) -> Script:
    """A call in which generation 1 plays the answer to turn 1, since 0.1."""
    script = Script(recogniser=True)
    script.at(0.0, VoiceStarted(at=0.0)).at(0.05, partial("when do you open"), ...)
    script.decide(0.06, answer(length=length))
    script.at(0.07, VoiceStopped(at=0.05), ...).at(0.08, final("when do you open"), ...)
    script.tick(0.25, TellDecision, Play)
    return script.at(0.26, AudioStarted(generation=1), CloseTurn)


def waiting(
    policy: Policy | None = None,
    *,
    verdict: Verdict | None = None,
    lines: Mapping[str, float] | None = None,
    recogniser: bool = False,
) -> Script:
    """A call in which the agent has been asked about turn 1, at 1.0."""
    policy = policy or Policy(agent=True)
    script = Script(policy, lines=LINES | FILLERS if lines is None else lines)
    script.call.recogniser = recogniser
    script.at(1.0, final("why is the sky blue"), Match)
    return script.decide(1.0, verdict or miss(), TellDecision, AskAgent, ...)


def answering(text: str = "It scatters light. Shall I go on?", length: float = 4.0) -> Script:
    """A call in which generation 1 plays the agent's answer to turn 1, since 1.2."""
    script = waiting().at(1.1, AgentText(turn=1)).nothing()
    script.at(1.2, AgentAudio(turn=1, text=text, length=length), Play)
    return script.at(1.2, AudioStarted(generation=1), CloseTurn)


def play(script: Script) -> Play:
    """The one thing the last step has played."""
    (order,) = [one for one in script.actions if isinstance(one, Play)]
    return order


def account(script: Script) -> CloseTurn:
    (one,) = [one for one in script.actions if isinstance(one, CloseTurn)]
    return one


def audio(length: float, text: str = "") -> AgentAudio:
    return AgentAudio(turn=1, length=length, text=text)


def says(script: Script, line: str, source: Source = Source.SYSTEM) -> Script:
    order = play(script)
    assert (order.clips, order.source) == ((f"line:{line}",), source)
    return script
