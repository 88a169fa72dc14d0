"""What callers feel, from conversations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core.actions import Action, Match
from gateway.core.events import (
    AgentAudio,
    AudioStarted,
    DeadlinePassed,
    Decided,
    Event,
    HungUp,
    MarkReached,
    PlaybackDone,
    VoiceStarted,
    VoiceStopped,
)
from gateway.core.felt import KEPT, FeltCall, FeltFigure, SpeechEnd
from gateway.core.policy import Policy
from tests.support.script import FILLERS, LINES, Script, answer, final, miss, partial


class Watched:
    """A script whose caller is watched."""

    def __init__(self, *, recogniser: bool = True, agent: bool = False) -> None:
        policy = Policy(agent=agent)
        self.script = Script(policy, recogniser=recogniser, lines=LINES | FILLERS)
        self.felt = FeltCall()
        self.figures: list[tuple[FeltFigure, float]] = []

    def at(self, now: float, event: Event) -> list[Action]:
        actions = self.script.call.receive(event, now)
        for one in self.felt.take(event, actions, now):
            self.figures.append((one.figure, round(one.value, 3)))
        self.script.now, self.script.actions = now, actions
        return actions

    def asks(self, text: str = "when do you open", verdict: object = None) -> None:
        """A caller speaks from 1.0 to 2.0, heard by a voice detector."""
        self.at(1.1, VoiceStarted(at=1.0))
        self.at(1.9, partial(text))
        self.at(2.1, VoiceStopped(at=2.0))
        actions = self.at(2.15, final(text))
        (asked,) = [one for one in actions if isinstance(one, Match)]
        self.at(2.18, Decided(turn=1, revision=asked.revision, verdict=verdict or answer()))  # type: ignore[arg-type]

    def decided(self, now: float) -> None:
        """What was asked last is answered by the cache."""
        asked = [one for one in self.script.actions if isinstance(one, Match)][-1]
        self.at(now, Decided(turn=asked.turn, revision=asked.revision, verdict=answer()))

    def of(self, figure: FeltFigure) -> list[float]:
        return [value for one, value in self.figures if one is figure]


def test_an_answer_of_the_cache_is_the_first_sound() -> None:
    caller = Watched()
    caller.asks()
    caller.at(2.2, DeadlinePassed())
    caller.at(2.21, AudioStarted(generation=1))
    assert caller.figures == [
        (FeltFigure.DETECTION, 0.2),
        (FeltFigure.FIRST_SOUND, 0.21),
        (FeltFigure.ANSWER, 0.21),
    ]
    turn = caller.felt.of(1)
    assert turn is not None
    assert turn.source is SpeechEnd.HEARD
    assert turn.first_sound == pytest.approx(0.21)


def test_a_filler_is_the_first_sound_and_no_answer() -> None:
    caller = Watched(agent=True)
    caller.asks("why", miss())
    caller.at(2.65, DeadlinePassed())
    caller.at(2.8, DeadlinePassed())
    caller.at(2.82, AudioStarted(generation=1))
    assert caller.of(FeltFigure.FIRST_SOUND) == [0.82]
    caller.at(3.6, PlaybackDone(generation=1))
    caller.at(3.7, AgentAudio(turn=1, length=1.0, text="Because."))
    caller.at(3.71, AudioStarted(generation=2))
    assert caller.of(FeltFigure.ANSWER) == [1.71]
    assert caller.of(FeltFigure.SILENCE) == []


def test_a_silence_is_one_of_more_than_a_second() -> None:
    caller = Watched(agent=True)
    caller.asks("why", miss())
    caller.at(2.65, DeadlinePassed())
    caller.at(3.4, AgentAudio(turn=1, length=1.0, text="Because."))
    caller.at(3.41, AudioStarted(generation=1))
    assert caller.of(FeltFigure.SILENCE) == [1.41]


@pytest.mark.parametrize(("again", "cut"), [(3.0, 1), (3.3, 0)])
def test_who_goes_on_within_a_second_was_cut_off(again: float, cut: int) -> None:
    caller = Watched()
    caller.asks()
    caller.at(2.2, DeadlinePassed())
    caller.at(2.21, AudioStarted(generation=1))
    caller.at(again + 0.1, VoiceStarted(at=again))
    assert len(caller.of(FeltFigure.CUT_OFF)) == cut
    caller.at(again + 0.3, VoiceStopped(at=again + 0.2))
    caller.at(again + 0.5, VoiceStarted(at=again + 0.4))
    assert len(caller.of(FeltFigure.CUT_OFF)) == cut, "once a turn"


def test_words_that_stop_us_are_an_interruption() -> None:
    caller = Watched()
    caller.asks()
    caller.at(2.2, DeadlinePassed())
    caller.at(2.21, AudioStarted(generation=1))
    caller.at(4.1, VoiceStarted(at=4.0))
    caller.at(4.3, partial("no the other one"))
    assert caller.of(FeltFigure.INTERRUPTION) == [1]
    assert caller.of(FeltFigure.BARGE_IN) == [0.3]
    assert caller.of(FeltFigure.FALSE_INTERRUPTION) == []


def test_a_cough_is_a_false_one_and_we_go_on() -> None:
    caller = Watched()
    caller.asks()
    caller.at(2.2, DeadlinePassed())
    caller.at(2.21, AudioStarted(generation=1))
    caller.at(3.2, MarkReached(generation=1, position=1.0))
    caller.at(4.1, VoiceStarted(at=4.0))
    caller.at(4.6, DeadlinePassed())
    assert caller.of(FeltFigure.BARGE_IN) == [0.6]
    caller.at(4.8, VoiceStopped(at=4.7))
    caller.at(5.9, DeadlinePassed())
    assert caller.of(FeltFigure.FALSE_INTERRUPTION) == [1]
    assert caller.of(FeltFigure.RESUMED) == [1]
    assert caller.of(FeltFigure.INTERRUPTION) == []


def test_where_words_come_after_all_it_was_a_true_one() -> None:
    caller = Watched()
    caller.asks()
    caller.at(2.2, DeadlinePassed())
    caller.at(2.21, AudioStarted(generation=1))
    caller.at(4.1, VoiceStarted(at=4.0))
    caller.at(4.6, DeadlinePassed())
    caller.at(4.8, VoiceStopped(at=4.7))
    caller.at(4.9, final("the other one"))
    while not caller.of(FeltFigure.INTERRUPTION):
        deadline = caller.script.call.deadline
        assert deadline is not None and deadline < 12
        caller.at(deadline, DeadlinePassed())
    assert caller.of(FeltFigure.FALSE_INTERRUPTION) == []


def test_of_text_alone_nobody_knows_when_the_speech_ended() -> None:
    caller = Watched(recogniser=False)
    caller.at(1.0, final("when do you open"))
    caller.decided(1.0)
    caller.at(1.01, AudioStarted(generation=1))
    turn = caller.felt.of(1)
    assert turn is not None
    assert turn.source is SpeechEnd.UNKNOWN
    assert caller.figures == []


def test_unless_the_client_tells() -> None:
    caller = Watched(recogniser=False)
    caller.at(1.5, replace(final("when do you open"), ended_at=1.0))
    caller.decided(1.5)
    caller.at(1.51, AudioStarted(generation=1))
    assert caller.of(FeltFigure.FIRST_SOUND) == [0.51]
    turn = caller.felt.of(1)
    assert turn is not None
    assert turn.source is SpeechEnd.TOLD


def test_no_more_is_kept_than_is_needed() -> None:
    caller = Watched(recogniser=False)
    for number in range(1, 3 * KEPT):
        caller.at(float(number), final(f"text {number}"))
        caller.decided(float(number))
    assert len(caller.felt._turns) <= KEPT
    assert len(caller.felt._plays) <= KEPT


def test_a_greeting_is_felt_by_nobody_who_waits() -> None:
    caller = Watched()
    caller.felt.take(AudioStarted(generation=1), [], 0.1)
    assert caller.figures == []


def test_who_hangs_up_has_not_cut_in() -> None:
    caller = Watched()
    caller.asks()
    caller.at(2.2, DeadlinePassed())
    caller.at(2.21, AudioStarted(generation=1))
    caller.at(3.0, HungUp())
    assert caller.of(FeltFigure.INTERRUPTION) == caller.of(FeltFigure.BARGE_IN) == []


def test_what_has_happened_is_told_once_for_the_record() -> None:
    caller = Watched()
    caller.asks()
    caller.at(2.2, DeadlinePassed())
    caller.at(2.21, AudioStarted(generation=1))
    assert caller.felt.news() == {}
    caller.at(2.6, VoiceStarted(at=2.5))
    assert caller.felt.news() == {"cut_off": 1}
    caller.at(2.9, partial("no wait"))
    news = caller.felt.news()
    assert news == {"barge_in_ms": 400.0, "interruption": 1}
    assert caller.felt.news() == {}, "once"
