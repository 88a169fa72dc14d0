"""Nearest questions: a FAISS inner-product index over one catalogue's vectors."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np

from intents.classifier import Floats, Labels
from intents.encoder import Vectors

FLAT_LIMIT = 100_000
"""Rows up to which every row is compared (7 ms at the limit, 0.03 ms at 1,000); above it a
graph (HNSW) trades a little recall for time."""
HNSW_LINKS = 16
HNSW_BUILD = 40
HNSW_SEARCH = 64


class Index:
    """Immutable after construction; searches from several threads are safe."""

    def __init__(self, vectors: Vectors, flat_limit: int = FLAT_LIMIT) -> None:
        """Index unit rows ``[n, dimension]``, n >= 1."""
        # FAISS would start a thread per core for every search: slower here, and it starves calls.
        faiss.omp_set_num_threads(1)
        dimension = int(vectors.shape[1])
        if len(vectors) <= flat_limit:
            self._faiss: Any = faiss.IndexFlatIP(dimension)
        else:
            self._faiss = faiss.IndexHNSWFlat(dimension, HNSW_LINKS, faiss.METRIC_INNER_PRODUCT)
            self._faiss.hnsw.efConstruction = HNSW_BUILD
            self._faiss.hnsw.efSearch = HNSW_SEARCH
        self._faiss.add(np.ascontiguousarray(vectors, dtype=np.float32))

    def __len__(self) -> int:
        return int(self._faiss.ntotal)

    def search(self, vector: Vectors, count: int) -> tuple[Floats, Labels]:
        """Cosines and row numbers of the ``count`` rows nearest to one vector, best first."""
        cosines, rows = self._faiss.search(vector[None, :], min(count, len(self)))
        found = rows[0] >= 0  # a graph search may find fewer than asked for
        return cosines[0][found].astype(np.float64), rows[0][found].astype(np.intp)
