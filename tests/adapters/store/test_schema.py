"""Tables of another version."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from gateway.adapters.store import SqliteStore, schema
from gateway.errors import SettingsError, StoreFailed
from gateway.ports.records import TurnQuery
from tests.adapters.store.refusal import refused
from tests.support.stored import turn


def test_a_newer_one_is_left_alone(tmp_path: Path) -> None:
    SqliteStore(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "frontline.db")
    connection.execute("INSERT INTO schema_version VALUES (99, '')")
    connection.commit()
    connection.close()
    for read_only in (False, True):
        with refused(SettingsError, "newer Frontline", "99", "upgrade"):
            SqliteStore(tmp_path, read_only=read_only)


def test_an_older_one_is_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqliteStore(tmp_path)
    store.write([turn("c", 1)])
    store.close()
    later = (*schema.MIGRATIONS, ("ALTER TABLE turn ADD COLUMN mood TEXT DEFAULT 'calm'",))
    monkeypatch.setattr(schema, "MIGRATIONS", later)
    monkeypatch.setattr(schema, "VERSION", len(later))
    with refused(SettingsError, "older version", "start the server"):
        SqliteStore(tmp_path, read_only=True)
    store = SqliteStore(tmp_path)
    assert [t.id for t in store.turns(TurnQuery())] == ["c-1"]
    store.close()
    connection = sqlite3.connect(tmp_path / "frontline.db")
    assert connection.execute("SELECT mood FROM turn").fetchall() == [("calm",)]
    assert schema.version(connection) == len(later)
    connection.close()


def test_a_store_of_the_first_version_opens_with_all_it_held(tmp_path: Path) -> None:
    """Written as the first version wrote it: column by column, in its order."""
    connection = sqlite3.connect(tmp_path / "frontline.db")
    for statement in schema.MIGRATIONS[0]:
        connection.execute(statement)
    connection.execute("CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied TEXT)")
    connection.execute("INSERT INTO schema_version VALUES (1, '')")
    cells: list[object] = ["c-1", "c", "default", 1, 1.0, "cache", "when do you close", "hours"]
    cells += ["opening", "q", 0.9, "partial", 3, 0, 0, '{"ttfa_ms": 12.0}', "{}", "wrong"]
    connection.execute(f"INSERT INTO turn VALUES ({', '.join('?' * len(cells))})", cells)
    connection.execute("INSERT INTO mode VALUES ('default', 'shadow')")
    connection.commit()
    connection.close()

    store = SqliteStore(tmp_path)
    (found,) = store.turns(TurnQuery(flagged=True))
    assert (found.id, found.text, found.confidence) == ("c-1", "when do you close", 0.9)
    assert (found.flag, found.meant, found.reply) == ("wrong", "", "")
    assert store.stats("default", 0.0)["entries"] == {"hours": {"hits": 1, "wrong": 1, "right": 0}}
    assert store.mode("default") == "shadow"
    store.write([turn("c", 2, reply="At five.")])
    store.flag("c-2", "wrong", "fees")
    store.close()
    again = SqliteStore(tmp_path)
    assert [(t.reply, t.meant) for t in again.turns(TurnQuery())] == [
        ("At five.", "fees"),
        ("", ""),
    ]
    again.close()


def test_a_migration_that_fails_leaves_the_old_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SqliteStore(tmp_path).close()
    bad = ("CREATE TABLE mood (a TEXT)", "INSERT INTO nowhere VALUES (1)")
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, bad))
    monkeypatch.setattr(schema, "VERSION", len(schema.MIGRATIONS))
    with refused(StoreFailed, "nowhere"):
        SqliteStore(tmp_path)
    connection = sqlite3.connect(tmp_path / "frontline.db")
    assert schema.version(connection) == len(schema.MIGRATIONS) - 1
    tables = connection.execute("SELECT name FROM sqlite_master WHERE name = 'mood'")
    assert tables.fetchall() == []
    connection.close()
