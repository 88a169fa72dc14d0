"""Entries with live values that may not be published."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.live.rules import mistake_of
from gateway.ports.store import Entry

DECLARED = {"order": ("status", "total"), "silent": ()}
GOOD = Entry(
    id="order",
    intent="order",
    questions=("where is it",),
    answer="It is {order.status}.",
    fallback="I cannot see that.",
)


def test_a_good_entry_has_no_mistake() -> None:
    assert mistake_of(GOOD, DECLARED) is None
    assert mistake_of(replace(GOOD, answer="At nine.", fallback=""), {}) is None


@pytest.mark.parametrize(
    ("change", "column", "names"),
    [
        ({"answer": "It is {order.status."}, "answer", "not closed"),
        ({"answer": "It is {parcel.status}."}, "answer", "no tool parcel"),
        ({"answer": "It is {silent.status}."}, "answer", "no tool silent"),
        ({"answer": "It is {order.place}."}, "answer", "no value place"),
        ({"fallback": ""}, "fallback", "needs a fallback line"),
        ({"fallback": "It was {order.status}."}, "fallback", "fixed words"),
        ({"answer": "At nine."}, "fallback", "no live value"),
        ({"action": "transfer"}, "action", "cannot have an action"),
        ({"locale": "de-DE"}, "locale", "English"),
    ],
)
def test_a_mistake_names_its_column_and_a_mend(
    change: dict[str, str], column: str, names: str
) -> None:
    mistake = mistake_of(replace(GOOD, **change), DECLARED)  # type: ignore[arg-type]
    assert mistake is not None
    assert mistake.column == column
    assert names in mistake.reason
    assert mistake.mend


def test_what_there_is_is_named() -> None:
    mistake = mistake_of(replace(GOOD, answer="{order.place}"), DECLARED)
    assert mistake is not None
    assert "status, total" in mistake.mend
