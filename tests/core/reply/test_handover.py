"""Turns that are passed to an agent, as conversations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core.actions import (
    Action,
    AskAgent,
    CancelAgent,
    CloseTurn,
    Match,
    Path,
    Play,
    Source,
    Stop,
    TellDecision,
)
from gateway.core.events import (
    AgentAudio,
    AgentDone,
    AgentEvent,
    AgentFailed,
    AgentText,
    AgentTool,
    AudioStarted,
    CallStarted,
    MarkReached,
    PlaybackDone,
    PlaybackFailed,
    Verdict,
    VerdictKind,
    VoiceStarted,
    VoiceStopped,
)
from gateway.core.policy import Policy
from gateway.core.states import CallState
from tests.support.script import (
    FILLERS,
    LINES,
    Script,
    account,
    answer,
    answering,
    audio,
    clarify,
    final,
    miss,
    partial,
    play,
    route,
    says,
    waiting,
)

AGENT = Policy(agent=True)


def failed(reason: str = "gone") -> AgentFailed:
    return AgentFailed(turn=1, reason=reason)


class TestAsking:
    def test_a_miss_is_passed_on_with_what_is_known_of_it(self) -> None:
        verdict = replace(miss(), intent="physics", prompt="Be brief.")
        script = Script(AGENT).at(1.0, final("why is the sky blue"), Match)
        script.decide(1.0, verdict)
        decision, asked = script.actions
        assert isinstance(decision, TellDecision) and decision.path is Path.AGENT
        assert asked == AskAgent(
            turn=1, text="why is the sky blue", history=(), intent="physics", prompt="Be brief."
        )
        assert script.call.state is CallState.WAITING

    def test_without_an_agent_it_is_handed_off(self) -> None:
        script = Script().at(1.0, final("why"), Match).decide(1.0, miss(), TellDecision, Play)
        says(script, "handoff")

    def test_an_agent_by_name(self) -> None:
        script = waiting(verdict=route("agent:deep", "advice"))
        (asked,) = [one for one in script.actions if isinstance(one, AskAgent)]
        assert asked.route == "deep"

    def test_what_announces_it_is_said_meanwhile_and_not_cut(self) -> None:
        own = replace(route("agent:deep", "advice"), clips=("entry:advice",), length=2.0)
        script = waiting(verdict=own)
        assert play(script).source is Source.SYSTEM
        script.at(1.0, AudioStarted(generation=1)).nothing()
        script.at(1.5, audio(3.0, "Yes."), Play)
        assert play(script).source is Source.AGENT and play(script).follows
        script.at(3.1, AudioStarted(generation=2), CloseTurn)
        assert account(script).timeline["filler"] == pytest.approx(1.6)

    def test_it_hears_what_was_said_and_heard_before(self) -> None:
        script = Script(AGENT, lines=LINES | FILLERS).at(1.0, final("When do you open?"), Match)
        verdict = replace(answer(length=4.0), says="We open at nine o'clock sharp")
        script.decide(1.0, verdict, TellDecision, Play)
        script.at(1.0, AudioStarted(generation=1), CloseTurn)
        script.at(3.0, MarkReached(generation=1, position=2.0))
        script.at(3.1, final("why is that"), Stop, CloseTurn, Match)
        script.decide(3.1, miss(), TellDecision, AskAgent)
        asked = script.actions[1]
        assert isinstance(asked, AskAgent)
        assert asked.history == (("user", "When do you open?"), ("assistant", "We open at"))

    def test_and_what_was_heard_to_the_end(self) -> None:
        script = Script(AGENT).at(1.0, final("When do you open?"), Match)
        script.decide(1.0, replace(answer(), says="At nine."), TellDecision, Play)
        script.at(1.0, AudioStarted(generation=1), CloseTurn)
        script.at(5.0, PlaybackDone(generation=1))
        assert script.call.response.history.said[-1] == ("assistant", "At nine.")
        script.tick(65.0, Play)
        script.at(66.0, PlaybackDone(generation=2))
        assert len(script.call.response.history.said) == 2, "a line is not said again by the answer"


class TestTheAnswer:
    def test_it_is_played_when_its_first_sound_is_there(self) -> None:
        script = waiting().at(1.1, AgentText(turn=1)).nothing()
        script.at(1.25, audio(1.0, "Light is scattered."), Play)
        order = play(script)
        assert (order.source, order.clips, order.follows) == (Source.AGENT, (), False)
        script.at(1.26, AudioStarted(generation=1), CloseTurn)
        parts = dict(account(script).timeline)
        assert parts.pop("ttfa") == pytest.approx(0.26)
        found = {name: seconds for name, seconds in parts.items() if seconds}
        assert found == pytest.approx({"agent": 0.1, "tts": 0.15, "gateway": 0.01})
        assert account(script).path is Path.AGENT

    def test_it_grows_while_it_plays(self) -> None:
        script = waiting().at(1.2, audio(1.0, "One."), Play)
        script.at(1.5, audio(3.0, "Two.")).nothing()
        script.at(1.6, AgentDone(turn=1)).nothing()
        script.at(4.2, PlaybackDone(generation=1), CloseTurn)
        assert script.call.state is CallState.QUIET
        assert script.call.response.history.said[-1] == ("assistant", "One. Two.")

    def test_an_end_that_is_never_reported_is_taken_as_heard(self) -> None:
        script = waiting().at(1.2, audio(1.0, "One."), Play).at(1.3, AgentDone(turn=1)).nothing()
        script.tick(1.2 + 1.0 + AGENT.playback_grace, CloseTurn)
        assert script.call.state is CallState.QUIET

    def test_repeating_it_is_the_agents_too(self) -> None:
        script = answering().at(1.3, AgentDone(turn=1)).at(5.0, PlaybackDone(generation=1))
        script.at(6.0, final("repeat that"), Match)
        script.decide(6.0, route("control:repeat"), TellDecision, AskAgent)

    def test_but_the_cache_repeats_its_own(self) -> None:
        script = answering().at(1.3, AgentDone(turn=1)).at(5.0, PlaybackDone(generation=1))
        script.at(6.0, final("when do you open"), Match).decide(6.0, answer(), TellDecision, Play)
        script.at(7.0, PlaybackDone(generation=2), CloseTurn)
        script.at(8.0, final("repeat that"), Match)
        script.decide(8.0, route("control:repeat"), TellDecision, Play)


class TestTheFloor:
    """The agent has asked something: a short answer is for the agent."""

    def asked(self, text: str = "It is. Shall I go on?") -> Script:
        script = answering(text).at(1.3, AgentDone(turn=1))
        return script.at(5.0, PlaybackDone(generation=1))

    @pytest.mark.parametrize(
        ("verdict", "words", "path"),
        [
            (answer(confidence=0.9), "the opening hours", Path.AGENT),
            (clarify(), "opening", Path.AGENT),
            (answer(verbatim=True), "opening hours", Path.CACHE),
            (answer(confidence=0.9), "please tell me when you open", Path.CACHE),
            (route("control:person"), "a person please", Path.HANDOFF),
        ],
    )
    def test_who_answers(self, verdict: Verdict, words: str, path: Path) -> None:
        script = self.asked().at(6.0, final(words), Match).decide(6.0, verdict)
        (decision,) = [one for one in script.actions if isinstance(one, TellDecision)]
        assert decision.path is path

    def test_only_the_next_words_answer_it(self) -> None:
        script = self.asked().at(6.0, final("opening hours"), Match).decide(6.0, answer())
        script.at(6.1, AgentAudio(turn=2, text="At nine.", length=1.0), Play)
        script.at(6.2, AgentDone(turn=2)).at(7.2, PlaybackDone(generation=2))
        script.at(8.0, final("opening hours"), Match).decide(8.0, answer())
        assert play(script).source is Source.CACHE

    def test_a_statement_leaves_the_floor_to_all(self) -> None:
        script = self.asked("It is.").at(6.0, final("hours"), Match).decide(6.0, answer())
        assert play(script).source is Source.CACHE


class TestSilence:
    def test_fillers_bridge_and_the_end_of_patience(self) -> None:
        script = waiting().tick(1.3, Play)
        says(script, "filler:1", Source.FILLER)
        script.at(2.1, PlaybackDone(generation=1)).nothing()
        says(script.tick(2.45, Play), "more:1", Source.FILLER)
        script.at(3.45, PlaybackDone(generation=2)).nothing()
        says(script.tick(3.8, Play), "filler:2", Source.FILLER)
        script.at(4.7, PlaybackDone(generation=3)).nothing()
        says(script.tick(5.05, Play), "bridge:1", Source.FILLER)
        script.at(7.05, PlaybackDone(generation=4)).nothing()
        says(script.tick(7.4, Play), "more:1", Source.FILLER)
        script.at(8.4, PlaybackDone(generation=5)).nothing()
        script.tick(8.75, Play).at(8.9, AgentTool(turn=7, name="late")).nothing()
        script.tick(9.0, CancelAgent, TellDecision, Play)
        says(script, "handoff")
        decision = script.actions[1]
        assert isinstance(decision, TellDecision) and decision.path is Path.HANDOFF
        script.at(9.01, AudioStarted(generation=7), CloseTurn)
        assert account(script).path is Path.HANDOFF
        assert account(script).timeline["agent"] == pytest.approx(8.0)
        script.at(11.0, PlaybackDone(generation=7)).nothing()
        assert script.call.state is CallState.QUIET

    def test_an_intent_has_its_own(self) -> None:
        script = waiting(verdict=replace(miss(), intent="Advice")).tick(1.3, Play)
        says(script, "intent:advice", Source.FILLER)

    def test_a_tool_has_its_own(self) -> None:
        script = waiting().at(1.1, AgentTool(turn=1, name="balance"), Play)
        says(script, "tool:balance", Source.FILLER)
        script.at(2.2, PlaybackDone(generation=1)).nothing()
        assert script.call.deadline == pytest.approx(2.55)
        script.at(2.5, AgentText(turn=1)).at(2.7, audio(1.0, "Five."), Play)
        script.at(2.7, AudioStarted(generation=2), CloseTurn)
        parts = account(script).timeline
        assert [parts["tool"], parts["tts"]] == pytest.approx([1.4, 0.2])

    def test_a_tool_while_a_filler_plays_waits_for_its_end(self) -> None:
        script = waiting().tick(1.3, Play).at(1.5, AgentTool(turn=1, name="balance")).nothing()
        says(script.at(2.1, PlaybackDone(generation=1), Play), "tool:balance", Source.FILLER)

    def test_the_same_tool_in_the_next_turn_gets_another(self) -> None:
        script = waiting().at(1.1, AgentTool(turn=1, name="balance"), Play)
        script.at(1.2, final("no"), Stop, CancelAgent, CloseTurn, Match)
        script.decide(1.2, miss(), TellDecision, AskAgent)
        script.at(1.3, AgentTool(turn=2, name="balance"), Play)
        says(script, "filler:1", Source.FILLER)

    def test_without_fillers_there_is_silence_and_still_an_end(self) -> None:
        script = waiting(lines=LINES).tick(1.3).nothing().tick(4.0).nothing()
        script.tick(9.0, CancelAgent, TellDecision, Play)

    def test_without_any_line_the_turn_is_closed(self) -> None:
        script = waiting(lines={}).tick(1.3).tick(4.0)
        script.tick(9.0, CancelAgent, TellDecision, CloseTurn)
        assert account(script).path is Path.HANDOFF

    def test_the_answer_follows_a_filler_without_a_gap(self) -> None:
        script = waiting().tick(1.3, Play).at(1.31, AudioStarted(generation=1)).nothing()
        script.at(1.5, audio(2.0, "Yes."), Play)
        assert play(script).follows
        script.at(1.6, PlaybackDone(generation=1)).nothing()
        script.at(1.8, AudioStarted(generation=2), CloseTurn)
        assert account(script).timeline["filler"] == pytest.approx(0.3)

    def test_the_hand_off_line_follows_a_filler_too(self) -> None:
        script = waiting().tick(1.3, Play).at(1.5, failed(), TellDecision, Play)
        says(script, "handoff")
        assert play(script).follows

    def test_a_filler_that_cannot_be_played_is_left_out(self) -> None:
        script = waiting().tick(1.3, Play)
        script.at(1.3, PlaybackFailed(generation=1, reason="missing")).nothing()
        assert script.call.state is CallState.WAITING
        says(script.tick(1.65, Play), "more:1", Source.FILLER)

    def test_a_filler_whose_end_is_never_reported_blocks_nothing(self) -> None:
        script = waiting().tick(1.3, Play).tick(1.3 + 0.8 + 0.35, Play)
        says(script, "more:1", Source.FILLER)
        assert play(script).follows

    def test_silence_is_never_longer_than_said_while_there_is_something_to_say(self) -> None:
        script, heard = waiting(), 1.0
        while script.call.deadline is not None and script.call.deadline < 9.0:
            script.tick(script.call.deadline, Play)
            assert script.now - heard <= 0.36
            order = play(script)
            heard = script.now + (LINES | FILLERS)[order.clips[0].removeprefix("line:")]
            if heard > 9.0:
                break
            script.at(heard, PlaybackDone(generation=order.generation)).nothing()
        assert heard > 9.0, "until it is given up"

    def test_what_announces_the_answer_is_followed_by_fillers(self) -> None:
        own = replace(route("agent:deep", "advice"), clips=("entry:advice",), length=2.0)
        script = waiting(verdict=own).at(3.0, PlaybackDone(generation=1)).nothing()
        says(script.tick(3.35, Play), "filler:1", Source.FILLER)


class TestToolsInTheMiddle:
    """The agent says something, runs a tool, and then answers."""

    def told(self) -> Script:
        script = answering("Let me see.", 2.0)
        return script.at(1.3, AgentTool(turn=1, name="balance")).nothing()

    def test_the_wait_for_it_is_filled_and_the_answer_follows(self) -> None:
        script = self.told()
        says(script.tick(3.55, Play), "tool:balance", Source.FILLER)
        assert play(script).follows
        script.at(3.56, PlaybackDone(generation=1)).nothing()
        script.at(4.65, PlaybackDone(generation=2)).nothing()
        says(script.tick(5.0, Play), "bridge:1", Source.FILLER)
        script.at(5.2, AgentText(turn=1)).nothing()
        script.at(5.3, audio(4.0, "You have five."), Play)
        order = play(script)
        assert (order.source, order.offset, order.follows) == (Source.AGENT, 2.0, True)
        script.at(5.4, AgentDone(turn=1)).nothing()
        script.at(9.0, PlaybackDone(generation=4)).nothing()
        assert script.call.state is CallState.QUIET
        said = "Let me see. You have five."
        assert script.call.response.history.said[-1] == ("assistant", said)

    def test_cut_in_then_what_was_said_before_was_heard(self) -> None:
        script = self.told().tick(3.55, Play)
        script.at(3.8, final("no"), Stop, CancelAgent, CloseTurn, Match)
        assert account(script).interrupted
        assert ("assistant", "Let me see.") in script.call.response.history.said

    def test_the_end_of_patience_is_an_apology(self) -> None:
        script = self.told()
        while script.call.deadline is not None and script.call.deadline < 9.3:
            script.tick(script.call.deadline, Play)
        script.tick(9.3, CancelAgent, Play)
        says(script, "failure")

    def test_an_answer_that_goes_on_in_time_is_not_filled(self) -> None:
        script = self.told().at(1.6, AgentText(turn=1)).at(1.8, audio(4.0, "Five.")).nothing()
        assert script.call.deadline == pytest.approx(1.3 + AGENT.give_up_after)


class TestFailures:
    @pytest.mark.parametrize("event", [failed(), AgentDone(turn=1)])
    def test_before_any_sound_somebody_else_must_answer(self, event: AgentEvent) -> None:
        script = waiting().at(1.2, event, TellDecision, Play)
        says(script, "handoff")
        script.at(1.2, AudioStarted(generation=1), CloseTurn)
        assert account(script).path is Path.HANDOFF

    def test_in_the_middle_what_there_is_is_said_and_then_an_apology(self) -> None:
        script = answering().at(2.0, failed()).nothing()
        says(script.at(5.2, PlaybackDone(generation=1), Play), "failure")
        script.at(7.2, PlaybackDone(generation=2)).nothing()
        assert script.call.state is CallState.QUIET

    def test_an_apology_that_is_not_rendered_is_left_out(self) -> None:
        script = waiting(lines={}).at(1.2, audio(1.0, "Yes."), Play)
        script.at(1.3, failed()).at(2.2, PlaybackDone(generation=1), CloseTurn)
        assert script.call.state is CallState.QUIET

    def test_an_agent_that_stalls_in_the_middle_is_given_up(self) -> None:
        script = answering(length=4.0)
        script.tick(1.2 + 4.0 + AGENT.agent_stall, CancelAgent, Play)
        says(script, "failure")

    def test_more_in_time_goes_on(self) -> None:
        script = answering(length=4.0).at(8.0, audio(5.0, "Yes.")).nothing()
        assert script.call.deadline == pytest.approx(8.0 + 1.0 + AGENT.agent_stall)

    def test_a_tool_in_the_middle_may_take_longer(self) -> None:
        script = answering(length=1.0).at(2.0, AgentTool(turn=1, name="balance")).nothing()
        says(script.tick(2.55, Play), "tool:balance", Source.FILLER)

    def test_an_answer_that_cannot_be_played(self) -> None:
        script = waiting().at(1.2, audio(1.0, "Yes."), Play)
        script.at(1.2, PlaybackFailed(generation=1, reason="gone"), Play)
        says(script, "failure")

    def test_our_own_mistake_stops_the_agent_and_keeps_what_was_said(self) -> None:
        script = waiting()
        actions = script.call.recover(1.5)
        assert [type(one) for one in actions] == [CancelAgent, Play]
        assert script.call.response.history.said == (("user", "why is the sky blue"),)
        script.at(1.6, audio(1.0, "Yes.")).nothing()


def test_events_of_another_turn_are_dropped() -> None:
    script = waiting()
    late: list[AgentEvent] = [AgentText(turn=7), AgentDone(turn=7), AgentAudio(turn=7, length=1.0)]
    for event in late:
        script.at(1.1, event).nothing()


def test_greeting_first() -> None:
    script = Script(AGENT, lines=LINES | {"greeting": 1.0}, start=False).at(0.0, CallStarted())
    assert isinstance(script.actions[0], Play)
    orders: list[Action] = script.at(0.1, AgentDone(turn=0)).actions
    assert orders == []


def test_a_miss_of_an_answer_without_clips_is_handed_off() -> None:
    bare = Verdict(kind=VerdictKind.ANSWER, entry="hours")
    script = Script(AGENT).at(1.0, final("when"), Match).decide(1.0, bare, TellDecision, Play)
    says(script, "handoff")


HUMS = {"hum:1": 0.3, "hum:2": 0.4}


class TestFirstSound:
    """A caller who was heard by a voice detector, and is not answered by the cache."""

    def asked(self, expects: float | None, *more: object) -> Script:
        lines = LINES | FILLERS | HUMS
        script = Script(AGENT, recogniser=True, lines=lines, expects=expects)
        script.at(1.0, VoiceStarted(at=0.9), ...)
        script.at(1.9, partial("why is the sky blue"), ...)
        script.decide(1.91, miss())
        script.at(2.15, VoiceStopped(at=2.05), ...)
        script.at(2.2, final("why is the sky blue"), ...).decide(2.21, miss())
        return script.tick(2.7, TellDecision, AskAgent, *more)  # type: ignore[arg-type]

    def test_a_hum_is_heard_as_soon_as_the_turn_is_over(self) -> None:
        script = self.asked(0.4, Play)
        (hum,) = [one for one in script.actions if isinstance(one, Play)]
        assert str(hum.line) == "hum:1"
        script.at(2.71, AudioStarted(generation=1))
        script.at(3.0, PlaybackDone(generation=1))
        script.tick(3.35, Play)
        assert str(script.actions[0].line) == "filler:1"  # type: ignore[attr-defined]

    def test_nothing_is_said_before_an_answer_that_is_about_to_come(self) -> None:
        script = self.asked(0.1)
        script.at(2.75, AgentText(turn=1))
        script.at(2.8, AgentAudio(turn=1, length=1.0, text="It scatters."), Play)
        assert script.actions[0].source is Source.AGENT  # type: ignore[attr-defined]

    def test_an_answer_that_was_expected_and_does_not_come_is_covered(self) -> None:
        script = self.asked(0.1)
        script.tick(2.95, Play)
        assert str(script.actions[0].line) == "hum:1"  # type: ignore[attr-defined]
