from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.events import WordEnd
from gateway.core.policy import Policy
from gateway.core.reply.agent_turn import NEVER, WORKING, AgentTurn, Over, SilenceStage
from gateway.core.reply.history import usual_length

POLICY = Policy(filler_after=0.3, bridge_after=3.0, give_up_after=8.0, agent_stall=4.0)


def asked(now: float = 10.0) -> AgentTurn:
    return AgentTurn(1, "", POLICY, now)


class TestStages:
    """Of a silence; ``until`` is when what was last on the air has been heard."""

    def test_a_filler_more_of_them_a_bridge_and_the_end_of_patience(self) -> None:
        turn = asked()
        until = 0.0
        for at, stage in (
            *((10.3, SilenceStage.FILLER), (11.35, SilenceStage.MORE), (12.4, SilenceStage.MORE)),
            *((13.45, SilenceStage.BRIDGE), (14.5, SilenceStage.MORE)),
        ):
            assert turn.deadline(until) == pytest.approx(at)
            assert turn.due(at - 0.001, until) is None
            assert turn.due(at + 1e-6, until) is stage
            turn.said(something=True)
            until = at + 0.7
        assert turn.due(18.0, 30.0) is SilenceStage.GIVE_UP

    def test_nothing_is_said_on_top_of_what_is_on_the_air(self) -> None:
        turn = asked()
        turn.spoke = True  # what announces it
        assert turn.deadline(12.0) == pytest.approx(12.35)
        assert turn.due(12.3, 12.0) is None
        assert turn.due(12.36, 12.0) is SilenceStage.FILLER
        assert turn.due(18.0, 19.0) is SilenceStage.GIVE_UP

    def test_stages_that_were_missed_are_not_made_up_for(self) -> None:
        turn = asked()
        assert turn.due(13.5, 0.0) is SilenceStage.BRIDGE
        turn.said(something=True)
        assert turn.due(14.9, 14.5) is SilenceStage.MORE

    def test_where_there_is_nothing_to_say_the_bridge_is_waited_for(self) -> None:
        turn = asked()
        assert turn.due(10.3, 0.0) is SilenceStage.FILLER
        turn.said(something=False)
        assert turn.deadline(0.0) == 13.0
        assert turn.due(13.0, 0.0) is SilenceStage.BRIDGE
        turn.said(something=False)
        assert turn.deadline(0.0) == 18.0

    def test_words_put_them_off(self) -> None:
        turn = asked()
        turn.words(10.2)
        assert turn.due(10.4, 0.0) is None
        assert turn.due(10.5, 0.0) is SilenceStage.FILLER
        turn.said(something=True)
        turn.words(11.4)
        assert turn.deadline(11.2) == pytest.approx(11.7)

    def test_once_the_answer_has_begun_only_its_end_is_waited_for(self) -> None:
        turn = asked()
        turn.begun = turn.spoke = True
        assert turn.due(13.0, 11.0) is None
        assert turn.deadline(11.0) == 18.0


class TestTools:
    def test_its_filler_comes_at_once_in_place_of_the_other(self) -> None:
        turn = asked()
        turn.works("balance", 10.1, told=True)
        assert turn.tool == "balance"
        assert turn.due(10.1, 0.0) is SilenceStage.FILLER
        turn.said(something=True)
        assert turn.deadline(11.0) == pytest.approx(11.35)
        assert turn.due(11.4, 11.0) is SilenceStage.MORE

    def test_and_right_behind_the_other_if_that_is_said(self) -> None:
        turn = asked()
        turn.due(10.3, 0.0)
        turn.said(something=True)
        turn.works("balance", 10.8, told=True)
        assert turn.deadline(11.0) == 11.0
        assert turn.due(11.0, 11.0) is SilenceStage.FILLER

    def test_and_after_all_of_them(self) -> None:
        turn = asked()
        turn.due(13.0, 0.0)
        turn.said(something=False)
        turn.works("balance", 13.5, told=True)
        assert turn.due(13.5, 0.0) is SilenceStage.FILLER

    def test_one_of_them_is_enough(self) -> None:
        turn = asked()
        turn.works("balance", 10.1, told=True)
        turn.works("history", 10.2, told=True)
        assert turn.tool == "balance"
        turn.said(something=True)
        turn.works("balance", 11.0, told=True)
        assert turn.tool == ""

    def test_words_that_are_on_their_way_come_first(self) -> None:
        turn = asked()
        turn.words(10.1)
        turn.works("balance", 10.1, told=True)
        assert turn.deadline(0.0) == pytest.approx(10.4)
        assert turn.due(10.4, 0.0) is SilenceStage.FILLER and turn.tool == "balance"

    def test_without_one_of_its_own_nothing_changes(self) -> None:
        turn = asked()
        turn.works("balance", 10.1, told=False)
        assert turn.tool == "" and turn.deadline(0.0) == 10.3

    def test_each_gives_more_patience_but_not_for_ever(self) -> None:
        turn = asked()
        assert turn.works("a", 15.0, told=False) == 23.0
        for now in range(16, 80):
            turn.works("a", float(now), told=False)
        assert turn.patience == 10.0 + 8.0 * WORKING


class TestToolsInTheMiddle:
    """The agent has said something, and then runs a tool."""

    def begun(self) -> AgentTurn:
        turn = asked()
        turn.words(10.1)
        turn.works("balance", 10.1, told=True)
        turn.sound("Let me see.", 1.0, 10.2)
        turn.begun = turn.spoke = True
        return turn

    def test_its_silence_is_filled_once_what_was_said_was_heard(self) -> None:
        turn = self.begun()
        assert turn.silent_at(11.2) == pytest.approx(11.55)
        assert turn.due(11.6, 11.2, replying=True) is SilenceStage.FILLER
        turn.said(something=True)
        assert (turn.ready, turn.position) == (False, 1.0)
        assert turn.due(13.2, 12.8, replying=True) is SilenceStage.BRIDGE

    def test_its_own_words_before_it_do_not_end_that(self) -> None:
        turn = self.begun()
        turn.sound("", 1.5, 10.6)
        assert turn.working and turn.patience == pytest.approx(18.1)

    def test_the_sound_of_what_follows_does(self) -> None:
        turn = self.begun()
        turn.words(13.0)
        assert turn.silent_at(11.2) == pytest.approx(13.3)
        turn.sound("You have five euros.", 3.0, 13.2)
        assert not turn.working and turn.silent_at(13.2) == NEVER
        assert turn.patience == pytest.approx(17.2)

    def test_patience_does_not_end_what_is_on_the_air(self) -> None:
        turn = self.begun()
        assert turn.due(30.0, 29.9, replying=True) is None
        assert turn.due(30.0, 29.9) is SilenceStage.GIVE_UP


class TestSound:
    def test_it_is_ready_until_it_is_heard(self) -> None:
        turn = asked()
        ready = [turn.ready]
        turn.sound("We open at nine.", 1.0, 10.5)
        ready.append(turn.ready)
        turn.stopped(1.0, 16.0)
        ready.append(turn.ready)
        turn.sound("And at ten.", 2.0, 11.0)
        assert [*ready, turn.ready] == [False, True, False, True]
        assert turn.patience == 15.0

    def test_no_more_of_it_is_no_news(self) -> None:
        turn = asked()
        turn.sound("We open at nine.", 1.5, 10.5)
        turn.sound("", 1.5, 12.0)
        assert turn.heard(9.0) == "We open at nine."
        assert turn.patience == 14.5

    def test_what_the_sound_also_said_is_told_later(self) -> None:
        turn = asked()
        turn.sound("We open at nine.", 4.0, 10.5)
        turn.sound("And close at five.", 4.0, 10.6)
        assert turn.patience == 14.5
        turn.sound("Anything else?", 5.0, 10.7)
        assert turn.heard(2.0) == "We open at nine."
        assert turn.heard(4.0) == "We open at nine. And close at five."
        turn.over = Over.DONE
        assert turn.heard(5.0) == "We open at nine. And close at five. Anything else?"

    def test_words_without_any_sound_were_not_heard(self) -> None:
        turn = asked()
        turn.sound("We open at nine.", 0.0, 10.5)
        assert (turn.ready, turn.heard(1.0)) == (False, "")

    def test_what_was_heard_is_told_by_the_sound(self) -> None:
        turn = asked()
        turn.sound("We open at nine.", 1.0, 10.5)
        turn.sound("", 2.0, 10.6)  # more of the same words
        turn.sound("On Sundays at ten.", 4.0, 10.7)
        assert turn.heard(0.0) == ""
        assert turn.heard(1.0) == "We open"
        assert turn.heard(3.0) == "We open at nine. On Sundays"
        assert turn.heard(4.0) == "We open at nine. On Sundays at ten."

    def test_sound_without_words_is_heard_as_nothing(self) -> None:
        turn = asked()
        turn.sound("", 1.0, 10.5)
        assert turn.heard(1.0) == ""

    def test_what_cannot_be_played_is_over(self) -> None:
        turn = asked()
        turn.sound("We open at nine.", 1.0, 10.5)
        turn.lost()
        assert turn.over is Over.FAILED and not turn.ready


def timed(*words: tuple[float, int]) -> tuple[WordEnd, ...]:
    return tuple(WordEnd(at=at, said=said) for at, said in words)


class TestWordsWithTimes:
    TEXT = "We open at nine."

    def test_only_words_whose_end_was_heard_count(self) -> None:
        turn = asked()
        turn.sound(self.TEXT, 2.0, 10.5, timed((0.2, 2), (0.7, 7), (0.9, 10), (1.9, 16)))
        turn.over = Over.DONE
        heard = [turn.heard(at) for at in (0.1, 0.2, 0.69, 0.95, 1.89, 1.95)]
        assert heard == ["", "We", "We", "We open at", "We open at", "We open at nine."]

    def test_they_come_with_later_sound_and_mean_the_text_so_far(self) -> None:
        turn = asked()
        turn.sound(self.TEXT, 0.5, 10.5, timed((0.2, 2)))
        turn.sound("", 2.0, 10.6, timed((0.7, 7), (0.9, 10), (1.9, 16)))
        turn.sound("Till five.", 3.0, 10.7, timed((2.4, 21), (2.9, 27)))
        assert turn.heard(0.5) == "We"
        assert turn.heard(2.5) == "We open at nine. Till"
        assert turn.heard(2.95) == "We open at nine. Till five."

    def test_of_sound_that_is_still_being_made_no_further_word_is_guessed(self) -> None:
        turn = asked()
        turn.sound(self.TEXT, 0.5, 10.5, timed((0.2, 2)))
        assert turn.heard(0.5) == "We"

    def test_where_they_end_the_rest_is_guessed(self) -> None:
        """Another voice, which tells none, has gone on."""
        turn = asked()
        turn.sound("one two three four five six", 1.0, 10.5, timed((0.5, 3), (1.0, 7)))
        turn.sound("", 3.0, 10.6)
        turn.sound("And so on.", 4.0, 10.7)
        assert [turn.heard(at) for at in (0.6, 1.0, 1.4, 2.0, 2.9)] == [
            *("one", "one two", "one two", "one two three four", "one two three four five"),
        ]

    def test_words_of_a_text_whose_own_sound_is_behind_them(self) -> None:
        turn = asked()
        turn.sound(self.TEXT, 1.0, 10.5, timed((0.2, 2), (0.4, 7), (0.6, 10), (0.8, 16)))
        turn.sound("Till five.", 2.0, 10.6, timed((0.9, 21), (1.8, 27)))
        assert turn.heard(0.95) == "We open at nine."
        assert turn.heard(1.05) == "We open at nine. Till"

    def test_times_that_cannot_be(self) -> None:
        turn = asked()
        turn.sound("", 0.5, 10.4, timed((0.1, 3)))  # of no text
        turn.sound(self.TEXT, 2.0, 10.5, timed((float("nan"), 7), (1.8, 2), (1.0, 12), (0.6, 0)))
        assert turn.heard(0.9) == ""
        assert turn.heard(1.1) == "We open at", "half a word is none"
        turn.sound("", 2.1, 10.6, timed((1.2, 99)))
        assert turn.heard(1.3) == self.TEXT
        turn.over = Over.DONE
        assert turn.heard(1.9) == self.TEXT


class TestWordsWithoutTimes:
    def test_while_more_may_come_they_are_taken_to_be_spoken_as_fast_as_usual(self) -> None:
        turn = asked()
        text = "one two three four five six seven eight nine ten"
        turn.sound(text, 1.0, 10.5)
        assert turn.heard(1.0) == "one two"
        turn.sound("", usual_length(text) * 2, 10.6)
        assert turn.heard(usual_length(text)) == "one two three four five"

    def test_of_what_broke_off_no_more_than_there_was_time_for(self) -> None:
        turn = asked()
        turn.sound("one two three four five six seven eight nine ten", 1.0, 10.5)
        turn.over = Over.FAILED
        assert turn.heard(1.0) == "one two"


words = st.lists(st.sampled_from(["a", "word", "of\nthem", "$5.", "yes,"]), min_size=0, max_size=6)
pieces = st.lists(
    st.tuples(
        words.map(" ".join),
        st.floats(0, 3),
        st.lists(st.tuples(st.floats(-1, 20), st.integers(-5, 80)), max_size=5),
    ),
    min_size=1,
    max_size=8,
)


@given(pieces, st.lists(st.floats(0, 30), min_size=2, max_size=6), st.sampled_from([None, *Over]))
def test_what_was_heard_is_the_beginning_of_the_reply(
    told: list[tuple[str, float, list[tuple[float, int]]]], positions: list[float], over: Over
) -> None:
    """Whatever texts, sound and times come, and wherever it is cut."""
    turn = asked()
    lengths = list(accumulate((length for _, length, _ in told), initial=0.1))[1:]
    for (text, _, times), length in zip(told, lengths, strict=True):
        turn.sound(text, length, 10.5, timed(*times))
    turn.over = over
    whole = turn.heard(1e9) if over is Over.DONE else None
    reply = [word for text, _, _ in told for word in text.split()]
    before: list[str] = []
    for position in sorted(positions):
        heard = turn.heard(position).split()
        assert heard == reply[: len(heard)], "in order, and nothing is left out"
        assert heard[: len(before)] == before, "later is never less"
        assert position > 0 or not heard
        before = heard
    if whole is not None:
        assert turn.heard(turn.length).split() == whole.split() == reply


class TestFirstSound:
    def test_it_is_timed_from_the_callers_last_word(self) -> None:
        policy = Policy(filler_after=0.8)
        turn = AgentTurn(1, "", policy, 10.0, last_word=9.5)
        assert turn.silent_at(0.0) == pytest.approx(10.3)
        overdue = AgentTurn(1, "", policy, 10.0, last_word=8.0, expected=11.0)
        assert overdue.silent_at(0.0) == 10.0

    def test_nothing_is_said_right_before_the_answer(self) -> None:
        policy = Policy()
        soon = AgentTurn(1, "", policy, 10.0, last_word=9.4, expected=10.09)
        assert soon.silent_at(0.0) == pytest.approx(10.09 + policy.filler_spare)
        later = AgentTurn(1, "", policy, 10.0, last_word=9.4, expected=10.39)
        assert later.silent_at(0.0) == 10.0

    def test_where_nobody_can_tell_it_is_given_a_moment(self) -> None:
        policy = Policy()
        turn = AgentTurn(1, "", policy, 10.0, last_word=9.4)
        assert turn.silent_at(0.0) == pytest.approx(10.0 + policy.filler_spare)

    def test_a_hum_comes_before_the_words(self) -> None:
        turn = AgentTurn(1, "", Policy(), 10.0, last_word=9.4, expected=12.0, hums=True)
        assert turn.due(10.0, 0.0) is SilenceStage.HUM
        turn.said(something=True)
        assert turn.due(10.4, 10.4) is None
        assert turn.due(10.8, 10.4) is SilenceStage.FILLER
        turn.said(something=True)
        assert turn.due(12.9, 12.0) is SilenceStage.MORE

    def test_a_tool_that_has_a_line_needs_no_hum(self) -> None:
        turn = AgentTurn(1, "", Policy(), 10.0, hums=True)
        turn.works("balance", 10.1, told=True)
        assert turn.due(10.1, 0.0) is SilenceStage.FILLER
