"""Which entries are worth a question, and what the answer to it decides."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from intents.clarifying import LIKELY, SECOND, SIMILARITY, label, repeated, replied, worth_asking
from intents.decision import NO_CONTEXT, Context, Kind
from intents.learning.calibration import Calibration
from intents.models.encoder import Encoder
from tests.support.faq import FAQ

SCORED = Calibration(threshold=0.9, floor=0.0, intercept=0.0, slope=1.0)
"""Confidence is the score itself."""
FEW = replace(SCORED, floor=0.85)


@dataclass(frozen=True)
class Guess:
    entry: int
    score: float
    probability: float
    similarity: float = 0.8


def asked(*free: Guess, exact: set[int] | None = None, few: bool = False) -> list[int]:
    chosen = worth_asking(free, exact or set(), FEW if few else SCORED)
    return [guess.entry for guess in chosen]


def test_a_likely_entry_is_asked_about_alone_or_with_the_next() -> None:
    first = Guess(1, 0.5, 0.5)
    assert asked(first) == [1]
    assert asked(first, Guess(2, 0.1, 0.5 * SECOND + 0.01)) == [1, 2]
    assert asked(first, Guess(2, 0.1, 0.5 * SECOND - 0.01)) == [1]
    assert asked(first, Guess(2, 0.2, 0.4), Guess(3, 0.2, 0.4)) == [1, 2], "never three"


def test_what_is_unlikely_or_far_is_not_asked_about() -> None:
    assert asked() == []
    assert asked(Guess(1, LIKELY - 0.01, 0.5)) == []
    assert asked(Guess(1, LIKELY + 0.01, 0.5)) == [1]
    assert asked(Guess(1, 0.5, 0.5, SIMILARITY - 0.01)) == []
    assert asked(Guess(1, 0.5, 0.5, SIMILARITY - 0.01), Guess(2, 0.4, 0.4)) == []
    assert asked(Guess(1, 0.5, 0.5), Guess(2, 0.4, 0.4, SIMILARITY - 0.01)) == [1]


def test_where_little_is_known_only_near_questions_are_asked_about() -> None:
    assert asked(Guess(1, 0.5, 0.5, 0.6), few=True) == []
    assert asked(Guess(1, 0.5, 0.5, 0.7), few=True) == [1]


def test_entries_with_the_very_words_are_asked_about_whatever_their_score() -> None:
    low = (Guess(1, 0.01, 0.01), Guess(2, 0.0, 0.0), Guess(3, 0.9, 0.9))
    assert asked(*low, exact={1, 2}) == [1, 2]
    assert asked(*low[1:], exact={1, 2}) == [2], "the other one is vetoed"


@pytest.mark.parametrize(
    ("text", "count", "entry", "confirmed"),
    [
        ("yes", 1, "hours", True),
        ("yes", 2, "hours", True),
        ("the second one", 2, "holidays", True),
        ("no", 1, "", False),
        ("neither", 2, "", False),
    ],
)
def test_a_reply_decides(text: str, count: int, entry: str, confirmed: bool) -> None:
    decision = replied(text, FAQ[:count], NO_CONTEXT)
    assert decision is not None
    assert (decision.entry, decision.confirmed) == (entry, confirmed)


def test_what_is_no_reply_decides_nothing() -> None:
    assert replied("do you have parking", FAQ[:2], NO_CONTEXT) is None


def test_a_chosen_entry_is_vetoed_outside_its_dates_and_routed_by_its_action() -> None:
    late = replied("yes", FAQ[:1], Context(excluded=frozenset({"hours"})))
    assert late is not None
    assert (late.kind, [veto.guard for veto in late.vetoes]) == (Kind.MISS, ["expired"])
    routed = replied("yes", [replace(FAQ[0], action="transfer")], NO_CONTEXT)
    assert routed is not None
    assert (routed.kind, routed.action) == (Kind.ROUTE, "transfer")


def test_the_same_again_is_known_by_its_words_or_its_meaning(encoder: Encoder) -> None:
    said = "where can i park my car"
    vector = encoder.embed([said])[0]
    assert repeated(said, vector, ("yes", said), encoder)
    assert repeated(said, vector, ("where could i park my car",), encoder)
    assert not repeated(said, vector, ("when do you open", ""), encoder)
    assert not repeated(said, vector, (), encoder)


def test_labels_are_words() -> None:
    assert label(FAQ[0]) == "opening hours"
    assert label(replace(FAQ[0], intent="")) == "when do you open"
