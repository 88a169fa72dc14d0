"""What callers leave it at, as it was learnt."""

from __future__ import annotations

import numpy as np
import pytest

from intents.turns.completeness import complete
from intents.turns.finality import finality
from tests.support.spoken import texts


@pytest.mark.parametrize(
    ("whole", "broken_off"),
    [
        ("can i have a new card", "can i have a new"),
        ("how do i freeze my card", "how do i freeze"),
        ("i was charged twice for the same thing", "i was charged"),
        ("is it true that you will close the branch", "is it true that you"),
        ("could you explain to me how interest is worked out", "could you explain to me"),
    ],
)
def test_whole_turns_are_likelier_to_be_left_at(whole: str, broken_off: str) -> None:
    assert finality(whole) > finality(broken_off) + 1


def test_silence_says_nothing() -> None:
    assert finality("") == 0.0


def test_turns_that_were_not_learnt_are_told_from_their_breaks_better_than_by_rule() -> None:
    """The turns of the speech set, of which none is in ``training``."""
    breaks = [
        " ".join(words[:place])
        for words in (text.split() for text in texts.LONG)
        for place in range(2, len(words) - 1)
    ]
    ends = [*texts.SHORT, *texts.LONG]
    by_rule = right([complete(text) for text in ends], [complete(text) for text in breaks])
    learnt = right([finality(text) for text in ends], [finality(text) for text in breaks])
    assert learnt > by_rule + 0.02, "a fifth of the errors and more are gone"
    finished = [text for text in breaks if complete(text) >= 0.7]
    hasty = sum(finality(text) > 1.0 for text in finished)
    assert hasty / len(finished) < 0.2, "of the breaks that sound finished few are hurried"


def right(ends: list[float], breaks: list[float]) -> float:
    """The share of pairs in which the end scores higher."""
    high, low = np.array(ends)[:, None], np.array(breaks)[None, :]
    return float(((high > low) + (high == low) / 2).mean())
