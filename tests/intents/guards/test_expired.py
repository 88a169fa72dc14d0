"""Entries outside their dates: never answered."""

from pathlib import Path

import pytest

from intents.decision import Context, Decision
from intents.learning.calibration import Aim
from intents.learning.knowledge import Item, Knowledge
from intents.matcher import Matcher
from intents.models.encoder import Encoder

FILE = Path(__file__).parents[1] / "data" / "guards" / "pairs" / "expired.txt"
ROWS = [
    tuple(part.strip() for part in line.split("|"))
    for line in FILE.read_text("utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.fixture(scope="module")
def matcher(encoder: Encoder) -> Matcher:
    items = [Item(id=one, intent=one, questions=(one,)) for one, _ in ROWS]
    return Matcher(Knowledge.build(items, encoder, aim=Aim(0.05)), encoder)


def answered(decision: Decision) -> str:
    return decision.entry


@pytest.mark.parametrize(("question", "same"), ROWS)
def test_pairs(matcher: Matcher, question: str, same: str) -> None:
    outside = Context(excluded=frozenset({question}))
    assert answered(matcher.match(question, final=True)) == question
    for text in (question, same):
        decision = matcher.match(text, final=True)
        assert "expired" not in [veto.guard for veto in decision.vetoes]
        assert answered(matcher.match(text, final=True, context=outside)) != question
