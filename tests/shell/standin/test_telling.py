"""The account of what was said in a bot's place."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.core.actions import CloseTurn, Path
from gateway.core.events import DeadlinePassed, PlaybackDone, Verdict, VerdictKind
from gateway.ports.bots import AnswerGiven
from gateway.shell.call.observe import LiveCall
from gateway.shell.standin.telling import Account
from tests.support.script import said

DONE = PlaybackDone(generation=1)


def closed(turn: int = 1, path: Path = Path.CACHE, **fields: Any) -> CloseTurn:
    verdict = Verdict(
        kind=VerdictKind.ANSWER, entry="hours", says="we open at nine today", length=5.0
    )
    return CloseTurn(
        turn=turn,
        path=path,
        utterance=said("when do you open, says 555 1234"),
        verdict=verdict,
        decided_on="final",
        **fields,
    )


@pytest.fixture
def told() -> list[AnswerGiven]:
    return []


@pytest.fixture
def account(told: list[AnswerGiven]) -> Account:
    live = LiveCall("c", "acme", "twilio", 0.0)
    return Account(live, {"call_sid": "CA1"}, told.append)


def test_an_answer_is_told_when_it_is_over(account: Account, told: list[AnswerGiven]) -> None:
    account.closed(closed(), "when do you open")
    account.saw(DeadlinePassed(), True)
    assert told == []
    account.saw(DONE, False)
    account.saw(DONE, False)
    account.end()
    (one,) = told
    assert (one.id, one.call_id, one.tenant, one.turn, one.entry) == (
        "c-1",
        "c",
        "acme",
        1,
        "hours",
    )
    assert (one.answer, one.whole) == ("we open at nine today", True)
    assert one.question == "when do you open", "the record's words, not the caller's"
    assert one.ids == {"call_sid": "CA1"}


def test_of_one_that_is_cut_only_what_was_heard(account: Account, told: list[AnswerGiven]) -> None:
    account.closed(closed(), "q")
    account.closed(closed(interrupted=True, heard=2.1), "q")
    account.saw(DONE, False)
    account.end()
    (one,) = told
    assert (one.answer, one.whole) == ("we open", False)


def test_a_pause_is_no_end(account: Account, told: list[AnswerGiven]) -> None:
    account.closed(closed(), "q")
    account.saw(DeadlinePassed(), False)  # held: the caller may have cut in
    assert told == []


def test_one_whose_end_nobody_saw_is_told_with_the_next(
    account: Account, told: list[AnswerGiven]
) -> None:
    account.closed(closed(1), "q")
    account.closed(closed(2, Path.AGENT), "q")
    assert [one.turn for one in told] == [1]


def test_what_the_bot_answers_is_not_ours_to_tell(
    account: Account, told: list[AnswerGiven]
) -> None:
    account.closed(closed(path=Path.AGENT), "q")
    account.end()
    assert told == []
