from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core.actions import Play, TellDecision
from gateway.core.events import (
    AgentDone,
    AgentFailed,
    MarkReached,
    PlaybackDone,
    PlaybackFailed,
    VoiceStarted,
    VoiceStopped,
)
from gateway.core.reply.history import KEPT, USUAL, History, heard_of, usual_length
from tests.support.script import (
    FILLERS,
    LINES,
    Script,
    answer,
    audio,
    clarify,
    final,
    miss,
    partial,
    route,
    waiting,
)


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, ""),
        (0.2, ""),
        (0.25, "one"),
        (0.6, "one two"),
        (1.0, "one two three four"),
        (1.7, "one two three four"),
        (-1.0, ""),
    ],
)
def test_a_word_that_was_cut_was_not_heard(share: float, words: str) -> None:
    assert heard_of("one two  three four", share) == words


def test_who_said_what_in_order_and_nothing_empty() -> None:
    history = History()
    history.caller("when")
    history.ours("")
    history.ours("at nine")
    assert history.said == (("user", "when"), ("assistant", "at nine"))


def test_only_the_last_things_are_kept() -> None:
    history = History()
    for number in range(KEPT + 3):
        history.caller(str(number))
    assert len(history.said) == KEPT and history.said[0] == ("user", "3")


def test_how_long_a_text_usually_takes() -> None:
    assert usual_length("one two  three") == pytest.approx(3 / USUAL)


def with_texts(script: Script) -> Script:
    """Its lines say their own names."""
    script.call.response._says = lambda name: f"The {name} line."
    return script


def told(script: Script) -> list[str]:
    """What an agent would be told next, without the caller's words."""
    return [text for role, text in script.call.response.history.said if role == "assistant"]


class TestLines:
    def test_one_that_was_heard_belongs_to_the_call(self) -> None:
        script = with_texts(Script()).at(1.0, final("why"))
        script.decide(1.0, miss()).at(3.0, PlaybackDone(generation=1))
        assert script.call.response.history.said == (
            *(("user", "why"), ("assistant", "The handoff line.")),
        )

    def test_of_one_that_was_cut_what_was_heard(self) -> None:
        script = with_texts(Script()).at(1.0, final("why")).decide(1.0, miss())
        script.at(2.4, MarkReached(generation=1, position=1.4)).at(2.5, partial("no wait"), ...)
        assert told(script) == ["The handoff"]

    def test_one_that_nobody_heard_does_not(self) -> None:
        script = with_texts(Script()).at(1.0, final("why")).decide(1.0, miss())
        script.at(1.1, partial("no wait"), ...)
        assert told(script) == []

    def test_one_that_goes_on_after_a_cough_is_told_once(self) -> None:
        script = with_texts(Script(recogniser=True)).at(1.0, final("why")).decide(1.0, miss())
        script.at(2.0, MarkReached(generation=1, position=1.0)).at(2.1, VoiceStarted(at=2.1), ...)
        script.tick(2.7).at(2.8, VoiceStopped(at=2.8), ...).at(2.9, final(""), ...)
        script.at(4.0, PlaybackDone(generation=2))
        assert told(script) == ["The handoff line."]

    def test_the_greeting_and_the_question_whether_anybody_is_there(self) -> None:
        script = with_texts(Script(lines=LINES | {"greeting": 1.0}))
        script.at(1.0, PlaybackDone(generation=1)).tick(61.0, Play)
        script.at(62.0, PlaybackDone(generation=2))
        assert told(script) == ["The greeting line.", "The still_there line."]

    def test_what_was_said_in_place_of_a_clip_that_could_not_be_played(self) -> None:
        script = with_texts(Script()).at(1.0, final("when"))
        script.decide(1.0, replace(answer(), says="At nine."))
        script.at(1.0, PlaybackFailed(generation=1, reason="gone"), TellDecision, Play)
        script.at(3.0, PlaybackDone(generation=2))
        assert told(script) == ["The handoff line."]

    def test_after_a_mistake_of_ours_too(self) -> None:
        script = Script()
        script.call._says = lambda name: f"The {name} line."
        script.call.recover(1.0)
        script.at(3.0, PlaybackDone(generation=1))
        assert told(script) == ["The failure line."]


class TestQuestions:
    def test_a_clarifying_question_that_was_heard(self) -> None:
        question = replace(clarify(), says="Do you mean the hours or the holidays")
        script = with_texts(Script()).at(1.0, final("times")).decide(1.0, question)
        script.at(4.0, PlaybackDone(generation=1))
        assert told(script) == ["Do you mean the hours or the holidays"]

    def test_as_far_as_it_was(self) -> None:
        question = replace(clarify(), says="Do you mean the hours or the holidays")
        script = with_texts(Script()).at(1.0, final("times")).decide(1.0, question)
        script.at(2.5, MarkReached(generation=1, position=1.5)).at(2.6, partial("the hours"), ...)
        assert told(script) == ["Do you mean the"]

    def test_words_that_were_not_understood(self) -> None:
        script = with_texts(Script()).at(1.0, final("mumble", confidence=0.1))
        script.decide(1.0, miss()).at(3.0, PlaybackDone(generation=1))
        assert told(script) == ["The not_understood line."]


class TestAroundTheAgent:
    OWN = replace(
        route("agent:deep", "advice"), clips=("entry:advice",), length=2.0, says="Let me ask."
    )

    def test_the_hand_off_after_an_agent_that_said_nothing(self) -> None:
        script = with_texts(waiting()).at(1.1, AgentFailed(turn=1, reason="gone"), ...)
        script.at(3.1, PlaybackDone(generation=1), ...)
        assert told(script) == ["The handoff line."]

    def test_the_failure_after_one_that_broke_off(self) -> None:
        script = with_texts(waiting()).at(1.2, audio(3.0, "We open."), Play)
        script.at(1.3, AgentFailed(turn=1, reason="gone")).nothing()
        script.at(4.2, PlaybackDone(generation=1), ...).at(6.2, PlaybackDone(generation=2), ...)
        assert told(script) == ["We open.", "The failure line."]

    def test_fillers_do_not(self) -> None:
        script = with_texts(waiting(lines=LINES | FILLERS)).tick(1.3, Play)
        script.at(2.1, PlaybackDone(generation=1)).at(2.2, audio(1.0, "Yes."), Play)
        script.at(2.3, AgentDone(turn=1)).at(3.2, PlaybackDone(generation=2), ...)
        assert told(script) == ["Yes."]

    def test_what_announced_it_and_ended_before(self) -> None:
        script = with_texts(waiting(verdict=self.OWN, lines=LINES))
        script.at(3.0, PlaybackDone(generation=1)).at(3.2, audio(1.0, "Yes."), Play)
        script.at(3.3, AgentDone(turn=1))
        script.at(4.2, PlaybackDone(generation=2), ...)
        assert told(script) == ["Let me ask.", "Yes."]

    def test_what_announced_it_and_was_followed_by_it(self) -> None:
        script = with_texts(waiting(verdict=self.OWN)).at(1.5, audio(3.0, "Yes, of course."), Play)
        script.at(4.5, MarkReached(generation=2, position=1.5)).at(4.6, partial("no wait"), ...)
        assert told(script) == ["Let me ask.", "Yes,"]

    def test_what_announced_it_and_may_not_have_been_heard(self) -> None:
        script = with_texts(waiting(verdict=self.OWN)).at(1.5, audio(3.0, "Yes, of course."), Play)
        script.at(1.6, partial("no wait"), ...)
        assert told(script) == []

    def test_what_announced_it_and_was_cut(self) -> None:
        script = with_texts(waiting(verdict=self.OWN))
        script.at(2.5, MarkReached(generation=1, position=1.4)).at(2.6, partial("no wait"), ...)
        assert told(script) == ["Let me"]

    def test_what_announced_it_when_the_hand_off_follows(self) -> None:
        script = with_texts(waiting(verdict=self.OWN)).at(1.5, AgentFailed(turn=1, reason="gone"))
        script.at(5.0, PlaybackDone(generation=2), ...)
        assert told(script) == ["Let me ask.", "The handoff line."]


def test_only_what_was_said_last_can_be_taken_back() -> None:
    history = History()
    history.take_back("my balance")
    history.caller("my balance")
    history.ours("One moment.")
    history.take_back("my balance")
    assert len(history.said) == 2
    history.caller("my card")
    history.take_back("my card")
    assert len(history.said) == 2
