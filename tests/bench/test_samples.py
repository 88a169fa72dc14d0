"""Freely worded questions to the sample tables: their form, and what is counted of them."""

import pytest

from bench import samples
from cache_seed.table import read
from intents.models.encoder import Encoder
from intents.text.spoken import canonical


@pytest.mark.parametrize("table", samples.NAMES)
def test_sixty_questions_a_table_none_of_them_in_it(table: str) -> None:
    entries = {one.id: one for one in read(samples.TABLES / f"{table}.csv").entries}
    asked = samples.questions(table)
    assert len({canonical(one.text) for one in asked}) == 60
    for one in asked:
        seeded = map(canonical, entries[one.entry].questions)
        assert canonical(one.text) not in seeded


def test_who_is_answered_at_once_is_answered_within_one_question(encoder: Encoder) -> None:
    found = samples.figures(encoder, 0.01, tables=("shop",), adapt=False)
    assert 0 < found["sample_shop_at_once_pct"] <= found["sample_shop_in_one_pct"] <= 100
    assert found["sample_shop_wrong_pct"] < 5
