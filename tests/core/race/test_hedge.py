"""One race at a time, told with its instants: the ordinary ones and the unlucky ones."""

from __future__ import annotations

import pytest

from gateway.core.events import DeadlinePassed
from gateway.core.race.attempts import (
    AttemptEvent,
    AttemptFailure,
    Hedging,
    Piece,
    PieceKind,
    RaceDropped,
    ToolCall,
)
from gateway.core.race.hedge import TRANSITIONS, Race, RaceState
from gateway.core.race.pilot import Pilot
from tests.support.hedging import (
    ADOPTED,
    BEGUN,
    DROPPED,
    ROLE,
    Script,
    abandon,
    broken,
    cancel,
    closed,
    ended,
    failed,
    finished,
    make_pilot,
    no_answer,
    piece,
    run_tool,
    say,
    start,
    text,
    tool,
)

WAIT = AttemptFailure.SILENT


def empty(debt: float = 400.0) -> Pilot:
    """A pilot with nothing in its bucket."""
    pilot = make_pilot(Hedging(debt=debt))
    pilot.pacer.level = 0.0
    return pilot


def spent(script: Script) -> dict[str, int]:
    """Extra calls that were made, by what for."""
    return {why.value: count for why, count in script.pilot.spent.calls.items() if count}


# --- ordinary ------------------------------------------------------------------------------------


def test_the_primary_answers_in_time() -> None:
    script = Script()
    script.at(0.2, piece(0), say(0)).at(0.3, piece(0, text(" are")), say(0, text(" are")))
    script.at(0.5, finished(0), ended(0)).over()
    assert spent(script) == {}
    assert repr(script.race) == "<Race 1 OVER winner=0>"


def test_the_hedge_wins() -> None:
    script = Script().tick(0.3, start(1, "b"))
    script.at(0.45, piece(1), cancel(0), say(1)).at(0.46, closed(0))
    script.at(0.9, finished(1), ended(1)).over()
    assert spent(script) == {"hedge": 1}
    assert script.pilot.spent.extra_tokens == 750, "a runs on when it is cut"


def test_the_primary_wins_after_all() -> None:
    script = Script().tick(0.3, start(1, "b")).at(0.35, piece(1, ROLE))
    script.at(0.4, piece(0), cancel(1), say(0)).at(0.41, closed(1)).at(0.9, finished(0), ended(0))
    assert script.over().pilot.spent.extra_tokens == 601, "b stops: the prompt and one piece"


def test_the_role_alone_is_no_answer() -> None:
    script = Script().at(0.1, piece(0, ROLE)).at(0.12, piece(0, text(" ")))
    script.tick(0.3, start(1, "b")).at(0.5, piece(1), cancel(0), say(1))


def test_an_empty_piece_of_the_winner_is_not_delivered() -> None:
    Script().at(0.1, piece(0), say(0)).at(0.2, piece(0, ROLE)).at(
        0.3, piece(0, text(" ")), say(0, text(" "))
    )


def test_the_first_fails_early() -> None:
    script = Script().at(0.1, failed(0), start(1, "b")).at(0.3, piece(1), say(1))
    script.at(0.4, finished(1), ended(1)).over()
    assert spent(script) == {"failover": 1}
    assert script.pilot.spent.extra_tokens == 0, "a failure is not billed"


def test_the_first_ends_without_a_word() -> None:
    script = Script().at(0.1, piece(0, ROLE)).at(0.2, finished(0), start(1, "b"))
    script.at(
        0.3, finished(1), no_answer(("a", AttemptFailure.EMPTY), ("b", AttemptFailure.EMPTY))
    ).over()


def test_both_fail() -> None:
    script = Script().tick(0.3, start(1, "b")).at(0.4, failed(0))
    reasons = ("a", AttemptFailure.SERVER), ("b", AttemptFailure.UNREACHABLE)
    script.at(0.5, failed(1, AttemptFailure.UNREACHABLE), no_answer(*reasons)).over()


def test_both_are_silent() -> None:
    script = Script().tick(0.3, start(1, "b"))
    script.tick(8.0, no_answer(("a", WAIT), ("b", WAIT)), cancel(0), cancel(1))
    script.at(8.01, closed(1)).at(8.02, closed(0)).over()
    assert script.pilot.spent.extra_tokens == 600, "b's; a would have been asked anyway"


def test_one_fails_and_one_is_silent() -> None:
    script = Script().tick(0.3, start(1, "b")).at(1.0, failed(1))
    script.tick(8.0, no_answer(("b", AttemptFailure.SERVER), ("a", WAIT)), cancel(0)).at(
        8.0, closed(0)
    )
    script.over()


def test_alone_there_is_no_hedge() -> None:
    script = Script(pilot=make_pilot(count=1)).tick(0.3)
    script.tick(8.0, no_answer(("a", WAIT)), cancel(0)).tick(8.1, abandon(0)).over()
    Script(pilot=make_pilot(count=1)).at(
        0.1, failed(0), no_answer(("a", AttemptFailure.SERVER))
    ).over()


def test_a_race_is_begun_once() -> None:
    with pytest.raises(AssertionError, match="begun once"):
        Script().race.start(1.0)


# --- the budget ----------------------------------------------------------------------------------


def test_an_empty_bucket_waits_for_the_rescue() -> None:
    script = Script(pilot=empty()).tick(0.3).tick(0.7, start(1, "b"))
    assert spent(script) == {"rescue": 1}
    assert script.pilot.spent.denied == 1
    assert script.pilot.pacer.level < 0


def test_without_credit_the_primary_is_waited_for() -> None:
    script = Script(pilot=empty(debt=0.0)).tick(0.3)
    script.pilot.pacer.level = -1.0
    script.tick(0.7).at(1.0, failed(0), start(1, "b"))
    assert spent(script) == {"failover": 1}, "which is never refused"


def test_without_credit_a_delay_may_be_longer_than_the_rescue() -> None:
    pilot = empty(debt=0.0)
    pilot.pacer.level = -1.0
    pilot.pacer._delays[0] = 2.0
    Script(pilot=pilot).tick(2.0).tick(8.0, no_answer(("a", WAIT)), cancel(0))


def test_the_bucket_may_have_filled_meanwhile() -> None:
    script = Script(pilot=empty()).tick(0.3)
    script.pilot.pacer.level = 5.0
    script.tick(0.7, start(1, "b"))
    assert spent(script) == {"hedge": 1}


# --- winner and losers ---------------------------------------------------------------------------


def test_a_loser_that_does_not_close_is_abandoned() -> None:
    script = Script().tick(0.3, start(1, "b")).at(0.4, piece(0), cancel(1), say(0))
    script.tick(0.5, abandon(1)).at(0.6, piece(1)).at(0.7, finished(0), ended(0)).over()
    assert (script.pilot.spent.abandoned, script.pilot.spent.late) == (1, 1)


@pytest.mark.parametrize("event", [closed(1), failed(1), finished(1)])
def test_a_loser_closes_in_any_way(event: AttemptEvent) -> None:
    script = Script().tick(0.3, start(1, "b")).at(0.4, piece(0), cancel(1), say(0))
    script.at(0.45, event).tick(5.4, broken(0, WAIT), cancel(0)).at(5.45, closed(0)).over()
    assert script.pilot.spent.abandoned == 0


def test_the_answer_may_end_before_the_loser_is_closed() -> None:
    script = Script().tick(0.3, start(1, "b")).at(0.4, piece(0), cancel(1), say(0))
    script.at(0.45, finished(0), ended(0)).tick(0.5, abandon(1)).over()


def test_a_token_after_the_cancellation_is_not_heard() -> None:
    script = Script().tick(0.3, start(1, "b")).at(0.4, piece(1), cancel(0), say(1))
    script.at(0.4, piece(0)).at(0.41, piece(0, tool())).at(0.45, closed(0))
    script.at(0.5, finished(1), ended(1)).at(0.6, piece(0)).over()
    assert script.pilot.spent.late == 3


def test_a_winner_that_fails_is_not_followed_by_the_other() -> None:
    script = Script().at(0.2, piece(0), say(0))
    script.at(0.3, failed(0, AttemptFailure.BROKEN), broken(0, AttemptFailure.BROKEN)).over()


def test_a_loser_failing_after_the_win_harms_nobody() -> None:
    script = Script().at(0.1, failed(0), start(1, "b")).at(0.2, piece(1), say(1))
    script.at(0.21, failed(0)).at(0.3, finished(1), ended(1)).over()


# --- in the same instant -------------------------------------------------------------------------


def test_a_failure_and_a_first_token() -> None:
    one = Script().tick(0.3, start(1, "b")).at(0.4, failed(0)).at(0.4, piece(1), say(1))
    other = (
        Script().tick(0.3, start(1, "b")).at(0.4, piece(1), cancel(0), say(1)).at(0.4, failed(0))
    )
    for script in (one, other):
        script.at(0.5, finished(1), ended(1)).over()


def test_two_first_tokens() -> None:
    script = Script().tick(0.3, start(1, "b"))
    script.at(0.4, piece(1), cancel(0), say(1)).at(0.4, piece(0)).at(0.4, closed(0))
    script.at(0.5, finished(1), ended(1)).over()


def test_the_hedges_timer_and_the_first_token() -> None:
    script = Script().at(0.3, piece(0), say(0))
    assert not script.race.receive(DeadlinePassed(), 0.3), "the timer comes too late"
    other = Script().tick(0.3, start(1, "b")).at(0.3, piece(0), cancel(1), say(0))
    other.at(0.3, closed(1)).at(0.4, finished(0), ended(0)).over()


def test_the_hedges_timer_and_a_failure() -> None:
    script = Script().tick(0.3, start(1, "b")).at(0.3, failed(0)).at(0.4, piece(1), say(1))
    assert spent(script) == {"hedge": 1}


def test_the_giving_up_and_the_first_token() -> None:
    script = Script().tick(0.3, start(1, "b")).at(8.0, piece(1), cancel(0), say(1))
    assert script.race.winner == 1


def test_a_timer_that_comes_early_or_late() -> None:
    script = Script()
    assert not script.race.receive(DeadlinePassed(), 0.29)
    assert script.race.receive(DeadlinePassed(), 0.5) == [start(1, "b")]


def test_a_late_timer_does_not_make_the_primary_fast() -> None:
    pilot = make_pilot()
    Script(pilot=pilot).race.receive(piece(0), 0.6)  # its timer was due at 0.3
    assert pilot.pacer.delay(0) > 0.3


# --- tools ---------------------------------------------------------------------------------------


def test_a_tool_call_wins_and_runs_once() -> None:
    script = Script().tick(0.3, start(1, "b")).at(0.35, piece(0, BEGUN), cancel(1), say(0, BEGUN))
    script.at(0.36, piece(1, tool())).at(0.4, piece(0, tool()), run_tool(0))
    script.at(0.41, piece(0, tool())).at(0.42, closed(1))
    second = ToolCall(id="2", name="balance")
    script.at(0.43, piece(0, tool(second)), run_tool(0, second))
    script.at(0.44, piece(0, Piece(kind=PieceKind.TOOL)))
    script.at(0.5, finished(0), ended(0)).over()


# --- who may be asked ----------------------------------------------------------------------------


def test_retry_after_is_kept() -> None:
    pilot = make_pilot()
    script = Script(pilot=pilot).at(
        0.1, failed(0, AttemptFailure.RATE_LIMITED, 30.0), start(1, "b")
    )
    script.at(0.2, piece(1), say(1)).at(0.3, finished(1), ended(1))
    Script(start(0, "b"), pilot=pilot, now=29.0).tick(29.3)
    Script(start(0, "a"), pilot=pilot, now=30.2)


def test_nobody_may_be_asked() -> None:
    pilot = make_pilot()
    script = Script(pilot=pilot).at(0.1, failed(0, AttemptFailure.REFUSED), start(1, "b"))
    script.at(
        0.2,
        failed(1, AttemptFailure.RATE_LIMITED, 60.0),
        no_answer(("a", AttemptFailure.REFUSED), ("b", AttemptFailure.RATE_LIMITED)),
    )
    gone = AttemptFailure.UNAVAILABLE
    Script(no_answer(("a", gone), ("b", gone)), pilot=pilot, now=1.0).over()


def test_on_trial_it_runs_beside_the_other() -> None:
    pilot = make_pilot()
    script = Script(pilot=pilot).at(0.1, failed(0, AttemptFailure.REFUSED), start(1, "b"))
    script.at(0.2, piece(1), say(1)).at(0.3, finished(1), ended(1))
    Script(start(0, "b"), pilot=pilot, now=4.0).at(4.1, piece(0), say(0))
    script = Script(start(0, "b"), start(1, "a"), pilot=pilot, now=6.0)
    script.at(6.1, piece(1), cancel(0), say(1)).at(6.1, closed(0)).at(6.2, finished(1), ended(1))
    assert spent(script) == {"failover": 1, "probe": 1}
    Script(start(0, "a"), pilot=pilot, now=7.0)


# --- interruption --------------------------------------------------------------------------------


def test_dropped_while_connecting() -> None:
    script = Script().at(0.1, DROPPED, cancel(0)).at(0.11, piece(0)).at(0.12, closed(0)).over()
    assert script.pilot.spent.dropped_calls == 0, "it was no speculation"


def test_dropped_while_both_are_asked() -> None:
    script = Script().tick(0.3, start(1, "b")).at(0.4, DROPPED, cancel(0), cancel(1))
    script.at(0.41, closed(0)).tick(0.5, abandon(1)).over()


def test_dropped_while_answering() -> None:
    script = Script().at(0.1, piece(0), say(0)).at(0.2, DROPPED, cancel(0)).at(0.21, piece(0))
    script.at(0.22, closed(0)).at(0.3, DROPPED).over()


def test_events_of_others_are_let_go() -> None:
    script = Script()
    script.at(0.1, RaceDropped(race=2)).at(0.1, piece(1)).at(0.1, failed(1)).at(0.1, closed(1))
    script.at(0.2, piece(0), say(0)).at(0.2, closed(1)).at(0.3, finished(0), ended(0)).over()


# --- speculation ---------------------------------------------------------------------------------


def test_what_is_not_adopted_is_not_heard() -> None:
    script = Script(speculative=True).at(0.2, piece(0)).at(0.3, piece(0, tool()))
    script.at(0.4, ADOPTED, say(0), run_tool(0)).at(0.5, piece(0, text()), say(0))
    script.at(0.6, finished(0), ended(0)).over()
    assert script.pilot.spent.dropped_calls == 0


def test_it_may_be_whole_before_it_is_adopted() -> None:
    script = Script(speculative=True).at(0.2, piece(0)).at(0.3, finished(0)).at(0.31, piece(0))
    script.at(0.9, ADOPTED, say(0), ended(0)).over()


def test_dropped_it_has_cost_a_call() -> None:
    script = Script(speculative=True).at(0.2, piece(0)).at(0.3, DROPPED, cancel(0))
    script.at(0.35, closed(0)).over()
    assert (script.pilot.spent.dropped_calls, script.pilot.spent.dropped_tokens) == (1, 750)
    assert script.pilot.spent.extra_calls == 0


def test_there_is_no_hedge_before_it_is_adopted() -> None:
    script = Script(speculative=True).at(0.5, ADOPTED, start(1, "b"))
    assert script.pilot.pacer.delay(0) > 0.3, "it was silent at its delay all the same"
    Script(speculative=True).at(0.2, ADOPTED).tick(0.3, start(1, "b"))


def test_a_speculation_fails_over() -> None:
    script = Script(speculative=True).at(0.1, failed(0), start(1, "b")).at(0.2, DROPPED, cancel(1))
    assert script.pilot.spent.dropped_tokens == 600, "the failure is not billed"
    assert script.pilot.spent.extra_tokens == 0


def test_nobody_adopts_it() -> None:
    script = Script(speculative=True).at(0.2, piece(0)).at(0.3, finished(0)).tick(10.0).over()
    assert script.pilot.spent.dropped_calls == 1
    quick = Script(pilot=make_pilot(Hedging(speculate_for=1.0)), speculative=True)
    quick.tick(1.0, cancel(0)).tick(1.1, abandon(0)).over()
    assert quick.pilot.pacer.delay(0) > 0.3


def test_it_breaks_before_it_is_heard() -> None:
    script = Script(speculative=True).at(0.2, piece(0))
    script.at(0.3, failed(0, AttemptFailure.BROKEN), no_answer(("a", AttemptFailure.BROKEN))).at(
        0.4, ADOPTED
    )
    script.over()


def test_too_much_is_not_held() -> None:
    script = Script(pilot=make_pilot(Hedging(max_held=2)), speculative=True)
    script.at(0.1, piece(0)).at(0.2, piece(0)).at(0.3, piece(0), cancel(0)).at(0.3, closed(0))
    script.over()


def test_a_speculation_is_no_probe() -> None:
    pilot = make_pilot()
    for _ in range(20):
        pilot.plan(0.0)
    Script(start(0, "a"), start(1, "b"), pilot=pilot)
    pilot = make_pilot()
    for _ in range(20):
        pilot.plan(0.0)
    Script(start(0, "a"), pilot=pilot, speculative=True)


def test_every_state_has_its_row() -> None:
    assert set(TRANSITIONS) == set(RaceState)
    race = Race(1, make_pilot())
    assert race.receive(piece(0), 0.0) == []
