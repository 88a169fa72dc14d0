"""Exports: pages in one stream, and cells that no spreadsheet reckons out."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from typing import Any

import pytest
from starlette.responses import StreamingResponse

from gateway.admin.exports import as_csv, as_lines, cell, exported

ROWS = [{"id": str(number), "text": f"say {number}", "more": {"a": [1]}} for number in range(5)]
COLUMNS = ("id", "text", "more")


def page(before: str) -> tuple[list[dict[str, Any]], str]:
    start = int(before or 0)
    found = ROWS[start : start + 2]
    return found, str(start + 2) if start + 2 < len(ROWS) else ""


def whole(form: str) -> str:
    async def read() -> str:
        response = await exported(page, lambda row: row, COLUMNS, form, "turns")
        assert isinstance(response, StreamingResponse)
        return b"".join([part async for part in response.body_iterator]).decode()  # type: ignore[misc]

    return asyncio.run(read())


def test_all_pages_come_in_order_as_lines() -> None:
    assert [json.loads(line) for line in whole("jsonl").splitlines()] == ROWS


def test_all_pages_come_in_order_as_a_table() -> None:
    rows = list(csv.DictReader(io.StringIO(whole("csv"))))
    assert [row["id"] for row in rows] == [row["id"] for row in ROWS]
    assert rows[0]["more"] == '{"a":[1]}'


def test_a_failure_is_told_before_anything_is_sent() -> None:
    def broken(before: str) -> tuple[list[dict[str, Any]], str]:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        asyncio.run(exported(broken, lambda row: row, COLUMNS, "csv", "turns"))


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1", "-2+3+cmd|' /C calc'!A0"],
)
def test_a_text_that_would_be_a_formula_is_a_text(text: str) -> None:
    assert cell(text) == f"'{text}"
    (row,) = csv.reader(io.StringIO(as_csv([{"text": text}], ["text"]).decode(), newline=""))
    assert row == [f"'{text}"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "plain"),
        ("", ""),
        (" ", " "),
        (-1.5, -1.5),
        (True, "true"),
        ("a\0b", "ab"),
        ((), "[]"),
    ],
)
def test_other_cells_are_left_alone(value: object, shown: object) -> None:
    assert cell(value) == shown


def test_only_the_columns_are_written() -> None:
    assert as_lines([{"a": 1, "b": 2}], ["b"]) == b'{"b":2}\n'
