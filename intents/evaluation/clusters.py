"""Questions that nobody answers yet, put together by what they ask. Build time only.

Average linkage on the cosine distance of the embeddings. Chosen by measurement on CLINC150: 1,000
training sentences of 50 intents that no entry covered, with and without 100 out-of-scope ones.
Adjusted Rand index and V-measure against the intents, and purity (share of the sentences in
groups of three or more that are of their group's intent):

==========================  =====  =====  ======
average linkage, 0.55       0.711  0.887  0.948
average linkage, 0.60       0.738  0.898  0.904
complete linkage, 0.80      0.730  0.899  0.909
Ward, 1.6                   0.701  0.895  0.929
HDBSCAN, 5 a group at least 0.675  0.880  0.870
HDBSCAN, 3 a group at least 0.581  0.849  0.943
==========================  =====  =====  ======

A group that is split costs its reader a second look; one that mixes two things puts wrong
questions into an entry. So the purest of the good ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from intents.learning.knowledge import Knowledge
from intents.models.classifier import Floats, Labels
from intents.models.encoder import Encoder, Vectors
from intents.text.spoken import canonical

Progress = Callable[[str, int, int], None]

MOST = 5000
"""Texts at once: 2 s and 370 MiB if they are all different, beside embedding them."""

TOGETHER = 0.55
"""Cosine distance, averaged over all pairs, up to which two groups are one."""

EXTENDS = 0.6
"""Mean similarity to an entry from which a group belongs to it. Of 187 groups of two or more,
a third of them about one of 100 entries with ten questions each, 79 % are told rightly: of those
said to extend an entry 78 % do."""

AT_ONCE = 256
"""Texts compared with all questions at the same time: 100 MiB where there are 100,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """The entry that is most like a group."""

    entry: str
    question: str
    """The entry's question nearest to the group's most central text."""
    similarity: float
    """Cosine between a text and the entry's nearest question, averaged over the group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Texts that ask the same."""

    id: str
    """Follows from the most central text: the same for as long as that is."""
    name: str
    """The most central text."""
    members: tuple[int, ...]
    """Numbers of the texts, most central first; those that say the same in their given order."""
    nearest: Nearest | None
    """None where there are no entries."""

    @property
    def extends(self) -> bool:
        """True if these are further wordings of the nearest entry; else they want one of their
        own."""
        return self.nearest is not None and self.nearest.similarity >= EXTENDS


def clusters(
    texts: Sequence[str],
    encoder: Encoder,
    knowledge: Knowledge | None = None,
    progress: Progress | None = None,
) -> list[Cluster]:
    """The texts in groups, the largest first; a text that is alone is a group of one.

    Texts without a word belong to none. The same texts give the same groups, in any order. Raises
    ``ValueError`` for more than ``MOST``.
    """
    if len(texts) > MOST:
        raise ValueError(f"{len(texts)} texts: {MOST} can be grouped")
    said: dict[str, list[int]] = {}
    for number, text in enumerate(texts):
        if key := canonical(text):
            said.setdefault(key, []).append(number)
    keys = sorted(said)
    vectors = np.empty((len(keys), encoder.dimension), np.float32)
    for row, key in enumerate(keys):
        vectors[row] = encoder.embed([key])[0]
        if progress:
            progress("embedding what was asked", row + 1, len(keys))
    counts = np.array([len(said[key]) for key in keys], np.float64)
    # Groups are formed by the published encoder; what is near an entry is asked of its own.
    own = knowledge.served(encoder).embed(keys) if knowledge and knowledge.top else vectors
    found = []
    labels = _labels(vectors)
    for label in np.unique(labels):
        rows = _central_first(vectors, counts, np.flatnonzero(labels == label))
        members = tuple(number for row in rows for number in said[keys[row]])
        found.append(
            Cluster(
                id=hashlib.sha256(keys[rows[0]].encode()).hexdigest()[:16],
                name=texts[members[0]],
                members=members,
                nearest=_nearest(own[rows], counts[rows], knowledge) if knowledge else None,
            )
        )
    return sorted(found, key=lambda one: (-len(one.members), one.id))


def _labels(vectors: Vectors) -> Labels:
    """The number of each row's group."""
    if len(vectors) < 2:
        return np.zeros(len(vectors), np.intp)
    from sklearn.cluster import AgglomerativeClustering

    grouping = AgglomerativeClustering(
        n_clusters=None, metric="cosine", linkage="average", distance_threshold=TOGETHER
    )
    return np.asarray(grouping.fit_predict(vectors), np.intp)


def _central_first(vectors: Vectors, counts: Floats, rows: Labels) -> Labels:
    """The rows by how near they are to the mean of what was said; as said more often, as first
    in order where that is the same."""
    centre = counts[rows] @ vectors[rows]
    near = np.round(vectors[rows] @ centre, 6)
    return rows[np.lexsort((rows, -counts[rows], -near))]


def _nearest(vectors: Vectors, counts: Floats, knowledge: Knowledge) -> Nearest:
    entries = np.array([entry for entry, _ in knowledge.rows], np.intp)
    starts = np.flatnonzero(np.r_[True, entries[1:] != entries[:-1]])  # rows are by entry
    total = np.zeros(len(starts))
    for first in range(0, len(vectors), AT_ONCE):
        some = slice(first, first + AT_ONCE)
        similar = np.maximum.reduceat(vectors[some] @ knowledge.vectors.T, starts, axis=1)
        total += counts[some] @ similar
    best = int(total.argmax())
    rows = np.flatnonzero(entries == entries[starts[best]])
    row = int(rows[(knowledge.vectors[rows] @ vectors[0]).argmax()])
    entry, question = knowledge.rows[row]
    item = knowledge.items[entry]
    similarity = float(total[best] / counts.sum())
    return Nearest(entry=item.id, question=item.questions[question], similarity=similarity)
