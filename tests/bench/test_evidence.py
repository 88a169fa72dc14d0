"""The worth of each source of evidence is worked out as the rules have it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.evidence import Judged, Quiet, draw, known, outcome, ranking, right_of
from gateway.core.policy import Policy
from gateway.core.turn.ending import Evidence
from tests.support.spoken.people import LINES, TURNS, people, said_by_people
from tests.support.spoken.turns import SpokenTurn

SPOKEN = SpokenTurn(kind="pause", condition="clean", text="", pcm=b"", words=(), pauses=(), end=1.0)
WHOLE = Evidence(completeness=0.95, certain=True, ear=0.9)
STATEMENT = Evidence(completeness=0.8, ear=0.2)


def turn(*silences: Quiet) -> Judged:
    return Judged(SPOKEN, silences)


def test_a_source_that_is_not_there_says_nothing() -> None:
    assert known(WHOLE, there="") == Evidence(completeness=0.95)
    assert known(WHOLE, there="hem") == WHOLE


def test_a_pause_that_outlasts_the_wait_cuts_the_caller_off() -> None:
    policy = Policy()
    judged = [
        turn(Quiet(STATEMENT, 0.5), Quiet(WHOLE, None)),
        turn(Quiet(STATEMENT, 0.6), Quiet(WHOLE, None)),
        turn(Quiet(STATEMENT, None)),
    ]
    cut, delay = outcome(judged, policy, there="m")
    assert cut == 50
    assert delay == pytest.approx((policy.silence_confident + policy.silence_complete) / 2)
    assert outcome(judged, policy, there="")[1] == policy.silence_complete


def test_how_often_the_ear_is_right() -> None:
    end, pause = Quiet(WHOLE, None), Quiet(STATEMENT, 0.5)
    assert ranking([turn(pause, end)]) == 100
    assert ranking([turn(Quiet(WHOLE, 0.5), Quiet(STATEMENT, None))]) == 0


def test_the_curves_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    draw({"words": [(0.6, 2.0), (0.7, 1.0)], "ear": [(0.5, 2.5)]}, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 1000


def test_turns_of_people_end_where_they_fall_silent() -> None:
    heard = people(0.1)
    if heard is None:
        pytest.skip("the recordings are not here")
    assert (len(heard.ends), len(heard.pauses), len(heard.cuts)) == (11, 7, 33)
    for sound in [*heard.ends, *heard.pauses]:
        samples = np.frombuffer(sound, "<i2").astype(float)
        tail = np.abs(samples[-800:]).mean()
        assert tail < 0.2 * np.abs(samples).max(), "silence is what is behind it"


def test_turns_of_people_have_their_words_where_they_speak() -> None:
    said = list(said_by_people(seed=1))
    if not said:
        pytest.skip("the recordings are not here")
    assert len(said) == len(TURNS) * len(LINES)
    for one in said:
        ends = [end / 1000 for _, end in one.words]
        assert ends == sorted(ends)
        assert ends[-1] == pytest.approx(one.end)
        for begin, until in one.pauses:
            assert not any(begin + 0.001 < end <= until for end in ends), "nothing is said in it"


def test_a_pair_that_cannot_be_told_is_half_right() -> None:
    assert right_of([0.9, 0.5], [0.5, 0.1]) == 87.5
