"""Whole files: good ones, bad ones, huge ones."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache_seed import table
from cache_seed.table import Table, read, write
from gateway.errors import DataError
from gateway.ports.store import Entry

SAMPLES = Path(table.__file__).parent / "samples"


def reasons(found: Table) -> list[str]:
    return [str(error) for error in found.errors]


def test_a_file_and_its_bytes_say_the_same(tmp_path: Path) -> None:
    data = b"question,answer\nwhen do you open,At nine.\n"
    file = tmp_path / "faq.csv"
    file.write_bytes(data)
    assert read(file) == read(data)
    assert read(file).entries == (
        Entry(
            id="when_do_you_open",
            intent="when_do_you_open",
            questions=("when do you open",),
            answer="At nine.",
        ),
    )
    assert read(file).lines == {"when_do_you_open": 2}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_separators_marks_and_line_ends(separator: str, mark: bytes, end: str) -> None:
    lines = [["Answer", "Question"], ["At nine.", "when do you open|opening times"]]
    found = read(mark + end.join(separator.join(line) for line in lines).encode())
    assert not found.errors
    assert found.entries[0].questions == ("when do you open", "opening times")


def test_line_breaks_inside_an_answer_become_spaces() -> None:
    found = read(b'question,answer\na b,"One.\r\nTwo.\n\nThree."\n')
    assert found.entries[0].answer == "One. Two. Three."


def test_tags_and_locale() -> None:
    found = read(b"question,answer,tags,locale\na,A.,x| y;z,de_AT\nb,B.,,\n", locale="en-GB")
    assert found.entries[0].tags == ("x", "y", "z")
    assert [entry.locale for entry in found.entries] == ["de-AT", "en-GB"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "the file: it is empty; give a header and at least one row"),
        (b"question,answer\n", "line 1: there are no rows below it; add one"),
        ("question,answer\na,b\n".encode("utf-16"), "the file: it is UTF-16"),
        ("question,answer\na,b\n".encode("utf-16-le"), "the file: it looks like UTF-16"),
        (b"PK\x03\x04rest", "the file: it is a workbook (XLSX or ODS)"),
        (b"question,answer\ra,b\r", "the file: its lines end with carriage returns only"),
        (b"question\nwhat\n", "line 1, column answer: the column is missing"),
        (b"question,answer\na,\n", "line 2, column answer: the answer is empty"),
        (b"question,answer\n,b\n", "line 2, column question: the question is empty"),
        (b"question,answer\na,b\0\n", "line 2: a NUL byte"),
        (b"question,answer\na,b\nc,\xff\n", "line 3: byte 0xff at position 3 is not UTF-8"),
        (b"question,answer\na,b\nc;d\n", "line 3: mixed separators: a semicolon here, a comma"),
        (b"question,answer\na,b, and c\n", "line 2: 3 cells where the header has 2 columns"),
        (b'question,answer\na,"b\n', "line 2, column answer: the quote opened in line 2"),
        (b"question,answer\na,%s\n" % (b"x" * 10_000_000), "line 2, column answer: the cell is"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_a_bad_file_is_told_precisely(data: bytes, expected: str) -> None:
    found = read(data)
    assert reasons(found)[0].startswith(expected)
    assert all(error.mend for error in found.errors)


def test_all_errors_are_collected_and_good_rows_kept() -> None:
    found = read(
        b"question,answer,valid_from\n"
        b"one,One.,\n"
        b"two,,\n"
        b"three,Three.,tomorrow\n"
        b"one,Uno.,\n"
        b"four,Four.,2025-01-01\n"
    )
    assert sorted(error.line for error in found.errors) == [3, 4, 5]
    assert [entry.id for entry in found.entries] == ["one", "four"]
    assert (found.rows, len(found.conflicts)) == (5, 1)


def test_trailing_separators_of_spreadsheets_are_harmless() -> None:
    assert not read(b"question,answer,,\na,b,,\n").errors


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot read .*nothing\.csv: No such file"):
        read(tmp_path / "nothing.csv")


def test_errors_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MAX_ERRORS", 3)
    found = read(b"question,answer\n" + b",x\n" * 10)
    assert len(found.errors) == 4
    assert found.errors[-1].reason == "7 more like these"


def test_too_many_rows_good_or_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MAX_ROWS", 5)
    found = read(b'question,answer\na,"open\n' + b"x\n" * 10)
    assert "the quote opened in line 2 is not closed" in found.errors[0].reason
    assert (found.rows, [one.line for one in found.errors if "5 rows" in one.reason]) == (6, [7])


def test_too_many_entries_or_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = b"".join(b"q%d|r%d,a%d\n" % (n, n, n) for n in range(10))
    monkeypatch.setattr(table, "MAX_ENTRIES", 5)
    found = read(b"question,answer\n" + rows)
    assert reasons(found)[0].startswith("line 7: more than 5 entries; nothing after this line")
    monkeypatch.setattr(table, "MAX_ENTRIES", 100)
    monkeypatch.setattr(table, "MAX_QUESTIONS", 7)
    assert reasons(read(b"question,answer\n" + rows))[0].startswith("line 5: more than 7 questions")


@pytest.mark.parametrize("sample", ["bank", "clinic", "shop"])
def test_the_samples_are_good_and_survive_an_export(sample: str) -> None:
    found = read(SAMPLES / f"{sample}.csv")
    assert not found.errors
    assert len(found.entries) >= 60
    assert read(write(found.entries).encode()).entries == found.entries


WORDS = (
    st.text("abcdefg,;\"'\t é=+-@", min_size=1, max_size=20)
    .map(lambda t: " ".join(t.split()))
    .filter(bool)
)


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=5))
def test_an_export_reads_back(texts: list[tuple[str, str, str]]) -> None:
    entries = tuple(
        Entry(
            id=f"e{number}",
            intent=f"i{number}",
            questions=(f"{question} question {number}", f"other {number}"),
            answer=f"{answer} end",
            counter_examples=(f"{negative} counter {number}",),
            tags=("x", "y"),
            valid_from="2025-01-01",
            voice="en-gb",
        )
        for number, (question, answer, negative) in enumerate(texts)
    )
    found = read(write(entries).encode())
    assert not found.errors
    assert found.entries == entries


FORMULAS = (
    *("=1+1", '=cmd|"/c calc"!A0', "+44 20 7946 0000", "-5", "@home", "@SUM(1)", "'=1", "''-5"),
    *("'quoted'", "'", "''", "a=b", "5 - 3", "\uff1d1+1", "'tis +1"),
)


@pytest.mark.parametrize("text", FORMULAS)
def test_no_spreadsheet_runs_an_export_and_it_reads_back(text: str) -> None:
    entry = Entry(
        id=f"{text} id".replace("|", ""),
        intent=f"{text} intent".replace("|", ""),
        questions=(f"{text} question".replace("|", ""),),
        answer=f"{text} answer",
        counter_examples=(f"{text} counter".replace("|", ""),),
        tags=(f"{text} tag".replace("|", ""),),
        voice=f"{text} voice",
    )
    written = write([entry])
    for row in csv.reader(io.StringIO(written)):
        for cell in row:
            assert not cell.startswith(tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")), cell
    [found] = read(written.encode()).entries
    assert found.answer == entry.answer
    assert found.questions == entry.questions
    assert found.counter_examples == entry.counter_examples


def test_an_apostrophe_before_a_formula_is_a_spreadsheets() -> None:
    found = read(b"question,answer\n'+44 is what,'-5 degrees.\n'tis true,'Tis.\n")
    assert [one.answer for one in found.entries] == ["-5 degrees.", "'Tis."]
    assert found.entries[0].questions == ("+44 is what",)


ROWS = 333_000
READ = """
import sys
from pathlib import Path
from cache_seed.table import read

def peak_kib():
    # Not ru_maxrss: that begins with the peak of the process this one was forked from.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

before = peak_kib()
found = read(Path(sys.argv[1]))
print(found.rows, len(found.entries), peak_kib() - before)
"""


@pytest.mark.slow
def test_a_large_table_is_read_in_bounded_memory(tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    with file.open("w", encoding="utf-8") as stream:
        stream.write("id,question,answer\n")
        for number in range(ROWS):
            entry = number % 3_000
            stream.write(f"e{entry},how do i change item {entry},It is answer {entry}.\n")
    done = subprocess.run(
        [sys.executable, "-c", READ, str(file)], capture_output=True, text=True, check=True
    )
    rows, entries, kib = map(int, done.stdout.split())
    assert (rows, entries) == (ROWS, 3_000)
    assert kib < 64 * 1024, f"{kib} KiB more at the peak"


def test_a_huge_cell_takes_no_such_memory(tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    with file.open("wb") as stream:
        stream.write(b"question,answer\na,")
        for _ in range(100):
            stream.write(b"x" * 1_000_000)
    done = subprocess.run(
        [sys.executable, "-c", READ, str(file)], capture_output=True, text=True, check=True
    )
    rows, entries, kib = map(int, done.stdout.split())
    assert (rows, entries) == (1, 0)
    assert kib < 8 * 1024, f"{kib} KiB more at the peak"
