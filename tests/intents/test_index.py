"""The index finds what a full comparison finds."""

from __future__ import annotations

import numpy as np
import pytest

from intents.index import Index

random = np.random.default_rng(3)
VECTORS = random.normal(size=(500, 32)).astype(np.float32)
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)


def test_flat_search_is_exact() -> None:
    index = Index(VECTORS)
    cosines, rows = index.search(VECTORS[17], 5)
    truth = VECTORS @ VECTORS[17]
    assert rows.tolist() == np.argsort(-truth)[:5].tolist()
    assert cosines == pytest.approx(truth[rows], abs=1e-5)
    assert rows[0] == 17


def test_asking_for_more_than_there_is() -> None:
    cosines, rows = Index(VECTORS[:3]).search(VECTORS[0], 10)
    assert sorted(rows.tolist()) == [0, 1, 2]
    assert len(cosines) == 3


def test_rows_in_single_bytes_give_the_same_rows_and_the_same_cosines() -> None:
    small = Index(VECTORS, flat_limit=100)
    assert len(small) == 500
    found = 0
    for vector in random.normal(size=(50, 32)).astype(np.float32):
        unit = vector / np.linalg.norm(vector)
        cosines, rows = small.search(unit, 32)
        truth = VECTORS @ unit
        assert cosines == pytest.approx(truth[rows], abs=1e-5)
        assert cosines.tolist() == sorted(cosines.tolist(), reverse=True)
        assert rows[0] == truth.argmax()
        found += len({*rows.tolist()} & {*np.argsort(-truth)[:32].tolist()})
    assert found >= 0.99 * 50 * 32


def test_rows_in_single_bytes_may_be_fewer_than_asked_for() -> None:
    cosines, rows = Index(VECTORS[:5], flat_limit=1).search(VECTORS[2], 10)
    assert sorted(rows.tolist()) == [0, 1, 2, 3, 4]
    assert rows[0] == 2
    assert cosines[0] == pytest.approx(1, abs=1e-5)


def test_faiss_keeps_to_one_thread() -> None:
    import faiss

    Index(VECTORS)
    assert faiss.omp_get_max_threads() == 1
