"""Freely worded questions to the three sample tables: what ``match`` answers of them.

``bench/data/samples`` holds sixty a table, ``text,entry``, written without a look at how the
table's own questions are worded. Each table is a catalogue, made as an operator's is.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from cache_seed.press import item
from cache_seed.table import read
from intents.decision import Decision
from intents.evaluation.evaluate import share
from intents.learning.calibration import Aim
from intents.learning.knowledge import Knowledge
from intents.matcher import Matcher
from intents.models.encoder import Encoder

FOLDER = Path(__file__).parent / "data" / "samples"
TABLES = Path(__file__).parents[1] / "cache_seed" / "samples"
NAMES = ("bank", "clinic", "shop")


class Asked(NamedTuple):
    """A question and the entry that answers it."""

    text: str
    entry: str


def questions(table: str) -> list[Asked]:
    """The freely worded questions to that table."""
    with (FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as rows:
        return [Asked(row["text"], row["entry"]) for row in csv.DictReader(rows)]


def figures(
    encoder: Encoder, budget: float, *, tables: Sequence[str] = NAMES, adapt: bool = True
) -> dict[str, float]:
    """``sample_bank_at_once_pct``, ``sample_bank_in_one_pct`` (at once, or asked back and right
    after a yes), ``sample_bank_wrong_pct`` (of all that was asked), and so on."""
    found: dict[str, float] = {}
    for table in tables:
        entries = read(TABLES / f"{table}.csv").entries
        items = [item(one) for one in entries]
        matcher = Matcher(Knowledge.build(items, encoder, aim=Aim(budget), adapt=adapt), encoder)
        asked = questions(table)
        ends = Counter(_ends((one, matcher.match(one.text, final=True)) for one in asked))
        prefix = f"sample_{table}"
        at_once, wrong = ends["at once"], ends["wrong"]
        found |= share(f"{prefix}_at_once_pct", at_once, len(asked))
        found |= share(f"{prefix}_in_one_pct", at_once + ends["asked back"], len(asked))
        found |= share(f"{prefix}_wrong_pct", wrong, len(asked))
    return found


def _ends(decided: Iterable[tuple[Asked, Decision]]) -> Iterable[str]:
    for asked, decision in decided:
        if decision.entry:
            yield "at once" if decision.entry == asked.entry else "wrong"
        elif asked.entry in (decision.clarify or ()):
            yield "asked back"
        else:
            yield "missed"
