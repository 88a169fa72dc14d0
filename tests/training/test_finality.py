"""Teaching which words are a turn's last."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from intents.turns.finality import BUCKETS, features
from tests.support.spoken import texts as spoken
from training.finality import right, rows, save, taught, texts


def test_ends_are_learnt_from_a_few_thousand_turns() -> None:
    turns = texts()[:2400]
    weights, _ = taught(rows(turns[400:]), passes=4)
    kept_out = rows(turns[:400])
    assert right(weights, kept_out) > 85
    assert right(np.zeros(BUCKETS), kept_out) < 85, "and not by the way it is counted"


def test_what_the_speech_set_says_is_not_learnt() -> None:
    learnt = set(texts())
    assert not learnt & {*spoken.SHORT, *spoken.LONG}
    assert len(learnt) > 100_000


def test_weights_are_kept_in_small_steps(tmp_path: Path) -> None:
    weights = np.zeros(BUCKETS)
    weights[list(features("may i have a new card"))] = 1.27
    save(weights, -0.5, tmp_path / "w.npz")
    with np.load(tmp_path / "w.npz") as kept:
        again = kept["weights"] * kept["scale"]
        assert float(kept["bias"]) == -0.5
    assert np.abs(again - weights).max() < 0.01
