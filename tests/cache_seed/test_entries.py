"""Rows that belong together, contradict each other or lack something."""

from __future__ import annotations

import pytest

from cache_seed.cells import RowError
from cache_seed.entries import Gathering, check_values, slug
from gateway.ports.store import Entry


class Told:
    """A gathering with what it told."""

    def __init__(self) -> None:
        self.errors: list[RowError] = []
        self.warnings: list[RowError] = []
        self.gathering = Gathering("en-US", self.errors.append, self.warnings.append)
        self._line = 1

    def row(self, **values: str) -> Told:
        self._line += 1
        self.gathering.add(self._line, values)
        return self

    def finish(self) -> tuple[Entry, ...]:
        return self.gathering.finish()

    def reasons(self) -> list[tuple[int, str, str]]:
        self.finish()
        return [(error.line, error.column, error.reason) for error in self.errors]


def test_questions_of_one_entry_by_bar_and_by_further_rows() -> None:
    told = Told()
    told.row(intent="opening_hours", question="when do you open| opening times |", answer="At 9.")
    told.row(intent="Opening Hours", question="are you open now")
    told.row(intent="opening_hours", question="when do you close", answer="At 9.")
    (entry,) = told.finish()
    assert not told.errors
    assert entry.id == "opening_hours"
    assert entry.questions == (
        "when do you open",
        "opening times",
        "are you open now",
        "when do you close",
    )


def test_a_row_without_id_joins_the_only_entry_of_its_intent() -> None:
    told = Told().row(id="b1", intent="book", question="book a room", answer="Gladly.")
    (entry,) = told.row(intent="book", question="reserve a room").finish()
    assert (entry.id, entry.questions) == ("b1", ("book a room", "reserve a room"))


def test_entries_with_ids_may_share_an_intent() -> None:
    told = Told().row(id="a", intent="book", question="book a room", answer="Gladly.")
    told.row(id="b", intent="book", question="book a table", answer="When?")
    assert [entry.id for entry in told.finish()] == ["a", "b"]
    assert not told.errors


def test_ids_are_derived_from_the_first_question_and_unique() -> None:
    told = Told().row(question="What's your address?", answer="Here.")
    told.row(question="whats your address!!! now", answer="There.")
    told.row(question="What's your address now - abroad?", answer="No.")
    assert [entry.id for entry in told.finish()] == [
        "whats_your_address",
        "whats_your_address_now",
        "whats_your_address_now_abroad",
    ]
    told = Told().row(question="one two three four five six seven eight nine", answer="A.")
    told.row(question="one two three four five six seven eight ten", answer="B.")
    first, second = told.finish()
    assert second.id == first.id + "_2"


def test_a_row_repeated_is_one_entry() -> None:
    told = Told().row(question="where are you", answer="Here.")
    told.row(question="Where are you?", answer="Here.")
    (entry,) = told.finish()
    assert entry.questions == ("where are you",)
    assert not told.errors


def test_another_answer_in_a_further_row() -> None:
    told = Told().row(id="a", question="q one", answer="One.").row(id="a", question="q two")
    told.row(id="a", question="q three", answer="Three.")
    assert told.reasons() == [(4, "answer", "entry a has another answer in line 2")]


@pytest.mark.parametrize(
    ("column", "old", "new"),
    [("voice", "en-us", "en-gb"), ("action", "transfer", "agent:fast"), ("locale", "en", "de")],
)
def test_other_columns_must_agree_too(column: str, old: str, new: str) -> None:
    told = Told().row(id="a", question="one", answer="One.", **{column: old})
    told.row(id="a", question="two", **{column: new})
    assert told.reasons() == [(3, column, f"entry a has {old!r} in an earlier row")]


def test_empty_answer_and_empty_question() -> None:
    told = Told().row(id="a", question="one").row(answer="Two.")
    assert told.reasons() == [
        (3, "question", "the question is empty"),
        (2, "answer", "the answer is empty"),
    ]


def test_an_action_needs_no_answer() -> None:
    told = Told().row(intent="human", question="a person please", action="transfer")
    (entry,) = told.finish()
    assert (entry.answer, entry.action) == ("", "transfer")


def test_the_action_answer_is_none_at_all() -> None:
    told = Told().row(id="a", question="one", answer="One.", action="answer")
    told.row(id="b", question="two", action="answer")
    (entry,) = told.finish()
    assert (entry.id, entry.action) == ("a", "")
    assert told.reasons() == [(3, "answer", "the answer is empty")] * 2


@pytest.mark.parametrize(
    ("action", "mend"),
    [("trasnfer", "did you mean transfer?"), ("dtmf:x", "write it as dtmf:DIGITS")],
)
def test_what_is_no_action_is_told_with_its_mend(action: str, mend: str) -> None:
    (error,) = check_values(7, {"action": action})
    assert (error.line, error.column, error.mend) == (7, "action", mend)
    assert error.reason.startswith(repr(action))


def test_counter_examples_in_every_form() -> None:
    told = Told().row(id="a", question="one", answer="One.", counter_example="no one|not one")
    told.row(id="a", counter_example="none")
    told.row(id="a", question="nobody|noone", counter_example="yes")
    told.row(id="a", question="single", counter_example="no")
    (entry,) = told.finish()
    assert not told.errors
    assert entry.questions == ("one", "single")
    assert entry.counter_examples == ("no one", "not one", "none", "nobody", "noone")


def test_a_counter_example_must_say_whose_it_is() -> None:
    told = Told().row(counter_example="none")
    assert told.reasons() == [(2, "counter_example", "it does not say which entry it belongs to")]


def test_a_question_cannot_be_its_own_counter_example() -> None:
    told = Told().row(id="a", question="one", answer="One.", counter_example="One!")
    told.row(id="b", question="two", answer="Two.", counter_example="three")
    told.row(id="b", question="Three?")
    assert [(line, column) for line, column, _ in told.reasons()] == [
        (2, "counter_example"),
        (4, "question"),
    ]


def test_the_same_question_under_two_entries_is_a_conflict() -> None:
    told = Told().row(id="a", question="What's the fee?", answer="One.")
    told.row(id="b", question="what is the fee", answer="Two.")
    entries = told.finish()
    (conflict,) = told.gathering.conflicts
    assert (conflict.first, conflict.second, conflict.line) == ("a", "b", 3)
    assert [error.line for error in told.errors] == [3]
    assert [entry.id for entry in entries] == ["a"]


def test_the_same_question_with_the_same_answer_is_only_a_warning() -> None:
    told = Told().row(id="a", question="one", answer="One.")
    told.row(id="b", question="one|uno", answer="One.")
    assert [entry.questions for entry in told.finish()] == [("one",), ("uno",)]
    assert (len(told.errors), len(told.warnings)) == (0, 1)


@pytest.mark.parametrize("bad", ["24.12.2025", "2025-13-01", "20251224", "2025-W01-1", "soon"])
def test_bad_dates(bad: str) -> None:
    (error,) = check_values(5, {"valid_from": bad})
    assert (error.line, error.column) == (5, "valid_from")


def test_dates_in_the_wrong_order() -> None:
    told = Told().row(
        id="a", question="one", answer="One.", valid_from="2025-02-01", valid_until="2025-01-31"
    )
    assert told.reasons() == [(2, "valid_until", "2025-01-31 is before valid_from (2025-02-01)")]


def test_bad_locale_and_action() -> None:
    found = check_values(1, {"locale": "English", "action": "please transfer", "id": "x" * 101})
    assert [error.column for error in found] == ["locale", "action", "id"]


def test_long_texts_are_warnings() -> None:
    told = Told().row(id="a", question="q " * 151, answer="x" * 1201)
    assert len(told.finish()) == 1
    assert [warning.column for warning in told.warnings] == ["answer", "question"]
    assert [error.column for error in check_values(1, {"answer": "x" * 6_001})] == ["answer"]


def test_a_bad_first_row_does_not_blame_its_further_rows() -> None:
    told = (
        Told().row(id="a", question="one", answer="One.", valid_from="x").row(id="a", question="b")
    )
    assert [line for line, _, _ in told.reasons()] == [2]


def test_slug() -> None:
    assert slug("What's open — today?") == "whats_open_today"
    assert slug("Où est la gare ?") == "où_est_la_gare"
    assert slug("?!") == "entry"
