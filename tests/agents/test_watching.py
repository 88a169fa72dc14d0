"""Differences of what was spent."""

from __future__ import annotations

from gateway.agents.watching import SpendingReport
from gateway.core.race.pilot import Why
from tests.support.chatting import Watched
from tests.support.hedging import make_pilot


def test_only_what_is_new_is_told() -> None:
    pilot, watched = make_pilot(), Watched()
    account = SpendingReport(pilot, watched)
    account.tell()
    pilot.spend(Why.HEDGE)
    pilot.spent.extra_tokens += 600
    account.tell()
    account.tell()
    pilot.spend(Why.RESCUE)
    pilot.spent.dropped_calls += 1
    pilot.spent.dropped_tokens += 70
    account.tell()
    assert (watched.calls[Why.HEDGE], watched.calls[Why.RESCUE]) == (1, 1)
    assert (watched.lost_tokens, watched.dropped, watched.dropped_tokens) == (600, 1, 70)


def test_what_was_spent_before_is_not_told() -> None:
    pilot, watched = make_pilot(), Watched()
    pilot.spend(Why.PROBE)
    SpendingReport(pilot, watched).tell()
    assert watched.calls[Why.PROBE] == 0
