"""The ledger alone, and the accounts of whole calls against a stop watch."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.actions import Action, AskAgent, CloseTurn, FinishUtterance, Match, Play, Stop
from gateway.core.call import Call
from gateway.core.events import (
    AgentAudio,
    AgentDone,
    AgentEvent,
    AgentFailed,
    AgentText,
    AgentTool,
    AudioStarted,
    CallStarted,
    DeadlinePassed,
    Decided,
    Event,
    FinalHeard,
    PartialHeard,
    PlaybackDone,
    Verdict,
    VoiceStarted,
    VoiceStopped,
)
from gateway.core.ledger import LATE, Ledger, Owner
from gateway.core.policy import Policy
from gateway.core.states import CallState
from gateway.core.turn import turn as turns
from tests.support.script import FILLERS, LINES, answer, clarify, miss, route, said, system


def test_contributions_sum_to_the_whole() -> None:
    ledger = Ledger()
    ledger.begin(Owner.ENDPOINTING, 1.0)
    ledger.switch(Owner.STT, 1.2)
    ledger.switch(Owner.MATCH, 1.25)
    ledger.switch(Owner.GATEWAY, 1.255)
    timeline = ledger.close(1.26)
    assert timeline == pytest.approx(
        {"endpointing": 0.2, "stt": 0.05, "match": 0.005, "gateway": 0.005, "ttfa": 0.26}
    )


def test_an_owner_who_is_waited_for_twice_has_one_line() -> None:
    ledger = Ledger()
    ledger.begin(Owner.MATCH, 0.0)
    ledger.switch(Owner.ENDPOINTING, 0.1)
    ledger.switch(Owner.MATCH, 0.3)
    assert ledger.close(0.4) == pytest.approx({"match": 0.2, "endpointing": 0.2, "ttfa": 0.4})


def test_a_caller_who_goes_on_begins_a_new_account() -> None:
    ledger = Ledger()
    ledger.begin(Owner.ENDPOINTING, 0.0)
    ledger.begin(Owner.ENDPOINTING, 5.0)
    assert ledger.close(5.5)["ttfa"] == pytest.approx(0.5)


def test_a_switch_without_a_beginning_is_one() -> None:
    ledger = Ledger()
    ledger.switch(Owner.GATEWAY, 2.0)
    assert ledger.close(2.5) == pytest.approx({"gateway": 0.5, "ttfa": 0.5})


def test_an_account_that_was_never_opened_is_empty() -> None:
    assert Ledger().close(9.0) == {"ttfa": 0}


def test_what_our_own_timers_are_late_is_ours_and_the_wait_goes_on() -> None:
    ledger = Ledger()
    ledger.begin(Owner.STT, 0.0)
    ledger.woken(0.2, 0.3)
    ledger.switch(Owner.GATEWAY, 0.35)
    parts = {"stt": 0.25, "stall": 0.1, "gateway": 0.05}
    assert ledger.close(0.4) == pytest.approx({**parts, "ttfa": 0.4})


def test_a_timer_may_be_a_little_late() -> None:
    ledger = Ledger()
    ledger.woken(0.0, 9.0)  # nobody is waited for
    ledger.begin(Owner.ENDPOINTING, 0.0)
    ledger.woken(0.2, 0.2 + LATE - 1e-9)
    assert ledger.close(0.3) == pytest.approx({"endpointing": 0.3, "ttfa": 0.3})


# --- whole calls ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """An utterance of the caller's, and what comes of it. Seconds."""

    verdict: Verdict = field(default_factory=answer)
    after: float = 1.0
    """Since the caller last fell silent, whatever we say meanwhile."""
    lasts: float = 1.0
    complete: float = 1.0
    decided: float = 0.003
    final: float = 0.1
    """Since the recogniser was asked for it, or since the last word."""
    wire: float = 0.002
    """From the order to play to the first audio on the wire."""
    agent: tuple[AgentEvent, ...] = ()
    """What an agent does with it, a ``beat`` apart."""
    beat: float = 0.2


def words(length: float = 1.5) -> tuple[AgentEvent, ...]:
    return (AgentText(turn=0), AgentAudio(turn=0, length=length, text="Yes."), AgentDone(turn=0))


class Telephone:
    """Everybody around a call, in simulated time: the caller, the recogniser, the matcher, the
    agent and the wire. Notes when the caller's turns ended, and checks each account by it."""

    def __init__(self, script: Sequence[Said], *, recogniser: bool, late: float = 0.0) -> None:
        self.call = Call(Policy(agent=True), system(LINES | FILLERS), recogniser=recogniser)
        self.accounts: list[CloseTurn] = []
        self._recogniser = recogniser
        self._late = late
        self._now = 0.0
        self._coming: list[tuple[float, int, Callable[[], Event]]] = []
        self._count = 0
        self._said = script[0]
        self._texts = 0
        self._dead = 0  # generations up to this one were stopped
        self._ends: dict[int, float] = {}
        self._send(CallStarted())
        start = 0.0
        for one in script:
            start += one.after
            self._speech(one, start)
            start += one.lasts

    def run(self) -> list[CloseTurn]:
        """Until everything is over; the accounts in order."""
        while self._coming or self._busy:
            at = self._coming[0][0] if self._coming else math.inf
            wake = self.call.deadline
            if wake is not None and wake + self._late < at:
                self._now = max(self._now, wake + self._late)
                self._send(DeadlinePassed())
            else:
                self._now = max(self._now, at)
                event = heapq.heappop(self._coming)[2]()
                if getattr(event, "generation", self._dead + 1) > self._dead:
                    self._send(event)
        return self.accounts

    @property
    def _busy(self) -> bool:
        quiet = self.call.state in (CallState.QUIET, CallState.CLOSED)
        return not quiet or self.call.turn is not None

    def _later(self, seconds: float, make: Callable[[], Event]) -> None:
        self._count += 1
        heapq.heappush(self._coming, (self._now + seconds, self._count, make))

    # --- the caller ------------------------------------------------------------------------

    def _speech(self, one: Said, start: float) -> None:
        self._texts += 1
        text = said(f"question number {self._texts}", completeness=one.complete)

        def begun() -> Event:
            self._said = one
            return VoiceStarted(at=start) if self._recogniser else PartialHeard(utterance=text)

        def stopped() -> Event:
            end = start + one.lasts
            if self._recogniser:
                self._ends[self._number()] = end
                return VoiceStopped(at=end)
            turn = self.call.turn  # one that is being decided takes no more words
            if turn is None or turn.state is turns.TurnState.HEARING:
                self._ends[self._number()] = self._now
            return FinalHeard(utterance=text)

        self._later(start + 0.1, begun)
        self._later(start + one.lasts / 2 + 0.1, lambda: PartialHeard(utterance=text))
        self._later(start + one.lasts + 0.1, stopped)

    def _number(self) -> int:
        """Of the turn that what is being said belongs to."""
        return self.call.turn.number if self.call.turn is not None else self.call._turns + 1

    # --- the others ------------------------------------------------------------------------

    def _send(self, event: Event) -> None:
        for action in self.call.receive(event, self._now):
            self._perform(action, self._said)

    def _perform(self, action: Action, one: Said) -> None:
        match action:
            case Match(turn=turn, revision=revision):
                decided = Decided(turn=turn, revision=revision, verdict=one.verdict)
                self._later(one.decided, lambda: decided)
            case FinishUtterance() if self.call.turn is not None:
                final = FinalHeard(utterance=self.call.turn.utterance)
                self._later(one.final, lambda: final)
            case Play(generation=generation):
                self._later(one.wire, lambda: AudioStarted(generation=generation))
                length = self._length(action)
                self._later(one.wire + length, lambda: PlaybackDone(generation=generation))
            case Stop(generation=generation):
                self._dead = generation
            case AskAgent(turn=turn):
                for number, step in enumerate(one.agent, 1):
                    event = replace(step, turn=turn)
                    self._later(number * one.beat, lambda event=event: event)  # type: ignore[misc]
            case CloseTurn():
                self._check(action)
                self.accounts.append(action)

    def _length(self, order: Play) -> float:
        known = {**{f"line:{name}": one for name, one in (LINES | FILLERS).items()}}
        return sum(known.get(clip, 3.0) for clip in order.clips) or 1.5

    def _check(self, account: CloseTurn) -> None:
        """The contributions sum to what a stop watch says."""
        parts = dict(account.timeline)
        if not parts:
            return  # it has no sound, or none was on the wire
        whole = parts.pop("ttfa")
        assert sum(parts.values()) == pytest.approx(whole, abs=1e-9)
        assert all(value >= 0 for value in parts.values())
        assert set(parts) <= {owner.value for owner in Owner}
        assert self._late > LATE or "stall" not in parts
        if not account.interrupted:  # else it was checked when it was on the air
            assert whole == pytest.approx(self._now - self._ends[account.turn], abs=1e-9)


OWED = {
    "cache": ([Said()], "cache", {"endpointing": 0.2, "gateway": 0.002}),
    "cache, slow to be recognised": (
        [Said(final=0.5)],
        *("cache", {"endpointing": 0.2, "stt": 0.4, "gateway": 0.002}),
    ),
    "clarify": ([Said(clarify())], "clarify", {"endpointing": 0.65, "gateway": 0.002}),
    "agent": (
        [Said(miss(), agent=words(), beat=0.1)],
        *("agent", {"endpointing": 0.65, "agent": 0.1, "tts": 0.1, "gateway": 0.002}),
    ),
    "agent, with a filler": (
        [Said(miss(), agent=words(), beat=0.45)],
        *("agent", {"endpointing": 0.65, "agent": 0.45, "tts": 0.45, "filler": 0.002}),
    ),
    "agent, with a tool": (
        [Said(miss(), agent=(AgentTool(turn=0, name="balance"), *words()), beat=1.2)],
        *("agent", {"endpointing": 0.65, "agent": 1.2, "tool": 1.2, "tts": 1.2, "filler": 0.002}),
    ),
    "hand-off of a failed agent": (
        [Said(miss(), agent=(AgentFailed(turn=0, reason="gone"),), beat=0.1)],
        *("handoff", {"endpointing": 0.65, "agent": 0.1, "gateway": 0.002}),
    ),
    "hand-off of a silent agent": (
        [Said(miss())],
        *("handoff", {"endpointing": 0.65, "agent": 8.0, "gateway": 0.002}),
    ),
    "over budget": (
        [Said(decided=2.0, agent=words(), beat=0.1)],
        "agent",
        {"endpointing": 0.65, "match": 0.15, "agent": 0.1, "tts": 0.1, "gateway": 0.002},
    ),
}


def waited(account: CloseTurn) -> dict[str, float]:
    """Its timeline without those who were not waited for."""
    return {key: value for key, value in account.timeline.items() if value > 1e-9}


@pytest.mark.parametrize("name", OWED)
def test_every_way_of_a_turn_is_accounted_for(name: str) -> None:
    script, path, owed = OWED[name]
    (account,) = Telephone(script, recogniser=True).run()
    assert account.path == path
    assert waited(account) == pytest.approx({**owed, "ttfa": sum(owed.values())})


@pytest.mark.parametrize("recogniser", [True, False])
def test_who_cuts_in_has_an_account_of_their_own(recogniser: bool) -> None:
    first, second = Said(), Said(answer("card"), after=0.6)
    accounts = Telephone([first, second], recogniser=recogniser).run()
    assert [(one.turn, one.interrupted) for one in accounts] == [(1, False), (1, True), (2, False)]
    assert accounts[1].timeline == accounts[0].timeline
    assert accounts[2].timeline["ttfa"] > 0


def test_who_cuts_in_before_the_agent_answers_is_answered() -> None:
    slow = Said(miss(), agent=words(), beat=3.0)
    accounts = Telephone([slow, Said(answer("card"), after=2.0)], recogniser=True).run()
    assert [(one.turn, one.path, bool(one.timeline)) for one in accounts] == [
        (1, "agent", False),
        (2, "cache", True),
    ]


def test_a_loop_that_comes_late_is_told_from_the_silence_it_was_to_end() -> None:
    (account,) = Telephone([Said(final=0.02)], recogniser=True, late=0.08).run()
    owed = {"endpointing": 0.2, "stall": 0.08, "gateway": 0.002, "ttfa": 0.282}
    assert waited(account) == pytest.approx(owed)


BEATS = [0.0, 0.003, 0.1, 0.29, 0.31, 1.0, 3.5]
REPLIES = [
    *((), words(), words(0.2), (AgentFailed(turn=0, reason="gone"),)),
    (AgentTool(turn=0, name="balance"), *words()),
    (AgentText(turn=0), AgentFailed(turn=0, reason="gone")),
    (AgentText(turn=0), AgentTool(turn=0, name="other"), AgentTool(turn=0, name="balance")),
    (AgentAudio(turn=0, length=0.5), AgentAudio(turn=0, length=3.0), AgentDone(turn=0)),
]
VERDICTS = [answer(), answer("card"), clarify(), clarify("hours", ""), miss()]
VERDICTS += [route("transfer", "balance"), route("agent:deep"), route("control:repeat")]

utterances = st.builds(
    Said,
    verdict=st.sampled_from(VERDICTS),
    after=st.sampled_from([0.15, 0.3, 0.7, 1.2, 2.0, 6.0]),
    lasts=st.sampled_from([0.2, 0.7, 1.5]),
    complete=st.sampled_from([0.1, 0.5, 0.8, 1.0]),
    decided=st.sampled_from([0.0, 0.003, 0.05, 0.4]),
    final=st.sampled_from([0.0, 0.1, 0.5, 2.0]),
    wire=st.sampled_from([0.0, 0.002, 0.3]),
    agent=st.sampled_from(REPLIES),
    beat=st.sampled_from(BEATS),
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(utterances, min_size=1, max_size=5),
    st.booleans(),
    st.sampled_from([0.0, 0.003, 0.2]),
)
def test_contributions_sum_to_the_stop_watch_whatever_happens(
    script: list[Said], recogniser: bool, late: float
) -> None:
    Telephone(script, recogniser=recogniser, late=late).run()
