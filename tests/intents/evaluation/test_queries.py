"""Labelled queries: both forms read, and each error names the place, the field and the mend."""

from __future__ import annotations

import pytest

from intents.evaluation import queries
from intents.evaluation.queries import EvaluationError, Query
from tests.support.faq import FAQ


def test_a_csv_is_read() -> None:
    data = '\ufeffText,note,ENTRY\r\nwhen do you open,x,hours\r\n"who, me",,\r\n'.encode()
    found = queries.from_csv(data)
    assert found == [Query("when do you open", "hours"), Query("who, me", "")]
    assert [query.place for query in found] == ["line 2", "line 3"]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_any_usual_separator_will_do(mark: str) -> None:
    data = f'entry{mark}text\nhours{mark}"when, if ever; do you open"\n'
    assert queries.from_csv(data.encode()) == [Query("when, if ever; do you open", "hours")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "line 1: no column text or entry: the header"),
        (b"question,entry\na,b\n", "line 1: no column text: the header"),
        (b"text,entry\n", "line 2: no queries: add"),
        (b"text,entry\nfine,a\n ,b\n", "line 3: text is empty: remove"),
        (b"text,entry\nwho, me,a\n", "line 2: 3 fields where the header has 2: put"),
        (b'text,entry\n"open,a\n', "line 2: .*: close the quote"),
        (b"text,entry\nfine,a\n\xff\xfe,a\n", "line 3: the file is not UTF-8: save"),
    ],
)
def test_a_bad_csv_names_line_and_mend(data: bytes, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        queries.from_csv(data)


def test_a_json_list_is_read() -> None:
    data = b'[{"text": " when do you open ", "entry": "hours"}, {"text": "a", "entry": null}]'
    found = queries.from_json(data)
    assert found == [Query("when do you open", "hours"), Query("a", "")]
    assert found[1].place == "item 2"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"[", "not JSON: .* line 1"),
        (b"[]", "not a JSON list"),
        (b'{"text": 1}', "not a JSON list"),
        (b'[{"text": "a"}, "b"]', "item 2: not an object: write"),
        (b'[{"entry": "a"}]', "item 1: text is missing"),
        (b'[{"text": 7}]', "item 1: text is missing, empty or no string"),
        (b'[{"text": "a", "entry": 7}]', "item 1: entry is no string: give"),
    ],
)
def test_bad_json_names_item_and_mend(data: bytes, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        queries.from_json(data)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("parkin", "line 2: entry: the catalogue has no entry 'parkin': is 'parking' meant"),
        ("opening_hours", "that is an intent, its entries are hours$"),
        ("zebra", "`frontline export`"),
    ],
)
def test_an_unknown_entry_names_what_might_be_meant(entry: str, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        queries.check(queries.from_csv(f"text,entry\nhello,{entry}\n".encode()), FAQ)


def test_further_unknown_entries_are_counted() -> None:
    queries.check([Query("hello", ""), Query("hello", "hours")], FAQ)
    with pytest.raises(EvaluationError, match=r"query 2: .*\(and 1 more such queries\)"):
        queries.check([Query("a", "hours"), Query("b", "x"), Query("c", "y")], FAQ)
