"""Nearer to a counter-example than to a question: never answered."""

from pathlib import Path

import pytest

from intents.decision import Decision
from intents.learning.calibration import Aim
from intents.learning.knowledge import Item, Knowledge
from intents.matcher import Matcher
from intents.models.encoder import Encoder

FILE = Path(__file__).parents[1] / "data" / "guards" / "pairs" / "counter_example.txt"
ROWS = [
    tuple(part.strip() for part in line.split("|"))
    for line in FILE.read_text("utf-8").splitlines()
    if not line.startswith("#")
]


def guards_of(decision: Decision) -> list[str]:
    return [veto.guard for veto in decision.vetoes]


@pytest.mark.parametrize(("question", "same", "counter", "other"), ROWS)
def test_pairs(encoder: Encoder, question: str, same: str, counter: str, other: str) -> None:
    item = Item(id="e", intent="e", questions=(question,), counter_examples=(counter,))
    matcher = Matcher(Knowledge.build([item], encoder, aim=Aim(0.01)), encoder)
    assert "counter_example" not in guards_of(matcher.match(same, final=True))
    for text in (counter, other):
        decision = matcher.match(text, final=True)
        assert decision.entry == ""
        assert "counter_example" in guards_of(decision)
