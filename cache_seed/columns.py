"""The header of a CSV: which column means what, and what separates the cells.

Names are compared without case; spaces, ``-`` and ``_`` are the same. Accepted beside the
names of the contract are those of common FAQ exports:

=================  =========================================================================
column             also accepted
=================  =========================================================================
question           questions, q, faq, utterance(s), phrase(s), query, example(s), title,
                   customer question, training phrase(s)
answer             answers, a, reply, response(s), answer text, solution, content
intent             intent name, label
id                 entry id, faq id, key
locale             language, lang
voice              voice name
tags               tag, topic(s), category, categories, keywords
valid_from         from, start date, effective from
valid_until        until, valid to, end date, expires, expiry date
action             route, handoff
fallback           fallback line, fallback answer
counter_example    counter examples, negative(s), negative example(s), not, must not match
=================  =========================================================================

Where a name of the contract stands beside one of its other names, the former counts. Other
columns are passed over with a warning. A first line ``sep=;``, as Excel writes it, is
passed over too.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from cache_seed.cells import Cells, RowError

COLUMNS = (
    "id",
    "intent",
    "question",
    "answer",
    "counter_example",
    "locale",
    "voice",
    "tags",
    "valid_from",
    "valid_until",
    "action",
    "fallback",
)
"""The columns of the contract, in the order of an export."""

REQUIRED = ("question", "answer")

SEPARATORS = {",": "a comma", ";": "a semicolon", "\t": "a tab"}

_ALIASES = {
    "question": "questions q faq utterance utterances phrase phrases query example examples title "
    "customer_question training_phrase training_phrases",
    "answer": "answers a reply response responses answer_text solution content",
    "intent": "intent_name label",
    "id": "entry_id faq_id key",
    "locale": "language lang",
    "voice": "voice_name",
    "tags": "tag topic topics category categories keywords",
    "valid_from": "from start_date effective_from",
    "valid_until": "until valid_to end_date expires expiry_date",
    "action": "route handoff",
    "fallback": "fallback_line fallback_answer",
    "counter_example": "counter_examples negative negatives negative_example negative_examples "
    "not must_not_match",
}
_MEANING = {name: name for name in COLUMNS} | {
    alias: name for name, aliases in _ALIASES.items() for alias in aliases.split()
}


MAX_COLUMNS = 500
"""Columns of one table: a name that is not known is compared with all that are."""


class FileWrong(Exception):
    """The file cannot be read at all; carries the reason."""

    def __init__(self, *errors: RowError) -> None:
        super().__init__("; ".join(map(str, errors)))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Header:
    """The meaning of a file's columns."""

    line: int
    separator: str
    names: tuple[str, ...]
    """The columns' names as written in the file."""
    meanings: tuple[str, ...]
    """The contract's name of each; empty for a column that is passed over."""
    warnings: tuple[RowError, ...] = ()

    def other_separator(self, cells: Sequence[str]) -> str:
        """The separator that a row seems to use instead of the header's; else empty."""
        for other in SEPARATORS:
            if other != self.separator and any(other in cell for cell in cells):
                parts = sum(cell.count(other) for cell in cells) + len(cells)
                if len(cells) == 1 and parts >= min(len(self.names), 2):
                    return other
        return ""


def read_header(cells: Cells) -> Header:
    """The header; ``cells`` is then set up for the rows. Raises ``FileWrong``."""
    try:
        line = cells.header()
        if line is not None and line.strip().lower() in {"sep=,", "sep=;", "sep=\t", "sep="}:
            line = cells.header()
        if line is None:
            raise FileWrong(RowError(0, "", "it is empty", "give a header and at least one row"))
        header = _best(cells, line)
    except ValueError as error:
        raise FileWrong(error.args[0]) from None
    cells.separator = header.separator
    cells.names = [m or n for m, n in zip(header.meanings, header.names, strict=True)]
    return header


def _best(cells: Cells, line: str) -> Header:
    """The reading of the header with the most columns that mean something."""
    found: list[tuple[int, int, str, list[str]]] = []
    unreadable = None
    for order, separator in enumerate(SEPARATORS):
        cells.separator = separator
        try:
            names = [name.strip() for name in cells.split(line)]
        except ValueError as error:
            unreadable = error
            continue
        known = sum(1 for name in names if _meaning(name))
        found.append((known, -order, separator, names))
    if unreadable is not None and not found:
        raise unreadable
    _, _, separator, names = max(found)
    while names and not names[-1]:  # spreadsheets leave separators behind the last column
        names.pop()
    if len(names) > MAX_COLUMNS:
        reason = f"{len(names):,} columns, more than {MAX_COLUMNS}"
        raise FileWrong(RowError(cells.line, "", reason, "remove those that are not needed"))
    exact = {name.lower() for name in names} & set(COLUMNS)
    meanings = [_meaning(name) for name in names]
    meanings = [
        "" if meaning in exact and name.lower() != meaning else meaning
        for name, meaning in zip(names, meanings, strict=True)
    ]
    errors = [
        *_mixed(cells.line, separator, names, meanings),
        *_twice(cells.line, names, meanings),
        *_missing(cells.line, names, meanings),
    ]
    if errors:
        raise FileWrong(*errors)
    warnings = tuple(_unknown(cells.line, n) for n, m in zip(names, meanings, strict=True) if not m)
    return Header(cells.line, separator, tuple(names), tuple(meanings), warnings)


def _meaning(name: str) -> str:
    return _MEANING.get("_".join(name.lower().replace("-", " ").replace("_", " ").split()), "")


def _mixed(line: int, separator: str, names: list[str], meanings: list[str]) -> list[RowError]:
    for name, meaning in zip(names, meanings, strict=True):
        for other, called in SEPARATORS.items():
            if not meaning and other in name and any(map(_meaning, name.split(other))):
                reason = f"mixed separators: {SEPARATORS[separator]} and {called}"
                return [RowError(line, name, reason, "use one of them in the whole file")]
    return []


def _twice(line: int, names: list[str], meanings: list[str]) -> list[RowError]:
    errors = []
    for column in COLUMNS:
        same = [name for name, m in zip(names, meanings, strict=True) if m == column]
        if len(same) > 1:
            reason = f"{len(same)} columns mean {column}: {', '.join(same)}"
            errors.append(RowError(line, column, reason, "keep one, rename or remove the others"))
    return errors


def _missing(line: int, names: list[str], meanings: list[str]) -> list[RowError]:
    errors = []
    for column in REQUIRED:
        if column not in meanings:
            near = difflib.get_close_matches(column, [n.lower() for n in names], 1, 0.7)
            mend = f"rename {near[0]!r} to it" if near else f"name the column {column!r} in line 1"
            errors.append(RowError(line, column, "the column is missing", mend))
    return errors


def _unknown(line: int, name: str) -> RowError:
    near = difflib.get_close_matches(name.lower(), _MEANING, 1, 0.75)
    mend = f"if you meant {near[0]!r}, rename it" if near else "remove it if you like"
    return RowError(line, name, "the column has no meaning here and is passed over", mend)
