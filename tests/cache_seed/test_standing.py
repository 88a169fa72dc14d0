"""What a publication builds on, and what of others' it undoes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cache_seed.standing import Standing, always_overtaken, replaced, standing
from gateway.adapters.store.sqlite import SqliteStore
from gateway.errors import StoreFailed
from gateway.ports import Entry
from tests.stored import draft, put_clips


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "store")
    yield opened
    opened.close()


def live(store: SqliteStore, **answers: str) -> Standing:
    """Publish these entries."""
    made = draft(entries=entries(**answers), clips={})
    put_clips(store, made)
    store.publish(made)
    return standing(store, "default")


def entries(**answers: str) -> tuple[Entry, ...]:
    return tuple(
        Entry(id=name, intent=name, questions=(name,), answer=answer)
        for name, answer in answers.items()
    )


def test_nothing_is_live_at_first(store: SqliteStore) -> None:
    assert standing(store, "default") == Standing(0)
    assert Standing(0).entries == ()


def test_what_is_live(store: SqliteStore) -> None:
    found = live(store, a="1")
    assert (found.number, found.entries) == (1, entries(a="1"))


def test_a_damaged_one_has_a_number_but_no_entries(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(store, a="1")

    def load(tenant: str, number: int | None = None) -> None:
        raise StoreFailed("torn")

    monkeypatch.setattr(store, "load", load)
    found = standing(store, "default")
    assert (found.number, found.damage) == (1, "torn")
    with pytest.raises(StoreFailed, match="torn"):
        _ = found.entries


def test_what_a_table_undoes_is_named(store: SqliteStore) -> None:
    before = live(store, same="1", changed="1", removed="1", gone="1", agreed="1")
    now = live(store, same="1", changed="2", added="1", agreed="2", both="1")
    table = entries(same="3", changed="1", removed="1", agreed="2", both="1")
    told = {error.reason for error in replaced(before, now, table)}
    assert told == {
        "entry changed was changed in catalogue 2 during this seed; the table's is live",
        "entry added was added in catalogue 2 during this seed; the table has none",
        "entry removed was removed in catalogue 2 during this seed; the table's is live",
    }
    assert replaced(now, now, table) == []


def test_the_end_of_the_attempts_names_the_tenant() -> None:
    assert "'bank'" in str(always_overtaken("bank"))
