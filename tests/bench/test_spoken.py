"""The speech to test with is what it says it is."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tests.support.speech import say
from tests.support.spoken import telephone, texts
from tests.support.spoken.telephone import PACKET, RATE, Late, Loss
from tests.support.spoken.turns import (
    KINDS,
    LEAD,
    SpokenTurn,
    late_turns,
    one_turn,
    over,
    paused_turns,
    spoken_turns,
)


@pytest.fixture(scope="module")
def turns() -> list[SpokenTurn]:
    return list(spoken_turns(12, seed=3))


def loudness(turn: SpokenTurn, start: float, end: float) -> float:
    sound = telephone.floats(turn.pcm)[int(start * RATE) : int(end * RATE)]
    return float(np.sqrt((sound**2).mean()))


def test_the_same_seed_gives_the_same_sound(turns: list[SpokenTurn]) -> None:
    again = list(spoken_turns(12, seed=3))
    assert [one.pcm for one in again] == [one.pcm for one in turns]
    assert [one.text for one in spoken_turns(12, seed=4)] != [one.text for one in turns]


def test_breath_is_the_same_in_another_process() -> None:
    first, second = (say.__wrapped__("they said so", voice="en-us+f3") for _ in range(2))
    assert first == second


def test_every_kind_is_in_it(turns: list[SpokenTurn]) -> None:
    assert {one.kind for one in turns} == set(KINDS)


def test_words_are_timed_and_end_with_the_speech(turns: list[SpokenTurn]) -> None:
    for one in turns:
        ends = [end for _, end in one.words]
        assert ends == sorted(ends)
        assert ends[0] > LEAD * 1000
        assert ends[-1] == pytest.approx(one.end * 1000, abs=80)
        assert " ".join(word for word, _ in one.words) == one.text


def test_a_pause_is_one_between_two_words() -> None:
    rng = np.random.default_rng(8)
    for kind in ("pause", "restart"):
        one = one_turn(kind, rng)
        ((begin, end),) = one.pauses
        assert 0.3 <= end - begin <= 0.6
        assert loudness(one, begin, end) == 0
        assert LEAD < begin < end < one.end
        assert loudness(one, end, end + 0.3) > 100


def test_behind_a_cough_there_is_no_speech() -> None:
    one = one_turn("cough", np.random.default_rng(8))
    assert loudness(one, one.end + 0.25, one.end + 0.4) > 500
    assert loudness(one, one.end + 0.6, one.end + 2) == 0
    assert not one.pauses


@pytest.mark.parametrize("condition", ["babble-5", "line-5"])
def test_noise_is_as_loud_as_it_says(condition: str) -> None:
    rng = np.random.default_rng(8)
    clean = one_turn("whole", rng)
    noisy, quiet = over(clean, condition, rng), over(clean, condition.replace("5", "20"), rng)
    silence = (clean.end + 0.5, clean.end + 2)
    ratio = 20 * np.log10(loudness(noisy, *silence) / loudness(quiet, *silence))
    assert ratio == pytest.approx(15, abs=2)


def test_a_telephone_lets_little_else_through() -> None:
    time = np.arange(RATE) / RATE
    for hertz, passes in ((100, False), (1000, True), (5000, False)):
        heard = telephone.telephone(np.sin(2 * np.pi * hertz * time) * 8000)
        assert (float(np.sqrt((heard[4000:-4000] ** 2).mean())) > 3000) is passes


def test_packets_are_lost_in_runs() -> None:
    lost = Loss(0.05, run=3.0).lost(200_000, np.random.default_rng(1))
    assert sum(lost) / len(lost) == pytest.approx(0.05, abs=0.005)
    runs = sum(gone and not before for gone, before in zip(lost[1:], lost, strict=False))
    assert sum(lost) / runs == pytest.approx(3.0, abs=0.2)
    sound = np.ones(PACKET * 50)
    spoilt = Loss(0.2).spoil(sound, np.random.default_rng(2)).reshape(-1, PACKET)
    assert {float(one) for one in spoilt.mean(axis=1)} == {0.0, 1.0}


def test_late_packets_come_all_at_once_and_in_order() -> None:
    delays = Late(0.05).delays(50_000, np.random.default_rng(1))
    assert sum(one > 0 for one in delays) / len(delays) == pytest.approx(0.05, abs=0.01)
    arrivals = [number * 0.02 + late for number, late in enumerate(delays)]
    assert all(one <= other + 1e-9 for one, other in pairwise(arrivals))
    held = [number for number, late in enumerate(delays) if late]
    assert all(round(delays[number] / 0.02) >= 1 for number in held)
    turns = list(late_turns(6, seed=3))
    assert {one.kind for one in turns} == set(KINDS)
    assert any(map(any, (one.delays for one in turns)))


def test_every_turn_with_a_pause_has_one() -> None:
    assert all(len(one.pauses) == 1 for one in paused_turns(3, seed=3))


def test_there_is_enough_to_say() -> None:
    whole = [*texts.SHORT, *texts.LONG, *texts.ANSWERS]
    assert len(set(whole)) == len(whole) > 50
    assert all(len(text.split()) >= 6 for text in texts.LONG)
