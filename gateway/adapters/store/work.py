"""Claims on work, in the database."""

from __future__ import annotations

import time

from gateway.adapters.store.codec import storable
from gateway.adapters.store.database import Database
from gateway.ports.work import Work


class WorkTable:
    """``gateway.ports.work.WorkStore``: all who share the folder share the machine's clock."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, work: str, owner: str, seconds: float, told: str) -> bool:
        """Take it unless it is another's."""
        now = time.time()
        sql = (
            "INSERT INTO work (name, owner, until, told) VALUES (?1, ?2, ?3, ?4) "
            "ON CONFLICT (name) DO UPDATE SET owner = ?2, until = ?3, told = ?4 "
            "WHERE work.owner = ?2 OR work.until <= ?5"
        )
        values = (storable(work), storable(owner), now + seconds, storable(told), now)
        with self._database.writing() as connection:
            return connection.execute(sql, values).rowcount > 0

    def work(self, work: str) -> Work | None:
        """One look-up by key."""
        sql = "SELECT owner, until, told FROM work WHERE name = ?"
        with self._database.reading() as connection:
            row = connection.execute(sql, (storable(work),)).fetchone()
        if row is None:
            return None
        owner, until, told = row
        return Work(owner=owner, left=max(0.0, until - time.time()), told=told)
