"""The felt benchmark counts what was heard, and when."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.caller import Turn
from bench.felt import Feeling, cuts_of, feeling, figures_of, waits_of
from tests.support.spoken.turns import SpokenTurn

SPOKEN = SpokenTurn(
    kind="whole",
    condition="telephone",
    text="where can i buy fresh flowers around here",
    pcm=b"",
    words=(),
    pauses=(),
    end=2.0,
)


class Heard:
    """The part of a caller that is looked at."""

    def __init__(self, *turns: Turn) -> None:
        self.turns = dict(enumerate(turns, 1))


def felt(path: str, turn: SpokenTurn = SPOKEN, **sounds: float) -> Feeling:
    return Feeling(turn, path, min(sounds.values(), default=None), dict(sounds))


def test_sounds_are_counted_from_the_end_of_the_speech() -> None:
    turn = Turn(decision={"path": "agent"}, sounds={"filler": 10.5, "agent": 10.9})
    later = Turn(decision={"path": "cache"}, sounds={"agent": 12.0, "cache": 12.5})
    one = feeling(Heard(turn, later), SPOKEN, 10.0)  # type: ignore[arg-type]
    assert one.path == "agent"
    assert one.first == pytest.approx(0.5)
    assert one.sounds == pytest.approx({"filler": 0.5, "agent": 0.9, "cache": 2.5})
    assert not one.cut_off


def test_who_hears_nothing_has_felt_nothing() -> None:
    one = feeling(Heard(), SPOKEN, 10.0)  # type: ignore[arg-type]
    assert one.first is None
    assert not one.cut_off


def test_waits_are_of_those_who_were_not_cut_off() -> None:
    figures = waits_of(
        [
            felt("agent", filler=0.5, agent=0.9),
            felt("agent", replace(SPOKEN, text="my door is broken"), agent=0.7),
            felt("agent", filler=-0.2, agent=0.4),
            felt("cache", cache=0.2),
        ]
    )
    assert figures["misses"] == 2
    assert figures["miss_first_sound_p99_ms"] == 700
    assert figures["miss_question_first_sound_p50_ms"] == 500
    assert figures["miss_answer_p99_ms"] == 900
    assert figures["hit_p50_ms"] == 200
    assert figures["answer_first_pct"] == 50


def test_cut_offs_are_of_those_who_paused() -> None:
    paused = replace(SPOKEN, kind="pause")
    figures = cuts_of([felt("agent", paused, filler=-0.3), felt("agent", paused, agent=0.4)])
    assert figures["cut_off_pct"] == 50
    assert figures["restart_cut_off_pct"] == 0
    assert cuts_of([felt("", paused)]) == {
        "cut_off_pct": 0,
        "restart_cut_off_pct": 0,
        "pauses": 0,
        "unanswered": 1,
    }


def test_bad_lines_are_told_apart() -> None:
    bad = replace(SPOKEN, condition="babble-5")
    figures = figures_of([felt("agent", agent=0.5), felt("agent", bad, agent=1.5)])
    assert figures["miss_first_sound_p50_ms"] == 500
    assert figures["noisy_miss_first_sound_p50_ms"] == 1500
