"""Which standing is the later."""

from __future__ import annotations

import pytest

from gateway.adapters.store.redis.lineage import Relation, Standing, relation


def at(seq: int, change: str) -> Standing:
    return Standing(seq=seq, change=change)


@pytest.mark.parametrize(
    ("ours", "theirs", "remembered", "expected"),
    [
        (Standing(), Standing(), False, Relation.SAME),
        (at(2, "b"), at(2, "b"), False, Relation.SAME),
        (Standing(), at(1, "a"), False, Relation.AHEAD),
        (at(2, "b"), at(4, "d"), True, Relation.AHEAD),
        (at(2, "b"), Standing(), False, Relation.LOST),
        (at(2, "b"), at(1, "a"), False, Relation.LOST),
        # The number is ours, or higher, but it was given twice.
        (at(2, "b"), at(2, "z"), False, Relation.FORKED),
        (at(2, "b"), at(5, "z"), False, Relation.FORKED),
        (at(2, "b"), at(1, "z"), False, Relation.FORKED),
    ],
)
def test_relation(ours: Standing, theirs: Standing, remembered: bool, expected: Relation) -> None:
    assert relation(ours, theirs, {"a", "b"}, in_their_past=remembered) is expected
