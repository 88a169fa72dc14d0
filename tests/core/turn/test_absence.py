"""How long a recogniser may be away."""

from __future__ import annotations

import pytest

from gateway.core.turn.absence import Absence


def test_one_that_is_there_is_not_waited_for() -> None:
    absence = Absence(6.0)
    assert (absence.away, absence.over_at) == (False, None)
    absence.back(1.0)  # it was never away
    assert absence.over_at is None


def test_it_may_be_away_for_so_long() -> None:
    absence = Absence(6.0)
    absence.left(10.0)
    absence.left(12.0)  # told twice: it left once
    assert (absence.away, absence.over_at) == (True, 16.0)
    absence.back(13.0)
    assert (absence.away, absence.over_at) == (False, None)


def test_one_that_comes_and_goes_has_no_longer() -> None:
    absence = Absence(6.0)
    for second in range(5):
        absence.left(10.0 + second)
        assert absence.over_at == pytest.approx(16.0 + second * 0.5)
        absence.back(10.5 + second)


def test_one_that_has_held_for_as_long_begins_anew() -> None:
    absence = Absence(6.0)
    absence.left(10.0)
    absence.back(15.0)
    absence.left(20.9)
    assert absence.over_at == pytest.approx(21.9)
    absence.back(21.0)
    absence.left(27.0)
    assert absence.over_at == 33.0


def test_one_that_nobody_waits_for_is_never_away_for_too_long() -> None:
    absence = Absence(6.0)
    absence.left(10.0)
    absence.forget()
    assert (absence.away, absence.over_at) == (False, None)
