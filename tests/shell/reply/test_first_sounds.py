"""What is foretold of the next answer."""

from __future__ import annotations

import pytest

from gateway.shell.reply.first_sounds import ENOUGH, KEPT, FirstSounds


def test_nothing_is_foretold_of_too_few() -> None:
    known = FirstSounds()
    for _ in range(ENOUGH):
        assert known.expected("") is None
        known.worded("", 0.3)
    for _ in range(ENOUGH):
        assert known.expected("") is None
        known.sounded("", 0.1)
    assert known.expected("") == pytest.approx(0.4)
    assert known.expected("deep") is None, "another takes another time"


def test_what_was_begun_early_is_there_sooner() -> None:
    known = FirstSounds()
    for _ in range(ENOUGH):
        known.worded("", 0.3)
        known.sounded("", 0.1)
    assert known.expected("", asked=0.2) == pytest.approx(0.2)
    assert known.expected("", asked=5.0) == pytest.approx(0.1)


def test_a_slow_one_does_not_count_for_much_and_the_old_are_forgotten() -> None:
    known = FirstSounds()
    for seconds in (0.3, 0.3, 9.0):
        known.worded("", seconds)
        known.sounded("", 0.1)
    assert known.expected("") == pytest.approx(0.4)
    for _ in range(KEPT):
        known.worded("", 0.5)
    assert known.expected("") == pytest.approx(0.6)
