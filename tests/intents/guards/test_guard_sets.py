"""The guards on the sets of ``data/guards``: a seeded question, a true paraphrase, a look-alike.

The texts were written by others than the guards' author, but the guards were mended on them: the
rates are bounds that a change must keep, no promise for other texts.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from intents.guards import vetoes
from intents.guards.names import Names
from intents.text.spoken import canonical

DATA = Path(__file__).parents[1] / "data" / "guards"
WRONGLY_VETOED = 0.05
MISSED = 0.03
"""Largest shares over all sets: of the paraphrases vetoed, of the look-alikes not vetoed. The
former are often worded quite otherwise, and scored too low to be answered."""
WORST = {
    "quantity": (0.05, 0.09),
    "comparatives_second": (0.1, 0.05),
    "dates_second": (0.1, 0.05),
    "direction_second": (0.05, 0.1),
    "double_second": (0.075, 0.05),
    "numbers_second": (0.1, 0.05),
    "numbers_fourth": (0.09, 0.05),
    "dates_fourth": (0.11, 0.05),
    "quantity_fourth": (0.08, 0.09),
    "elliptic_fourth": (0.08, 0.07),
    "personal_fourth": (0.065, 0.07),
    "polarity_second": (0.075, 0.05),
    "polarity_fourth": (0.07, 0.085),
    "quantity_second": (0.05, 0.075),
    "personal_third": (0.05, 0.1),
    "quantity_third": (0.05, 0.15),
    "siblings_third": (0.05, 0.65),
    "tense_third": (0.1, 0.05),
    "tense_fourth": (0.105, 0.07),
    "used_left_fourth": (0.08, 0.07),
    "names_fourth": (0.08, 0.07),
    "kind_fourth": (0.08, 0.07),
    "wording_third": (0.05, 0.35),
}
"""The same of one set, where it is more than ``USUAL``."""
USUAL = (0.05, 0.07)
TOLD_BY_SCORE = frozenset({"siblings_third", "wording_third"})
"""Another topic of the same thing: no guard's matter, their scores are low. Of these only the
paraphrases are counted over all."""
SETS = sorted(path.stem for path in DATA.glob("*.txt"))


def lines(name: str) -> Iterator[tuple[str, str, str]]:
    for line in (DATA / f"{name}.txt").read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            seeded, same, other = (canonical(part) for part in line.split("|"))
            yield seeded, same, other


def vetoed(text: str, question: str) -> bool:
    return bool(vetoes.of_entry(text, [question], names=NAMES))


NAMES = Names(
    (question, number)
    for number, question in enumerate(
        dict.fromkeys(seeded for name in SETS for seeded, _, _ in lines(name))
    )
)
WRONG = {
    name: [(same, seeded) for seeded, same, _ in lines(name) if vetoed(same, seeded)]
    for name in SETS
}
SLIPPED = {
    name: [(other, seeded) for seeded, _, other in lines(name) if not vetoed(other, seeded)]
    for name in SETS
}


def test_every_set_has_pairs_enough() -> None:
    assert len(SETS) >= 37
    assert all(len(list(lines(name))) >= 20 for name in SETS)


@pytest.mark.parametrize("name", SETS)
def test_set(name: str) -> None:
    count = len(list(lines(name)))
    most_wrong, most_slipped = WORST.get(name, USUAL)
    assert len(WRONG[name]) <= most_wrong * count, WRONG[name]
    assert len(SLIPPED[name]) <= most_slipped * count, SLIPPED[name]


def test_all_sets() -> None:
    count = sum(len(list(lines(name))) for name in SETS)
    assert sum(map(len, WRONG.values())) <= WRONGLY_VETOED * count
    slipped = {name: found for name, found in SLIPPED.items() if name not in TOLD_BY_SCORE}
    count = sum(len(list(lines(name))) for name in slipped)
    assert sum(map(len, slipped.values())) <= MISSED * count
