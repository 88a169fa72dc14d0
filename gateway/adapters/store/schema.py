"""The tables of the embedded store and how they came to be.

``MIGRATIONS[n]`` leads from version n to n + 1 and is never edited once released: a change is
a further migration. All that are missing run in one transaction, so a process killed half-way
leaves the version it found.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

from gateway.adapters.store import tally

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # The heavy columns come last: a list of catalogues does not read their pages.
        """
        CREATE TABLE catalogue (
            tenant TEXT NOT NULL,
            number INTEGER NOT NULL,
            created TEXT NOT NULL,
            source TEXT NOT NULL,
            entry_count INTEGER NOT NULL,
            summary TEXT NOT NULL,
            digest BLOB NOT NULL,
            entries TEXT NOT NULL,
            clips TEXT NOT NULL,
            knowledge BLOB NOT NULL,
            PRIMARY KEY (tenant, number)
        )
        """,
        """
        CREATE TABLE live (
            tenant TEXT PRIMARY KEY,
            number INTEGER NOT NULL,
            FOREIGN KEY (tenant, number) REFERENCES catalogue (tenant, number)
        ) WITHOUT ROWID
        """,
        "CREATE TABLE mode (tenant TEXT PRIMARY KEY, mode TEXT NOT NULL) WITHOUT ROWID",
        """
        CREATE TABLE turn (
            id TEXT NOT NULL UNIQUE,
            call_id TEXT NOT NULL,
            tenant TEXT NOT NULL,
            turn INTEGER NOT NULL,
            at REAL NOT NULL,
            path TEXT NOT NULL,
            text TEXT NOT NULL,
            entry TEXT NOT NULL,
            intent TEXT NOT NULL,
            question TEXT NOT NULL,
            confidence REAL NOT NULL,
            decided_on TEXT NOT NULL,
            catalogue INTEGER NOT NULL,
            interrupted INTEGER NOT NULL,
            shadow INTEGER NOT NULL,
            timeline TEXT NOT NULL,
            evidence TEXT NOT NULL,
            verdict TEXT NOT NULL DEFAULT ''
        )
        """,
        "CREATE INDEX turn_of_tenant ON turn (tenant, at, turn, id)",
        "CREATE INDEX turn_of_call ON turn (call_id, at, turn, id)",
        "CREATE INDEX turn_by_time ON turn (at, turn, id)",
    ),
    (
        "ALTER TABLE turn ADD COLUMN reply TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE turn ADD COLUMN meant TEXT NOT NULL DEFAULT ''",
        # Few turns are flagged: without this, finding them would mean reading all of a tenant's.
        "CREATE INDEX turn_flagged ON turn (tenant, at, turn, id) WHERE verdict <> ''",
    ),
    (
        """
        CREATE TABLE token (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            role TEXT NOT NULL,
            tenants TEXT NOT NULL,
            digest TEXT NOT NULL,
            created REAL NOT NULL,
            expires REAL NOT NULL,
            revoked REAL NOT NULL
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE change (
            id TEXT PRIMARY KEY,
            at REAL NOT NULL,
            who TEXT NOT NULL,
            name TEXT NOT NULL,
            what TEXT NOT NULL,
            tenant TEXT NOT NULL,
            subject TEXT NOT NULL,
            detail TEXT NOT NULL
        ) WITHOUT ROWID
        """,
        "ALTER TABLE turn ADD COLUMN caller TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX turn_of_caller ON turn (caller) WHERE caller <> ''",
    ),
    (
        """
        CREATE TABLE work (
            name TEXT PRIMARY KEY,
            owner TEXT NOT NULL,
            until REAL NOT NULL,
            told TEXT NOT NULL
        ) WITHOUT ROWID
        """,
    ),
    (
        *tally.TABLES,
        "CREATE INDEX turn_of_entry ON turn (tenant, entry, at, turn, id) WHERE entry <> ''",
        "CREATE INDEX turn_of_path ON turn (tenant, path, at, turn, id)",
        "CREATE INDEX turn_in_shadow ON turn (tenant, at, turn, id) WHERE shadow = 1",
    ),
)

VERSION = len(MIGRATIONS)


def version(connection: sqlite3.Connection) -> int:
    """The version of the tables; 0 for an empty database."""
    table = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'"
    if connection.execute(table).fetchone() is None:
        return 0
    row = connection.execute("SELECT coalesce(max(version), 0) FROM schema_version").fetchone()
    return int(row[0])


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables up to ``VERSION``; the caller holds the write transaction."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, applied TEXT)"
    )
    # Read again: another process may have migrated while this one waited for the lock.
    for number in range(version(connection), VERSION):
        for statement in MIGRATIONS[number]:
            connection.execute(statement)
        applied = datetime.now(UTC).isoformat(timespec="seconds")
        connection.execute("INSERT INTO schema_version VALUES (?, ?)", (number + 1, applied))
