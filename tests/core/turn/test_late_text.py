"""The waits for a final text. The silence that ended the turn was long enough at 1.0."""

from __future__ import annotations

import pytest

from gateway.core.policy import Policy
from gateway.core.turn.late_text import LateText

POLICY = Policy(stt_budget=1.5, stt_patience=3.0, filler_after=0.3)


def expected(*, away: bool = False) -> tuple[LateText, float]:
    text = LateText(POLICY, away=away)
    return text, text.expect(1.0)


def test_known_words_are_waited_for_once() -> None:
    text, due = expected()
    assert due == 2.5
    assert text.wake(due, known=True) is None
    assert text.since is None, "it is over at once"


def test_unknown_ones_twice_and_the_caller_is_told_meanwhile() -> None:
    text, due = expected()
    again = text.wake(due, known=False)
    assert (again, text.since) == (5.5, 2.5)
    assert text.wake(5.5, known=False) is None


@pytest.mark.parametrize("known", [True, False])
def test_with_the_recogniser_away_the_caller_is_told_soon(known: bool) -> None:
    text, due = expected(away=True)
    assert due == pytest.approx(1.3)
    assert (text.wake(due, known=known), text.since) == (2.5, due)
    assert (text.wake(2.5, known=known) is None) is known


def test_unknown_words_are_waited_for_until_it_is_back() -> None:
    text, due = expected(away=True)
    for at in (2.5, 5.5, 8.5, 11.5):
        due = text.wake(due, known=False) or 0.0
        assert due == at
    assert text.back(11.0, known=False) == 14.0, "it has yet to hear them"
    assert text.wake(14.0, known=False) is None


def test_who_comes_and_goes_is_given_time_once() -> None:
    text, due = expected(away=True)
    text.wake(due, known=False)
    assert text.back(2.0, known=False) == 5.0
    assert text.left(2.1) == 5.0, "the caller was told already"
    assert text.back(4.9, known=False) == 5.0
    assert text.wake(5.0, known=False) is None


def test_it_leaves_while_it_is_waited_for() -> None:
    text, _ = expected()
    assert text.left(1.1) == pytest.approx(1.4)
    assert text.back(1.2, known=True) == pytest.approx(1.4), "it has yet to say something"
    text.wake(1.4, known=True)
    assert text.left(2.4) == 2.5, "it was told"


def test_it_leaves_when_the_text_is_nearly_due() -> None:
    text, _ = expected()
    assert text.left(2.4) == 2.5


def test_who_comes_and_goes_all_the_time_is_not_waited_for_in_silence() -> None:
    text, _ = expected()
    for step in range(5):
        assert text.left(1.1 + step / 20) == pytest.approx(1.4)
        assert text.back(1.12 + step / 20, known=False) == pytest.approx(1.4)
    assert text.wake(1.4, known=False) is not None
    assert text.since == 1.4


def test_nobody_waits() -> None:
    text = LateText(POLICY, away=False)
    assert (text.left(0.5), text.back(0.6, known=False)) == (None, None)
    text.expect(1.0)
    text.wake(2.5, known=False)
    text.settle()
    assert text.since is None
    assert (text.left(2.6), text.back(2.7, known=True)) == (None, None)
