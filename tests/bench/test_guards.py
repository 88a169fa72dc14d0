"""What a guard is worth: the same pairs with it and without."""

from __future__ import annotations

import pytest

from bench import guards
from gateway.errors import UsageError
from gateway.settings import Settings
from intents.guards.applied import registry

ROW = [
    "turn on roaming",
    "switch on roaming",
    "activate roaming",
    "turn off roaming",
    "roaming fee",
]


def test_an_entry_holds_as_many_questions_as_is_said() -> None:
    held = []
    for size, _ in enumerate(guards.SIZES, start=1):
        cases, more = guards.catalogue("phones", [ROW], size)
        assert [case.same for case in cases] == ["activate roaming", ""]
        assert [case.other for case in cases] == ["turn off roaming", "roaming fee"]
        held.append(more["turn on roaming"])
    assert [len(one) for one in held] == [0, 1, 2]
    assert held[1] == ("switch on roaming",)
    assert len({"turn on roaming", *held[2]}) == 3, "the third is another wording"


def test_lines_put_aside_are_many_and_whole() -> None:
    found = guards.put_aside()
    assert sum(map(len, found.values())) > 2000
    assert all(len(row) == len(ROW) for rows in found.values() for row in rows)
    assert list(guards.put_aside(2)) == list(found)[:2]


def test_without_a_guard_opposites_are_answered() -> None:
    """And nothing is as if it did not exist once that is measured."""
    result = guards.run(Settings(), without="polarity", files=1, sets=0)
    figures = result["figures"]
    for size in guards.SIZES:
        for name in guards.SHOWN:
            with_it, less = figures[f"{size}_{name}"], figures[f"without_{size}_{name}"]
            sign = -1 if name == "wrong_pct" else 1
            worth = figures[f"worth_{size}_{name.removesuffix('pct')}points"]
            assert worth == pytest.approx(sign * (with_it - less), abs=0.01)
    assert figures["worth_one_veto_points"] >= 0
    assert "polarity" in {one.name for one in registry.of_words()}


def test_together_there_is_nothing_to_compare() -> None:
    figures = guards.run(Settings(), files=1, sets=0)["figures"]
    assert set(figures) == {f"{size}_{name}" for size in guards.SIZES for name in guards.SHOWN}


def test_there_is_no_such_guard() -> None:
    with pytest.raises(UsageError, match="no guard polaritty; there are: polarity, kind"):
        guards.run(Settings(), without="polaritty")
