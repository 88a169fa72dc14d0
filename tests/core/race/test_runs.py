"""The attempts of a race: what was cut, and what it cost."""

from __future__ import annotations

import pytest

from gateway.core.race.attempts import AttemptFailure
from gateway.core.race.runs import Runs
from tests.support.hedging import SIZE, abandon, cancel, make_pilot, start


def test_there_are_two_at_most() -> None:
    runs = Runs(1, make_pilot(), SIZE)
    assert [runs.begin(0, 0.0), runs.begin(1, 0.3)] == [start(0, "a"), start(1, "b")]
    with pytest.raises(AssertionError, match="third"):
        runs.begin(0, 0.4)


def test_a_lone_winner_has_nobody_to_cancel() -> None:
    runs = Runs(1, make_pilot(), SIZE)
    runs.begin(0, 0.0)
    assert runs.cancel(0, 0.1) == []
    assert runs.any_open
    assert runs.opened(0) is runs.all[0]
    assert runs.opened(1) is None


def test_each_is_cancelled_and_abandoned_once() -> None:
    pilot = make_pilot()
    runs = Runs(1, pilot, SIZE)
    runs.begin(0, 0.0)
    runs.begin(1, 0.3)
    assert runs.cancel(1, 0.5) == [cancel(0)]
    assert runs.cancel(1, 0.5) == []
    assert runs.opened(0) is None
    assert runs.close_by == pytest.approx(0.6)
    assert runs.abandon(0.59) == []
    assert runs.abandon(0.6) == [abandon(0)]
    assert runs.abandon(0.7) == []
    runs.closed(0)
    runs.closed(7)
    assert pilot.spent.abandoned == 1


@pytest.mark.parametrize(("provider", "tokens"), [(0, 750), (1, 603)])
def test_who_runs_on_bills_all(provider: int, tokens: int) -> None:
    pilot = make_pilot()
    runs = Runs(1, pilot, SIZE)
    runs.begin(provider, 0.0)
    runs.all[0].pieces = 3
    runs.dropped()
    assert (pilot.spent.dropped_calls, pilot.spent.dropped_tokens) == (1, tokens)


def test_a_failure_is_not_billed_but_silence_is() -> None:
    pilot = make_pilot()
    runs = Runs(1, pilot, SIZE)
    runs.begin(0, 0.0)
    runs.begin(1, 0.3)
    runs.all[0].open = False
    assert runs.failed(runs.all[0], AttemptFailure.SERVER, None, 0.4) == (
        "a",
        AttemptFailure.SERVER,
    )
    assert runs.failed(runs.all[1], AttemptFailure.SILENT, None, 8.0) == (
        "b",
        AttemptFailure.SILENT,
    )
    runs.dropped()
    assert pilot.spent.dropped_tokens == 600
