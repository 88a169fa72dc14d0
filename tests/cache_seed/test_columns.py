"""Headers: other names, separators, what is missing."""

from __future__ import annotations

import io

import pytest

from cache_seed.cells import Cells
from cache_seed.columns import FileWrong, Header, read_header


def header(text: str) -> Header:
    return read_header(Cells(io.BytesIO(text.encode())))


def wrong(text: str) -> str:
    with pytest.raises(FileWrong) as raised:
        header(text)
    return str(raised.value)


def test_order_and_case_do_not_matter() -> None:
    assert header("Answer,ID,QUESTION\n").meanings == ("answer", "id", "question")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_found(separator: str) -> None:
    found = header(separator.join(["question", "answer", "tags"]) + "\n")
    assert found.separator == separator
    assert found.meanings == ("question", "answer", "tags")


@pytest.mark.parametrize(
    ("text", "meanings"),
    [
        ("Q,Reply,Topic", ("question", "answer", "tags")),
        ("Utterance;Response;Category", ("question", "answer", "tags")),
        ("Training Phrases,Answer Text,Intent-Name", ("question", "answer", "intent")),
        ("FAQ,Solution,Expiry Date", ("question", "answer", "valid_until")),
    ],
)
def test_names_of_faq_exports(text: str, meanings: tuple[str, ...]) -> None:
    assert header(text + "\n").meanings == meanings


def test_a_name_of_the_contract_counts_before_its_other_names() -> None:
    found = header("question,title,answer\n")
    assert found.meanings == ("question", "", "answer")
    assert [warning.column for warning in found.warnings] == ["title"]


def test_very_many_columns_are_refused() -> None:
    assert "602 columns, more than 500; remove" in wrong("question,answer" + ",zq" * 600 + "\n")


def test_quoted_names_a_separator_line_and_trailing_separators() -> None:
    assert header('sep=;\n"question";"answer";;\n').names == ("question", "answer")


def test_an_unknown_column_is_a_warning_that_names_the_nearest() -> None:
    (warning,) = header("question,answer,intnt\n").warnings
    assert warning.column == "intnt"
    assert "'intent'" in warning.mend


def test_missing_columns_are_all_named() -> None:
    text = wrong("intent,voice\n")
    assert "column question: the column is missing" in text
    assert "column answer: the column is missing" in text


def test_a_misspelt_column_is_named() -> None:
    assert "rename 'anwser'" in wrong("question,anwser\n")


def test_duplicate_columns() -> None:
    assert "2 columns mean question: question, Question" in wrong("question,Question,answer\n")
    assert "2 columns mean answer: reply, response" in wrong("question,reply,response\n")


def test_mixed_separators() -> None:
    assert "mixed separators: a comma and a semicolon" in wrong("question,answer,tags;voice\n")


def test_nothing_and_an_unreadable_header() -> None:
    assert "the file: it is empty" in wrong("")
    assert "line 1" in wrong('"question,answer\n')
    assert "a NUL byte" in wrong("question\0,answer\n")
