"""Things of an agent's turn that happen in the same instant, in either order."""

from __future__ import annotations

from itertools import permutations

import pytest

from gateway.core.actions import CancelAgent, Play, Source, Stop
from gateway.core.events import (
    AgentAudio,
    AgentDone,
    AgentFailed,
    AgentText,
    AgentTool,
    AudioStarted,
    DeadlinePassed,
    Event,
    HungUp,
    MarkReached,
    PlaybackDone,
    VoiceStarted,
)
from gateway.core.states import CallState
from tests.support.script import Script, answering, final, miss, partial, waiting

AUDIO = AgentAudio(turn=1, text="Yes.", length=2.0)
TEXT, DONE, FAILED = AgentText(turn=1), AgentDone(turn=1), AgentFailed(turn=1, reason="gone")
WORDS = partial("no wait")


def run(script: Script, now: float, *events: Event) -> list[object]:
    """All at that instant; what followed. Checks that voices never meet."""
    followed: list[object] = []
    for event in events:
        script.at(now, event)
        followed += script.actions
    on_air = 0
    for action in followed:
        if isinstance(action, Stop):
            on_air = 0
        elif isinstance(action, Play):
            assert not on_air or action.follows
            on_air = action.generation
    return followed


def spoken(followed: list[object]) -> list[Source]:
    return [one.source for one in followed if isinstance(one, Play)]


def orders(*events: Event) -> pytest.MarkDecorator:
    found = list(permutations(events))
    ids = [" ".join(type(one).__name__ for one in row) for row in found]
    return pytest.mark.parametrize("events", found, ids=ids)


@orders(AUDIO, WORDS)
def test_the_answer_and_a_barge_in(events: tuple[Event, ...]) -> None:
    script = waiting()
    followed = run(script, 1.2, *events)
    assert [one for one in followed if isinstance(one, CancelAgent)]
    assert script.call.playback.sound is None, "whoever is first, the caller has the word"
    assert script.call.receive(AUDIO, 1.2) == []


@orders(AUDIO, DeadlinePassed())
def test_the_answer_and_a_filler(events: tuple[Event, ...]) -> None:
    script = waiting()
    sources = spoken(run(script, 1.3, *events))
    assert sources[-1] is Source.AGENT, "the answer is never behind"
    assert sources in ([Source.AGENT], [Source.FILLER, Source.AGENT])


@orders(TEXT, DeadlinePassed())
def test_the_first_word_and_a_filler(events: tuple[Event, ...]) -> None:
    assert len(spoken(run(waiting(), 1.3, *events))) <= 1


@orders(AUDIO, DeadlinePassed())
def test_the_answer_and_the_end_of_patience(events: tuple[Event, ...]) -> None:
    script = waiting(lines={"handoff": 2.0}).tick(1.3).tick(4.0)
    followed = run(script, 9.0, *events)
    assert len(spoken(followed)) == 1, "one of them, not both"
    given_up = any(isinstance(one, CancelAgent) for one in followed)
    assert spoken(followed) == [Source.SYSTEM if given_up else Source.AGENT]


@orders(AUDIO, DONE)
def test_the_end_before_the_first_sound(events: tuple[Event, ...]) -> None:
    followed = run(waiting(), 1.2, *events)
    assert len(spoken(followed)) == 1, "sound after the end is late, and never heard"


@orders(FAILED, DeadlinePassed())
def test_a_failure_and_a_filler(events: tuple[Event, ...]) -> None:
    script = waiting()
    sources = spoken(run(script, 1.3, *events))
    assert sources[-1] is Source.SYSTEM and Source.AGENT not in sources


@orders(FAILED, PlaybackDone(generation=1))
def test_a_failure_as_the_filler_ends(events: tuple[Event, ...]) -> None:
    script = waiting().tick(1.3, Play).at(1.3, AudioStarted(generation=1))
    assert spoken(run(script, 2.1, *events)) == [Source.SYSTEM]


@orders(AUDIO, PlaybackDone(generation=1))
def test_the_answer_as_the_filler_ends(events: tuple[Event, ...]) -> None:
    script = waiting().tick(1.3, Play).at(1.3, AudioStarted(generation=1))
    assert spoken(run(script, 2.1, *events)) == [Source.AGENT]


@orders(DONE, PlaybackDone(generation=1))
def test_the_end_of_the_reply_and_of_its_sound(events: tuple[Event, ...]) -> None:
    """The shell sends the first before the second; the other way round it breaks off."""
    script = answering()
    sources = spoken(run(script, 5.2, *events))
    assert sources == ([] if events[0] is DONE else [Source.SYSTEM])


@orders(WORDS, DONE, MarkReached(generation=1, position=4.0))
def test_a_barge_in_at_the_very_end(events: tuple[Event, ...]) -> None:
    script = answering("One two three four", length=4.0)
    run(script, 5.2, *events)
    heard = "".join(text for role, text in script.call.response.history.said if role != "user")
    marked = events.index(MarkReached(generation=1, position=4.0)) < events.index(WORDS)
    assert heard == ("One two three four" if marked else "")
    assert script.call.playback.sound is None


@orders(AgentTool(turn=1, name="balance"), AUDIO)
def test_a_tool_and_the_answer(events: tuple[Event, ...]) -> None:
    sources = spoken(run(waiting(), 1.1, *events))
    assert sources[-1] is Source.AGENT


@orders(AUDIO, VoiceStarted(at=1.2))
def test_the_answer_and_a_voice(events: tuple[Event, ...]) -> None:
    script = waiting()
    followed = run(script, 1.2, *events)
    assert spoken(followed) == ([Source.AGENT] if events[0] is AUDIO else [])


@orders(AUDIO, HungUp())
def test_the_answer_and_hanging_up(events: tuple[Event, ...]) -> None:
    script = waiting()
    followed = run(script, 1.2, *events)
    assert script.call.state is CallState.CLOSED and script.call.deadline is None
    assert [one for one in followed if isinstance(one, CancelAgent)]


def test_the_next_turns_agent_is_not_answered_by_the_last_ones() -> None:
    script = waiting().at(1.2, final("and red"))
    script.decide(1.2, miss())
    assert spoken(run(script, 1.3, AUDIO, DONE, FAILED)) == []
    script.at(1.4, AgentAudio(turn=2, text="It goes straight.", length=1.0))
    assert spoken(list(script.actions)) == [Source.AGENT]
