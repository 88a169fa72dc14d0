"""What holds in every race, whatever comes in whatever order, and what ten thousand leave."""

from __future__ import annotations

import heapq
import math
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.actions import Action
from gateway.core.events import DeadlinePassed
from gateway.core.race.attempts import (
    AttemptClosed,
    AttemptFailed,
    AttemptFailure,
    AttemptFinished,
    CancelAttempt,
    Hedging,
    PieceArrived,
    RaceAdopted,
    RaceDropped,
    RaceEvent,
    StartAttempt,
    ToolCall,
)
from gateway.core.race.hedge import TRANSITIONS
from tests.support.hedging import BEGUN, ROLE, Watch, make_pilot, text, tool

PIECES = [ROLE, text(), text(" "), BEGUN, tool(), tool(ToolCall(id="2", name="hours"))]
EVENTS = {event for row in TRANSITIONS.values() for event in row}
which, reasons = st.integers(0, 2), st.sampled_from(list(AttemptFailure))
waits = st.one_of(st.none(), st.floats(0, 20))
events = st.one_of(
    st.builds(PieceArrived, race=st.just(1), attempt=which, piece=st.sampled_from(PIECES)),
    st.builds(AttemptFailed, race=st.just(1), attempt=which, reason=reasons, retry_after=waits),
    st.builds(AttemptFinished, race=st.just(1), attempt=which),
    st.builds(AttemptClosed, race=st.just(1), attempt=which),
    st.builds(RaceAdopted, race=st.just(1)),
    st.builds(RaceDropped, race=st.just(1)),
    st.just(DeadlinePassed()),
)
steps = st.lists(st.tuples(st.sampled_from([0.0, 0.01, 0.1, 0.3, 2.0]), events), max_size=25)


def test_every_event_is_drawn() -> None:
    drawn = {PieceArrived, AttemptFailed, AttemptFinished, AttemptClosed, DeadlinePassed}
    assert drawn | {RaceAdopted, RaceDropped} == EVENTS


@settings(max_examples=250)
@given(steps, st.booleans(), st.sampled_from([200.0, 1.5, 0.0, -400.0]), st.integers(1, 2))
def test_nothing_that_comes_breaks_a_race(
    told: list[tuple[float, RaceEvent | DeadlinePassed]],
    speculative: bool,
    level: float,
    count: int,
) -> None:
    pilot = make_pilot(Hedging(max_held=3), count=count)
    pilot.pacer.level = level
    watch, now = Watch(pilot), 0.0
    watch.start(now, speculative=speculative)
    for gap, event in told:
        now += gap
        actions = watch.send(event, now)
        over = watch.race.state.name == "OVER"
        assert not (isinstance(event, RaceDropped) and any(map(speaks, actions)))
        assert not (over and isinstance(event, DeadlinePassed) and any(map(speaks, actions)))
    for _ in range(6):  # whatever is waited for, deadlines alone bring it to its end
        if watch.race.deadline is not None:
            assert watch.race.deadline < math.inf
            now = max(now, watch.race.deadline)
            watch.send(DeadlinePassed(), now)
    assert watch.race.state.name == "OVER"
    assert not watch.open


def speaks(action: Action) -> bool:
    return type(action).__name__ in ("Deliver", "RunTool")


class Crowd:
    """Up to twenty races at once on the same two providers, which do all that providers do."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.pilot = make_pilot(Hedging(budget=0.15, depth=20.0, debt=20.0))
        self.running: dict[int, Watch] = {}
        self.now = 0.0
        self._coming: list[tuple[float, int, RaceEvent]] = []
        self._order = 0

    def begin(self, number: int) -> None:
        """One more race; some are speculations, some are interrupted."""
        chance, watch = self.chance, Watch(self.pilot, number)
        self.running[number] = watch
        speculative = chance.random() < 0.1
        if speculative:
            event = RaceAdopted if chance.random() < 0.5 else RaceDropped
            self._push(chance.random(), event(race=number))
        elif chance.random() < 0.05:
            self._push(chance.random(), RaceDropped(race=number))
        self._perform(watch.start(self.now, speculative=speculative))
        self._forget(watch)
        if number not in self.running:
            self.now += 0.2  # nobody may be asked: time must pass

    def step(self) -> None:
        """The next thing that happens: a deadline or an event."""
        armed = [(one.race.deadline or 0.0, number) for number, one in self.running.items()]
        deadline, number = min(armed, default=(math.inf, 0))
        event: RaceEvent | DeadlinePassed = DeadlinePassed()
        self.now = max(self.now, deadline) if deadline < math.inf else self.now
        if self._coming and self._coming[0][0] <= deadline:
            when, _, event = heapq.heappop(self._coming)
            self.now, number = max(self.now, when), event.race
        if (watch := self.running.get(number)) is not None:
            self._perform(watch.send(event, self.now))
            self._forget(watch)

    def _forget(self, watch: Watch) -> None:
        if watch.race.state.name == "OVER":
            del self.running[watch.number]

    def _push(self, wait: float, event: RaceEvent) -> None:
        self._order += 1
        heapq.heappush(self._coming, (self.now + wait, self._order, event))

    def _perform(self, actions: list[Action]) -> None:
        chance = self.chance
        for action in actions:
            match action:
                case StartAttempt(race=race, attempt=attempt):
                    self._stream(race, attempt, chance.lognormvariate(-1.7, 1.0))
                case CancelAttempt(race=race, attempt=attempt):
                    closed = AttemptClosed(race=race, attempt=attempt)
                    self._push(chance.choice([0.0, 0.01, 0.2]), closed)

    def _stream(self, race: int, attempt: int, wait: float) -> None:
        chance, kind = self.chance, self.chance.random()
        if kind < 0.03:
            return  # never a word
        if kind < 0.13:
            reason, after = chance.choice(list(AttemptFailure)), chance.choice([None, 0.5])
            fails = AttemptFailed(race=race, attempt=attempt, reason=reason, retry_after=after)
            self._push(wait, fails)
            return
        for _ in range(3):
            piece = chance.choice(PIECES)
            self._push(wait, PieceArrived(race=race, attempt=attempt, piece=piece))
            wait += 0.05
        self._push(wait, AttemptFinished(race=race, attempt=attempt))


def test_ten_thousand_races_leave_nothing() -> None:
    crowd, begun = Crowd(12), 0
    while begun < 10_000 or crowd.running:
        if begun < 10_000 and len(crowd.running) < 20:
            begun += 1
            crowd.begin(begun)
        crowd.step()
    spent = crowd.pilot.spent
    assert spent.races == 10_000
    assert min(spent.abandoned, spent.late, spent.dropped_calls) > 100
    assert min(spent.calls.values()) > 0, "every kind of extra call was made"
    assert crowd.pilot.plan(crowd.now + 300.0) is not None, "no trial is under way for ever"
