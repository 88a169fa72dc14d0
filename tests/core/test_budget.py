from __future__ import annotations

import pytest

from gateway.core.budget import Ledger, Owner


def test_contributions_sum_to_the_whole() -> None:
    ledger = Ledger()
    ledger.begin(Owner.ENDPOINTING, 1.0)
    ledger.switch(Owner.STT, 1.2)
    ledger.switch(Owner.MATCH, 1.25)
    ledger.switch(Owner.GATEWAY, 1.255)
    timeline = ledger.close(1.26)
    assert timeline == pytest.approx(
        {"endpointing": 0.2, "stt": 0.05, "match": 0.005, "gateway": 0.005, "ttfa": 0.26}
    )


def test_an_owner_who_is_waited_for_twice_has_one_line() -> None:
    ledger = Ledger()
    ledger.begin(Owner.MATCH, 0.0)
    ledger.switch(Owner.ENDPOINTING, 0.1)
    ledger.switch(Owner.MATCH, 0.3)
    assert ledger.close(0.4) == pytest.approx({"match": 0.2, "endpointing": 0.2, "ttfa": 0.4})


def test_a_caller_who_goes_on_begins_a_new_account() -> None:
    ledger = Ledger()
    ledger.begin(Owner.ENDPOINTING, 0.0)
    ledger.begin(Owner.ENDPOINTING, 5.0)
    assert ledger.close(5.5)["ttfa"] == pytest.approx(0.5)


def test_a_switch_without_a_beginning_is_one() -> None:
    ledger = Ledger()
    ledger.switch(Owner.GATEWAY, 2.0)
    assert ledger.close(2.5) == pytest.approx({"gateway": 0.5, "ttfa": 0.5})


def test_an_account_that_was_never_opened_is_empty() -> None:
    assert Ledger().close(9.0) == {"ttfa": 0}
