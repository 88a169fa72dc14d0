"""Turns on the disk: what is purged is gone, and nothing that is often asked reads them all."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from gateway.adapters.store import SqliteStore
from gateway.ports.records import TurnQuery
from tests.support.stored import turn


def test_purged_text_is_gone_from_the_disk(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.write([turn("c", 1, text="my secret number is unspeakable")])
    store.purge("default", 10.0)
    for file in tmp_path.glob("frontline.db*"):
        assert b"unspeakable" not in file.read_bytes(), os.fspath(file)
    store.close()


def test_what_is_asked_often_uses_an_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqliteStore(tmp_path)
    store.write([turn("c", 1)])
    asked: list[str] = []
    with store._database.reading() as connection:
        connection.set_trace_callback(asked.append)
    store.turns(TurnQuery())
    store.turns(TurnQuery(tenant="t", since=1.0))
    store.turns(TurnQuery(tenant="t", paths=("handoff", "agent"), before="c-1"))
    store.turns(TurnQuery(tenant="t", shadow=True))
    store.turns(TurnQuery(tenant="t", flagged=True))
    store.turns(TurnQuery(call_id="c"))
    store.turns(TurnQuery(tenant="t", entry="hours"))
    store.turns(TurnQuery(tenant="t", paths=("handoff",)))
    store.stats("t", 1.0)
    store.course("t", 1800.0, 1800.0)
    store.flag("c-1", "right")
    store.live_number("t")
    store.mode("t")
    store.close()
    asked = [sql for sql in asked if sql.lstrip().startswith(("SELECT", "UPDATE"))]
    asked = list(dict.fromkeys(asked))  # one with triggers is told again for each step of them
    assert len(asked) == 13
    connection = sqlite3.connect(tmp_path / "frontline.db")
    for sql in asked:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
        assert any("USING" in step for step in plan), (sql, plan)
        assert not any("ORDER BY" in step for step in plan), (sql, plan)
    connection.close()
