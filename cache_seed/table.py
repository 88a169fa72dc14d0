"""The operator's CSV: rows to entries, with everything that is wrong collected on the way.

Columns and their other names are in ``cache_seed.columns``. The rules of the rows:

- Several questions of one entry: ``|`` inside ``question``, or further rows with the same ``id``
  or ``intent`` and an empty or equal answer. A row without ``id`` belongs to the entry of its
  ``intent``; a row with neither is an entry of its own.
- ``counter_example`` lists, with ``|`` between them, questions that must *not* get this answer.
  A further row may hold nothing but counter-examples. ``yes`` in this column says instead that
  the row's own ``question`` is the counter-example.
- A row with an ``action`` may have an empty answer: the turn is routed, not answered.
- ``tags`` are separated by ``|``, ``,`` or ``;``. Dates are ``YYYY-MM-DD``, both days included.
- White space is evened out everywhere: what is spoken knows no line breaks.
- An entry without an id gets its intent as id, else the first words of its first question.

Memory does not grow with the file: only entries are kept, and their number is limited.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from cache_seed.cells import MAX_CELL, Cells, Row, RowError, bare, inert
from cache_seed.columns import COLUMNS, SEPARATORS, FileWrong, Header, read_header
from cache_seed.entries import NO, YES, Conflict, Gathering, Tell
from gateway.errors import DataError
from gateway.ports.store import Entry

__all__ = ["MAX_ENTRIES", "MAX_ERRORS", "Conflict", "RowError", "Table", "checked", "read", "write"]

MAX_ENTRIES = 100_000
"""Entries of one table."""

MAX_QUESTIONS = 500_000
"""Questions and counter-examples of one table."""

MAX_ROWS = 1_000_000
"""Rows of one table, good and bad: twice the questions it may have. Ten seconds' reading."""

MAX_ERRORS = 1_000
"""Errors (and warnings) listed; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The content of a file."""

    entries: tuple[Entry, ...]
    """Entries of the good rows, in the order of their first rows."""
    errors: tuple[RowError, ...]
    """The errors to be mended before the file is published; bad rows are not in ``entries``."""
    conflicts: tuple[Conflict, ...]
    """The same question under two entries; each is also among ``errors``, and the question
    stays with the first of the two."""
    warnings: tuple[RowError, ...]
    rows: int
    """Rows read, good and bad."""
    lines: dict[str, int]
    """Entry id to the line of its first row."""


class _Listed:
    """A list of errors that stops growing."""

    def __init__(self) -> None:
        self._items: list[RowError] = []
        self._more = 0

    def add(self, error: RowError) -> None:
        if len(self._items) < MAX_ERRORS:
            self._items.append(error)
        else:
            self._more += 1

    def all(self) -> tuple[RowError, ...]:
        if not self._more:
            return tuple(self._items)
        more = RowError(0, "", f"{self._more:,} more like these", "mend the ones shown first")
        return (*self._items, more)


def read(source: Path | bytes, *, locale: str = "en-US") -> Table:
    """The table in a file, or in the bytes of one; ``locale`` is that of entries naming none.

    Raises ``DataError`` only if the file cannot be opened; all else is in ``Table.errors``.
    """
    if isinstance(source, bytes):
        return _read(io.BytesIO(source), locale)
    try:
        with source.open("rb") as stream:
            return _read(stream, locale)
    except OSError as error:
        raise DataError(f"cannot read {source}: {error.strerror}") from error


def _read(stream: BinaryIO, locale: str) -> Table:
    errors, warnings = _Listed(), _Listed()
    gathering = Gathering(locale, errors.add, warnings.add)
    rows = 0
    try:
        _check_kind(stream)
        reader = Cells(stream)
        header = read_header(reader)
        for warning in header.warnings:
            warnings.add(warning)
        for row in reader.rows():
            rows += 1
            if rows > MAX_ROWS:
                raise _too_many(MAX_ROWS, "rows", row.line)
            if isinstance(row, RowError):
                errors.add(row)
                continue
            problem = _misfit(row, header)
            if problem:
                errors.add(problem)
                continue
            gathering.add(row.line, _values(row, header))
            _check_limits(gathering, row.line)
        if not rows:
            errors.add(RowError(header.line, "", "there are no rows below it", "add one"))
    except FileWrong as wrong:
        for problem in wrong.errors:
            errors.add(problem)
    entries = gathering.finish()
    return Table(
        entries=entries,
        errors=errors.all(),
        conflicts=tuple(gathering.conflicts),
        warnings=warnings.all(),
        rows=rows,
        lines=gathering.lines(),
    )


_KINDS = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
    (b"PK\x03\x04", "a workbook (XLSX or ODS)"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook (XLS)"),
    (b"\x1f\x8b", "compressed (gzip)"),
    (b"%PDF", "a PDF"),
)


def _check_kind(stream: BinaryIO) -> None:
    start = stream.read(MAX_CELL)
    stream.seek(0)
    for magic, kind in _KINDS:
        if start.startswith(magic):
            raise FileWrong(RowError(0, "", f"it is {kind}", "save it as CSV in UTF-8"))
    # UTF-16 without a mark: every other byte of English text is NUL.
    if start.count(0) > len(start) // 4:
        raise FileWrong(RowError(0, "", "it looks like UTF-16", "save it as CSV in UTF-8"))
    if b"\r" in start.rstrip(b"\r\n") and b"\n" not in start:
        reason = "its lines end with carriage returns only"
        raise FileWrong(RowError(0, "", reason, "save it with ordinary line ends"))


def _check_limits(gathering: Gathering, line: int) -> None:
    for count, limit, what in (
        (len(gathering), MAX_ENTRIES, "entries"),
        (gathering.questions, MAX_QUESTIONS, "questions"),
    ):
        if count > limit:
            raise _too_many(limit, what, line)


def _too_many(limit: int, what: str, line: int) -> FileWrong:
    reason = f"more than {limit:,} {what}; nothing after this line was read"
    return FileWrong(RowError(line, "", reason, "split the file among several tenants"))


def _misfit(row: Row, header: Header) -> RowError | None:
    """The error in a row's number of cells; None if it fits the header."""
    other = header.other_separator(row.cells)
    if other:
        names = SEPARATORS
        reason = f"mixed separators: {names[other]} here, {names[header.separator]} in the header"
        return RowError(row.line, "", reason, "use one of them in the whole file")
    if any(cell.strip() for cell in row.cells[len(header.names) :]):
        reason = f"{len(row.cells)} cells where the header has {len(header.names)} columns"
        mend = f"put a cell that holds {SEPARATORS[header.separator]} into double quotes"
        return RowError(row.line, "", reason, mend)
    return None


def _values(row: Row, header: Header) -> dict[str, str]:
    """Column of the contract -> cell, white space evened out; empty cells left out."""
    values = {}
    for meaning, cell in zip(header.meanings, row.cells, strict=False):
        text = bare(" ".join(cell.split()))
        if meaning and text:
            values[meaning] = text
    return values


def write(entries: Iterable[Entry]) -> str:
    """The entries as CSV in which nothing is a formula; ``read`` of it gives equal entries, except
    that a ``|`` inside a question or a tag parts it, as everywhere."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        row = _cells(entry)
        writer.writerow([inert(row.get(column, "")) for column in COLUMNS])
    return text.getvalue()


def checked(entries: Iterable[Entry]) -> tuple[tuple[Entry, ...], list[RowError], list[RowError]]:
    """(the entries as a table would give them, errors, warnings): for entries that come from
    elsewhere than a file; what is told carries line 0 and names the entry."""
    errors: list[RowError] = []
    warnings: list[RowError] = []
    name = ""

    def named(tell: list[RowError]) -> Tell:
        return lambda e: tell.append(replace(e, reason=f"{name}: {e.reason}" if name else e.reason))

    gathering = Gathering("en-US", named(errors), named(warnings))
    seen: set[str] = set()
    for entry in entries:
        name = f"entry {entry.id}"
        if entry.id in seen or not entry.id:
            reason = "the id is taken" if entry.id else "the id is empty"
            errors.append(RowError(0, "id", f"{name}: {reason}", "give it one of its own"))
            continue
        seen.add(entry.id)
        gathering.add(0, _cells(entry))
    name = ""
    return gathering.finish(), errors, warnings


def _cells(entry: Entry) -> dict[str, str]:
    """The entry as the cells of one row; empty ones left out."""
    negative = "|".join(entry.counter_examples)
    values = {
        "id": entry.id,
        "intent": entry.intent,
        "question": "|".join(entry.questions),
        "answer": entry.answer,
        "counter_example": negative + "|" * (negative.lower() in YES | NO),
        "locale": entry.locale,
        "voice": entry.voice,
        "tags": "|".join(entry.tags),
        "valid_from": entry.valid_from,
        "valid_until": entry.valid_until,
        "action": entry.action,
        "fallback": entry.fallback,
    }
    even = {column: " ".join(text.split()) for column, text in values.items()}
    return {column: text for column, text in even.items() if text}
