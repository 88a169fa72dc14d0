from __future__ import annotations

import pytest

from gateway.core.agent_turn import WORKING, AgentTurn, Over, Stage
from gateway.core.policy import Policy

POLICY = Policy(filler_after=0.3, bridge_after=3.0, give_up_after=8.0, agent_stall=4.0)


def asked(now: float = 10.0) -> AgentTurn:
    return AgentTurn(1, "", POLICY, now)


class TestStages:
    def test_a_filler_then_a_bridge_then_the_end_of_patience(self) -> None:
        turn = asked()
        for at, stage in ((10.3, Stage.FILLER), (13.0, Stage.BRIDGE), (18.0, Stage.GIVE_UP)):
            assert turn.deadline(sounding=False) == pytest.approx(at)
            assert turn.due(at - 0.001, sounding=False) is None
            assert turn.due(at, sounding=False) is stage

    def test_nothing_is_said_on_top_of_what_is_on_the_air(self) -> None:
        turn = asked()
        assert turn.deadline(sounding=True) == 18.0
        assert turn.due(12.0, sounding=True) is None
        assert turn.due(18.0, sounding=True) is Stage.GIVE_UP

    def test_stages_that_were_missed_are_not_made_up_for(self) -> None:
        turn = asked()
        assert turn.due(13.5, sounding=False) is Stage.BRIDGE
        assert turn.due(13.5, sounding=False) is None

    def test_words_put_them_off(self) -> None:
        turn = asked()
        turn.words(10.2)
        assert turn.due(10.4, sounding=False) is None
        assert turn.due(10.5, sounding=False) is Stage.FILLER
        assert turn.deadline(sounding=False) == 13.0

    def test_once_the_answer_has_begun_only_its_end_is_waited_for(self) -> None:
        turn = asked()
        turn.begun = True
        assert turn.due(13.0, sounding=False) is None
        assert turn.deadline(sounding=False) == 18.0


class TestTools:
    def test_its_filler_comes_at_once_in_place_of_the_other(self) -> None:
        turn = asked()
        turn.works("balance", 10.1, told=True)
        assert turn.tool == "balance"
        assert turn.due(10.1, sounding=False) is Stage.FILLER
        assert turn.due(10.3, sounding=False) is None

    def test_and_after_the_other_if_that_was_said(self) -> None:
        turn = asked()
        assert turn.due(10.3, sounding=False) is Stage.FILLER
        turn.works("balance", 10.8, told=True)
        assert turn.due(10.8, sounding=False) is Stage.FILLER

    def test_and_after_all_of_them(self) -> None:
        turn = asked()
        turn.due(13.0, sounding=False)
        turn.works("balance", 13.5, told=True)
        assert turn.due(13.5, sounding=False) is Stage.FILLER

    def test_one_of_them_is_enough(self) -> None:
        turn = asked()
        turn.works("balance", 10.1, told=True)
        turn.works("history", 10.2, told=True)
        assert turn.tool == "balance"

    def test_without_one_of_its_own_nothing_changes(self) -> None:
        turn = asked()
        turn.works("balance", 10.1, told=False)
        assert turn.tool == "" and turn.deadline(sounding=False) == 10.3

    def test_each_gives_more_patience_but_not_for_ever(self) -> None:
        turn = asked()
        assert turn.works("a", 15.0, told=False) == 23.0
        for now in range(16, 80):
            turn.works("a", float(now), told=False)
        assert turn.deadline(sounding=True) == 10.0 + 8.0 * WORKING


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
        assert turn.deadline(sounding=True) == 15.0

    def test_no_more_of_it_is_no_news(self) -> None:
        turn = asked()
        turn.sound("We open at nine.", 1.0, 10.5)
        turn.sound("late", 1.0, 12.0)
        assert turn.heard(9.0) == "We open at nine."
        assert turn.deadline(sounding=True) == 14.5

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
