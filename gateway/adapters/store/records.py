"""Turns, their flags and the tenants' modes, in the database."""

from __future__ import annotations

import json
import math
import sqlite3
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import fields
from typing import Any, NamedTuple, TypeVar

import msgspec

from gateway.adapters.store import codec, tally
from gateway.adapters.store.codec import storable
from gateway.adapters.store.database import Database
from gateway.errors import NotFound, UsageError
from gateway.ports.records import MISSED, PurgeQuery, TurnQuery, TurnRecord

VERDICTS = ("right", "wrong")
MODES = ("live", "shadow", "off")

DECISIONS = ("answer", "clarify", "route", "miss")
"""Kinds of decision, as the evidence of a turn names them."""

_Kept = TypeVar("_Kept")

Row = list[str | float | int]
"""A turn's columns, in the order of ``WRITTEN``."""

_READ = {f.name: f.name for f in fields(TurnRecord)} | {"flag": "verdict"}
"""Field of a record -> column."""
# Flags are not among the columns written: writing a turn again leaves its flag alone.
WRITTEN = tuple(name for name in _READ if name not in ("flag", "meant"))
_KEPT = {"reply": "CASE excluded.reply WHEN '' THEN turn.reply ELSE excluded.reply END"}
_UPSERT = (
    f"INSERT INTO turn ({', '.join(WRITTEN)}) VALUES ({', '.join('?' * len(WRITTEN))}) "
    "ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{name} = {_KEPT.get(name, f'excluded.{name}')}" for name in WRITTEN[1:])
)
# Of a turn that was written before; where it was purged there is nothing to change.
_PLACES = {name: f"?{at}" for at, name in enumerate(WRITTEN, 1)}
_PLACES["reply"] = f"CASE {_PLACES['reply']} WHEN '' THEN reply ELSE {_PLACES['reply']} END"
_UPDATE = (
    f"UPDATE turn SET {', '.join(f'{name} = {_PLACES[name]}' for name in WRITTEN[1:])} "
    "WHERE id = ?1"
)
_TIMELINE: msgspec.json.Decoder[dict[str, float]] = msgspec.json.Decoder(dict[str, float])
"""Thousands are read at once, which takes a third of the time that ``json`` does."""
_EVIDENCE: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any])
PURGED_AT_ONCE = 5000
"""Turns deleted in one transaction, some 50 ms: turns being written never wait for long."""


class RecordTables:
    """``gateway.ports.store.RecordStore``. Order of turns: time, then number in the call, then
    id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, turns: Sequence[TurnRecord], known: Collection[str] = ()) -> None:
        """Write all turns of the batch or, on failure, none. Turns in ``known`` are updated, not
        created.
        """
        if not turns:
            return
        there = set(known)
        new = [to_row(turn) for turn in turns if turn.id not in there]
        again = [to_row(turn) for turn in turns if turn.id in there]
        with self._database.writing() as connection:
            write_rows(connection, new, again)

    def turns(self, query: TurnQuery) -> list[TurnRecord]:
        """Newest first; ``since`` is inclusive, ``until`` exclusive. Older than a turn that is
        not there (purged meanwhile) is nothing."""
        where, values = _conditions(query)
        sql = (
            f"SELECT {', '.join(_READ.values())} FROM turn {where} "
            "ORDER BY at DESC, turn DESC, id DESC LIMIT ?"
        )
        with self._database.reading() as connection:
            rows = connection.execute(sql, (*values, max(0, query.limit))).fetchall()
        return [_from_row(row) for row in rows]

    def stats(self, tenant: str, since: float) -> dict[str, Any]:
        """Counts since then (unix seconds, inclusive); an empty tenant means all of them.

        ``entries`` and ``decided_early`` (decided on a partial) are about path ``cache``;
        ``intents`` leaves out turns without one, ``shadow`` acknowledgements and silence.
        """
        with self._database.reading() as connection:
            groups = connection.execute(*tally.window(storable(tenant), since)).fetchall()
        return _summed([_Group(*group) for group in groups])

    def course(self, tenant: str, since: float, piece: float) -> dict[int, dict[str, int]]:
        """Counts by piece of time and path, and of hits that were marked wrong."""
        with self._database.reading() as connection:
            rows = connection.execute(*tally.pieces(storable(tenant), since, piece)).fetchall()
        found: dict[int, Counter[str]] = {}
        for number, path, wrong, turns in rows:
            counts = found.setdefault(number, Counter())
            counts[path] += turns
            if wrong and path == "cache":
                counts["wrong"] += turns
        return {number: dict(counts) for number, counts in found.items()}

    def flag(self, turn_id: str, verdict: str, meant: str = "") -> None:
        """Mark the turn; marking again replaces the mark."""
        check_verdict(verdict)
        with self._database.writing() as connection:
            if not set_flag(connection, storable(turn_id), verdict, storable(meant)):
                raise NotFound(f"there is no turn {turn_id!r}")

    def purge(self, tenant: str, before: float) -> int:
        """Delete, overwriting what was there; in pieces, so that writers get their turn."""
        return self._delete("tenant = ? AND at < ?", [storable(tenant), before])

    def remove(self, query: PurgeQuery) -> int:
        """Delete those turns, as ``purge`` does."""
        if query.everything:
            raise UsageError("say which turns to delete: a query without a filter is all of them")
        return self._delete(*doomed(query))

    def _delete(self, where: str, values: Sequence[str | float]) -> int:
        total = 0
        while True:
            with self._database.writing() as connection:
                deleted = delete_turns(connection, where, values)
            total += deleted
            if deleted < PURGED_AT_ONCE:
                break
        if total:
            self._database.scrub()
        return total

    def timelines(
        self, tenant: str, since: float, limit: int
    ) -> list[tuple[str, dict[str, float]]]:
        """The timelines alone, which is most of what a list of turns costs less."""
        key = [storable(tenant)] if tenant else []
        sql = (
            f"SELECT path, timeline FROM turn WHERE {'tenant = ? AND' if tenant else ''} at >= ? "
            "AND NOT shadow ORDER BY at DESC LIMIT ?"
        )
        with self._database.reading() as connection:
            rows = connection.execute(sql, (*key, since, max(0, limit))).fetchall()
        return [(path, _TIMELINE.decode(timeline)) for path, timeline in rows]

    def mode(self, tenant: str) -> str:
        """The tenant's mode; ``live`` if never set."""
        sql = "SELECT mode FROM mode WHERE tenant = ?"
        with self._database.reading() as connection:
            row = connection.execute(sql, (storable(tenant),)).fetchone()
        return "live" if row is None else str(row[0])

    def set_mode(self, tenant: str, mode: str) -> None:
        """Set it durably."""
        check_mode(mode)
        sql = "INSERT INTO mode VALUES (?, ?) ON CONFLICT DO UPDATE SET mode = excluded.mode"
        with self._database.writing(durable=True) as connection:
            connection.execute(sql, (storable(tenant), mode))


def check_verdict(verdict: str) -> None:
    """Raise ``UsageError`` if it is none."""
    if verdict not in VERDICTS:
        raise UsageError(f"a verdict is {' or '.join(VERDICTS)}, not {verdict!r}")


def check_mode(mode: str) -> None:
    """Raise ``UsageError`` if it is none."""
    if mode not in MODES:
        raise UsageError(f"a mode is {', '.join(MODES[:-1])} or {MODES[-1]}, not {mode!r}")


def write_rows(
    connection: sqlite3.Connection, new: Sequence[Row] = (), again: Sequence[Row] = ()
) -> None:
    """Write turns as ``to_row`` has them; those written ``again`` are changed, not created."""
    connection.executemany(_UPSERT, new)
    connection.executemany(_UPDATE, again)


def set_flag(connection: sqlite3.Connection, turn_id: str, verdict: str, meant: str) -> bool:
    """Mark the turn; False if it is not there."""
    sql = "UPDATE turn SET verdict = ?, meant = ? WHERE id = ?"
    return connection.execute(sql, (verdict, meant, turn_id)).rowcount > 0


def delete_turns(connection: sqlite3.Connection, where: str, values: Sequence[str | float]) -> int:
    """Delete some of the turns that are so; fewer than ``PURGED_AT_ONCE``: the last."""
    sql = f"DELETE FROM turn WHERE rowid IN (SELECT rowid FROM turn WHERE {where} LIMIT ?)"
    return connection.execute(sql, (*values, PURGED_AT_ONCE)).rowcount


def to_row(turn: TurnRecord) -> Row:
    """The turn as its columns; all of them survive JSON."""
    return [_to_column(getattr(turn, name)) for name in WRITTEN]


def _conditions(query: TurnQuery) -> tuple[str, list[str | float]]:
    clauses: list[str] = []
    values: list[str | float] = []
    for column in ("tenant", "call_id", "entry"):
        value = getattr(query, column)
        if value:
            clauses.append(f"{column} = ?")
            values.append(storable(value))
    if query.entry:
        clauses.append("entry <> ''")  # as the index has it
    if query.paths:
        # Several paths come in the order of time alone: by that index, not by that of paths.
        several = "+" if len(query.paths) > 1 else ""
        clauses.append(f"{several}path IN ({', '.join('?' * len(query.paths))})")
        values += map(storable, query.paths)
    if query.shadow is not None:
        # as the index of those turns has it, which are few
        clauses.append("shadow = 1" if query.shadow else "shadow = 0")
    if query.flagged:
        clauses.append("verdict <> ''")
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


def doomed(query: PurgeQuery) -> tuple[str, list[str | float]]:
    """The condition of what is deleted, and its values."""
    clauses, values = [], list[str | float]()
    few = bool(query.call_id or query.caller)  # found by an index of their own, not the tenant's
    for column in ("tenant", "call_id", "caller"):
        if value := getattr(query, column):
            clauses.append(f"{'+' if few and column == 'tenant' else ''}{column} = ?")
            values.append(storable(value))
    if query.caller:
        clauses.append("caller <> ''")  # as the index has it
    if query.before:
        clauses.append("at < ?")
        values.append(query.before)
    if query.kind:
        clauses.append("verdict <> ''" if query.kind == "flagged" else "verdict = ''")
    if query.kind in ("answered", "missed"):
        inside = "IN" if query.kind == "missed" else "NOT IN"
        clauses.append(f"path {inside} ({', '.join('?' * len(MISSED))})")
        values += MISSED
    return " AND ".join(clauses), values


class _Group(NamedTuple):
    """Turns that are alike in all that is counted."""

    path: str
    intent: str
    entry: str
    verdict: str
    decided_on: str
    shadow: int
    decided: str
    turns: int


def _summed(groups: Sequence[_Group]) -> dict[str, Any]:
    live = [group for group in groups if not group.shadow]
    paths: Counter[str] = Counter()
    intents: dict[str, Counter[str]] = {}
    entries: dict[str, Counter[str]] = {}
    for group in live:
        paths[group.path] += group.turns
        if group.intent:
            intents.setdefault(group.intent, Counter())[group.path] += group.turns
        if group.path == "cache":
            row = entries.setdefault(group.entry, Counter(hits=0, wrong=0, right=0))
            row["hits"] += group.turns
            if group.verdict:
                row[group.verdict] += group.turns
    early = (one.turns for one in live if one.path == "cache" and one.decided_on == "partial")
    return {
        "turns": sum(group.turns for group in groups),
        "paths": dict(paths),
        "intents": {name: dict(counts) for name, counts in intents.items()},
        "entries": {name: dict(counts) for name, counts in entries.items()},
        "flagged": _flags(groups),
        "decided_early": sum(early),
        "shadow": _shadowed([group for group in groups if group.shadow]),
    }


def _flags(groups: Sequence[_Group]) -> dict[str, int]:
    return {
        verdict: sum(group.turns for group in groups if group.verdict == verdict)
        for verdict in VERDICTS
    }


def _shadowed(groups: Sequence[_Group]) -> dict[str, int]:
    """The decisions of mode ``shadow``, counted by kind."""
    kinds = Counter[str]()
    for group in groups:
        kinds[group.decided] += group.turns
    return {
        "turns": sum(kinds.values()),
        **{kind: kinds[kind] for kind in DECISIONS},
        **_flags(groups),
    }


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
    values = dict(zip(_READ, row, strict=True))
    for switch in ("interrupted", "shadow"):
        values[switch] = bool(values[switch])
    values["timeline"] = _decoded(_TIMELINE, values["timeline"])
    values["evidence"] = _decoded(_EVIDENCE, values["evidence"])
    return TurnRecord(**values)


def _decoded(decoder: msgspec.json.Decoder[_Kept], text: str) -> _Kept:
    """Return what was kept; a number that JSON does not know (NaN) only ``json`` reads."""
    try:
        return decoder.decode(text)
    except msgspec.DecodeError:
        kept: _Kept = json.loads(text)
        return kept
