from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core.actions import CloseTurn, Path
from gateway.core.ledger import Ledger, Owner
from gateway.core.reply.account import TurnAccount
from tests.support.script import miss, said

TURN = CloseTurn(turn=1, path=Path.AGENT, utterance=said("why"), verdict=miss(), decided_on="final")


def opened(generation: int = 3) -> TurnAccount:
    account, ledger = TurnAccount(), Ledger()
    ledger.begin(Owner.AGENT, 1.0)
    account.open(TURN, ledger)
    account.moved(generation)
    return account


def given(account: TurnAccount, now: float = 2.0, generation: int = 3) -> CloseTurn:
    (turn,) = account.on_air(generation, now)
    assert isinstance(turn, CloseTurn)
    return turn


def test_it_is_given_once_when_its_sound_is_on_the_wire() -> None:
    account = opened()
    assert account.on_air(2, 1.5) == []
    account.owed_by(Owner.TTS, 1.75)
    assert given(account).timeline == pytest.approx({"agent": 0.75, "tts": 0.25, "ttfa": 1.0})
    assert account.on_air(3, 2.5) == []
    account.owed_by(Owner.GATEWAY, 3.0)  # nobody is waited for any more
    assert account.settle() == []


def test_sound_that_was_never_seen_on_the_wire_is_accounted_for_when_it_is_over() -> None:
    account = opened()
    assert account.settle() == [TURN]
    assert account.settle() == []


def test_who_cuts_in_closes_it_again() -> None:
    account = opened()
    given(account)
    (cut,) = account.cut(1.5)
    assert isinstance(cut, CloseTurn) and cut.interrupted and cut.heard == 1.5
    assert account.cut(1.5) == []


def test_cut_before_anything_was_heard() -> None:
    (cut,) = opened().cut(None)
    assert isinstance(cut, CloseTurn) and cut.interrupted and cut.heard == 0.0


def test_a_turn_that_was_heard_out_cannot_be_cut() -> None:
    account = opened()
    given(account)
    assert account.cut(None) == []


def test_it_goes_on_as_another_generation_only_where_it_was() -> None:
    account = opened()
    account.goes_on(2, 4)
    account.goes_on(3, 5)
    assert given(account, generation=5).turn == 1


def test_a_turn_may_go_another_way() -> None:
    account = opened()
    assert account.turn is TURN
    account.became(replace(TURN, path=Path.HANDOFF))
    assert given(account).path is Path.HANDOFF


def test_what_is_forgotten_is_not_given() -> None:
    account = opened()
    account.forget()
    assert account.on_air(3, 2.0) == [] and account.turn is None
