"""The waits of callers in virtual time."""

from __future__ import annotations

import numpy as np

from bench.felt import Feeling
from bench.felt_exact import felt_by, figures_of
from gateway.core.policy import Policy
from tests.support.spoken.turns import SpokenTurn, one_turn, over


def spoken(kind: str, condition: str = "telephone", seed: int = 3) -> SpokenTurn:
    rng = np.random.default_rng(seed)
    return over(one_turn(kind, rng), condition, rng)


def test_a_miss_is_answered_when_the_turn_is_over_to_the_millisecond() -> None:
    turns = [spoken("whole", seed=seed) for seed in (3, 4)]
    once = felt_by(Policy(), turns, 0.3, 0.09, habit=True)
    again = felt_by(Policy(), turns, 0.3, 0.09, habit=True)
    assert [one.sounds for one in once] == [one.sounds for one in again]
    for one in once:
        assert one.path == "agent"
        assert one.first is not None and 0.4 < one.first < 0.85
    slow = felt_by(Policy(silence_complete=1.0), turns, 0.3, 0.09, habit=True)
    for one, other in zip(once, slow, strict=True):
        assert one.first is not None and other.first is not None
        assert other.first - one.first > 0.3, "the rules count, and not the machine"


def test_who_waits_for_an_answer_that_was_not_begun_hears_a_filler_first() -> None:
    (one,) = felt_by(Policy(silence_complete=0.4), [spoken("whole")], 2.5, 0.09, habit=False)
    assert one.sounds["filler"] < one.sounds["agent"] - 1.0


def test_a_caller_in_a_loud_room_is_answered() -> None:
    (one,) = felt_by(Policy(), [spoken("whole", "babble-5")], 0.3, 0.09, habit=True)
    assert one.first is not None


def test_figures_are_told_by_line() -> None:
    def feeling(kind: str, condition: str, first: float | None) -> Feeling:
        turn = spoken(kind, condition)
        return Feeling(turn, "agent", first, {} if first is None else {"agent": first})

    figures = figures_of(
        [
            feeling("whole", "telephone", 0.5),
            feeling("double", "telephone", 1.5),
            feeling("whole", "babble-10", None),
            feeling("pause", "loss-5", -0.2),
        ]
    )
    assert figures["miss_first_sound_p50_ms"] == 500.0
    assert figures["double_first_sound_p50_ms"] == 1500.0
    assert figures["snr_babble_10_unanswered"] == 1
    assert figures["loss_5_cut_off_pct"] == 100.0
