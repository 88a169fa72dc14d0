"""The timed catalogues are as large as they say, and every timed text is new."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench import match_speed
from bench.match_speed import SpreadEncoder
from intents.models.encoder import Encoder
from intents.text.spoken import canonical


def test_the_table_has_as_many_distinct_questions_as_asked_for() -> None:
    for size in (200, 100_000):
        table = match_speed.items(size)
        texts = {canonical(text) for item in table for text in item.questions}
        assert len(texts) == size
        assert len({item.id for item in table}) == len(table)


def test_timed_texts_are_new_and_half_are_near() -> None:
    texts = [canonical(text) for text in match_speed.new_texts(600)]
    assert len(set(texts)) == 600
    table = {canonical(text) for item in match_speed.items(100_000) for text in item.questions}
    assert not table & set(texts)
    assert 7 < np.mean([len(text.split()) for text in texts]) < 11


def test_made_up_vectors_are_unit_long_near_real_ones_and_always_the_same(
    model_folder: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(match_speed, "REAL", 20)
    texts = [text for item in match_speed.items(60) for text in item.questions]
    first = SpreadEncoder(model_folder).embed(texts)
    maker = SpreadEncoder(model_folder)
    again = np.concatenate([maker.embed(texts[:25]), maker.embed(texts)[25:]])
    assert np.array_equal(first, again)
    assert np.allclose(np.linalg.norm(first, axis=1), 1, atol=1e-5)
    assert np.array_equal(first[:20], encoder.embed(texts[:20]))
    nearest = (first[20:] @ first[:20].T).max(axis=1)
    assert nearest.min() > 0.8
    assert nearest.max() < 1


def test_a_match_is_timed_in_a_process_of_its_own(model_folder: Path) -> None:
    figures = match_speed.figures(model_folder, 200, 30, "match")
    assert figures["match_questions"] == 200
    assert 0.3 < figures["match_p50_ms"] <= figures["match_p99_ms"]
    assert 0.3 < figures["match_alike_p50_ms"] <= figures["match_alike_p99_ms"]
    assert 0 < figures["match_rss_mib"] < 100
