"""The later of two standings of a tenant: the one on this replica's disk or the one in
Redis. Numbers alone cannot tell, since a failover that loses changes gives their numbers again;
the random names of the changes can."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A tenant's state after its last change."""

    seq: int = 0
    """Changes so far; 0: none is known."""
    change: str = ""
    """The last change's random name."""
    live: int = 0
    """The number of the live catalogue; 0: there is none."""
    last: int = 0
    """The highest number given."""
    mode: str = "live"


class Relation(StrEnum):
    """The knowledge of Redis, beside ours."""

    SAME = "same"
    AHEAD = "ahead"
    """Our last change is in its past: take what it has."""
    LOST = "lost"
    """We have its last change in our past: it has lost what came after, and we have that."""
    FORKED = "forked"
    """Redis has lost our last change and gone on without: the later one is live, ours is kept."""


def relation(
    ours: Standing, theirs: Standing, our_past: Collection[str], *, in_their_past: bool
) -> Relation:
    """``our_past``: names of the changes we have seen, the last included. ``in_their_past``: Redis
    remembers our last change, or none as old as that."""
    if ours.change == theirs.change:
        return Relation.SAME
    if not ours.seq:
        return Relation.AHEAD
    if not theirs.seq or theirs.change in our_past:
        return Relation.LOST
    return Relation.AHEAD if in_their_past else Relation.FORKED
