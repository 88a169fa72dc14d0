"""Keys to which an action was given."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.shell.catalogue.keys import keyed
from intents.decision import Kind
from tests.support.house import FakeMatcher, catalogue, serving

HERE = serving(catalogue(), FakeMatcher())


@pytest.mark.parametrize(
    ("action", "kind", "entry", "route"),
    [
        ("entry:hours", Kind.ANSWER, "hours", ""),
        ("entry:balance", Kind.ROUTE, "balance", "transfer"),
        ("entry:nobody", Kind.MISS, "", ""),
        ("transfer:cards", Kind.ROUTE, "", "transfer:cards"),
        ("control:repeat", Kind.ROUTE, "", "control:repeat"),
    ],
)
def test_what_it_stands_for(action: str, kind: Kind, entry: str, route: str) -> None:
    made = keyed(action, HERE)
    assert (made.kind, made.entry, made.action, made.verbatim) == (kind, entry, route, True)


def test_an_entry_out_of_its_dates_is_not_spoken() -> None:
    one = catalogue()
    entries = tuple(replace(entry, valid_until="2001-01-01") for entry in one.entries)
    assert keyed("entry:hours", serving(replace(one, entries=entries), FakeMatcher())).kind is (
        Kind.MISS
    )
