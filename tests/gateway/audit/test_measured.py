"""The file of figures: what benchmarks record in it, and who reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.audit import calculator, measured
from gateway.errors import UsageError

RESULT = {
    "bench": "hit",
    "machine": {"cores": 2},
    "parameters": {"calls": 50},
    "goals": {},
    "figures": {"final_p50_ms": 8.5, "final_p99_ms": 17.0},
}


def test_a_run_of_a_part_leaves_the_other_figures(tmp_path: Path) -> None:
    file = tmp_path / "measured.json"
    measured.record(RESULT, file)
    measured.record({**RESULT, "figures": {"final_p50_ms": 7.5}, "parameters": {"calls": 1}}, file)
    measured.record({**RESULT, "bench": "miss"}, file)
    known = measured.read(file)
    assert list(known) == ["hit", "miss"]
    assert known["hit"].figures == {"final_p50_ms": 7.5, "final_p99_ms": 17.0}
    assert known["hit"].parameters == {"calls": 1}
    assert len(known["hit"].day) == len("2026-01-31")


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--record: .* cannot be written"):
        measured.record(RESULT, tmp_path / "nowhere" / "measured.json")


def test_the_calculator_reckons_with_what_was_measured() -> None:
    figures = measured.read()["hit"].figures
    assert calculator.Figure(figures["final_p50_ms"], figures["final_p95_ms"]) == calculator.OWN
