"""Bytes of a CSV file to rows of cells, with the line of everything that is wrong.

Streams: never more than one row of at most ``MAX_ROW`` bytes is held, whatever the file. Written
out rather than taken from ``csv``, which cannot say in which line a quote was opened and needs a
whole line, however long, in memory.

A cell may be quoted (``"``), a quote inside it is doubled, and it may run over several lines. A
quote inside an unquoted cell is an ordinary character (``5" screen``). After a row that cannot be
read, reading goes on at the next line, so that one run shows all mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import SEEK_CUR
from typing import BinaryIO, NoReturn

_RUN = "=+\\-@\t\r\uff1d\uff0b\uff0d\uff20"
"""Characters at the beginning of a cell that make spreadsheets take it for a formula; wide forms
too (owasp.org, CSV injection)."""
_RUNS = re.compile(f"'*[{_RUN}]")
_HELD = re.compile(f"'+[{_RUN}]")

MAX_CELL = 64 * 1024
"""Characters in one cell. An answer of 64 KiB would take an hour to speak."""

MAX_ROW = 256 * 1024
"""Bytes in one row."""

MAX_CELLS = 1_000
"""Cells in one row that has quotes: many more than a table has columns."""

MAX_LINES = 2_000_000
"""Lines in one file, blank ones too: four for each question it may have. A second's reading."""

AHEAD = 16 << 20
"""Bytes looked through for the end of a cell that is too large; beyond it counts as not closed."""

AGAIN = 64 << 20
"""Bytes that may be read a second time, all in all, because a quote before them is not closed."""

UTF8_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class RowError:
    """One fault in the file, and the way to mend it."""

    line: int
    """Line of the file, from 1; the header is usually line 1. 0: the file as a whole."""
    column: str
    """Name of the column; empty if the whole row or file is meant."""
    reason: str
    mend: str

    def __str__(self) -> str:
        where = f"line {self.line}" if self.line else "the file"
        if self.column:
            where += f", column {self.column}"
        return f"{where}: {self.reason}; {self.mend}"


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row, unquoted, as they stand."""

    line: int
    """Line on which the row begins."""
    cells: list[str]


class _Broken(Exception):
    """The row being read cannot be read."""

    def __init__(self, error: RowError) -> None:
        super().__init__(str(error))
        self.error = error


class _Ended(_Broken):
    """The rest of the file cannot be read."""


class Cells:
    """Reads rows from a seekable stream of UTF-8."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._line = 0
        self._again = 0
        self.separator = ","
        self.names: Sequence[str] = ()
        """Column names for errors, set once the header is known."""
        if stream.read(len(UTF8_BOM)) != UTF8_BOM:
            stream.seek(0)

    def header(self) -> str | None:
        """The first line that is not blank, as text; None if there is none. Raises
        ``ValueError`` with a ``RowError`` as its argument if it cannot be read."""
        while True:
            raw = self._stream.readline(MAX_ROW + 1)
            self._line += 1
            if not raw:
                return None
            try:
                text = self._text(raw)
            except _Broken as broken:
                raise ValueError(broken.error) from None
            if text.strip():
                return text

    @property
    def line(self) -> int:
        """The line read last."""
        return self._line

    def rows(self) -> Iterator[Row | RowError]:
        """Rows and errors in the order of the file; blank lines are passed over."""
        while raw := self._stream.readline(MAX_ROW + 1):
            self._line += 1
            if self._line > MAX_LINES:
                reason = f"more than {MAX_LINES:,} lines; nothing after this line was read"
                yield RowError(self._line, "", reason, "remove blank lines, or split the file")
                return
            if raw.isspace():
                continue
            try:
                text = self._text(raw)
                row = self._row(text) if '"' in text else self._plain(text)
            except _Ended as ended:
                yield ended.error
                return
            except _Broken as broken:
                yield broken.error
                continue
            if any(cell.strip() for cell in row.cells):
                yield row

    def split(self, text: str) -> list[str]:
        """Cells of a line that has no cell over several lines; errors as ``ValueError``."""
        try:
            return self._row(text).cells
        except _Broken as broken:
            raise ValueError(broken.error) from None

    # --- one physical line -----------------------------------------------------------------------

    def _text(self, raw: bytes) -> str:
        if len(raw) > MAX_ROW:
            error = self._too_large(raw)
            self._skip(raw.count(b'"'), whole_line=False)
            raise _Broken(error)
        if b"\0" in raw:
            raise self._broken("a NUL byte", "remove it: the file may be damaged or not be text")
        try:
            return raw.decode().rstrip("\r\n")
        except UnicodeDecodeError as error:
            byte = raw[error.start]
            raise self._broken(
                f"byte {byte:#04x} at position {error.start + 1} is not UTF-8",
                "save the file as UTF-8 (it may be Windows-1252 now)",
            ) from None

    def _broken(self, reason: str, mend: str, line: int = 0, cell: int = -1) -> _Broken:
        return _Broken(RowError(line or self._line, self._name(cell), reason, mend))

    def _name(self, cell: int) -> str:
        return self.names[cell] if 0 <= cell < len(self.names) else ""

    def _too_large(self, raw: bytes) -> RowError:
        separator = self.separator.encode()
        cells = raw.split(separator)
        large = [n for n, cell in enumerate(cells) if len(cell) > MAX_CELL]
        if large:
            return RowError(self._line, self._name(large[0]), _LARGE, "shorten it")
        return RowError(
            self._line, "", f"the row is larger than {MAX_ROW // 1024} KiB", "split or shorten it"
        )

    def _skip(self, quotes: int, whole_line: bool) -> bool:
        """Pass over the rest of a row without keeping it; False if its quote is not closed in the
        next ``AHEAD`` bytes.

        Every quote, doubled or not, changes between inside and outside, so their parity at the
        end of a line says whether the row goes on.
        """
        left = AHEAD
        while not (whole_line and quotes % 2 == 0):
            chunk = self._stream.read(MAX_CELL)
            if not chunk or (left <= 0 and quotes % 2):
                return quotes % 2 == 0
            left -= len(chunk)
            if quotes % 2 and b'"' not in chunk:  # megabytes of it cost a millisecond each
                self._line += whole_line + chunk.count(b"\n", 0, -1)
                whole_line = chunk.endswith(b"\n")
                continue
            for at in _lines_of(chunk):
                self._line += whole_line
                quotes += chunk.count(b'"', at.start, at.stop)
                whole_line = chunk.endswith(b"\n", at.start, at.stop)
                if whole_line and quotes % 2 == 0:
                    self._stream.seek(at.stop - len(chunk), SEEK_CUR)
                    break
        return True

    # --- one row ---------------------------------------------------------------------------------

    def _plain(self, text: str) -> Row:
        cells = text.split(self.separator)
        if len(text) > MAX_CELL:
            for number, cell in enumerate(cells):
                self._measure(len(cell), number, self._line)
        return Row(self._line, cells)

    def _measure(self, size: int, cell: int, line: int) -> None:
        if size > MAX_CELL:
            raise self._broken(_LARGE, "shorten it", line, cell)

    def _row(self, text: str) -> Row:
        first = self._line
        cells: list[str] = []
        at = 0
        while True:
            if len(cells) == MAX_CELLS:
                raise self._broken(f"more than {MAX_CELLS:,} cells", "remove what is not needed")
            begin = _past_spaces(text, at)
            if text.startswith('"', begin):
                cell, text, at = self._quoted(text, begin + 1, len(cells))
                cells.append(cell)
                if at == len(text):
                    return Row(first, cells)
                at += 1
                continue
            end = text.find(self.separator, at)
            cells.append(text[at:] if end < 0 else text[at:end])
            self._measure(len(cells[-1]), len(cells) - 1, first)
            if end < 0:
                return Row(first, cells)
            at = end + 1

    def _quoted(self, text: str, at: int, number: int) -> tuple[str, str, int]:
        """(cell, the line on which it ends, position there of the separator or the end)."""
        opened, resume = self._line, self._stream.tell()
        pieces: list[str] = []
        size = 0
        while True:
            end = text.find('"', at)
            if end < 0:
                pieces.append(text[at:] + " ")  # speech knows no line breaks
                size += len(pieces[-1])
                if size > MAX_CELL:
                    self._give_up_large(opened, resume, number)
                text, at = self._next_line(opened, resume, number), 0
            elif text.startswith('"', end + 1):
                pieces.append(text[at : end + 1])
                size += len(pieces[-1])
                at = end + 2
            else:
                pieces.append(text[at:end])
                self._measure(size + end - at, number, opened)
                return "".join(pieces), text, self._after(text, end + 1, opened, resume, number)

    def _after(self, text: str, at: int, opened: int, resume: int, number: int) -> int:
        """Position of the separator (or the end) behind a closing quote."""
        at = _past_spaces(text, at)
        if at == len(text) or text[at] == self.separator:
            return at
        if opened != self._line:  # what looks like the end is the start of another quoted cell
            self._give_up_open(opened, resume, number)
        raise self._broken(
            "text after a closing quote", 'write a quote inside a quoted cell twice: ""', 0, number
        )

    def _next_line(self, opened: int, resume: int, number: int) -> str:
        raw = self._stream.readline(MAX_ROW + 1)
        if not raw:
            self._give_up_open(opened, resume, number)
        self._line += 1
        if len(raw) > MAX_ROW:
            self._give_up_large(opened, resume, number, raw)
        return self._text(raw)

    def _give_up_open(self, opened: int, resume: int, number: int) -> NoReturn:
        self._again += self._stream.tell() - resume
        self._stream.seek(resume)
        self._line = opened
        reason = f"the quote opened in line {opened} is not closed"
        mend = "close it, or write a quote inside a quoted cell twice"
        if self._again > AGAIN:
            reason += ", as others before it; nothing after this line was read"
            raise _Ended(RowError(opened, self._name(number), reason, mend))
        raise self._broken(reason, mend, opened, number)

    def _give_up_large(self, opened: int, resume: int, number: int, raw: bytes = b"\n") -> NoReturn:
        quotes = 1 + raw.count(b'"')
        if not self._skip(quotes, raw.endswith(b"\n")):
            self._give_up_open(opened, resume, number)
        raise self._broken(
            _LARGE, f"shorten it, or close the quote opened in line {opened}", opened, number
        )


_LARGE = f"the cell is larger than {MAX_CELL // 1024} KiB"


def inert(cell: str) -> str:
    """The cell as no spreadsheet runs it: with the usual apostrophe before a formula's first
    character. ``bare`` takes it away again."""
    return f"'{cell}" if _RUNS.match(cell) else cell


def bare(cell: str) -> str:
    """The cell without the apostrophe of ``inert``, which spreadsheets do not show either."""
    return cell[1:] if _HELD.match(cell) else cell


_SPACES = re.compile(" *")


def _past_spaces(text: str, at: int) -> int:
    """The first position from there on that is no space. Copies nothing: a row of a hundred
    thousand cells would be copied as often."""
    found = _SPACES.match(text, at)
    return found.end() if found else at


def _lines_of(chunk: bytes) -> Iterator[slice]:
    """The slice of each line in the chunk, its line end included; the last line may lack one."""
    start = 0
    while start < len(chunk):
        stop = chunk.find(b"\n", start) + 1 or len(chunk)
        yield slice(start, stop)
        start = stop
