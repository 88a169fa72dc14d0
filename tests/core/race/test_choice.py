"""Who goes first: changed for a change, not for noise."""

from __future__ import annotations

import math
import random

import pytest

from gateway.core.race.attempts import Hedging
from gateway.core.race.choice import Chooser, beyond

SPREAD = 0.9


def play(chooser: Chooser, chance: random.Random, medians: tuple[float, ...], races: int) -> int:
    """Races hedged at 0.4 s; how many of them began with provider 0."""
    first_was_0 = 0
    for _ in range(races):
        first, second = chooser.pick(range(len(medians)))
        assert second is not None
        first_was_0 += first == 0
        x, y = (chance.lognormvariate(math.log(medians[one]), SPREAD) for one in (first, second))
        delay = 0.0 if chooser.stale(range(len(medians))) == second else 0.4
        if x <= delay:
            chooser.took(first, x)
        elif x <= delay + y:
            chooser.took(first, x)
            chooser.outlasted(second, x - delay)
        else:
            chooser.took(second, y)
            chooser.outlasted(first, delay + y)
    return first_was_0


def test_noise_changes_next_to_nothing() -> None:
    chooser = Chooser(2, Hedging())
    assert play(chooser, random.Random(1), (0.09, 0.15), 30_000) > 29_000
    assert chooser.changes <= 8
    assert chooser.usual(0) == pytest.approx(0.09, rel=0.3)
    assert chooser.usual(1) == pytest.approx(0.15, rel=0.6), "learned from hedges alone"


def test_the_faster_one_is_found() -> None:
    chooser = Chooser(2, Hedging())
    assert play(chooser, random.Random(2), (0.3, 0.1), 500) < 200
    assert chooser.primary == 1


def test_a_bad_spell_is_left_and_returned_from() -> None:
    chooser, chance = Chooser(2, Hedging()), random.Random(3)
    play(chooser, chance, (0.09, 0.15), 2000)
    assert play(chooser, chance, (0.54, 0.15), 1500) < 60, "before it was noticed"
    assert chooser.primary == 1
    back = play(chooser, chance, (0.09, 0.15), 2000)
    assert back > 1000
    assert chooser.primary == 0


def test_failures_and_stalls_count_but_one_alone_does_not() -> None:
    chooser = Chooser(2, Hedging())
    for _ in range(10):
        chooser.pick((0, 1))
        chooser.took(1, 0.15)
        chooser.took(0, 0.09)
    for _ in range(4):
        chooser.pick((0, 1))
        chooser.failed(0)
    assert (chooser.primary, chooser.changes) == (0, 0)
    chooser.pick((0, 1))
    chooser.took(0, 60.0)
    assert (chooser.primary, chooser.changes) == (1, 1)
    assert chooser.usual(0) > 1.0, "as slow as it has just been"


def test_nothing_is_concluded_about_a_stranger() -> None:
    chooser = Chooser(2, Hedging())
    for _ in range(50):
        chooser.pick((0, 1))
        chooser.took(0, 5.0)
    assert chooser.primary == 0
    assert chooser.stale((0, 1)) == 1, "but it is time to see what it does"
    chooser.took(1, 0.2)
    assert chooser.stale((0, 1)) is None


def test_news_get_old() -> None:
    chooser = Chooser(2, Hedging(probe_after=30))
    for _ in range(6):
        chooser.pick((0, 1))
        chooser.took(1, 0.3)
    for _ in range(30):
        chooser.pick((0, 1))
        chooser.outlasted(1, 0.01)  # cut too soon to be news
    assert chooser.stale((0, 1)) is None
    chooser.pick((0, 1))
    assert chooser.stale((0, 1)) == 1
    chooser.outlasted(1, 1.0)
    assert chooser.stale((0, 1)) is None


def test_only_the_fit_are_picked() -> None:
    chooser = Chooser(3, Hedging())
    assert chooser.pick((0,)) == (0, None)
    chooser.took(1, 0.5)
    chooser.took(2, 0.1)
    assert chooser.pick((0, 1, 2)) == (0, 2)
    assert chooser.pick((1, 2)) == (2, 1), "the best of the rest stands in"
    for _ in range(50):
        chooser.took(0, 9.0)
    assert chooser.primary == 0, "a stand-in's race is no comparison"


@pytest.mark.parametrize("z", [-6.0, -1.0, 0.0, 1.0, 7.9, 8.1, 40.0])
def test_the_mean_beyond(z: float) -> None:
    top, steps = z + 16.0, 20_000
    width = (top - z) / steps
    points = [z + (one + 0.5) * width for one in range(steps)]
    weights = [math.exp(0.5 * (z * z - x * x)) if z > 0 else math.exp(-0.5 * x * x) for x in points]
    mean = sum(x * w for x, w in zip(points, weights, strict=True)) / sum(weights)
    assert beyond(z) == pytest.approx(mean, abs=5e-3)
