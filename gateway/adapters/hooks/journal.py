"""The journal of what is still to be told: on disk, bounded, in the order it happened."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

KEPT = 10_000
"""Messages that wait for one hook. When it is full the oldest goes, and is counted as lost."""

_TABLE = """
    CREATE TABLE IF NOT EXISTS waiting (
        place INTEGER PRIMARY KEY AUTOINCREMENT,
        hook TEXT NOT NULL,
        id TEXT NOT NULL,
        kind TEXT NOT NULL,
        body BLOB NOT NULL,
        since REAL NOT NULL,
        due REAL NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0
    )
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message for one hook."""

    hook: str
    id: str
    kind: str
    body: bytes
    since: float
    """Unix seconds of the first try."""
    due: float
    """The next try."""
    tries: int = 0
    place: int = 0
    """The line of the journal it stands in."""


class Journal:
    """Used from threads; every method blocks. What was told or given up is gone from the file."""

    def __init__(self, path: Path, kept: int = KEPT) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        path.chmod(0o600)  # it holds what callers said, redacted
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.execute(_TABLE)
        self._db.execute("CREATE INDEX IF NOT EXISTS by_hook ON waiting (hook, due, place)")

    def add(self, messages: Sequence[Waiting]) -> int:
        """Keep them; how many older ones had to go for it."""
        lost = 0
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(
                "INSERT INTO waiting (hook, id, kind, body, since, due) VALUES (?, ?, ?, ?, ?, ?)",
                [(one.hook, one.id, one.kind, one.body, one.since, one.due) for one in messages],
            )
            for hook in {one.hook for one in messages}:
                lost += self._db.execute(
                    "DELETE FROM waiting WHERE hook = ?1 AND place NOT IN "
                    "(SELECT place FROM waiting WHERE hook = ?1 ORDER BY place DESC LIMIT ?2)",
                    (hook, self._kept),
                ).rowcount
            self._db.execute("COMMIT")
        return lost

    def due(self, hook: str, now: float, limit: int) -> list[Waiting]:
        """The messages of that hook whose time has come, the oldest first."""
        columns = "hook, id, kind, body, since, due, tries, place"
        with self._lock:
            rows = self._db.execute(
                f"SELECT {columns} FROM waiting WHERE hook = ? AND due <= ? ORDER BY place LIMIT ?",
                (hook, now, limit),
            ).fetchall()
        names = columns.split(", ")
        return [Waiting(**dict(zip(names, row, strict=True))) for row in rows]

    def done(self, place: int) -> None:
        """Forget a message: it was told, or given up."""
        with self._lock:
            self._db.execute("DELETE FROM waiting WHERE place = ?", (place,))

    def later(self, place: int, due: float) -> None:
        """Try it again then."""
        with self._lock:
            self._db.execute(
                "UPDATE waiting SET due = ?, tries = tries + 1 WHERE place = ?", (due, place)
            )

    def forget(self, hooks: Sequence[str]) -> None:
        """Drop what waits for any other hook: it is in no settings any more."""
        marks = ", ".join("?" * len(hooks))
        with self._lock:
            self._db.execute(f"DELETE FROM waiting WHERE hook NOT IN ({marks})", tuple(hooks))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
