"""What holds in every conversation, whatever comes in whatever order."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core import call as calls
from gateway.core.actions import Path
from gateway.core.events import (
    AgentLost,
    DeadlinePassed,
    Decided,
    FinalHeard,
    HungUp,
    KeyPressed,
    PartialHeard,
    RecogniserLost,
    Utterance,
)
from gateway.core.states import CallState
from gateway.core.turn import turn as turns
from tests.support.script import miss
from tests.support.world import ALL, FACTS, Steps, go_on, run, steps


@settings(max_examples=400, deadline=None)
@given(steps, st.booleans())
def test_every_conversation_keeps_the_promises(script: Steps, recogniser: bool) -> None:
    run(script, recogniser=recogniser)


@settings(max_examples=200, deadline=None)
@given(steps, steps, st.booleans())
def test_after_the_caller_hangs_up_nothing_happens(
    before: Steps,
    after: Steps,
    recogniser: bool,
) -> None:
    world = run(before, recogniser=recogniser)
    if world.call.state is not CallState.CLOSED:
        world.send(HungUp())
    assert world.begun is None, "nobody waits for it"
    assert world.call.deadline is None
    for _, (kind, fact) in after:
        event = world.make(kind, fact)
        if event is not None:
            assert world.call.receive(event, world.now) == []


@settings(max_examples=200, deadline=None)
@given(steps, st.booleans())
def test_left_alone_every_conversation_ends(script: Steps, recogniser: bool) -> None:
    """However it stands, deadlines alone lead to the end: nothing waits for ever."""
    world = run(script, recogniser=recogniser)
    for _ in range(60):
        at = world.call.deadline
        if at is None:
            break
        world.now = max(world.now, at)
        world.send(DeadlinePassed())
    assert world.call.state is CallState.CLOSED


@settings(max_examples=200, deadline=None)
@given(steps)
def test_a_turn_is_accounted_for_once_as_finished_and_at_most_once_as_interrupted(
    script: Steps,
) -> None:
    world = run(script, recogniser=True)
    for one in world.closed:
        assert one.path is not Path.AGENT or one.turn in {each.turn for each in world.passed}
    for interrupted in (False, True):
        numbers = [one.turn for one in world.closed if one.interrupted is interrupted]
        assert len(numbers) == len(set(numbers))


@settings(max_examples=200, deadline=None)
@given(steps, steps, st.booleans(), st.booleans())
def test_a_caller_who_is_not_heard_any_more_is_told_and_the_call_ends(
    before: Steps,
    after: Steps,
    recogniser: bool,
    alone: bool,
) -> None:
    world = run(before, recogniser=recogniser)
    if world.call.state is not CallState.CLOSED:
        world.send(AgentLost(reason="gone") if alone else RecogniserLost())
    asked = len(world.asked)
    for wait, (kind, fact) in after:
        go_on(world, world.now + wait)
        event = world.make(kind, fact)
        if event is not None and kind is not KeyPressed:
            world.send(event)
    for _ in range(20):
        go_on(world, world.call.deadline or world.now)
    assert world.call.state is CallState.CLOSED
    assert len(world.asked) == asked, "nothing of what comes is taken for words"


def test_speculations_are_begun_at_all() -> None:
    """What the conversations above promise of them is about something."""
    words = Utterance(text="a card", canonical="a card", completeness=0.9)
    script: Steps = [
        (0.1, (PartialHeard, (words, True))),
        (0.1, (Decided, (0, miss()))),
        (0.1, (FinalHeard, words)),
    ]
    world = run(script, recogniser=False)
    assert (world.speculations, world.adopted, len(world.passed)) == (1, 1, 1)


def test_every_event_can_be_made() -> None:
    assert set(ALL) <= set(FACTS)
    named = {kind for row in turns.TRANSITIONS.values() for kind in row}
    assert named <= set(ALL), "what a turn takes, a call takes"


def test_every_state_has_its_row() -> None:
    assert set(calls.TRANSITIONS) == set(CallState)
    assert set(turns.TRANSITIONS) == set(turns.TurnState)
    live = [
        CallState.QUIET,
        CallState.COVERING,
        CallState.WAITING,
        CallState.SPEAKING,
        CallState.HELD,
    ]
    rows = [set(calls.TRANSITIONS[state]) for state in live]
    assert all(row == rows[0] for row in rows), "what may happen does not depend on who speaks"
