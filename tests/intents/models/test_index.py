"""The index finds what a full comparison finds."""

from __future__ import annotations

import numpy as np
import pytest

from intents.models.index import Index

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


def test_rows_in_codes_give_the_same_rows_and_the_same_cosines() -> None:
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


def test_rows_in_codes_may_be_fewer_than_asked_for() -> None:
    cosines, rows = Index(VECTORS[:16], flat_limit=15).search(VECTORS[2], 20)
    assert sorted(rows.tolist()) == list(range(16))
    assert rows[0] == 2
    assert cosines[0] == pytest.approx(1, abs=1e-5)


def test_the_same_rows_are_found_every_time() -> None:
    first, again = Index(VECTORS, flat_limit=100), Index(VECTORS, flat_limit=100)
    for vector in VECTORS[:20]:
        assert first.search(vector, 9)[1].tolist() == again.search(vector, 9)[1].tolist()


def test_an_odd_dimension_is_searched_as_it_is() -> None:
    cosines, rows = Index(VECTORS[:, :31], flat_limit=100).search(VECTORS[4, :31], 3)
    assert rows[0] == 4
    assert cosines[0] == pytest.approx(float(VECTORS[4, :31] @ VECTORS[4, :31]), abs=1e-5)


def test_faiss_keeps_to_one_thread() -> None:
    import faiss

    Index(VECTORS)
    assert faiss.omp_get_max_threads() == 1
