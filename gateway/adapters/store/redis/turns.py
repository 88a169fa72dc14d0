"""Turns on their way to all replicas: a journal on this replica's disk, a stream in Redis for each
tenant, and back into every replica's own tables, which answer the queries.

What happens to turns is an *event*: one written, one flagged, old ones purged. An event is applied
here and put into the journal in one step; from there it goes into the stream as soon as Redis takes
it. Every replica applies the events of a stream in its order and remembers, in the same step, how
far it got. Applying one twice changes nothing, so a doubt is resolved by doing it again.

Both are bounded. The journal keeps the newest ``JOURNAL`` events while Redis is away: older ones
stay on this replica alone. A stream keeps about the newest ``STREAM``: a replica that was away for
longer lacks the older ones.
"""

from __future__ import annotations

import fcntl
import json
import logging
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from typing import Any

from gateway.adapters.store.codec import storable
from gateway.adapters.store.people import note_change
from gateway.adapters.store.records import (
    PURGED_AT_ONCE,
    Row,
    delete_turns,
    doomed,
    set_flag,
    to_row,
    write_rows,
)
from gateway.adapters.store.redis.copy import LocalCopy
from gateway.adapters.store.redis.remote import Remote
from gateway.ports.people import Change
from gateway.ports.records import PurgeQuery, TurnRecord

JOURNAL = 50_000
"""Events that wait for Redis. When it is full the oldest are dropped from it."""
STREAM = 100_000
"""Events that Redis keeps of a tenant, or some more."""
DOUBT = 30.0
"""Seconds for which an event is remembered after Redis took it."""
_AT_ONCE = 1000
"""Events moved together."""
_DAMAGED = (
    *(KeyError, TypeError, sqlite3.DataError, sqlite3.IntegrityError),
    *(sqlite3.ProgrammingError, sqlite3.InterfaceError),
)
"""Errors that an event is to blame for, and not the disk."""
_START = "0-0"
_OLD = "tenant = ? AND at < ?"
TRAIL = "\0trail"
"""The stream of what people changed: no tenant has that name."""

log = logging.getLogger(__name__)

Event = dict[str, Any]


class TurnEvents:
    """The events of all tenants, out and in."""

    def __init__(self, copy: LocalCopy, remote: Remote, journal: int = JOURNAL) -> None:
        self._copy = copy
        self._remote = remote
        self._journal = journal
        self.dropped = 0
        """Events that found the journal full, since the start."""

    def write(self, turns: Sequence[TurnRecord], known: Collection[str]) -> None:
        """Turns, new or ``known`` and changed."""
        there = set(known)
        new = [turn for turn in turns if turn.id not in there]
        again = [turn for turn in turns if turn.id in there]
        events = [(storable(turn.tenant), turn.at, _turn(turn, "new")) for turn in new]
        events += [(storable(turn.tenant), turn.at, _turn(turn, "again")) for turn in again]
        self._add(events)

    def flag(self, tenant: str, turn_id: str, at: float, verdict: str, meant: str) -> None:
        """A mark on a turn."""
        event = {"kind": "flag", "id": turn_id, "verdict": verdict, "meant": meant}
        self._add([(tenant, at, event)])

    def purge(self, tenant: str, before: float) -> int:
        """Delete the tenant's turns before then, here, in Redis and on every replica; how many
        went. Raises ``StoreFailed`` if Redis is away: it would bring them back."""
        key = self._remote.keys.of(tenant, "turns")
        event = json.dumps({"kind": "purge", "before": before})
        self._remote.link.patient(lambda client: client.xadd(key, {"e": event}))
        self._forget(key, lambda event: event.get("at", before) < before)
        total = 0
        while True:
            with self._copy.database.writing() as connection:
                deleted = delete_turns(connection, _OLD, (tenant, before))
                _forget_waiting(connection, tenant, before)
            total += deleted
            if deleted < PURGED_AT_ONCE:
                break
        if total:
            self._copy.database.scrub()
        return total

    def remove(self, query: PurgeQuery) -> int:
        """Delete the turns that are all of the query, as ``purge`` does."""
        where, values = doomed(query)
        with self._copy.database.reading() as connection:
            sql = f"SELECT tenant, id FROM turn WHERE {where}"
            rows = connection.execute(sql, values).fetchall()
        for tenant in {tenant for tenant, _ in rows}:
            ids = [turn for of, turn in rows if of == tenant]
            key = self._remote.keys.of(tenant, "turns")
            for start in range(0, len(ids), _AT_ONCE):
                some = ids[start : start + _AT_ONCE]
                event = json.dumps({"kind": "remove", "ids": some})
                self._remote.link.patient(partial(_add, key=key, event=event))
            self._forget(key, partial(_about, ids=frozenset(ids)))
            with self._copy.database.writing() as connection:
                _forget_ids(connection, tenant, ids)
        if rows:
            self._copy.database.scrub()
        return len(rows)

    def note(self, change: Change) -> None:
        """A line of the trail."""
        self._add([(TRAIL, change.at, {"kind": "note", "change": asdict(change)})])

    def exchange(self, tenants: Collection[str] | None = None) -> None:
        """Send what waits and take in what came. Raises ``StoreFailed`` if Redis is away."""
        self.push()
        if tenants is None:
            names = self._remote.link.quick(
                lambda client: client.smembers(self._remote.keys.tenants)
            )
            tenants = [name.decode() for name in names]
        for tenant in tenants:
            while self._drain(tenant):
                pass

    def waiting(self) -> int:
        """Events in the journal."""
        with self._copy.database.reading() as connection:
            sql = "SELECT count(*) FROM replica_journal WHERE sent = ''"
            return int(connection.execute(sql).fetchone()[0])

    def confirm(self) -> None:
        """Send again what Redis took a moment ago and has lost since, as a failover may; forget
        what has stayed there for a while. Raises ``StoreFailed`` if Redis is away."""
        with self._copy.database.reading() as connection:
            sql = "SELECT row, tenant, sent FROM replica_journal WHERE sent <> '' ORDER BY row"
            rows = connection.execute(sql).fetchall()
        lost: list[tuple[int]] = []
        for tenant in {tenant for _, tenant, _ in rows}:
            sent = {stamp: row for row, of, stamp in rows if of == tenant}
            gone = sent.keys() - self._held(tenant, list(sent))
            first = min((sent[stamp] for stamp in gone), default=None)
            if first is not None:  # with all that followed: their order matters
                lost += [(row,) for row in sent.values() if row >= first]
        if lost:
            self.exchange({tenant for _, tenant, _ in rows})  # or was it purged?
        with self._copy.database.writing() as connection:
            again = "UPDATE replica_journal SET sent = '' WHERE row = ?"
            connection.executemany(again, lost)
            old = "DELETE FROM replica_journal WHERE sent <> '' AND since < ?"
            connection.execute(old, (time.time() - DOUBT,))
        if lost:
            self.push()

    # --- out -----------------------------------------------------------------------------------

    def _add(self, events: Sequence[tuple[str, float, Event]]) -> None:
        rows = [(tenant, at, json.dumps(event)) for tenant, at, event in events]
        with self._copy.database.writing() as connection:
            for _, _, event in events:
                _apply(connection, event)
            insert = "INSERT INTO replica_journal (tenant, at, event) VALUES (?, ?, ?)"
            connection.executemany(insert, rows)
            shorten = (
                "DELETE FROM replica_journal WHERE row <= "
                "(SELECT row FROM replica_journal ORDER BY row DESC LIMIT 1 OFFSET ?)"
            )
            dropped = connection.execute(shorten, (self._journal,)).rowcount
        if dropped > 0:
            if not self.dropped:
                log.error("the journal of turns is full: the oldest stay on this replica alone")
            self.dropped += dropped

    def push(self) -> None:
        """Send what waits. Raises ``StoreFailed`` if Redis is away."""
        while self.waiting():
            with self._alone():
                with self._copy.database.reading() as connection:
                    sql = (
                        "SELECT row, tenant, event FROM replica_journal WHERE sent = '' "
                        "ORDER BY row LIMIT ?"
                    )
                    rows = connection.execute(sql, (_AT_ONCE,)).fetchall()
                if not rows:
                    return
                stamps = self._send([(tenant, event) for _, tenant, event in rows])
                with self._copy.database.writing() as connection:
                    sent = [
                        (stamp, time.time(), row)
                        for stamp, (row, _, _) in zip(stamps, rows, strict=True)
                    ]
                    note = "UPDATE replica_journal SET sent = ?, since = ? WHERE row = ?"
                    connection.executemany(note, sent)

    def _send(self, events: Sequence[tuple[str, str]]) -> list[str]:
        keys = self._remote.keys

        def send(client: Any) -> list[bytes]:
            pipe = client.pipeline(transaction=False)
            pipe.sadd(keys.tenants, *{tenant for tenant, _ in events})  # it may have forgotten
            for tenant, event in events:
                key = keys.of(tenant, "turns")
                pipe.xadd(key, {"e": event}, maxlen=STREAM, approximate=True)
            return list(pipe.execute())[1:]

        return [stamp.decode() for stamp in self._remote.link.quick(send)]

    def _held(self, tenant: str, stamps: Sequence[str]) -> set[str]:
        """The stamps between the first and the last of these that the stream has."""
        key = self._remote.keys.of(tenant, "turns")
        first, last = stamps[0], stamps[-1]
        found: set[str] = set()
        while True:
            read = partial(_some, key=key, start=first, end=last)
            rows = self._remote.link.patient(read)
            found |= {stamp.decode() for stamp, _ in rows}
            if len(rows) < _AT_ONCE:
                return found
            first = f"({rows[-1][0].decode()}"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process of this replica at a time: two that send the same would mix the order."""
        with (self._copy.folder / "journal.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    # --- in ------------------------------------------------------------------------------------

    def _drain(self, tenant: str) -> bool:
        """Apply the next events; True if there may be more."""
        position = self._position(tenant)
        key = self._remote.keys.of(tenant, "turns")

        def look(client: Any) -> list[Any]:
            pipe = client.pipeline(transaction=False)
            pipe.xrange(key, min=f"({position}", count=_AT_ONCE)
            pipe.xrevrange(key, count=1)
            return list(pipe.execute())

        rows, newest = self._remote.link.quick(look)
        if not rows:
            if not newest or _order(newest[0][0].decode()) >= _order(position):
                return False
            # Redis was emptied and its clock set back: everything in it is new.
            return self._advance(tenant, position, _START, [])
        events = [event for _, row in rows if (event := _decoded(row)) is not None]
        self._advance(tenant, position, rows[-1][0].decode(), events)
        return True

    def _advance(self, tenant: str, before: str, after: str, events: Sequence[Event]) -> bool:
        with self._copy.database.writing() as connection:
            if _position(connection, tenant) != before:  # another process has applied them
                return True
            for event in events:
                _apply(connection, event)
                if event["kind"] == "purge":
                    old = (tenant, event["before"])
                    while delete_turns(connection, _OLD, old) == PURGED_AT_ONCE:
                        pass
                    _forget_waiting(connection, tenant, event["before"])
                elif event["kind"] == "remove":
                    _forget_ids(connection, tenant, event["ids"])
            connection.execute(
                "INSERT OR REPLACE INTO replica_position VALUES (?, ?)", (tenant, after)
            )
        return True

    def _position(self, tenant: str) -> str:
        with self._copy.database.reading() as connection:
            return _position(connection, tenant)

    def _forget(self, key: str, unwanted: Callable[[Event], bool]) -> None:
        """Delete what the stream holds of turns that are so."""
        start = "-"
        while True:
            read = partial(_some, key=key, start=start)
            rows = self._remote.link.patient(read)
            old = [
                stamp
                for stamp, row in rows
                if (event := _decoded(row)) is not None and unwanted(event)
            ]
            if old:
                self._remote.link.patient(partial(_delete, key=key, stamps=old))
            if len(rows) < _AT_ONCE:
                return
            start = f"({rows[-1][0].decode()}"


def _some(client: Any, key: str, start: str, end: str = "+") -> list[Any]:
    return list(client.xrange(key, min=start, max=end, count=_AT_ONCE))


def _delete(client: Any, key: str, stamps: Sequence[bytes]) -> None:
    client.xdel(key, *stamps)


def _add(client: Any, key: str, event: str) -> None:
    client.xadd(key, {"e": event})


def _id(event: Event) -> str:
    """The turn that an event is about; empty if it is about none, or many."""
    row = event.get("row")
    return str(row[0] if row else event.get("id", ""))


def _about(event: Event, ids: frozenset[str]) -> bool:
    return _id(event) in ids


def _forget_ids(connection: sqlite3.Connection, tenant: str, ids: Sequence[str]) -> None:
    """Delete those turns, and what still waits of them."""
    connection.executemany("DELETE FROM turn WHERE id = ?", [(turn,) for turn in ids])
    sql = "SELECT row, event FROM replica_journal WHERE tenant = ?"
    gone = set(ids)
    rows = connection.execute(sql, (tenant,)).fetchall()
    waiting = [(row,) for row, event in rows if _id(json.loads(event)) in gone]
    connection.executemany("DELETE FROM replica_journal WHERE row = ?", waiting)


def _turn(turn: TurnRecord, kind: str) -> Event:
    return {"kind": kind, "at": turn.at, "row": to_row(turn)}


def _decoded(row: Any) -> Event | None:
    """The event in an entry of a stream; None if it is none, or one of a newer version."""
    try:
        event = json.loads(row[b"e"])
        return event if isinstance(event, dict) and "kind" in event else None
    except (KeyError, ValueError):
        return None


def _apply(connection: sqlite3.Connection, event: Event) -> None:
    kind = event["kind"]
    try:
        if kind in ("new", "again"):
            rows: list[Row] = [event["row"]]
            write_rows(connection, *((rows, ()) if kind == "new" else ((), rows)))
        elif kind == "flag":
            set_flag(connection, event["id"], event["verdict"], event["meant"])
        elif kind == "note":
            note_change(connection, Change(**event["change"]))
    except (
        KeyError,
        TypeError,
        sqlite3.ProgrammingError,
        sqlite3.InterfaceError,
        sqlite3.IntegrityError,
    ):
        log.error("an event of turns is damaged and was passed over")


def _position(connection: sqlite3.Connection, tenant: str) -> str:
    sql = "SELECT id FROM replica_position WHERE tenant = ?"
    row = connection.execute(sql, (tenant,)).fetchone()
    return _START if row is None else str(row[0])


def _forget_waiting(connection: sqlite3.Connection, tenant: str, before: float) -> None:
    sql = "DELETE FROM replica_journal WHERE tenant = ? AND at < ?"
    connection.execute(sql, (tenant, before))


def _order(stamp: str) -> tuple[int, int]:
    ms, _, number = stamp.partition("-")
    return int(ms), int(number)
