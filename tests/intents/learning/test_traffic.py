"""The share of near misses, found again in traffic that was mixed with a known one."""

import numpy as np
import pytest

from intents.learning import traffic
from intents.learning.calibration import NEAR_SHARE
from intents.learning.spreads import BINS, UNREAD, binned
from intents.models.classifier import Floats


def spread(middle: float, width: float) -> Floats:
    """A bell over the bins."""
    centres = (np.arange(BINS) + 0.5) / BINS
    weights = np.exp(-(((centres - middle) / width) ** 2)) + 1e-3
    return np.asarray(weights / weights.sum())


SPECTRA = np.stack([spread(0.8, 0.15), spread(0.45, 0.15), spread(0.15, 0.1)])


def turns(count: int, shares: tuple[float, float, float], seed: int = 0) -> list[float]:
    chance = np.random.default_rng(seed)
    mixed = np.array(shares) @ SPECTRA
    bins = chance.choice(BINS, count, p=mixed / mixed.sum())
    return [float(one) for one in (bins + 0.5) / BINS]


def test_without_turns_it_is_what_is_assumed_of_any_line() -> None:
    assert traffic.estimated([], SPECTRA) == traffic.ASSUMED
    assert traffic.ASSUMED.near_share == NEAR_SHARE


@pytest.mark.parametrize("near", [0.01, 0.05, 0.15, 0.25, 0.4])
def test_a_share_is_found_within_a_thousand_turns(near: float) -> None:
    found = traffic.estimated(turns(1000, (0.9 - near, near, 0.1)), SPECTRA)
    assert found.near_share == pytest.approx(near, abs=0.03 + near / 6)
    assert found.low <= found.near_share <= found.high
    assert found.turns == 1000


def test_few_turns_move_little() -> None:
    shares = 0.5, 0.4, 0.1
    few = traffic.estimated(turns(20, shares), SPECTRA)
    many = traffic.estimated(turns(1000, shares), SPECTRA)
    assert NEAR_SHARE < few.near_share < 0.15 < many.near_share


def test_more_turns_narrow_the_interval() -> None:
    shares = 0.7, 0.2, 0.1
    few, many = (traffic.estimated(turns(count, shares), SPECTRA) for count in (200, 1000))
    assert many.high - many.low < few.high - few.low


def test_what_a_person_judged_counts_more_than_what_nobody_did() -> None:
    scores = turns(100, (0.85, 0.05, 0.1))
    plain = traffic.estimated(scores, SPECTRA).near_share
    assert traffic.estimated(scores, SPECTRA, (0, 20)).near_share > plain + 0.05
    assert traffic.estimated(scores, SPECTRA, (50, 0)).near_share < plain
    assert traffic.estimated([], SPECTRA, (0, 5)).near_share > NEAR_SHARE


def test_it_stays_within_its_bounds_whatever_comes() -> None:
    for scores in ([0.0] * 500, [1.0] * 500, [0.45] * 5000):
        found = traffic.estimated(scores, SPECTRA)
        assert 0.0 < found.low <= found.near_share <= found.high <= traffic.MOST


# --- look-alikes ----------------------------------------------------------------------------------


KNOWN, OTHER = [0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.2, 0.1], [0.3, 0.2, 0.2, 0.15, 0.1, 0.05, 0, 0]
SPREAD = np.array([KNOWN, KNOWN, KNOWN, OTHER])
SPREAD = (SPREAD + 1e-3) / (SPREAD + 1e-3).sum(axis=1, keepdims=True)
MIDDLES = (-4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)


def read_as(count: int, share: float, seed: int = 0) -> list[float | None]:
    """Readings of which such a share is of look-alikes."""
    chance = np.random.default_rng(seed)
    mixed = (1 - share) * SPREAD[0] + share * SPREAD[-1]
    return [MIDDLES[one] for one in chance.choice(len(MIDDLES), count, p=mixed / mixed.sum())]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.45])
def test_look_alikes_are_found_by_how_they_read(share: float) -> None:
    scores = np.full(1000, 0.65)
    found = traffic.look_alikes(scores, read_as(1000, share), SPREAD)
    assert found == pytest.approx(share, abs=0.03 + share / 8)


def test_of_few_read_turns_little_is_believed() -> None:
    few, many = (
        traffic.look_alikes(np.full(count, 0.65), read_as(count, 0.45), SPREAD)
        for count in (10, 300)
    )
    assert few < many - 0.1


def test_what_was_not_read_counts_as_no_look_alike() -> None:
    readings = read_as(300, 0.45)
    alone = traffic.look_alikes(np.full(300, 0.65), readings, SPREAD)
    more = traffic.look_alikes(np.full(600, 0.65), [*readings, *[None] * 300], SPREAD)
    assert more == pytest.approx(alone / 2, abs=1e-3)
    low = traffic.look_alikes(
        np.concatenate([np.full(300, 0.65), np.full(300, 0.2)]), [*readings, *[-4.0] * 300], SPREAD
    )
    assert low == alone, "what is far from an answer does not count"


def test_nothing_is_said_of_a_catalogue_whose_readings_are_not_known() -> None:
    scores = [0.65] * 300
    known = traffic.estimated(scores, SPECTRA)
    for spread in (np.empty((0, 8)), UNREAD):
        assert traffic.estimated(scores, SPECTRA, readings=[-4.0] * 300, spread=spread) == known
    unread = traffic.estimated(scores, SPECTRA, readings=[None] * 300, spread=SPREAD)
    assert unread == known
    assert traffic.estimated([], SPECTRA, readings=[], spread=SPREAD) == traffic.ASSUMED


def test_look_alikes_are_no_part_of_the_near_misses() -> None:
    scores = [max(score, 0.46) for score in turns(1000, (0.5, 0.4, 0.1))]
    plain = traffic.estimated(scores, SPECTRA)
    few = traffic.estimated(scores, SPECTRA, readings=read_as(1000, 0.05), spread=SPREAD)
    many = traffic.estimated(scores, SPECTRA, readings=read_as(1000, 0.4), spread=SPREAD)
    assert few.look_alikes < traffic.SURE < many.look_alikes
    assert (few.near_share, few.low, few.high) == (plain.near_share, plain.low, plain.high)
    assert NEAR_SHARE <= many.near_share < plain.near_share
    assert many.low <= many.near_share <= many.high
    known = traffic.estimated([0.8] * 500, SPECTRA, readings=read_as(500, 0.4), spread=SPREAD)
    assert known.near_share == NEAR_SHARE, "at least what is assumed of any line"


def test_every_score_has_a_bin() -> None:
    assert binned(np.array([0.0, 0.5, 1.0])).tolist() == [0, BINS // 2, BINS - 1]


def test_the_score_of_a_turn_is_what_its_candidates_say() -> None:
    alone = traffic.unread([0.9], [0.8])
    assert 0.0 < traffic.unread([0.9, 0.3], [0.8, 0.7]) < alone <= 1.0
