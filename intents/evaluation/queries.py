"""Build time: labelled queries, from a CSV or a JSON list.

CSV: columns ``text`` and ``entry`` in any order, others are ignored; ``,`` ``;`` or tab. JSON: a
list of objects with ``text`` and ``entry``. An empty or missing entry means that none of ours
answers the query. Every error names the place, the field and the mend.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from intents.learning.knowledge import Item

DELIMITERS = ",;\t"


class EvaluationError(Exception):
    """The labelled queries cannot be used; the text names the place and the mend."""


@dataclass(frozen=True, slots=True)
class Query:
    """A labelled query."""

    text: str
    entry: str
    """Id of the right entry; "" if none is."""
    place: str = field(default="", compare=False)
    """The place where it was read: ``line 3`` or ``item 3``."""


def from_csv(data: bytes) -> list[Query]:
    """The queries of a CSV in UTF-8. Raises ``EvaluationError``."""
    text = _decoded(data, "CSV UTF-8")
    header = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=header.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = {(name or "").strip().lower(): name for name in rows.fieldnames or ()}
        if missing := [name for name in ("text", "entry") if name not in names]:
            raise EvaluationError(
                f"line 1: no column {' or '.join(missing)}: the header must have the columns "
                "text and entry"
            )
        queries = [_query(row, names, f"line {rows.line_num}") for row in rows]
    except csv.Error as error:
        raise EvaluationError(
            f"line {rows.line_num + 1}: {error}: close the quote or double it"
        ) from None
    if not queries:
        raise EvaluationError("line 2: no queries: add lines below the header")
    return queries


def _query(row: dict[str | None, Any], names: dict[str, str], place: str) -> Query:
    if None in row:
        raise EvaluationError(
            f"{place}: {len(row) - 1 + len(row[None])} fields where the header has "
            f"{len(row) - 1}: put a text that holds the separator in double quotes"
        )
    text, entry = row[names["text"]], row[names["entry"]]
    if not (text or "").strip():
        raise EvaluationError(f"{place}: text is empty: remove the line")
    return Query(text.strip(), (entry or "").strip(), place)


def from_json(data: bytes) -> list[Query]:
    """The queries of a JSON list in UTF-8. Raises ``EvaluationError``."""
    try:
        found = json.loads(_decoded(data, "UTF-8"))
    except ValueError as error:
        raise EvaluationError(f"not JSON: {error}") from None
    if not isinstance(found, list) or not found:
        raise EvaluationError('not a JSON list of objects {"text": ..., "entry": ...}')
    return list(_objects(found))


def _objects(found: Sequence[Any]) -> Iterator[Query]:
    for number, one in enumerate(found, start=1):
        place = f"item {number}"
        if not isinstance(one, dict):
            raise EvaluationError(f'{place}: not an object: write {{"text": ..., "entry": ...}}')
        text, entry = one.get("text"), one.get("entry")
        if not isinstance(text, str) or not text.strip():
            raise EvaluationError(f"{place}: text is missing, empty or no string: give it one")
        if entry is not None and not isinstance(entry, str):
            raise EvaluationError(f'{place}: entry is no string: give an entry\'s id, or ""')
        yield Query(text.strip(), (entry or "").strip(), place)


def _decoded(data: bytes, form: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise EvaluationError(f"line {line}: the file is not UTF-8: save it as {form}") from None


def check(queries: Sequence[Query], items: Sequence[Item]) -> None:
    """Raises ``EvaluationError`` if a query names an entry that is not among the items."""
    ids = {item.id for item in items}
    unknown = [query for query in queries if query.entry and query.entry not in ids]
    if not unknown:
        return
    first = unknown[0]
    number = queries.index(first) + 1
    more = f" (and {len(unknown) - 1} more such queries)" if len(unknown) > 1 else ""
    raise EvaluationError(
        f"{first.place or f'query {number}'}: entry: the catalogue has no entry "
        f"{first.entry!r}{more}: {_mend(first.entry, items)}"
    )


def _mend(entry: str, items: Sequence[Item]) -> str:
    of_intent = [item.id for item in items if item.intent == entry]
    if of_intent:
        return f"that is an intent, its entries are {', '.join(of_intent[:5])}"
    near = difflib.get_close_matches(entry, [item.id for item in items], n=1)
    if near:
        return f"is {near[0]!r} meant?"
    return "use an id that `frontline export` lists, or leave it empty"
