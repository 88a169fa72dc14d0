"""Documents quote the figures that benchmarks recorded, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench import quoted
from bench.quoted import QUOTES, Quote, drifted
from gateway.audit import measured
from gateway.audit.measured import Measured
from tests.support.documents import TEXTS, section, tables

KNOWN = {"hit": Measured({}, {}, "2026-01-31", {"p50_ms": 8.51, "turns": 10_006.0})}
QUOTE = Quote("README.md", "takes {hit.p50_ms:.1f} ms in {hit.turns:,.0f} turns")


def test_every_quoted_figure_is_as_it_was_recorded() -> None:
    assert not quoted.check(), "python -m bench.quoted --write puts the recorded figures in"


def test_every_row_of_a_benchmark_is_held_against_its_figures() -> None:
    (table,) = tables(section(TEXTS["README.md"], "Measured"))
    measured_rows = [row for row in table if "make bench" in row[2]]
    assert measured_rows
    templates = [one.pattern() for one in QUOTES]
    for row in measured_rows:
        text = f"| {' | '.join(row)} |"
        assert any(one.fullmatch(text) for one in templates), text


def test_the_recorded_figures_are_of_benchmarks_that_there_are() -> None:
    there = {path.stem.replace("_", "-") for path in Path(quoted.__file__).parent.glob("*.py")}
    assert set(measured.read()) <= there


def test_a_figure_that_has_drifted_is_told_and_mended() -> None:
    text = "It takes 9.3 ms\n  in 9,000 turns."
    mended, wrong = drifted(text, QUOTE, KNOWN)
    assert wrong == [
        "README.md: hit.p50_ms is 8.5, not 9.3",
        "README.md: hit.turns is 10,006, not 9,000",
    ]
    assert mended == "It takes 8.5 ms\n  in 10,006 turns."
    assert drifted(mended, QUOTE, KNOWN) == (mended, [])


@pytest.mark.parametrize("text", ["", "takes 1 ms in 2 turns. It takes 1 ms in 2 turns"])
def test_a_quote_stands_in_its_document_once(text: str) -> None:
    assert re.match(r"README.md: stands [02] times", drifted(text, QUOTE, KNOWN)[1][0])


def test_a_figure_that_was_never_recorded_is_told() -> None:
    assert drifted("takes 1 ms in 2 turns", QUOTE, {})[1] == [
        "README.md: hit.p50_ms was never recorded",
        "README.md: hit.turns was never recorded",
    ]
