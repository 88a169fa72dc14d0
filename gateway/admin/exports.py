"""Exports: long lists as one download, a page at a time, for spreadsheets and for programs."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from starlette.responses import Response, StreamingResponse

CSV, LINES = "text/csv", "application/x-ndjson"
MEDIA = (CSV, LINES)
"""The content types of an export."""

RISKY = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
"""Beginnings that make a spreadsheet take a text for a formula."""

T = TypeVar("T")


async def exported(
    page: Callable[[str], tuple[Sequence[T], str]],
    row: Callable[[T], Mapping[str, Any]],
    columns: Sequence[str],
    form: str,
    name: str,
) -> Response:
    """Stream all pages. ``page`` blocks: given where to go on it returns what it found and where
    the next one begins, empty at the end. The first is read before anything is sent."""
    first = await asyncio.to_thread(page, "")
    write = as_csv if form == "csv" else as_lines

    def part(found: Sequence[T]) -> bytes:
        return write([row(one) for one in found], columns)

    async def parts() -> AsyncIterator[bytes]:
        if form == "csv":
            yield _written([columns])
        found, following = first
        while True:
            yield await asyncio.to_thread(part, found)
            if not following:
                return
            found, following = await asyncio.to_thread(page, following)

    suffix, media = ("csv", CSV) if form == "csv" else ("jsonl", LINES)
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{name}.{suffix}"',
    }
    return StreamingResponse(parts(), headers=headers, media_type=media)


def as_lines(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    """The rows as JSON, one a line."""
    picked = ({name: row[name] for name in columns} for row in rows)
    return b"".join(msgspec.json.encode(row) + b"\n" for row in picked)


def as_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    """The rows as CSV; what is no text or number is JSON in its cell."""
    return _written([[cell(row[name]) for name in columns] for row in rows])


def cell(value: Any) -> Any:
    """The value as a cell. A text that a spreadsheet would reckon out gets an apostrophe before
    it: callers and tables can hold anything."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    text = text.replace("\0", "")
    return f"'{text}" if text.lstrip(" \u00a0")[:1] and text.lstrip(" \u00a0")[0] in RISKY else text


def _written(rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8", "replace")
