"""A call to which anything may happen, and what must hold of it whatever does.

The events are drawn from the transition tables themselves, so that a new state or event is
covered the moment it is named there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import strategies as st

from gateway.core import call as calls
from gateway.core.actions import (
    Action,
    AskAgent,
    CancelAgent,
    CloseTurn,
    EndCall,
    ForgetAgent,
    Match,
    Play,
    PrepareAgent,
    Source,
    Stop,
)
from gateway.core.call import Call
from gateway.core.events import (
    AGENT_EVENTS,
    AgentAudio,
    AgentDone,
    AgentFailed,
    AgentLost,
    AgentReplaced,
    AgentText,
    AgentTool,
    Aim,
    AudioStarted,
    Bearing,
    CallStarted,
    DeadlinePassed,
    Decided,
    Event,
    FinalHeard,
    HungUp,
    KeyPressed,
    MarkReached,
    PartialHeard,
    PlaybackDone,
    PlaybackFailed,
    RecogniserAway,
    RecogniserBack,
    RecogniserLost,
    TurnEndJudged,
    Utterance,
    Verdict,
    VoiceStarted,
    VoiceStirred,
    VoiceStopped,
)
from gateway.core.policy import Policy
from gateway.core.states import CallState
from gateway.core.turn import turn as turns
from gateway.core.turn.questions import KEPT, PENDING
from tests.support.script import FILLERS, LINES, answer, clarify, miss, route, system

TEXTS = ["", "okay", "when do", "when do you open", "stop", "a card", "the first one"]
VERDICTS = [
    answer(),
    answer("card"),
    answer("hours", verbatim=True),
    clarify(),
    clarify("hours", ""),
    miss(),
    route("transfer", "balance"),
    route("agent:deep", "advice"),
]
VERDICTS += [route(f"control:{name}") for name in ("repeat", "stop", "person", "goodbye")]

utterances = st.builds(
    lambda text, completeness, manner, asks, confidence, aim: Utterance(
        text=text,
        canonical=text,
        completeness=completeness,
        manner=manner,
        asks=asks or manner is Bearing.NORMAL,
        confidence=confidence,
        aim=aim,
    ),
    st.sampled_from(TEXTS),
    st.sampled_from([0.1, 0.5, 0.9]),
    st.sampled_from(list(Bearing)),
    st.booleans(),
    st.sampled_from([0.1, 0.9]),
    st.sampled_from(list(Aim)),
)
FACTS: dict[type[Event], st.SearchStrategy[object]] = {
    CallStarted: st.none(),
    VoiceStarted: st.floats(0, 0.2),
    VoiceStopped: st.floats(0, 0.2),
    VoiceStirred: st.booleans(),
    PartialHeard: st.tuples(utterances, st.booleans()),
    FinalHeard: utterances,
    Decided: st.tuples(st.integers(0, 3), st.sampled_from(VERDICTS)),
    AudioStarted: st.integers(0, 1),
    MarkReached: st.tuples(st.integers(0, 1), st.floats(0, 6)),
    PlaybackDone: st.integers(0, 1),
    PlaybackFailed: st.integers(0, 1),
    AgentText: st.integers(0, 1),
    AgentTool: st.tuples(st.integers(0, 1), st.sampled_from(["balance", "unheard of"])),
    AgentAudio: st.tuples(st.integers(0, 1), st.floats(0.1, 4.0), st.sampled_from(["", "Yes?"])),
    AgentDone: st.integers(0, 1),
    AgentFailed: st.integers(0, 1),
    AgentReplaced: st.tuples(st.booleans(), st.booleans()),
    KeyPressed: st.sampled_from("0125#"),
    TurnEndJudged: st.tuples(st.booleans(), st.sampled_from([0.01, 0.5, 0.99])),
    RecogniserAway: st.none(),
    RecogniserBack: st.none(),
    RecogniserLost: st.none(),
    AgentLost: st.none(),
    HungUp: st.none(),
    DeadlinePassed: st.none(),
}
"""How to make each event; numbers of turns and generations are taken relative to the newest."""

ALL = sorted({kind for row in calls.TRANSITIONS.values() for kind in row}, key=lambda k: k.__name__)
LIVE = [kind for kind in ALL if kind not in (CallStarted, HungUp, RecogniserLost, AgentLost)]

Steps = list[tuple[float, tuple[type[Event], object]]]

steps = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.01, 0.3, 1.5, 7.0]),
        st.sampled_from(LIVE).flatmap(lambda kind: st.tuples(st.just(kind), FACTS[kind])),
    ),
    max_size=60,
)


@dataclass
class World:
    """A call, and what its actions have led to."""

    call: Call
    now: float = 0.0
    on_air: int = 0
    newest: int = 0
    asked: list[Match] = field(default_factory=list)
    closed: list[CloseTurn] = field(default_factory=list)
    passed: list[AskAgent] = field(default_factory=list)
    at_it: int = 0
    """Turn that an agent is at; 0: none."""
    reply: float = 0.0
    """Seconds of its reply so far."""
    working: bool = False
    """It has begun to run a tool: what it has said was not the answer yet."""
    fillers: list[Play] = field(default_factory=list)
    begun: PrepareAgent | None = None
    """Speculation that was neither adopted nor forgotten."""
    silent_since: float = 0.0
    speculations: int = 0
    adopted: int = 0
    ended: bool = False
    watch: Callable[[Event, list[Action], float], None] = lambda event, actions, now: None
    """Told of every event and what followed."""

    def send(self, event: Event) -> list[Action]:
        if isinstance(event, AgentAudio) and event.turn == self.at_it:
            self.reply = max(self.reply, event.length)
        if isinstance(event, AgentTool) and event.turn == self.at_it:
            self.working = True
        overdue = self.call.playback.deadline
        actions = self.call.receive(event, self.now)
        if isinstance(event, PlaybackDone | PlaybackFailed) and event.generation == self.on_air:
            self.on_air = 0
        if isinstance(event, DeadlinePassed) and overdue is not None and overdue <= self.now:
            self.on_air = 0  # its end was never reported: taken as heard
        self.watch(event, actions, self.now)
        for action in actions:
            self.apply(action)
        return actions

    def apply(self, action: Action) -> None:
        assert not self.ended, "nothing follows the end of a call"
        match action:
            case Play():
                assert self.on_air == 0 or action.follows, "two voices at once"
                assert action.generation > self.newest, "a generation is never used again"
                self.on_air = self.newest = action.generation
                self.played(action)
            case AskAgent():
                assert self.at_it == 0 or self.at_it < action.turn
                self.adopt(action)
                self.passed.append(action)
                self.at_it, self.reply, self.working = action.turn, 0.0, False
            case PrepareAgent():
                assert self.begun is None, "one at a time"
                assert self.call.turn is not None and self.call.turn.number == action.turn
                self.begun, self.speculations = action, self.speculations + 1
            case ForgetAgent():
                assert self.begun is not None and self.begun.turn == action.turn
                self.begun = None
            case CancelAgent():
                assert action.turn == self.at_it
                self.at_it = 0
            case Stop():
                assert action.generation <= self.newest
                self.on_air = 0 if action.generation == self.on_air else self.on_air
            case Match():
                self.asked.append(action)
            case CloseTurn():
                parts = dict(action.timeline)
                total = parts.pop("ttfa", 0.0)
                assert abs(sum(parts.values()) - total) < 1e-9
                self.closed.append(action)
            case EndCall():
                self.ended = True

    def adopt(self, order: AskAgent) -> None:
        """What was begun is just what is asked, or was forgotten before."""
        begun, self.begun = self.begun, None
        if begun is not None:
            self.adopted += 1
            wanted = (order.turn, order.text, order.history, order.route, order.prompt)
            assert (begun.turn, begun.text, begun.history, begun.route, begun.prompt) == wanted

    def played(self, order: Play) -> None:
        """What is played of a turn with an agent."""
        if order.source is Source.AGENT:
            assert order.turn == self.at_it, "late pieces are never heard"
            assert order.offset < self.reply, "there is something to be heard"
        elif order.source is Source.FILLER:
            if self.call.response.handover.waiting:
                assert order.turn == self.at_it
                assert self.working or self.reply == 0, "no filler after the answer began"
            else:
                assert self.call.turn is not None and order.turn == self.call.turn.number
                assert self.call.turn.state is turns.TurnState.FINISHING, "words are waited for"
            if self.fillers:
                assert order.clips != self.fillers[-1].clips, "never the same twice running"
            self.fillers.append(order)

    def make(self, kind: type[Event], fact: object) -> Event | None:
        if kind in (VoiceStarted, VoiceStopped):
            assert isinstance(fact, float)
            at = max(0.0, self.now - fact)
            self.silent_since = at if kind is VoiceStopped else self.silent_since
            return VoiceStarted(at=at) if kind is VoiceStarted else VoiceStopped(at=at)
        if kind is VoiceStirred:
            return VoiceStirred(goes_on=bool(fact))
        if kind in (PartialHeard, FinalHeard):
            if isinstance(fact, Utterance):
                return FinalHeard(utterance=fact)
            assert isinstance(fact, tuple)
            return PartialHeard(utterance=fact[0], eager=fact[1])
        if kind is Decided:
            assert isinstance(fact, tuple)
            back, verdict = fact
            assert isinstance(verdict, Verdict)
            if back >= len(self.asked):
                return None
            asked = self.asked[-1 - back]
            return Decided(turn=asked.turn, revision=asked.revision, verdict=verdict)
        if kind is MarkReached:
            assert isinstance(fact, tuple)
            return MarkReached(generation=self.newest - fact[0], position=fact[1])
        if kind in AGENT_EVENTS:
            return self.reply_event(kind, fact)
        if kind is TurnEndJudged:
            assert isinstance(fact, tuple)
            since = self.silent_since if fact[0] else None
            return TurnEndJudged(probability=fact[1], silent_since=since)
        if kind in (RecogniserAway, RecogniserBack, RecogniserLost):
            return kind()
        if kind is AgentLost:
            return AgentLost(reason="gone")
        if kind is AgentReplaced:
            assert isinstance(fact, tuple)
            return AgentReplaced(policy=self.call.policy, owed=fact[0], fresh=fact[1])
        if kind is KeyPressed:
            return KeyPressed(digit=str(fact))
        if kind is PlaybackFailed:
            assert isinstance(fact, int)
            return PlaybackFailed(generation=self.newest - fact, reason="gone")
        if kind in (AudioStarted, PlaybackDone):
            assert isinstance(fact, int)
            generation = self.newest - fact
            if kind is AudioStarted:
                return AudioStarted(generation=generation)
            return PlaybackDone(generation=generation)
        return DeadlinePassed()

    def reply_event(self, kind: type[Event], fact: object) -> Event | None:
        back, *more = fact if isinstance(fact, tuple) else (fact,)
        if back >= len(self.passed):
            return None
        turn = self.passed[-1 - back].turn
        if kind is AgentTool:
            return AgentTool(turn=turn, name=more[0])
        if kind is AgentAudio:
            return AgentAudio(turn=turn, length=self.reply + more[0], text=more[1])
        if kind is AgentFailed:
            return AgentFailed(turn=turn, reason="gone")
        return AgentText(turn=turn) if kind is AgentText else AgentDone(turn=turn)


def go_on(world: World, until: float) -> None:
    """Nothing but deadlines until then."""
    while (at := world.call.deadline) is not None and at <= until:
        world.now = max(world.now, at)
        world.send(DeadlinePassed())
    world.now = until


def run(
    script: Steps,
    *,
    recogniser: bool,
    watch: Callable[[Event, list[Action], float], None] = lambda event, actions, now: None,
) -> World:
    policy = Policy(max_turn=20.0, agent=True, speculate=True, ear=True)
    lines = system(LINES | FILLERS | {"hum:1": 0.3, "here": 0.9})
    world = World(Call(policy, lines, recogniser=recogniser), watch=watch)
    world.send(CallStarted())
    for wait, (kind, fact) in script:
        go_on(world, world.now + wait)
        event = world.make(kind, fact)
        if event is not None:
            world.send(event)
        if world.call.state is not CallState.CLOSED:
            check(world)
    return world


def check(world: World) -> None:
    """What holds between any two events."""
    call = world.call
    assert call.deadline is not None, "every state that waits has a deadline"
    assert call.deadline <= world.now + 65, "and it is not far off"
    assert (call.playback.sound is not None) == (world.on_air != 0)
    patience = call.response.handover.deadline
    assert patience is None or patience > world.now or not call._free, "what is due has been done"
    if world.begun is not None:
        assert call.turn is not None and call.turn.number == world.begun.turn
        assert call.state is CallState.QUIET, "who has not got the floor is not answered ahead"
        assert call.turn.last_words_at is not None and call.turn.last_words_at <= world.now
    silent_since = call._cover_at
    assert silent_since is None or silent_since > world.now, "who waits for long is told something"
    if call.turn is not None:
        assert call.turn.state is not turns.TurnState.OVER, "a resolved turn is answered at once"
        assert call.turn.deadline is not None
        assert len(call.turn.questions) <= PENDING + KEPT
