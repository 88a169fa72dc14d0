"""Near questions with different answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cache_seed import conflicts
from cache_seed.conflicts import near_conflicts
from cache_seed.entries import Conflict
from gateway.ports.store import Entry
from intents.models.encoder import Vectors


def entry(name: str, *questions: str, answer: str = "") -> Entry:
    return Entry(id=name, intent=name, questions=questions, answer=answer or f"Answer {name}.")


def known(
    entries: list[Entry], angles: dict[str, float]
) -> tuple[Vectors, tuple[tuple[int, int], ...]]:
    """Vectors of the questions in the given directions, in degrees; and whose they are."""
    rows = [(n, k) for n, one in enumerate(entries) for k in range(len(one.questions))]
    turns = np.radians([angles[entries[n].questions[k]] for n, k in rows])
    vectors = np.stack([np.cos(turns), np.sin(turns)], axis=1).astype(np.float32)
    return vectors, tuple(rows)


def found(entries: list[Entry], angles: dict[str, float], **lines: int) -> tuple[Conflict, ...]:
    return near_conflicts(entries, *known(entries, angles), lines)


def test_the_nearest_pair_of_two_entries_is_reported_once() -> None:
    entries = [
        entry("a", "how do i pay a bill", "how can i settle a bill"),
        entry("b", "how could i pay an invoice", "where is the lift"),
    ]
    questions = [question for one in entries for question in one.questions]
    angles = dict(zip(questions, [0.0, 10.0, 12.0, 90.0], strict=True))
    (conflict,) = found(entries, angles, b=7)
    assert conflict == Conflict(
        "a", "b", "how can i settle a bill", "how could i pay an invoice", 0.9994, 7
    )


def test_far_questions_and_equal_answers_are_no_conflict() -> None:
    entries = [entry("a", "one thing"), entry("b", "another thing")]
    assert not found(entries, {"one thing": 0, "another thing": 24})
    assert found(entries, {"one thing": 0, "another thing": 22})
    same = [entry("a", "one thing", answer="Yes."), entry("b", "another thing", answer="Yes.")]
    assert not found(same, {"one thing": 0, "another thing": 1})


def test_questions_of_one_entry_may_be_near() -> None:
    assert not found([entry("a", "one thing", "a thing")], {"one thing": 0, "a thing": 1})


def test_what_a_guard_tells_apart_is_no_conflict() -> None:
    entries = [entry("a", "how do i activate my card"), entry("b", "how do i deactivate my card")]
    angles = {"how do i activate my card": 0.0, "how do i deactivate my card": 2.0}
    assert not found(entries, angles)


def test_nearest_first_and_line_0_without_a_file() -> None:
    entries = [entry("a", "hot tea"), entry("b", "strong coffee"), entry("c", "dry wine")]
    told = found(entries, {"hot tea": 0, "strong coffee": 10, "dry wine": 15})
    assert [(c.first, c.second, c.line) for c in told] == [
        ("b", "c", 0),
        ("a", "b", 0),
        ("a", "c", 0),
    ]


@pytest.mark.parametrize("at_once", [1, 7, 10_000])
def test_blocks_of_any_size_find_the_same(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    words = ["tea", "coffee", "wine", "water", "juice", "milk", "beer", "cocoa"]
    entries = [entry(word, f"{word} for me") for word in words]
    angles = {f"{word} for me": 5.0 * n for n, word in enumerate(words)}
    whole = found(entries, angles)
    monkeypatch.setattr(conflicts, "_AT_ONCE", at_once)
    steps: list[Any] = []
    parts = near_conflicts(entries, *known(entries, angles), {}, lambda *s: steps.append(s))
    assert [(c.first, c.second) for c in parts] == [(c.first, c.second) for c in whole]
    assert len(whole) == 7 + 6 + 5 + 4
    assert steps[-1] == ("looking for conflicts", 8, 8)


def test_a_table_of_near_questions_only_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conflicts, "MOST_PAIRS", 5)
    entries = [entry(f"e{n}", f"about tea number {n} please") for n in range(50)]
    angles = {one.questions[0]: 0.0 for one in entries}
    assert len(found(entries, angles)) <= 5
