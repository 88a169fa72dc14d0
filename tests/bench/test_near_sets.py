"""The set of look-alikes: its form, and what is counted of it."""

from pathlib import Path

import pytest

from bench import near_sets
from intents.models.encoder import Encoder


@pytest.mark.parametrize("folder", near_sets.SETS.values(), ids=list(near_sets.SETS))
def test_every_entry_has_ten_questions_two_paraphrases_and_two_look_alikes(folder: Path) -> None:
    entries = near_sets.read(folder)
    assert len(entries) == 150
    assert len({one.id for one in entries}) == 150
    for one in entries:
        assert (len(one.questions), len(one.paraphrases), len(one.look_alikes)) == (10, 2, 2)
        texts = (*one.questions, *one.paraphrases, *one.look_alikes)
        assert all(texts)
        assert len({*texts}) == len(texts), one.id


def test_figures_are_shares_of_what_was_asked(encoder: Encoder) -> None:
    some = near_sets.read()[:12]
    found = near_sets.figures(encoder, some, 0.01, sizes=(3,), adapt=False)
    assert {"near3_hit_pct", "near3_wrong_pct", "near3_told_hit_pct", "near3_told_share_pct"} <= {
        *found
    }
    assert all(0 <= value <= 100 for value in found.values())
