"""A replica's own copy of what Redis holds, on its disk: an embedded store with a few tables more.

It answers when Redis does not, and it is what repairs a Redis that has lost something. If Redis is
gone for good, ``store.url = "sqlite:///FOLDER"`` serves from it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.adapters.store import codec
from gateway.adapters.store.catalogues import CatalogueTables, digest_of, files_of, not_found
from gateway.adapters.store.clips import ClipFolder
from gateway.adapters.store.database import Database, probe
from gateway.adapters.store.people import PeopleTables
from gateway.adapters.store.records import RecordTables
from gateway.adapters.store.redis.lineage import Standing
from gateway.errors import SettingsError, StoreFailed
from gateway.ports.sound import Clip

PAST = 1000
"""Changes of a tenant that are remembered by name."""

_TABLES = (
    "CREATE TABLE IF NOT EXISTS replica_standing (tenant TEXT PRIMARY KEY, seq INTEGER NOT NULL, "
    "change TEXT NOT NULL, live INTEGER NOT NULL, last INTEGER NOT NULL, mode TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS replica_change (tenant TEXT NOT NULL, seq INTEGER NOT NULL, "
    "change TEXT NOT NULL, PRIMARY KEY (tenant, change))",
    "CREATE TABLE IF NOT EXISTS replica_catalogue (tenant TEXT NOT NULL, number INTEGER NOT NULL, "
    "change TEXT NOT NULL, PRIMARY KEY (tenant, number))",
    "CREATE TABLE IF NOT EXISTS replica_position (tenant TEXT PRIMARY KEY, id TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS replica_journal (row INTEGER PRIMARY KEY AUTOINCREMENT, "
    "tenant TEXT NOT NULL, at REAL NOT NULL, event TEXT NOT NULL, "
    "sent TEXT NOT NULL DEFAULT '', since REAL NOT NULL DEFAULT 0)",
)
_PARTS = "number, created, source, entry_count, summary, digest, entries, clips, knowledge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A catalogue as it is stored, on disk and in Redis."""

    number: int
    change: str
    created: str
    source: str
    count: int
    summary: str
    digest: bytes
    entries: str
    clips: str
    knowledge: bytes

    @property
    def whole(self) -> bool:
        """False if it was damaged or cut."""
        return digest_of(self.entries, self.clips, self.knowledge) == self.digest

    def named(self) -> dict[str, Clip]:
        """The clips it names."""
        return codec.clips_from_json(self.clips)


class LocalCopy:
    """The folder of one replica; its processes share it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = Database(folder)
        clips = folder / "clips"
        probe(clips)
        self.clips = ClipFolder(clips)
        self.catalogues = CatalogueTables(self.database, self.clips)
        self.records = RecordTables(self.database)
        self.people = PeopleTables(self.database)
        with self.database.writing(durable=True) as connection:
            _check_ours(connection, folder)
            for statement in _TABLES:
                connection.execute(statement)

    def standing(self, tenant: str) -> Standing:
        """The tenant's standing when Redis was last seen."""
        sql = "SELECT seq, change, live, last, mode FROM replica_standing WHERE tenant = ?"
        with self.database.reading() as connection:
            row = connection.execute(sql, (tenant,)).fetchone()
        return Standing() if row is None else _standing(row)

    def standings(self) -> dict[str, Standing]:
        """The standing of every tenant then."""
        sql = "SELECT tenant, seq, change, live, last, mode FROM replica_standing"
        with self.database.reading() as connection:
            rows = connection.execute(sql).fetchall()
        return {row[0]: _standing(row[1:]) for row in rows}

    def past(self, tenant: str) -> dict[str, int]:
        """The changes that led there, by name, and the number each made."""
        sql = "SELECT change, seq FROM replica_change WHERE tenant = ? ORDER BY rowid"
        with self.database.reading() as connection:
            return dict(connection.execute(sql, (tenant,)).fetchall())

    def held(self, tenant: str) -> dict[int, str]:
        """The catalogues on disk: number, and the change that published it."""
        sql = "SELECT number, change FROM replica_catalogue WHERE tenant = ? ORDER BY number"
        with self.database.reading() as connection:
            return dict(connection.execute(sql, (tenant,)).fetchall())

    def highest(self, tenant: str) -> int:
        """The highest number of a catalogue, here or as Redis was last seen."""
        sql = "SELECT coalesce(max(number), 0) FROM replica_catalogue WHERE tenant = ?"
        with self.database.reading() as connection:
            held = int(connection.execute(sql, (tenant,)).fetchone()[0])
        return max(held, self.standing(tenant).last)

    def parts(self, tenant: str, number: int) -> Stored:
        """A catalogue on disk. Raises ``NotFound``, ``StoreFailed`` if it is damaged."""
        sql = (
            f"SELECT {_PARTS}, change FROM catalogue NATURAL JOIN replica_catalogue "
            "WHERE tenant = ? AND number = ?"
        )
        with self.database.reading() as connection:
            row = connection.execute(sql, (tenant, number)).fetchone()
        if row is None:
            raise not_found(tenant, number)
        names = (*_PARTS.replace("entry_count", "count").split(", "), "change")
        parts = Stored(**dict(zip(names, row, strict=True)))
        if not parts.whole:
            raise StoreFailed(
                f"catalogue {number} of tenant {tenant!r} is damaged in {self.folder}"
            )
        return parts

    def adopt(
        self,
        tenant: str,
        standing: Standing,
        over: Standing,
        changes: Sequence[tuple[int, str]] = (),
        parts: Stored | None = None,
    ) -> bool:
        """Take over how things stand in Redis, with the catalogue that is live, in one step.
        ``over``: how they stood here; False, and nothing done, if that has changed meanwhile.
        ``changes``: those that lie between."""
        with self.database.writing(durable=True) as connection:
            if _change(connection, tenant) != over.change:
                return False
            connection.execute("DELETE FROM live WHERE tenant = ?", (tenant,))
            if parts is not None:
                _insert(connection, tenant, parts)
            if standing.live:
                connection.execute("INSERT INTO live VALUES (?, ?)", (tenant, standing.live))
            connection.execute(
                "INSERT OR REPLACE INTO replica_standing VALUES (?, ?, ?, ?, ?, ?)",
                (
                    tenant,
                    standing.seq,
                    standing.change,
                    standing.live,
                    standing.last,
                    standing.mode,
                ),
            )
            connection.execute(
                "INSERT INTO mode VALUES (?, ?) ON CONFLICT DO UPDATE SET mode = excluded.mode",
                (tenant, standing.mode),
            )
            rows = [(tenant, seq, change) for seq, change in (*changes, _last(standing))]
            connection.executemany("INSERT OR REPLACE INTO replica_change VALUES (?, ?, ?)", rows)
            connection.execute(
                "DELETE FROM replica_change WHERE tenant = ? AND rowid <= (SELECT max(rowid) "
                "FROM replica_change) - ? AND seq <= ?",
                (tenant, PAST, standing.seq - PAST),
            )
        return True

    def remember(self, tenant: str, changes: Sequence[tuple[int, str]]) -> None:
        """Add changes to the past."""
        with self.database.writing() as connection:
            rows = [(tenant, seq, change) for seq, change in changes]
            connection.executemany("INSERT OR IGNORE INTO replica_change VALUES (?, ?, ?)", rows)

    def insert(self, tenant: str, parts: Stored) -> None:
        """Keep a catalogue, whichever is live; its number is new here."""
        with self.database.writing(durable=True) as connection:
            _insert(connection, tenant, parts)

    def renumber(self, tenant: str, moved: Mapping[int, int]) -> None:
        """Give catalogues other numbers, as Redis has given theirs to others meanwhile. Others that
        have those numbers here get the next free ones; what is live stays so."""
        if not moved:
            return
        with self.database.writing(durable=True) as connection:
            sql = "SELECT number FROM replica_catalogue WHERE tenant = ?"
            taken = {row[0] for row in connection.execute(sql, (tenant,)).fetchall()}
            free = max(taken | set(moved.values()))
            aside = sorted(taken.intersection(moved.values()) - moved.keys())
            all_moved = {**moved, **{old: free + n for n, old in enumerate(aside, 1)}}
            live = connection.execute("SELECT number FROM live WHERE tenant = ?", (tenant,))
            was = [row[0] for row in live.fetchall()]
            connection.execute("DELETE FROM live WHERE tenant = ?", (tenant,))
            for table in ("catalogue", "replica_catalogue"):
                for old, new in all_moved.items():  # past negative ones, so that none meets another
                    _move(connection, table, tenant, old, -new)
                for new in all_moved.values():
                    _move(connection, table, tenant, -new, new)
            for old in was:
                new = all_moved.get(old, old)
                connection.execute("INSERT INTO live VALUES (?, ?)", (tenant, new))

    def live_clips(self) -> set[str]:
        """Names of all clips of the live catalogues, in all formats."""
        sql = "SELECT clips FROM live NATURAL JOIN catalogue"
        with self.database.reading() as connection:
            rows = connection.execute(sql).fetchall()
        return {name for row in rows for name in files_of(codec.clips_from_json(row[0]))}


def _standing(row: Sequence[Any]) -> Standing:
    seq, change, live, last, mode = row
    return Standing(seq=seq, change=change, live=live, last=last, mode=mode)


def _change(connection: sqlite3.Connection, tenant: str) -> str:
    sql = "SELECT change FROM replica_standing WHERE tenant = ?"
    row = connection.execute(sql, (tenant,)).fetchone()
    return "" if row is None else str(row[0])


def _last(standing: Standing) -> tuple[int, str]:
    return standing.seq, standing.change


def _insert(connection: sqlite3.Connection, tenant: str, parts: Stored) -> None:
    _make_room(connection, tenant, parts)
    connection.execute(
        f"INSERT OR REPLACE INTO catalogue (tenant, {_PARTS}) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(tenant, parts.number, parts.created, parts.source, parts.count, parts.summary),
            *(parts.digest, parts.entries, parts.clips, parts.knowledge),
        ),
    )
    connection.execute(
        "INSERT OR REPLACE INTO replica_catalogue VALUES (?, ?, ?)",
        (tenant, parts.number, parts.change),
    )


def _make_room(connection: sqlite3.Connection, tenant: str, parts: Stored) -> None:
    """Give another catalogue of that number the next free one: Redis has lost it, and this may be
    the only disk that has it. It is put back from there."""
    there = "SELECT change FROM replica_catalogue WHERE tenant = ? AND number = ?"
    row = connection.execute(there, (tenant, parts.number)).fetchone()
    if row is None or row[0] == parts.change:
        return
    most = "SELECT max(number) FROM replica_catalogue WHERE tenant = ?"
    free = connection.execute(most, (tenant,)).fetchone()[0] + 1
    here = (tenant, parts.number)
    gone = connection.execute("DELETE FROM live WHERE tenant = ? AND number = ?", here).rowcount
    for table in ("catalogue", "replica_catalogue"):
        _move(connection, table, tenant, parts.number, free)
    if gone:
        connection.execute("INSERT INTO live VALUES (?, ?)", (tenant, free))


def _move(connection: sqlite3.Connection, table: str, tenant: str, old: int, new: int) -> None:
    sql = f"UPDATE {table} SET number = ? WHERE tenant = ? AND number = ?"
    connection.execute(sql, (new, tenant, old))


def _check_ours(connection: sqlite3.Connection, folder: Path) -> None:
    """An embedded store of somebody's own is not made a copy of: it would be written over."""
    tables = "SELECT 1 FROM sqlite_master WHERE name = 'replica_standing'"
    if connection.execute(tables).fetchone() is not None:
        return
    if connection.execute("SELECT 1 FROM catalogue LIMIT 1").fetchone() is not None:
        raise SettingsError(
            f"store.replica: {folder} holds an embedded store: choose another folder "
            "(and move what is in it to Redis with frontline store copy)"
        )
