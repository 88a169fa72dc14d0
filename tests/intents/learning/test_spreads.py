"""The spreads of scores and readings, and look-alikes that are made up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from intents.guards.entry.likeness import LOOK_ALIKES
from intents.learning import spreads
from intents.learning.calibration import Samples, Source
from intents.learning.spreads import banded, read_bin


@pytest.fixture(scope="module")
def found() -> Samples:
    """Rehearsed turns as they are: known ones, of which some err, near misses and far ones."""
    random = np.random.default_rng(0)
    source = np.repeat([Source.KNOWN, Source.NEAR, Source.FAR], [300, 200, 100]).astype(np.intp)
    score = np.clip(random.normal(np.array([0.65, 0.4, 0.15])[source], 0.15), 0, 1)
    right = (source == Source.KNOWN) & (random.random(600) < 0.9)
    vetoed = random.random(600) < 0.1
    return Samples(score, random.normal(0, 2, 600), right, source, vetoed, source)


def test_half_of_the_known_spectrum_is_of_misheard_questions(found: Samples) -> None:
    known = int((found.source == Source.KNOWN).sum())
    plain = spreads.spectra(found, np.empty(0))
    assert plain.shape == (3, spreads.BINS)
    assert plain.sum(axis=1) == pytest.approx(1)
    assert (plain > 0).all()
    mixed = spreads.spectra(found, np.full(7, 0.999))
    assert np.array_equal(mixed[1:], plain[1:])
    more = known / (2 * known + spreads.SMOOTHING)
    assert mixed[0, -1] == pytest.approx(plain[0, -1] * (1 - more) + more)
    without = found.where(found.source != Source.NEAR)
    none = spreads.spectra(without, np.empty(0))
    assert np.allclose(none[Source.NEAR], none[Source.KNOWN]), "the careful guess"


# --- look-alikes ----------------------------------------------------------------------------------


def test_each_known_question_that_is_right_has_its_look_alike(found: Samples) -> None:
    good = (found.source == Source.KNOWN) & found.right & ~found.vetoed
    posed = spreads.look_alikes(found)
    assert sorted(posed.score) == sorted(found.score[good])
    assert sorted(posed.guess) == sorted(found.guess[good])
    assert set(posed.source.tolist()) == {Source.LOOK_ALIKE}
    assert not posed.right.any()
    assert not posed.vetoed.any()
    assert set(posed.reading.tolist()) == set(LOOK_ALIKES)
    for part in np.array_split(posed.reading, 3):  # however they score
        assert part.mean() == pytest.approx(np.mean(LOOK_ALIKES), abs=0.5)


def test_readings_are_spread_by_band_and_the_last_row_is_of_look_alikes() -> None:
    score, read = np.repeat([0.5, 0.65, 0.9], 40), np.repeat([0.0, 1.0, 3.0], 40)
    ones, kinds = np.ones(120, bool), np.full(120, Source.KNOWN, np.intp)
    found = Samples(score, read, ones, kinds, ~ones, kinds)
    spread = spreads.readings(found)
    assert spread.shape == (len(spreads.BANDS) + 1, len(spreads.READINGS) + 1)
    assert spread.sum(axis=1) == pytest.approx(1)
    assert (spread > 0).all()
    assert spread[:-1].argmax(axis=1).tolist() == read_bin(np.array([0.0, 1.0, 3.0])).tolist()
    assert (spread[:-1].max(axis=1) > 0.8).all()
    middles = np.array([-4.0, -3, -2, -1, 0, 1, 2, 3.0])
    assert spread[-1] @ middles == pytest.approx(np.mean(LOOK_ALIKES), abs=0.3)


@pytest.mark.parametrize("change", [{"vetoed": True}, {"right": False}, {"source": Source.FAR}])
def test_of_too_few_known_questions_nothing_is_said(change: dict[str, Any]) -> None:
    ones, kinds = np.ones(30, bool), np.full(30, Source.KNOWN, np.intp)
    found = Samples(np.full(30, 0.7), np.zeros(30), ones, kinds, ~ones, kinds)
    assert len(spreads.readings(found)) > 0
    ((name, value),) = change.items()
    most = getattr(found, name).copy()
    most[:15] = value
    assert len(spreads.readings(replace(found, **{name: most}))) == 0


def test_bands_begin_where_something_may_be_answered() -> None:
    assert banded(np.array([0.0, 0.449, 0.45, 0.6, 0.74, 0.75, 1.0])).tolist() == [
        *(-1, -1, 0, 1, 1, 2, 2)
    ]
