"""Turns, their flags and the tenants' modes, in the database."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from gateway.adapters.store import codec
from gateway.adapters.store.codec import storable
from gateway.adapters.store.database import Database
from gateway.errors import NotFound, UsageError
from gateway.ports import TurnQuery, TurnRecord

VERDICTS = ("right", "wrong")
MODES = ("live", "shadow", "off")

_COLUMNS = tuple(f.name for f in fields(TurnRecord))
# The verdict is not among the columns: writing a turn again leaves its flag alone.
_UPSERT = (
    f"INSERT INTO turn ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) "
    "ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name != "id")
)
_PURGED_AT_ONCE = 5000
"""Turns deleted in one transaction, some 50 ms: turns being written never wait for long."""


class Records:
    """``gateway.ports.RecordStore``. Order of turns: time, then number in the call, then id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, turns: Sequence[TurnRecord]) -> None:
        """All of the batch or, on failure, nothing."""
        if not turns:
            return
        rows = [_to_row(turn) for turn in turns]
        with self._database.writing() as connection:
            connection.executemany(_UPSERT, rows)

    def turns(self, query: TurnQuery) -> list[TurnRecord]:
        """Newest first; ``since`` is inclusive, ``until`` exclusive. Older than a turn that is
        not there (purged meanwhile) is nothing."""
        where, values = _conditions(query)
        sql = (
            f"SELECT {', '.join(_COLUMNS)} FROM turn {where} "
            "ORDER BY at DESC, turn DESC, id DESC LIMIT ?"
        )
        with self._database.reading() as connection:
            rows = connection.execute(sql, (*values, max(0, query.limit))).fetchall()
        return [_from_row(row) for row in rows]

    def stats(self, tenant: str, since: float) -> dict[str, Any]:
        """Counts since then (unix seconds, inclusive); an empty tenant means all of them.

        Turns of mode ``shadow`` count like the others and once more under ``shadow``. ``entries``
        and ``decided_early`` (decided on a partial) are about path ``cache``; ``intents`` leaves
        out turns without one.
        """
        key = [storable(tenant)] if tenant else []
        sql = (
            "SELECT path, intent, entry, verdict, decided_on, shadow, count(*) FROM turn "
            f"WHERE at >= ? {'AND tenant = ?' if tenant else ''} GROUP BY 1, 2, 3, 4, 5, 6"
        )
        with self._database.reading() as connection:
            groups = connection.execute(sql, (since, *key)).fetchall()
        return _summed(groups)

    def flag(self, turn_id: str, verdict: str) -> None:
        """Mark the turn; marking again replaces the mark."""
        if verdict not in VERDICTS:
            raise UsageError(f"a verdict is {' or '.join(VERDICTS)}, not {verdict!r}")
        with self._database.writing() as connection:
            sql = "UPDATE turn SET verdict = ? WHERE id = ?"
            if connection.execute(sql, (verdict, storable(turn_id))).rowcount == 0:
                raise NotFound(f"there is no turn {turn_id!r}")

    def purge(self, tenant: str, before: float) -> int:
        """Delete, overwriting what was there; in pieces, so that writers get their turn."""
        sql = (
            "DELETE FROM turn WHERE rowid IN "
            "(SELECT rowid FROM turn WHERE tenant = ? AND at < ? LIMIT ?)"
        )
        total = 0
        while True:
            with self._database.writing() as connection:
                arguments = (storable(tenant), before, _PURGED_AT_ONCE)
                deleted = connection.execute(sql, arguments).rowcount
            total += deleted
            if deleted < _PURGED_AT_ONCE:
                break
        if total:
            self._database.scrub()
        return total

    def mode(self, tenant: str) -> str:
        """The tenant's mode; ``live`` if never set."""
        sql = "SELECT mode FROM mode WHERE tenant = ?"
        with self._database.reading() as connection:
            row = connection.execute(sql, (storable(tenant),)).fetchone()
        return "live" if row is None else str(row[0])

    def set_mode(self, tenant: str, mode: str) -> None:
        """Set it durably."""
        if mode not in MODES:
            raise UsageError(f"a mode is {', '.join(MODES[:-1])} or {MODES[-1]}, not {mode!r}")
        sql = "INSERT INTO mode VALUES (?, ?) ON CONFLICT DO UPDATE SET mode = excluded.mode"
        with self._database.writing(durable=True) as connection:
            connection.execute(sql, (storable(tenant), mode))


def _conditions(query: TurnQuery) -> tuple[str, list[str | float]]:
    clauses: list[str] = []
    values: list[str | float] = []
    for column in ("tenant", "call_id", "path", "entry"):
        value = getattr(query, column)
        if value:
            clauses.append(f"{column} = ?")
            values.append(storable(value))
    if query.since:
        clauses.append("at >= ?")
        values.append(query.since)
    if query.until:
        clauses.append("at < ?")
        values.append(query.until)
    if query.before:
        clauses.append("(at, turn, id) < (SELECT at, turn, id FROM turn WHERE id = ?)")
        values.append(storable(query.before))
    return ("WHERE " + " AND ".join(clauses) if clauses else ""), values


def _summed(groups: Sequence[tuple[str, str, str, str, str, int, int]]) -> dict[str, Any]:
    paths: dict[str, int] = {}
    intents: dict[str, dict[str, int]] = {}
    entries: dict[str, dict[str, int]] = {}
    flagged = dict.fromkeys(VERDICTS, 0)
    total = early = shadowed = 0
    for path, intent, entry, verdict, decided_on, shadow, count in groups:
        total += count
        shadowed += count if shadow else 0
        paths[path] = paths.get(path, 0) + count
        if intent:
            by_path = intents.setdefault(intent, {})
            by_path[path] = by_path.get(path, 0) + count
        if verdict:
            flagged[verdict] += count
        if path == "cache":
            early += count if decided_on == "partial" else 0
            row = entries.setdefault(entry, {"hits": 0, "wrong": 0, "right": 0})
            row["hits"] += count
            if verdict:
                row[verdict] += count
    return {
        "turns": total,
        "paths": paths,
        "intents": intents,
        "entries": entries,
        "flagged": flagged,
        "decided_early": early,
        "shadow": shadowed,
    }


def _to_row(turn: TurnRecord) -> list[str | float | int]:
    return [_to_column(getattr(turn, name)) for name in _COLUMNS]


def _to_column(value: Any) -> str | float | int:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else 0.0  # SQLite keeps NaN as NULL
    return codec.to_json(value)


def _from_row(row: sqlite3.Row | tuple[Any, ...]) -> TurnRecord:
    values = dict(zip(_COLUMNS, row, strict=True))
    for flag in ("interrupted", "shadow"):
        values[flag] = bool(values[flag])
    for mapping in ("timeline", "evidence"):
        values[mapping] = json.loads(values[mapping])
    return TurnRecord(**values)
