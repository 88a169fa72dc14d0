"""Tokens and the trail of changes, in the database."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from gateway.adapters.store.codec import storable
from gateway.adapters.store.database import Database
from gateway.ports.people import Change, Role, Token, TrailQuery

_TOKEN = "id, name, role, tenants, digest, created, expires, revoked"
_CHANGE = "id, at, who, name, what, tenant, subject, detail"


class PeopleTables:
    """``gateway.ports.people.PeopleStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tokens(self) -> list[Token]:
        """All, the newest first."""
        sql = f"SELECT {_TOKEN} FROM token ORDER BY created DESC, id DESC"
        with self._database.reading() as connection:
            return [_token(row) for row in connection.execute(sql)]

    def token(self, name: str) -> Token | None:
        """The token of that id: a look-up by key."""
        sql = f"SELECT {_TOKEN} FROM token WHERE id = ?"
        with self._database.reading() as connection:
            row = connection.execute(sql, (storable(name),)).fetchone()
        return None if row is None else _token(row)

    def keep_token(self, token: Token) -> None:
        """Keep it, or replace its namesake."""
        tenants = json.dumps([storable(one) for one in token.tenants])
        names = (storable(token.id), storable(token.name), token.role.name.lower(), tenants)
        rest = (token.digest, token.created, token.expires, token.revoked)
        sql = f"INSERT OR REPLACE INTO token ({_TOKEN}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        with self._database.writing(durable=True) as connection:
            connection.execute(sql, (*names, *rest))

    def note(self, change: Change) -> None:
        """Add a line; a line once written never changes."""
        with self._database.writing(durable=True) as connection:
            note_change(connection, change)

    def trail(self, query: TrailQuery) -> list[Change]:
        """The newest first, by their ids."""
        clauses, values = ["1"], list[str | float]()
        if query.tenants:
            clauses.append(f"tenant IN ({', '.join('?' * len(query.tenants))})")
            values += map(storable, query.tenants)
        if query.what:
            clauses.append("what = ?")
            values.append(storable(query.what))
        if query.since:
            clauses.append("at >= ?")
            values.append(query.since)
        if query.before:
            clauses.append("id < ?")
            values.append(storable(query.before))
        sql = f"SELECT {_CHANGE} FROM change WHERE {' AND '.join(clauses)} ORDER BY id DESC LIMIT ?"
        names = [one.strip() for one in _CHANGE.split(",")]
        with self._database.reading() as connection:
            rows = connection.execute(sql, (*values, max(0, query.limit))).fetchall()
        return [Change(**dict(zip(names, row, strict=True))) for row in rows]


def note_change(connection: sqlite3.Connection, change: Change) -> None:
    """Add a line, unless it is there."""
    told = (change.who, change.name, change.what, change.tenant, change.subject, change.detail)
    sql = f"INSERT OR IGNORE INTO change ({_CHANGE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    connection.execute(sql, (storable(change.id), change.at, *map(storable, told)))


def _token(row: tuple[Any, ...]) -> Token:
    name, title, role, tenants, digest, created, expires, revoked = row
    return Token(
        id=name,
        name=title,
        role=Role[role.upper()],
        tenants=tuple(json.loads(tenants)),
        digest=digest,
        created=created,
        expires=expires,
        revoked=revoked,
    )
