"""What every store promises about tokens and the trail of changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.ports.people import Change, Role, Token, TrailQuery
from gateway.ports.store import Store

Open = Callable[[], Store]

ANNA = Token(
    id="a1", name="Änna", role=Role.EDITOR, tenants=("bank", "shop"), digest="d" * 64, created=5.5
)


def change(number: int, **more: object) -> Change:
    fields = {"who": "a1", "name": "Änna", "what": "mode", "tenant": "bank", **more}
    return Change(id=f"{number:04}", at=float(number), **fields)  # type: ignore[arg-type]


def test_a_token_comes_back_as_it_was_wherever_it_is_looked_for(open_store: Open) -> None:
    here, there = open_store(), open_store()
    here.keep_token(ANNA)
    assert there.token("a1") == ANNA
    assert there.tokens() == [ANNA]
    assert there.token("a2") is None


def test_the_newest_token_is_first(store: Store) -> None:
    younger = replace(ANNA, id="a0", created=6.0)
    store.keep_token(ANNA)
    store.keep_token(younger)
    assert store.tokens() == [younger, ANNA]


def test_a_token_of_the_same_id_replaces_the_one_before(open_store: Open) -> None:
    here, there = open_store(), open_store()
    here.keep_token(ANNA)
    there.keep_token(replace(ANNA, revoked=9.0))
    assert [one.revoked for one in here.tokens()] == [9.0]
    found = here.token("a1")
    assert found is not None
    assert not found.lives(10.0)


def test_the_trail_is_read_newest_first_and_in_pages(store: Store) -> None:
    lines = [change(number) for number in range(5)]
    for line in (lines[1], lines[0], *lines[2:]):
        store.note(line)
    page = store.trail(TrailQuery(limit=3))
    assert page == lines[:1:-1]
    assert store.trail(TrailQuery(before=page[-1].id)) == lines[1::-1]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (TrailQuery(tenants=("shop", "bank")), ["0003", "0002"]),
        (TrailQuery(tenants=("shop",)), ["0003"]),
        (TrailQuery(what="flag"), ["0003"]),
        (TrailQuery(since=2.0), ["0003", "0002"]),
        (TrailQuery(), ["0003", "0002", "0001"]),
        (TrailQuery(limit=0), []),
    ],
)
def test_the_trail_is_filtered(store: Store, query: TrailQuery, found: list[str]) -> None:
    store.note(change(1, tenant=""))
    store.note(change(2))
    store.note(change(3, tenant="shop", what="flag"))
    assert [one.id for one in store.trail(query)] == found


def test_a_line_once_written_stays(store: Store) -> None:
    store.note(change(1))
    store.note(change(1, what="purged"))
    assert [one.what for one in store.trail(TrailQuery())] == ["mode"]
