from __future__ import annotations

import pytest

from gateway.core.actions import Source, Stop
from gateway.core.events import MarkReached
from gateway.core.reply.playback import Playback

CLIPS = ("entry:hours",)


def playing(source: Source = Source.CACHE) -> Playback:
    playback = Playback(grace=5.0)
    playback.play(1, source, CLIPS, 4.0, 0.0)
    return playback


def test_two_voices_at_once_cannot_be() -> None:
    with pytest.raises(AssertionError, match="two voices"):
        playing().play(2, Source.CACHE, CLIPS, 4.0, 1.0)


def test_a_stopped_answer_goes_on_from_what_was_heard() -> None:
    playback = playing()
    assert playback.mark(MarkReached(generation=1, position=1.5))
    assert playback.stop() == Stop(generation=1)
    order = playback.resume(3.0)
    assert order is not None and order.generation == 2 and order.offset == 1.5
    assert playback.deadline == pytest.approx(3.0 + 2.5 + 5.0)
    assert playback.mark(MarkReached(generation=2, position=1.0))
    assert playback.sound is not None and playback.sound.position == 2.5


def test_resuming_twice_keeps_the_whole_length() -> None:
    playback = playing()
    for position in (1.0, 1.0):
        playback.mark(MarkReached(generation=playback.sound.play.generation, position=position))  # type: ignore[union-attr]
        playback.stop()
        playback.resume(0.0)
    assert playback.sound is not None
    assert playback.sound.play.offset == 2.0 and playback.sound.length == 2.0


def test_questions_and_system_lines_go_on_too() -> None:
    playback = playing(Source.SYSTEM)
    playback.mark(MarkReached(generation=1, position=1.0))
    playback.stop()
    order = playback.resume(1.0)
    assert order is not None and order.source is Source.SYSTEM and order.offset == 1.0


def test_what_was_heard_to_the_end_does_not_go_on() -> None:
    playback = playing()
    playback.mark(MarkReached(generation=1, position=9.0))
    playback.stop()
    assert playback.stopped is None


def test_marks_of_dead_generations_count_for_nothing() -> None:
    playback = playing()
    playback.stop()
    assert not playback.mark(MarkReached(generation=1, position=3.0))
    assert playback.stopped is not None and playback.stopped.heard == 0.0


def test_marks_never_run_backwards() -> None:
    playback = playing()
    playback.mark(MarkReached(generation=1, position=2.0))
    playback.mark(MarkReached(generation=1, position=1.0))
    assert playback.sound is not None and playback.sound.heard == 2.0


def test_the_end_of_another_generation_is_not_ours() -> None:
    playback = playing()
    assert playback.done(7) is None
    ended = playback.done(1)
    assert ended is not None and ended.heard == 4.0 and playback.deadline is None


def test_when_it_has_been_heard_is_known_until_it_is_heard() -> None:
    playback = playing()
    assert playback.until == 4.0
    playback.done(1)
    playback.hushed(3.5)
    playback.hushed(3.8)
    assert playback.until == 3.5


def test_marks_tell_that_it_ends_earlier_and_never_that_it_ends_later() -> None:
    playback = playing()
    playback.mark(MarkReached(generation=1, position=1.0))
    playback.lasts(0.5)
    assert playback.until == 3.5
    playback.lasts(2.0)
    assert playback.until == 3.5
    playback.done(1)
    playback.lasts(0.0)
    assert playback.until == 3.5


def test_stopping_silence_is_nothing() -> None:
    assert Playback(5.0).stop() is None


class TestWhatGrows:
    def growing(self) -> Playback:
        playback = Playback(grace=5.0, stall=4.0)
        playback.play(1, Source.AGENT, (), 1.0, 0.0, grows=True)
        return playback

    def test_more_of_it_is_waited_for(self) -> None:
        playback = self.growing()
        assert playback.deadline == 5.0
        playback.grow(3.0, 0.5, grows=True)
        assert playback.deadline == 7.0
        playback.grow(3.0, 1.0, grows=False)
        assert playback.deadline == 8.0
        playback.grow(9.0, 1.0, grows=True)  # it had ended
        assert playback.deadline == 8.0

    def test_after_it_ran_dry_the_new_sound_begins_now(self) -> None:
        playback = self.growing()
        playback.grow(2.0, 3.0, grows=True)
        assert playback.deadline == 3.0 + 1.0 + 4.0

    def test_it_grows_while_it_is_stopped(self) -> None:
        playback = self.growing()
        playback.mark(MarkReached(generation=1, position=0.5))
        playback.stop()
        playback.grow(3.0, 1.0, grows=False)
        order = playback.resume(2.0)
        assert order is not None and order.offset == 0.5
        assert playback.deadline == 2.0 + 2.5 + 5.0

    def test_waiting_longer_never_means_shorter(self) -> None:
        playback = self.growing()
        playback.wait(8.0)
        playback.wait(6.0)
        assert playback.deadline == 8.0


def test_what_follows_is_expected_after_what_it_follows() -> None:
    playback = playing()
    order = playback.play(1, Source.AGENT, (), 2.0, 1.0, follows=True)
    assert order.follows and playback.deadline == 4.0 + 2.0 + 5.0
    first = Playback(5.0).play(1, Source.AGENT, (), 2.0, 1.0, follows=True)
    assert not first.follows, "there is nothing to follow"
