"""A caller whose recogniser is lost: nothing of them is understood any more."""

from __future__ import annotations

import pytest

from gateway.core.actions import (
    Action,
    AskAgent,
    CloseTurn,
    EndCall,
    FinishUtterance,
    Match,
    Play,
    Source,
    Stop,
    StopListening,
    TellDecision,
    TellSpeech,
    TellTranscript,
)
from gateway.core.events import (
    AgentAudio,
    AgentDone,
    AudioStarted,
    Event,
    HungUp,
    KeyPressed,
    PlaybackDone,
    PlaybackFailed,
    RecogniserAway,
    RecogniserBack,
    RecogniserLost,
    VoiceStarted,
    VoiceStopped,
)
from gateway.core.policy import Policy
from gateway.core.states import CallState
from gateway.core.turn.questions import KEYS
from tests.support.script import (
    FILLERS,
    LINES,
    Script,
    account,
    answer,
    clarify,
    final,
    miss,
    partial,
    play,
    says,
    speaking,
    waiting,
)

WHY = "the recogniser failed"


def lost(script: Script, now: float, *expected: type[Action]) -> Script:
    return script.at(now, RecogniserLost(), *expected)


def test_it_is_told_at_once_where_nothing_else_is_said() -> None:
    script = says(lost(Script(recogniser=True), 1.0, Play), "handoff")
    script.at(1.1, AudioStarted(generation=1)).nothing()
    script.at(3.2, PlaybackDone(generation=1), EndCall(reason=WHY))
    assert script.call.state is CallState.CLOSED


def test_what_is_being_said_is_said_to_its_end() -> None:
    script = lost(speaking(), 1.0).nothing()
    says(script.at(4.5, PlaybackDone(generation=1), Play), "handoff")
    script.at(6.6, PlaybackDone(generation=2), EndCall)


def test_a_reply_that_is_waited_for_is_heard() -> None:
    script = lost(waiting(), 1.1).nothing()
    script.at(1.2, AgentAudio(turn=1, text="It scatters.", length=1.0), Play)
    script.at(1.2, AudioStarted(generation=1), CloseTurn).at(1.3, AgentDone(turn=1)).nothing()
    says(script.at(2.3, PlaybackDone(generation=1), Play), "handoff")


def test_what_was_stopped_for_a_voice_goes_on() -> None:
    script = speaking().at(1.0, VoiceStarted(at=1.0), TellSpeech).tick(1.6, Stop)
    assert script.call.state is CallState.HELD
    order = play(lost(script, 1.8, Play))
    assert order.source is Source.CACHE and script.call.turn is None


@pytest.mark.parametrize(
    "event",
    [VoiceStarted(at=1.2), VoiceStopped(at=1.2), partial("stop"), final("when do you open")],
    ids=lambda event: type(event).__name__,
)
def test_nobody_understands_what_comes_afterwards(event: Event) -> None:
    script = lost(Script(recogniser=True), 1.0, Play)
    script.at(1.2, event).nothing()
    assert script.call.turn is None


def test_a_turn_that_was_begun_is_forgotten() -> None:
    script = Script(recogniser=True).at(1.0, VoiceStarted(at=0.9), TellSpeech)
    script.at(1.2, partial("when do you"), ...)
    says(lost(script, 1.3, Play), "handoff")


def test_without_a_line_it_ends_at_once() -> None:
    lost(Script(recogniser=True, lines={}), 1.0, EndCall)


def test_a_line_that_cannot_be_played_is_not_waited_for() -> None:
    script = lost(Script(recogniser=True, lines={"handoff": 1.0}), 1.0, Play)
    script.at(1.1, PlaybackFailed(generation=1, reason="gone"), EndCall)


def test_a_key_stops_the_line_but_not_the_end() -> None:
    script = lost(Script(recogniser=True), 1.0, Play)
    says(script.at(1.5, KeyPressed(digit="7"), Stop, Play), "handoff")
    script.at(3.6, PlaybackDone(generation=2), EndCall)


def test_a_key_is_still_an_answer() -> None:
    script = Script(recogniser=True).at(1.0, KeyPressed(digit="0"), Match)
    script.decide(1.1, clarify(), ...)
    lost(script, 1.2).nothing()
    script.at(2.0, KeyPressed(digit="1"), Stop, CloseTurn, Match)
    assert script.matches[-1].text == KEYS[2]["1"]


def test_hanging_up_meanwhile_is_the_end() -> None:
    script = lost(speaking(), 1.0).nothing()
    script.at(1.1, HungUp(), Stop, CloseTurn)
    assert script.call.deadline is None


def test_our_own_mistake_does_not_bring_it_back() -> None:
    script = lost(speaking(), 1.0).nothing()
    script.call.recover(1.1)
    says(script.at(3.2, PlaybackDone(generation=2), Play), "handoff")


def test_what_has_been_handed_off_is_not_handed_off_again() -> None:
    script = Script(recogniser=True).at(1.0, KeyPressed(digit="0"), Match)
    says(script.decide(1.1, miss()), "handoff")
    script.at(1.15, AudioStarted(generation=1), CloseTurn)
    lost(script, 1.2).nothing()
    script.at(3.3, PlaybackDone(generation=1), EndCall)


class TestWordsThatAreLate:
    """What the caller said is not known yet. They fell silent at 1.0; with not a word known that is
    silence enough at 1.65."""

    COVERED = LINES | FILLERS

    def silent(self, *, away: bool = True, heard: str = "") -> Script:
        """A caller who has spoken; ``heard``: what is known of it."""
        script = Script(recogniser=True, lines=self.COVERED)
        script.at(0.2, VoiceStarted(at=0.1), TellSpeech)
        if heard:
            script.at(0.5, partial(heard), ...)
        if away:
            script.at(0.6, RecogniserAway()).nothing()
        script.at(1.0, VoiceStopped(at=1.0), TellSpeech, FinishUtterance)
        script.tick(1.65)
        return script.nothing()

    def test_with_the_recogniser_away_a_filler_is_said_soon(self) -> None:
        script = says(self.silent().tick(1.95, Play), "filler:1", Source.FILLER)
        assert script.call.state is CallState.COVERING
        script.at(1.96, AudioStarted(generation=1)).nothing()
        script.at(2.75, PlaybackDone(generation=1)).nothing()
        says(script.tick(3.1, Play), "more:1", Source.FILLER)
        script.tick(3.15).nothing()  # not a word is known: it is waited for

    def test_the_answer_follows_the_filler(self) -> None:
        script = self.silent().tick(1.95, Play).at(2.0, RecogniserBack()).nothing()
        script.at(2.1, partial("when do you open"), TellTranscript, Match)
        script.at(2.2, final("when do you open"), TellTranscript, Match)
        script.decide(2.21, answer(), TellDecision, Play)
        order = play(script)
        assert (order.generation, order.follows, order.source) == (2, True, Source.CACHE)
        timeline = account(script.at(2.8, AudioStarted(generation=2), CloseTurn)).timeline
        assert timeline["ttfa"] == pytest.approx(1.8)
        assert timeline["stt"] == pytest.approx(0.55)
        assert timeline["filler"] == pytest.approx(0.59)

    def test_an_agent_is_asked_behind_it(self) -> None:
        script = Script(Policy(agent=True), recogniser=True, lines=self.COVERED)
        script.at(0.1, RecogniserAway()).at(0.2, VoiceStarted(at=0.1), TellSpeech)
        script.at(1.0, VoiceStopped(at=1.0), ...).tick(1.65).tick(1.95, Play)
        script.at(2.0, RecogniserBack()).at(2.2, final("why is the sky blue"), ...)
        script.decide(2.21, miss(), TellDecision, AskAgent)
        script.at(2.3, AgentAudio(turn=1, text="It scatters.", length=1.0), Play)
        assert play(script).follows

    def test_not_a_word_of_a_recogniser_that_is_there(self) -> None:
        script = says(self.silent(away=False).tick(3.15, Play), "filler:1", Source.FILLER)
        script.at(3.95, PlaybackDone(generation=1)).tick(4.3, Play).tick(6.15, TellDecision, Play)
        assert says(script, "not_understood").actions[-1] == play(script)
        assert play(script).follows, "never in two voices"

    def test_what_is_known_is_answered_and_not_covered(self) -> None:
        script = self.silent(away=False, heard="when do you open")
        script.decide(1.66, answer(), ...)
        script.tick(3.15, TellDecision, Play)
        assert not play(script).follows

    def test_who_speaks_on_is_not_talked_over(self) -> None:
        script = self.silent().tick(1.95, Play)
        script.at(2.2, VoiceStarted(at=2.1), TellSpeech)
        script.tick(2.7, Stop)  # voice alone is enough after 0.6 s
        assert script.call.state is CallState.QUIET
        script.at(3.0, VoiceStopped(at=3.0), ...).tick(3.65).tick(3.95, Play)
        says(script, "more:1", Source.FILLER)

    def test_words_of_who_speaks_on_stop_it_at_once(self) -> None:
        script = self.silent().tick(1.95, Play).at(2.0, RecogniserBack())
        script.at(2.2, VoiceStarted(at=2.1), TellSpeech)
        script.at(2.4, partial("when do you open on sunday"), Stop, TellTranscript, Match)
        assert script.call.state is CallState.QUIET

    def test_a_final_of_who_speaks_on_stops_it_too(self) -> None:
        script = self.silent().tick(1.95, Play).at(2.0, RecogniserBack())
        script.at(2.2, VoiceStarted(at=2.1), TellSpeech)
        script.at(2.4, final("when do you open"), Stop, TellTranscript, Match)

    def test_nothing_was_said_after_all(self) -> None:
        script = self.silent().tick(1.95, Play).at(2.0, RecogniserBack())
        script.at(2.2, final(""), TellTranscript)
        assert (script.call.turn, script.call.state) == (None, CallState.SPEAKING)
        script.at(2.8, PlaybackDone(generation=1)).nothing()
        assert script.call.state is CallState.QUIET

    def test_a_filler_that_cannot_be_played_is_left_out(self) -> None:
        script = self.silent().tick(1.95, Play)
        script.at(1.96, PlaybackFailed(generation=1, reason="gone")).nothing()
        says(script.tick(2.31, Play), "more:1", Source.FILLER)

    def test_without_fillers_it_is_waited_for_in_silence(self) -> None:
        script = Script(recogniser=True)
        script.at(0.1, RecogniserAway()).at(0.2, VoiceStarted(at=0.1), TellSpeech)
        script.at(1.0, VoiceStopped(at=1.0), ...).tick(1.65)
        script.tick(1.95).nothing().tick(3.15).nothing().tick(6.1, StopListening, Play)
        says(script, "handoff")

    def test_an_agent_that_is_asked_goes_on_meanwhile(self) -> None:
        """Who speaks while an answer is fetched is not to be left without either."""
        script = waiting(recogniser=True).at(1.1, RecogniserAway()).nothing()
        script.call._finals._recogniser = True
        script.at(1.15, VoiceStarted(at=1.1), TellSpeech)
        script.at(1.4, VoiceStopped(at=1.35), ...).tick(2.0).nothing()
        says(script.tick(2.3, Play), "filler:1", Source.FILLER)
        assert script.call.state is CallState.SPEAKING
        script.at(2.4, AgentAudio(turn=1, text="It scatters.", length=1.0), Play)
        assert play(script).follows

    def test_away_for_too_long_it_is_given_up(self) -> None:
        script = self.silent().tick(1.95, Play).at(2.75, PlaybackDone(generation=1))
        script.tick(3.1, Play).tick(3.15).nothing()
        script.at(4.1, PlaybackDone(generation=2)).tick(4.45, Play)
        says(script, "bridge:1", Source.FILLER)
        script.tick(6.15).nothing().at(6.45, PlaybackDone(generation=3))
        says(script.tick(6.6, StopListening, Play), "handoff")
        assert script.actions[0] == StopListening(
            reason="the recogniser was not there again within 6 s"
        )
        script.at(6.7, RecogniserAway()).nothing()  # nobody waits for it any more
        script.at(8.6, PlaybackDone(generation=4), EndCall(reason=WHY))

    def test_what_is_said_meanwhile_is_said_to_its_end(self) -> None:
        script = speaking(length=9.0).at(1.0, RecogniserAway()).nothing()
        script.tick(7.0, StopListening)
        says(script.at(9.3, PlaybackDone(generation=1), Play), "handoff")

    def test_one_that_is_back_in_time_is_as_good_as_ever(self) -> None:
        script = Script(recogniser=True).at(1.0, RecogniserAway()).at(6.9, RecogniserBack())
        script.at(8.0, VoiceStarted(at=8.0), TellSpeech)
        script.at(8.5, final("when do you open"), TellTranscript, Match)
