"""Standing in: each way through the table, and what holds whatever happens."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.actions import Action
from gateway.core.events import DeadlinePassed, Event, HungUp
from gateway.core.standin import machine
from gateway.core.standin.facts import (
    BotCleared,
    BotGone,
    BotMark,
    BotReady,
    BotSound,
    CallerSound,
    ClearBot,
    DropBot,
    EchoMark,
    FallBack,
    HoldCaller,
    HushCaller,
    HushHeld,
    LeaveCall,
    OursOver,
    PassBot,
    PassCaller,
    PassMark,
    SendHeld,
    TurnForgotten,
    TurnOpened,
    TurnPassed,
    TurnTaken,
    UnderstandingBack,
    UnderstandingLost,
)
from gateway.core.standin.machine import Floor, StandIn, StandInPolicy
from gateway.core.states import IllegalEvent

VOICE = BotSound(length=0.02)


class Line:
    """A call in front of a bot: what the bot has heard of the caller, and the caller of the bot."""

    def __init__(self, *, withhold: bool = True, ready: bool = True) -> None:
        self.now = 0.0
        self.standin = StandIn(StandInPolicy(withhold=withhold), 0.0)
        self.held: list[int] = []
        self.at_bot: list[str] = []
        self.frames = 0
        self.orders: list[Action] = []
        if ready:
            self(BotReady())

    def __call__(self, event: Event, after: float = 0.0) -> list[Action]:
        self.now += after
        if isinstance(event, CallerSound):
            self.frames += 1
        orders = self.standin.receive(event, self.now)
        for order in orders:
            self._obey(order)
        self.orders += orders
        return orders

    def _obey(self, order: Action) -> None:
        match order:
            case PassCaller():
                assert not self.held, "what was said before comes first"
                self.at_bot.append(f"{self.frames}")
            case HushCaller():
                assert not self.held
                self.at_bot.append("-")
            case HoldCaller():
                self.held.append(self.frames)
            case SendHeld():
                self.at_bot += [f"{one}" for one in self.held]
                self.held.clear()
            case HushHeld():
                self.at_bot += ["-" for _ in self.held]
                self.held.clear()

    @property
    def state(self) -> Floor:
        return self.standin.state

    def talk(self, frames: int = 2) -> None:
        for _ in range(frames):
            self(CallerSound(), 0.02)


def test_all_goes_through_while_nobody_asks() -> None:
    line = Line()
    line.talk()
    assert line.at_bot == ["1", "2"]
    assert line(VOICE) == [PassBot()]
    assert line(BotMark(name="m")) == [PassMark(name="m")]
    assert line(BotCleared()) == [ClearBot()]


def test_on_a_hit_the_bot_gets_silence_instead() -> None:
    line = Line()
    line(TurnOpened())
    line.talk(3)
    assert line.at_bot == []
    assert line(TurnTaken()) == [HushHeld()]
    line.talk(1)
    assert line.at_bot == ["-"] * 4
    assert line(VOICE) == [DropBot()], "never two voices"
    assert line(BotMark(name="m")) == [EchoMark(name="m")]
    line(OursOver())
    line.talk(1)
    assert line.at_bot[-1] == "5"
    assert line(VOICE) == [PassBot()], "it has not heard the question"


def test_on_a_miss_the_bot_gets_all_of_it_at_once() -> None:
    line = Line()
    line(TurnOpened())
    line.talk(3)
    assert line(TurnPassed()) == [SendHeld()]
    line.talk(1)
    assert line.at_bot == ["1", "2", "3", "4"]


def test_a_miss_that_becomes_a_hit_leaves_the_bots_reply_unheard() -> None:
    line = Line()
    line(TurnOpened())
    line(TurnPassed())
    line(TurnTaken(), 0.3)
    line(OursOver(), 2.0)
    assert line(VOICE) == [DropBot()]
    assert line(VOICE, 1.5) == [PassBot()], "its next turn"


def test_a_bot_that_speaks_hears_that_it_is_spoken_over() -> None:
    line = Line()
    line(BotSound(length=3.0))
    line(TurnOpened(), 1.0)
    line.talk(2)
    assert line.at_bot == ["1", "2"]
    assert line(TurnTaken()) == [ClearBot()], "two voices are one too many"


def test_a_bot_that_begins_while_the_caller_speaks_hears_them_too() -> None:
    line = Line()
    line(TurnOpened())
    line.talk(2)
    assert line(VOICE) == [SendHeld(), PassBot()]


def test_where_nothing_is_withheld_the_reply_to_a_hit_is_dropped() -> None:
    line = Line(withhold=False)
    line(TurnOpened())
    line.talk(2)
    assert line.at_bot == ["1", "2"]
    line(TurnTaken())
    line.talk(1)
    assert line.at_bot == ["1", "2", "3"], "it always goes through"
    assert line(VOICE) == [DropBot()]
    line(OursOver(), 0.3)
    assert line(VOICE, 0.2) == [DropBot()], "still the same reply"
    line(TurnOpened(), 1.0)
    assert line(VOICE) == [PassBot()], "the next turn"


def test_a_reply_that_never_comes_is_not_waited_for_for_ever() -> None:
    line = Line(withhold=False)
    line(TurnTaken())
    line(OursOver(), 1.0)
    assert line.standin.deadline == 11.0
    line(DeadlinePassed(), 10.0)
    assert line(VOICE) == [PassBot()]


def test_a_caller_who_cuts_in_is_held_and_decided_on() -> None:
    line = Line()
    line(TurnOpened())
    line(TurnTaken())
    line(TurnOpened(), 1.0)
    line.talk(2)
    line(OursOver())
    assert line.state is Floor.DECIDING
    line(TurnPassed())
    assert line.at_bot == ["1", "2"]


def test_a_caller_who_only_says_uhuh_is_not_the_bots() -> None:
    line = Line()
    line(TurnTaken())
    line(TurnOpened())
    line.talk(2)
    line(TurnForgotten())
    assert (line.state, line.at_bot) == (Floor.OURS, ["-", "-"])


def test_a_question_without_end_is_the_bots() -> None:
    line = Line()
    line(TurnOpened())
    line.talk(2)
    line(DeadlinePassed(), 14.0)
    assert line.state is Floor.DECIDING, "not yet"
    line(DeadlinePassed(), 1.0)
    assert (line.state, line.at_bot) == (Floor.PASSING, ["1", "2"])


def test_what_is_said_while_the_bot_is_dialled_reaches_it() -> None:
    line = Line(ready=False)
    line.talk(2)
    line(BotReady(), 0.5)
    line.talk(1)
    assert line.at_bot == ["1", "2", "3"]


def test_a_question_while_the_bot_is_dialled_is_decided_on_first() -> None:
    line = Line(ready=False)
    line(TurnOpened())
    line.talk(2)
    line(BotReady(), 0.5)
    assert (line.state, line.at_bot) == (Floor.DECIDING, [])
    line(TurnTaken())
    assert line.at_bot == ["-", "-"]


def test_a_hit_while_the_bot_is_dialled_is_ours() -> None:
    line = Line(ready=False)
    line(TurnOpened())
    line.talk(2)
    line(TurnTaken())
    line(BotReady())
    assert line.state is Floor.OURS
    assert line(VOICE) == [DropBot()]


def test_a_bot_that_does_not_answer_is_given_up() -> None:
    line = Line(ready=False)
    assert line.standin.deadline == 2.0
    (order,) = line(DeadlinePassed(), 2.0)
    assert isinstance(order, FallBack)
    assert "2 s" in order.reason
    line = Line(ready=False)
    assert line(BotGone(reason="refused")) == [FallBack(reason="refused")]


def test_where_nothing_is_understood_all_goes_through() -> None:
    line = Line()
    line(TurnOpened())
    line.talk(2)
    assert line(UnderstandingLost()) == [SendHeld()]
    line.talk(1)
    line(TurnOpened())
    line.talk(1)
    assert line.at_bot == ["1", "2", "3", "4"]
    assert line(VOICE) == [PassBot()]
    line(UnderstandingBack())
    assert line.state is Floor.PASSING


def test_what_we_say_is_said_to_its_end_though_nothing_is_understood() -> None:
    line = Line()
    line(TurnTaken())
    line(TurnOpened())
    line.talk(1)
    line(UnderstandingLost())
    line.talk(1)
    assert (line.state, line.at_bot) == (Floor.OURS, ["1", "2"])
    line(OursOver())
    assert line.state is Floor.FAILED


def test_a_bot_that_hangs_up_ends_the_call() -> None:
    line = Line()
    assert line(BotGone(reason="the bot hung up")) == [LeaveCall(reason="the bot hung up")]
    assert line.state is Floor.GONE


def test_what_cannot_happen_is_our_own_mistake() -> None:
    with pytest.raises(IllegalEvent, match="BotReady in PASSING"):
        Line()(BotReady())


# --- whatever happens ----------------------------------------------------------------------------

ALL = sorted(
    {kind for row in machine.TRANSITIONS.values() for kind in row}, key=lambda k: k.__name__
)
FIELDS: dict[type[Event], dict[str, Any]] = {
    BotSound: {"length": 0.02},
    BotMark: {"name": "m"},
    BotGone: {"reason": "gone"},
}
RARE = (HungUp, BotGone)
steps = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.02, 0.5, 2.5]),
        st.sampled_from([*[kind for kind in ALL if kind not in RARE] * 3, *RARE, CallerSound]),
    ),
    max_size=60,
)
WAITS = (Floor.DIALLING, Floor.DECIDING, Floor.OURS)


@settings(max_examples=400, deadline=None)
@given(steps, st.booleans(), st.booleans())
def test_whatever_happens(
    happens: list[tuple[float, type[Event]]], withhold: bool, ready: bool
) -> None:
    line = Line(withhold=withhold, ready=ready)
    for after, kind in happens:
        standin = line.standin
        if standin.deadline is not None and standin.deadline <= line.now + after:
            line(DeadlinePassed(), max(0.0, standin.deadline - line.now))
        if kind not in machine.TRANSITIONS[line.state]:
            continue
        before = line.state
        orders = line(kind(**FIELDS.get(kind, {})), after)
        if line.state in WAITS:
            assert line.standin.deadline is not None, "no state waits without a deadline"
        if line.state not in (*WAITS, Floor.GONE):
            assert not line.held, "what goes through is not kept"
        if before is Floor.OURS:
            assert PassBot() not in orders, "never two voices"
        if before is Floor.FAILED and kind is CallerSound:
            assert orders == [PassCaller()]
        if line.state is not Floor.GONE:
            assert len(line.at_bot) + len(line.held) == line.frames, "a bot loses no time"
            told = [int(one) for one in line.at_bot if one != "-"]
            assert told == sorted(told), "in order"


@pytest.mark.parametrize("state", [one for one in Floor if one is not Floor.GONE])
def test_each_state_can_be_reached_and_left(state: Floor) -> None:
    assert HungUp in machine.TRANSITIONS[state]
    assert CallerSound in machine.TRANSITIONS[state]
