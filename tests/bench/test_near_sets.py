"""The set of look-alikes: its form, and what is counted of it."""

from pathlib import Path

import pytest

from bench import near_sets
from intents.models.encoder import Encoder


@pytest.mark.parametrize("folder", near_sets.SETS.values(), ids=list(near_sets.SETS))
def test_every_entry_has_ten_questions_two_paraphrases_and_two_look_alikes(folder: Path) -> None:
    entries = near_sets.read(folder)
    expected = 200 if folder == near_sets.SETS["second"] else 150
    assert len(entries) == len({one.id for one in entries}) == expected
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


def test_files_of_a_set_that_is_apart_are_catalogues_of_their_own(encoder: Encoder) -> None:
    entries = near_sets.read(near_sets.SETS["trades"])
    trades = near_sets.catalogues(entries)
    assert [len(one) for one in trades] == [50, 50, 50]
    assert [one for trade in trades for one in trade] == entries
    assert all(len({one.id.rpartition("-")[0] for one in trade}) == 1 for trade in trades)
    some = [*trades[0][:4], *trades[1][:4]]
    found = near_sets.figures(encoder, some, 0.01, name="trades", sizes=(3,), adapt=False)
    whole = near_sets.figures(encoder, some, 0.01, name="near", sizes=(3,), adapt=False)
    assert found["trades3_threshold"] != whole["near3_threshold"]
    assert {name.removeprefix("trades") for name in found} == {
        name.removeprefix("near") for name in whole
    }
