"""``frontline catalogue``: what there is, and the way back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.store.sqlite import SqliteStore
from gateway.commands import catalogue
from gateway.ports import CatalogueInfo
from tests.stored import draft, put_clips


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "var" / "store")


def publish(store: SqliteStore, *texts: str, tenant: str = "default") -> None:
    made = draft(*texts, tenant=tenant)
    put_clips(store, made)
    store.publish(made)


def test_without_a_catalogue_the_mend_is_named(run: Callable[..., Any]) -> None:
    for action in ("list", "rollback"):
        done = run("catalogue", action)
        assert done.code == 2
        assert "run: frontline seed FILE.csv" in done.err
    assert not Path("var").exists()


def test_list_is_newest_first_and_marks_the_live_one(
    run: Callable[..., Any], store: SqliteStore
) -> None:
    publish(store, "one")
    publish(store, "one", "two")
    done = run("catalogue", "list")
    rows = [line.split() for line in done.out.splitlines()[1:]]
    assert [row[:2] for row in rows] == [["live", "2"], ["1", rows[1][1]]]
    listed = json.loads(run("catalogue", "list", "--json").out)
    assert [(one["number"], one["live"], one["entries"]) for one in listed] == [
        (2, True, 2),
        (1, False, 1),
    ]


def test_rollback_goes_one_back_or_to_a_number(run: Callable[..., Any], store: SqliteStore) -> None:
    for text in ("one", "two", "three"):
        publish(store, text)
    assert run("catalogue", "rollback").out == "catalogue 2 of default is live\n"
    assert store.live_number("default") == 2
    assert json.loads(run("catalogue", "rollback", "3", "--json").out)["live"] == 3
    assert run("catalogue", "rollback", "1").code == 0
    done = run("catalogue", "rollback")
    assert (done.code, store.live_number("default")) == (2, 1)
    assert "there is no catalogue before 1" in done.err
    assert run("catalogue", "rollback", "9").code == 2


def test_tenants_are_apart(run: Callable[..., Any], store: SqliteStore) -> None:
    publish(store, "one", tenant="shop")
    assert run("catalogue", "list").code == 2
    assert run("--tenant", "shop", "catalogue", "list").code == 0


def test_a_rollback_replaces_only_what_was_looked_at(
    run: Callable[..., Any], store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody publishes between the look at the list and the way back."""
    for text in ("one", "two"):
        publish(store, text)
    look = catalogue.before

    def late(history: list[CatalogueInfo]) -> int:
        publish(store, "three")
        return look(history)

    monkeypatch.setattr(catalogue, "before", late)
    done = run("catalogue", "rollback")
    assert (done.code, store.live_number("default")) == (1, 3)
    assert "catalogue 3 of tenant 'default' is live, not 2" in done.err
