"""Answers that are begun before the turn is over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.core.actions import (
    AskAgent,
    CancelAgent,
    CloseTurn,
    FinishUtterance,
    ForgetAgent,
    Match,
    Play,
    Prefetch,
    PrepareAgent,
    Stop,
    TellDecision,
    TellSpeech,
    TellTranscript,
)
from gateway.core.events import (
    AgentAudio,
    AgentDone,
    AudioStarted,
    Bearing,
    HungUp,
    KeyPressed,
    MarkReached,
    PartialHeard,
    PlaybackDone,
    VoiceStarted,
    VoiceStopped,
)
from gateway.core.policy import Policy
from gateway.core.states import CallState
from tests.support.script import (
    FILLERS,
    LINES,
    Script,
    answer,
    clarify,
    final,
    miss,
    partial,
    route,
    said,
)

SKY = "why is the sky blue"
POLICY = Policy(agent=True, speculate=True)


def eager(text: str = SKY, **fields: Any) -> PartialHeard:
    return PartialHeard(utterance=said(text, **fields), eager=True)


def call(*, policy: Policy = POLICY) -> Script:
    """One whose client brings its own text."""
    return Script(policy, lines=LINES | FILLERS)


def speaking() -> Script:
    """One with our recogniser; the caller began to speak at 1.0."""
    script = Script(POLICY, lines=LINES | FILLERS, recogniser=True)
    return script.at(1.0, VoiceStarted(at=0.9), TellSpeech)


def prepared(script: Script, text: str = SKY) -> Script:
    """An eager end at 2.0 that nothing but the agent can answer."""
    script.at(2.0, eager(text), ...)
    return script.decide(2.01, miss(), PrepareAgent)


def wanted(script: Script) -> PrepareAgent:
    (order,) = [one for one in script.actions if isinstance(one, PrepareAgent)]
    return order


class TestBeginning:
    def test_at_an_eager_end_once_the_cache_has_no_answer(self) -> None:
        script = speaking().at(2.0, eager(), TellTranscript, Match)
        assert script.matches[-1].final, "what would be decided if it were the last word"
        script.decide(2.01, replace(miss(), intent="sky", prompt="Be brief."))
        assert wanted(script) == PrepareAgent(
            turn=1, text=SKY, history=(), route="", intent="sky", prompt="Be brief."
        )

    def test_what_the_cache_can_answer_is_not_put_to_anybody(self) -> None:
        speaking().at(2.0, eager(), ...).decide(2.01, answer(), Prefetch)
        speaking().at(2.0, eager(), ...).decide(2.01, clarify(), Prefetch)
        speaking().at(2.0, eager(), ...).decide(2.01, route("transfer")).nothing()

    def test_an_agent_that_is_routed_to(self) -> None:
        script = speaking().at(2.0, eager("advice"), ...).decide(2.01, route("agent:deep"))
        assert wanted(script).route == "deep"

    def test_words_that_sound_finished_and_do_not_change(self) -> None:
        script = call().at(1.0, partial(SKY), Match).decide(1.01, miss()).nothing()
        script.at(1.2, partial(SKY)).nothing()
        script.tick(1.3, Match)
        assert script.matches[-1].final
        script.decide(1.31, miss(), PrepareAgent)
        script.at(1.5, final(SKY), TellDecision, AskAgent)

    def test_not_while_the_caller_is_heard(self) -> None:
        script = speaking().at(1.2, partial(SKY), ...).decide(1.21, miss()).nothing()
        script.at(1.9, partial(SKY), TellTranscript)
        script.at(2.1, VoiceStopped(at=2.0), TellSpeech, FinishUtterance, Match)
        script.decide(2.11, miss(), PrepareAgent)

    def test_the_words_change_and_the_wait_begins_anew(self) -> None:
        script = call().at(1.0, partial("why is"), Match).at(1.2, partial(SKY), Match)
        script.tick(1.5, Match)

    def test_the_middle_of_a_sentence_is_no_end(self) -> None:
        for done in (0.1, 0.5):
            script = call().at(1.0, partial("why is the", completeness=done), Match)
            script.decide(1.01, miss()).nothing()
            assert script.call.deadline == 7.0, "only the client's next word is waited for"

    def test_an_eager_end_says_nothing_in_the_middle_of_a_sentence(self) -> None:
        speaking().at(2.0, eager("why is the", completeness=0.1), ...).decide(
            2.01, miss()
        ).nothing()
        script = speaking().at(2.0, eager("the sky", completeness=0.5), ...)
        script.decide(2.01, miss(), PrepareAgent)

    def test_the_beginning_of_a_longer_question_is_waited_for(self) -> None:
        script = call().at(1.0, partial("can i open"), Match)
        script.decide(1.01, replace(miss(), open_ended=True)).nothing()
        assert script.call.deadline == 7.0

    def test_a_final_while_the_silence_is_still_too_short(self) -> None:
        script = speaking().at(2.0, partial(SKY), ...).decide(2.01, miss())
        script.at(2.15, VoiceStopped(at=2.05), TellSpeech, FinishUtterance)
        script.at(2.2, final(SKY), TellTranscript, Match).decide(2.21, miss(), PrepareAgent)
        script.tick(2.7, TellDecision, AskAgent)

    @pytest.mark.parametrize(
        "policy", [Policy(agent=True), Policy(speculate=True), Policy()], ids=["", "alone", "none"]
    )
    def test_not_where_nobody_can(self, policy: Policy) -> None:
        script = call(policy=policy).at(2.0, eager(), Match)
        script.decide(2.01, miss())
        assert not [one for one in script.actions if isinstance(one, PrepareAgent)]

    def test_an_okay_is_nothing_to_answer(self) -> None:
        script = speaking().at(2.0, eager("okay", manner=Bearing.BACKCHANNEL), ...)
        script.decide(2.01, miss()).nothing()

    def test_words_over_our_voice_are_a_suspicion_until_they_are_accepted(self) -> None:
        script = call(policy=replace(POLICY, min_words=3))
        script.at(1.0, final("when do you open"), Match).decide(1.01, answer(), ...)
        script.at(1.1, AudioStarted(generation=1), CloseTurn)
        script.at(1.2, VoiceStarted(at=1.2), TellSpeech).at(1.4, eager("the sky"), Match)
        script.decide(1.41, miss()).nothing()
        script.at(1.5, eager(), Stop, CloseTurn, Match)
        assert script.call.state is CallState.QUIET
        script.decide(1.51, miss(), PrepareAgent)


class TestEnding:
    def test_the_same_words_take_it_up(self) -> None:
        script = prepared(speaking())
        script.at(2.1, VoiceStopped(at=2.05), TellSpeech, FinishUtterance)
        script.at(2.15, final("Why is the sky blue"), TellTranscript)
        script.tick(2.05 + 0.425, TellDecision, AskAgent)
        assert script.actions[1] == AskAgent(turn=1, text=SKY, history=())

    def test_the_wait_is_longer_without_the_recognisers_word(self) -> None:
        script = prepared(speaking())
        script.at(2.1, VoiceStopped(at=2.05), ...)
        script.at(2.15, partial(SKY), TellTranscript, ForgetAgent)
        script.at(2.2, final(SKY), TellTranscript, PrepareAgent)
        script.tick(2.05 + 0.65, TellDecision, AskAgent)

    def test_more_words_drop_it(self) -> None:
        script = prepared(speaking())
        script.at(2.3, partial(f"{SKY} at noon"), TellTranscript, Match, ForgetAgent)

    def test_the_recogniser_takes_it_back(self) -> None:
        script = prepared(speaking())
        script.at(2.3, partial(SKY), TellTranscript, ForgetAgent(turn=1))
        script.at(2.4, eager(), TellTranscript, PrepareAgent)

    def test_a_voice_drops_it_though_no_word_has_come_yet(self) -> None:
        script = prepared(speaking()).at(2.1, VoiceStopped(at=2.05), ...)
        script.at(2.3, VoiceStarted(at=2.2), TellSpeech, ForgetAgent)

    def test_a_partial_of_the_next_utterance_drops_it(self) -> None:
        script = prepared(speaking()).at(2.1, VoiceStopped(at=2.05), ...)
        script.at(2.15, final(SKY), TellTranscript)
        script.at(2.2, partial("at"), TellTranscript, ForgetAgent)
        script.at(2.3, VoiceStarted(at=2.2), TellSpeech)

    def test_a_key_drops_it(self) -> None:
        prepared(speaking()).at(2.2, KeyPressed(digit="5"), FinishUtterance, ForgetAgent)

    def test_hanging_up_drops_it(self) -> None:
        script = prepared(speaking()).at(2.2, HungUp(), ForgetAgent)
        script.at(2.3, eager()).nothing()

    def test_a_mistake_of_ours_drops_it(self) -> None:
        script = prepared(speaking())
        assert ForgetAgent(turn=1) in script.call.recover(2.2)

    def test_the_cache_has_an_answer_to_the_final_words(self) -> None:
        script = prepared(call())
        script.at(2.2, final("why is the sky blue today"), Match, ForgetAgent)
        script.decide(2.21, answer(), TellDecision, Play)

    def test_what_a_final_was_asked_ahead_for_is_not_asked_again(self) -> None:
        script = prepared(call()).at(2.2, final(SKY), TellDecision, AskAgent)
        decision = script.actions[0]
        assert isinstance(decision, TellDecision) and decision.decided_on == "partial"

    def test_a_final_that_was_hardly_heard_is_asked_for_again(self) -> None:
        script = prepared(call())
        script.at(2.2, final(SKY, confidence=0.1), ForgetAgent, TellDecision, Play)
        assert script.plays[-1].clips == ("line:not_understood",)

    def test_another_prompt_is_another_answer(self) -> None:
        script = call().at(2.0, partial("advice"), Match)
        script.decide(2.01, replace(route("agent:deep"), prompt="One."))
        script.tick(2.3, PrepareAgent)
        script.at(2.4, partial("advise"), Match, ForgetAgent)
        script.decide(2.41, replace(route("agent:deep"), prompt="Two."))
        script.tick(2.7, PrepareAgent)
        assert wanted(script).prompt == "Two."

    def test_one_that_is_taken_up_is_cancelled_like_any_other(self) -> None:
        script = prepared(call()).at(2.2, final(SKY), TellDecision, AskAgent)
        script.at(2.3, partial("no wait"), CancelAgent, CloseTurn, Match)


class TestWhatIsAsked:
    def test_a_short_answer_to_what_the_agent_asked_is_the_agents(self) -> None:
        script = call().at(1.0, final("tell me of books"), Match)
        script.decide(1.01, miss(), TellDecision, AskAgent)
        script.at(1.1, AgentAudio(turn=1, text="Which ones?", length=1.0), Play)
        script.at(1.1, AgentDone(turn=1)).at(1.1, AudioStarted(generation=1), CloseTurn)
        script.at(2.1, MarkReached(generation=1, position=1.0)).nothing()
        script.at(2.1, PlaybackDone(generation=1)).nothing()
        script.at(3.0, eager("when do you open"), Match).decide(3.01, answer(), Prefetch)
        script.at(3.2, eager("red ones"), Match, ...).decide(3.21, answer("red"))
        asked = [("user", "tell me of books"), ("assistant", "Which ones?")]
        assert list(wanted(script).history) == asked
        script.at(3.4, final("red ones"), TellDecision, AskAgent)

    def test_say_that_again_to_what_the_agent_said(self) -> None:
        script = call().at(1.0, eager("say that again"), Match)
        script.decide(1.01, route("control:repeat")).nothing()
        script = call().at(1.0, final(SKY), Match).decide(1.01, miss(), TellDecision, AskAgent)
        script.at(1.2, eager("say that again"), CancelAgent, CloseTurn, Match)
        script.decide(1.21, route("control:repeat"), PrepareAgent)
        script.at(1.3, final("say that again"), TellDecision, AskAgent)
