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


def test_graph_search_finds_nearly_the_same() -> None:
    graph = Index(VECTORS, flat_limit=100)
    assert len(graph) == 500
    hits = sum(graph.search(vector, 1)[1][0] == n for n, vector in enumerate(VECTORS))
    assert hits >= 490


def test_faiss_keeps_to_one_thread() -> None:
    import faiss

    Index(VECTORS)
    assert faiss.omp_get_max_threads() == 1
