"""Rows, quotes and the line of what is wrong."""

from __future__ import annotations

import csv
import io
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache_seed import cells
from cache_seed.cells import MAX_CELL, MAX_ROW, Cells, Row, RowError


def named(stream: BinaryIO, separator: str = ",") -> Cells:
    found = Cells(stream)
    found.separator = separator
    found.names = ["first", "second", "third"]
    return found


def rows(text: str | bytes, separator: str = ",") -> list[Row | RowError]:
    data = text.encode() if isinstance(text, str) else text
    return list(named(io.BytesIO(data), separator).rows())


class Counted(io.BytesIO):
    """Counts what is read of it."""

    read_bytes = 0

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        self.read_bytes += len(found)
        return found

    def readline(self, size: int | None = -1) -> bytes:
        found = super().readline(size)
        self.read_bytes += len(found)
        return found


def cells_of(text: str) -> list[list[str]]:
    return [row.cells for row in rows(text) if isinstance(row, Row)]


def errors_of(text: str | bytes) -> list[tuple[int, str, str]]:
    return [(e.line, e.column, e.reason) for e in rows(text) if isinstance(e, RowError)]


def test_plain_and_quoted_cells() -> None:
    assert cells_of('a,b\r\n"c, d","say ""hi"""\n , "e" ,f\n') == [
        ["a", "b"],
        ["c, d", 'say "hi"'],
        [" ", "e", "f"],
    ]


def test_a_quote_inside_an_unquoted_cell_is_a_character() -> None:
    assert cells_of('5" screen,b\n') == [['5" screen', "b"]]


def test_a_quoted_cell_over_lines_keeps_the_line_it_began_on() -> None:
    found = rows('a,"one\ntwo"\nb,c\n')
    assert found == [Row(1, ["a", "one two"]), Row(3, ["b", "c"])]


def test_blank_lines_are_passed_over() -> None:
    assert rows("\n ,\na,b\n\n") == [Row(3, ["a", "b"])]


def test_an_unclosed_quote_is_told_by_the_line_that_opened_it_and_reading_goes_on() -> None:
    text = 'a,b\nc,"open,d\n"e","f"\ng,h\n'
    assert errors_of(text) == [(2, "second", "the quote opened in line 2 is not closed")]
    assert cells_of(text) == [["a", "b"], ["e", "f"], ["g", "h"]]


def test_an_unclosed_quote_before_the_end_of_the_file() -> None:
    text = 'a,b\n"open,d\ne,f\n'
    assert errors_of(text) == [(2, "first", "the quote opened in line 2 is not closed")]
    assert cells_of(text) == [["a", "b"], ["e", "f"]]


def test_an_unclosed_quote_before_much_text() -> None:
    text = 'a,"open\n' + "plain,row\n" * (MAX_CELL // 5)
    assert errors_of(text) == [(1, "second", "the quote opened in line 1 is not closed")]
    assert len(cells_of(text)) == MAX_CELL // 5


OPENED = (1, "second", "the quote opened in line 1 is not closed")


@pytest.mark.parametrize("line", ["\n", "x\n", "x" * 1000 + "\n", '"",""\n'])
def test_an_unclosed_quote_is_looked_after_for_so_long_only(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "AHEAD", 4 * MAX_CELL)
    monkeypatch.setattr(cells, "MAX_LINES", 1000)
    stream = Counted(('a,"open\n' + line * (64 * MAX_CELL // len(line))).encode())
    first = next(iter(named(stream).rows()))
    assert isinstance(first, RowError)
    assert (first.line, first.column, first.reason) == OPENED
    assert "close it" in first.mend
    assert stream.read_bytes < 12 * MAX_CELL


def test_what_is_read_again_for_unclosed_quotes_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cells, "AGAIN", 10 * MAX_CELL)
    block = b'a" b,"open\n' + b"x,y\n" * (MAX_CELL // 3)
    stream = Counted(block * 41)
    found = [one for one in named(stream).rows() if isinstance(one, RowError)]
    assert found[-1].reason.endswith(
        "is not closed, as others before it; nothing after this line was read"
    )
    assert str(found[-1].line) in found[-1].reason
    assert stream.read_bytes < len(block) * 41 * 2 + 11 * MAX_CELL


def test_a_file_of_blank_lines_is_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "MAX_LINES", 1000)
    assert errors_of("\n" * 3000) == [
        (1001, "", "more than 1,000 lines; nothing after this line was read")
    ]


def test_a_row_of_very_many_cells_is_refused() -> None:
    assert errors_of('"",' * 80_000 + "\na,b\n") == [(1, "", "more than 1,000 cells")]
    assert cells_of('"a",' * 900 + "b\n")[0][-1] == "b"


def test_text_after_a_closing_quote() -> None:
    assert errors_of('a,"b"c\nd,e\n') == [(1, "second", "text after a closing quote")]


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("a," + "x" * (MAX_CELL + 1) + "\nb,c\n", "second"),
        ("a," + "x" * 10_000_000 + ",y\nb,c\n", "second"),
        ('a,"' + "x" * (MAX_CELL + 1) + '"\nb,c\n', "second"),
        ('"' + "x of ten.\n" * 1_000_000 + '",a\nb,c\n', "first"),
        ('a,b,"y\n' + "x" * 10_000_000 + '\nz"\nb,c\n', "third"),
    ],
    ids=["plain", "10 MB", "quoted", "10 MB over lines", "10 MB in its second line"],
)
def test_a_cell_over_the_limit_is_named_and_the_next_row_read(text: str, column: str) -> None:
    assert errors_of(text) == [(1, column, "the cell is larger than 64 KiB")]
    assert cells_of(text) == [["b", "c"]]


def test_a_cell_at_the_limit_is_good() -> None:
    assert errors_of("x" * MAX_CELL + ',"' + "y" * MAX_CELL + '"\n') == []


def test_a_row_of_many_small_cells_over_the_limit() -> None:
    text = "x," * MAX_ROW + "\nb,c\n"
    assert errors_of(text) == [(1, "", "the row is larger than 256 KiB")]
    assert cells_of(text) == [["b", "c"]]


def test_nul_and_undecodable_bytes_are_told_by_line() -> None:
    found = errors_of(b"a,b\nc\0,d\ne,caf\xe9\nf,g\n")
    assert found == [
        (2, "", "a NUL byte"),
        (3, "", "byte 0xe9 at position 6 is not UTF-8"),
    ]


def test_a_byte_order_mark_is_no_text() -> None:
    found = Cells(io.BytesIO(b"\xef\xbb\xbfquestion,answer\n"))
    assert found.header() == "question,answer"


def test_an_error_reads_as_one_line() -> None:
    assert str(RowError(7, "answer", "it is empty", "write one")) == (
        "line 7, column answer: it is empty; write one"
    )
    assert str(RowError(0, "", "it is empty", "fill it")) == "the file: it is empty; fill it"


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12)


@given(st.lists(st.lists(TEXT, min_size=2, max_size=4), max_size=6))
def test_what_the_standard_library_writes_is_read_back(table: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(table)
    expected = [row for row in table if any(cell.strip() for cell in row)]
    assert cells_of(text.getvalue()) == expected


@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_errors(data: bytes) -> None:
    lines = [found.line for found in rows(data)]
    assert all(1 <= line <= data.count(b"\n") + 1 for line in lines)


@given(st.text('a",\n', max_size=60))
def test_quotes_in_any_place_end_with_rows_or_errors(text: str) -> None:
    found = rows(text)
    assert len(found) <= text.count("\n") + 1
