"""General talk: what people say that no table answers, with its vectors.

The vectors are the same for every catalogue of a model, so whoever embeds them first keeps them in
the model's folder: an edit that is published takes seconds less.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from intents.models import classifier
from intents.models.encoder import Encoder, Vectors
from intents.text.spoken import canonical

LINES = Path(__file__).parents[1] / "data" / "out_of_scope.txt"
KEPT = "general-talk.npz"
"""File in the model's folder. It may be deleted at any time, and is not there where the folder
cannot be written."""
FEW_LINES = 20


def lines() -> tuple[str, ...]:
    """All of it, canonical."""
    return tuple(
        text for line in LINES.read_text("utf-8").splitlines() if (text := canonical(line))
    )


def background(encoder: Encoder, questions: Vectors) -> tuple[tuple[str, ...], Vectors]:
    """General talk that none of the questions resembles: canonical lines and their vectors."""
    said = lines()
    vectors = embedded(encoder, said)
    kept = classifier.unlike(vectors, questions)
    if len(kept) < FEW_LINES:  # a FAQ about everything: then all of it is better than nothing
        kept = np.arange(len(said), dtype=np.intp)
    return tuple(said[row] for row in kept), np.asarray(vectors[kept])


def embedded(encoder: Encoder, said: Sequence[str]) -> Vectors:
    """Unit rows, float32 ``[len(said), dimension]``, as ``Encoder.embed`` makes them here."""
    path = encoder.folder / KEPT
    key = hashlib.sha256("\n".join((encoder.fingerprint, *said)).encode()).hexdigest()
    known = _kept(path, key)
    # Processors differ in how they round: a folder that came from another machine is not used.
    if known is not None and np.array_equal(known[:1], encoder.embed(said[:1])):
        return known
    vectors = encoder.embed(said)
    with suppress(OSError):
        _keep(path, key, vectors)
    return vectors


def _kept(path: Path, key: str) -> Vectors | None:
    """Return the vectors of that key; None if they are not there, or damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            if str(kept["key"]) != key:
                return None
            vectors: Vectors = kept["vectors"]
            return vectors
    except Exception:  # noqa: BLE001 - zip, zlib and numpy each have their own
        return None


def _keep(path: Path, key: str, vectors: Vectors) -> None:
    """Write it whole or not at all: several processes may do so at once. Raises ``OSError``."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{KEPT}-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            np.savez(file, key=np.array(key), vectors=vectors)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise
