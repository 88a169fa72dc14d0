"""The likeness of two texts, read together by the verifier (``intents.models.build.verifier``)."""

from __future__ import annotations

from collections.abc import Callable

from intents.models.encoder import Encoder

Likeness = Callable[[str, str], float]
"""``Encoder.likeness``: log-odds that two canonical texts ask for the same."""


def of(encoder: Encoder) -> Likeness | None:
    """Return how texts are read together with this encoder; None if it has no verifier."""
    return encoder.likeness if encoder.verifies else None


def alike(said: str, question: str, likeness: Likeness | None, limit: float) -> bool:
    """Are both texts (canonical), read together, as alike as ``limit``? Not if nobody reads."""
    return likeness is not None and likeness(said, question) >= limit
