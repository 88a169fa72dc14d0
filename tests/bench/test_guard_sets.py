"""Minimal pairs end to end: wrong answers, vetoes in vain, and what was within reach."""

from __future__ import annotations

from pathlib import Path

from bench import guard_sets
from bench.guard_sets import Case
from intents.models.encoder import Encoder

CASES = [
    Case("polarity", "i want to cancel my order", "", "i don't want to cancel my order"),
    Case("polarity", "can i pay by card", "can i pay by card please", "can i pay without a card"),
    Case("numbers", "how much is the two bed flat", "", "how much is the three bed flat"),
    Case("numbers", "do you deliver abroad", "do you deliver to foreign countries", ""),
]


def test_a_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "numbers.txt").write_text(
        "# said\n\na one | an one | a two\nb one | | b two\nc|d\n"
    )
    assert guard_sets.read(tmp_path) == [
        Case("numbers", "a one", "an one", "a two"),
        Case("numbers", "b one", "", "b two"),
        Case("numbers", "c", "d", ""),
    ]
    assert guard_sets.read(tmp_path / "none") == []


def test_every_kind_of_outcome_is_counted(encoder: Encoder) -> None:
    figures = guard_sets.figures(encoder, CASES, 0.05, "guards")
    assert figures["guards_cases"] == 4
    assert figures["guards_wrong_pct"] == 0
    assert figures["guards_hit_pct"] >= 50
    assert figures["guards_reach_pct"] > 30, "without guards these would be answered wrongly"
    assert figures["guards_pass_pct"] == figures["guards_strict_veto_pct"] == 0
    assert {"guards_polarity_wrong_pct", "guards_numbers_veto_pct"} <= set(figures)
    assert guard_sets.figures(encoder, [], 0.05, "guards") == {}


def test_an_answer_that_must_not_be_is_wrong(encoder: Encoder) -> None:
    found = guard_sets.figures(
        encoder, [Case("x", "can i pay by card", "", "can i pay by card please"), *CASES], 0.05, "x"
    )
    assert found["x_x_wrong_pct"] == found["x_x_pass_pct"] == 100
    assert found["x_wrong_pct"] == 25


def test_sets_are_put_together_case_by_case() -> None:
    found: dict[str, float] = {}
    for name, same, other, wrong, veto in (("a", 30, 10, 10.0, 0.0), ("b", 10, 30, 0.0, 20.0)):
        found |= {f"{name}_cases": 40, f"{name}_same_cases": same, f"{name}_other_cases": other}
        found |= {f"{name}_wrong_pct": wrong, f"{name}_veto_pct": veto}
        found |= {f"{name}_hit_pct": 2.0, f"{name}_lost_pct": 0.5}
    both = guard_sets.together(found, ("a", "b"), "both")
    assert both == {
        "both_cases": 80,
        "both_wrong_pct": 2.5,
        "both_veto_pct": 5.0,
        "both_lost_pct": 0.5,
        "both_hit_pct": 2.0,
    }
    assert guard_sets.together(found, ("a", "c"), "both") == {}


def test_the_sets_at_hand_are_whole() -> None:
    for folder in (guard_sets.HELD_OUT, guard_sets.THIRD, guard_sets.SEEN):
        cases = guard_sets.read(folder)
        assert len(cases) >= 60
        assert all(case.seeded and case.same and case.other for case in cases)
    seen = {case.other for case in guard_sets.read(guard_sets.SEEN)}
    for folder in (guard_sets.HELD_OUT, guard_sets.THIRD):
        assert not seen & {case.other for case in guard_sets.read(folder)}
