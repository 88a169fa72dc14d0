"""The document of faults and the tests of them name the same, word for word."""

from __future__ import annotations

import ast
from types import ModuleType

import pytest

from gateway.admin.metrics.metrics import Metrics
from tests.faults import (
    test_away,
    test_clips,
    test_ladder,
    test_models,
    test_recognisers,
    test_redis,
    test_voices,
)
from tests.faults.rows import Row
from tests.support.documents import ROOT, TEXTS, coded, section, tables

TABLES: dict[str, ModuleType] = {
    "Language models": test_models,
    "Voices": test_voices,
    "Recognisers": test_recognisers,
    "A recogniser that is away": test_away,
    "Clips": test_clips,
    "Redis": test_redis,
    "The call": test_ladder,
}


def cells(row: Row) -> list[str]:
    """As the document has it."""
    return [row.fault, row.hears.value, ", ".join(f"`{one}`" for one in row.counted)]


@pytest.mark.parametrize("title", TABLES)
def test_the_document_tells_what_is_tested(title: str) -> None:
    documented = tables(section(TEXTS["faults.md"], title))[0][1:]
    assert documented == [cells(row) for row in TABLES[title].ROWS]


@pytest.mark.parametrize("title", TABLES)
def test_no_fault_stands_twice(title: str) -> None:
    names = [row.fault for row in TABLES[title].ROWS]
    assert len(set(names)) == len(names)


def test_what_is_counted_is_a_metric() -> None:
    real = {one.name + "_total" * (one.type == "counter") for one in Metrics().registry.collect()}
    named = {one.partition("{")[0] for one in coded(TEXTS["faults.md"]) if "frontline_" in one}
    assert named <= real


def test_the_tests_that_the_document_names_are_there() -> None:
    rows = [row for table in tables(TEXTS["faults.md"]) for row in table if "::" in row[-1]]
    assert len(rows) > 50
    for what, _, named in rows:
        path, _, name = named.strip("`").partition("::")
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        functions = {
            one.name
            for one in ast.walk(tree)
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        assert name in functions, f"{what}: {named}"
