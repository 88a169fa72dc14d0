"""The SQLite file: connections, transactions, and what its errors mean.

Each operation borrows a connection from a pool, so threads never share one at the same time.
Readers run beside each other and beside the writer (WAL). Writers of one process queue on a
lock, which is fair; writers of several processes wait in SQLite's busy handler, which is not.
A store must not be carried across ``fork``: open it in the child.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gateway.adapters.store import schema
from gateway.errors import FrontlineError, SettingsError, StoreFailed

BUSY_SECONDS = 10.0
"""Seconds a writer waits for another process. The longest transaction, publishing 10,000 entries,
takes about a second."""

_WAL_BYTES = 64 * 1024 * 1024
"""The write-ahead log is cut back to this after a large publish."""


class Database:
    """``frontline.db`` in WAL mode, its tables up to date."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self.path = folder / "frontline.db"
        self._read_only = read_only
        self._immutable = False
        self._idle: deque[sqlite3.Connection] = deque()
        self._writer = threading.Lock()
        self._closed = False
        if read_only:
            self._open_for_reading()
        else:
            self._open()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for one ``SELECT``, which sees one state of the database."""
        with self._explained(), self._borrowed() as connection:
            yield connection

    @contextmanager
    def writing(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """A write transaction: committed at the end of the block, rolled back by an exception.

        With ``durable`` the commit survives a power cut; without, a power cut may lose the last
        seconds (never the order, never half a transaction). A killed process loses nothing.
        """
        if self._read_only:
            raise StoreFailed(f"the store in {self.path.parent} was opened for reading only")
        with self._writer, self._explained(), self._borrowed() as connection:
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def scrub(self) -> None:
        """Empty the write-ahead log, so that what was deleted is gone from it too.

        If a reader is in the way the log is emptied at a later checkpoint.
        """
        with self._explained(), self._borrowed() as connection, suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close all connections; those in use close when they are given back."""
        self._closed = True
        while self._idle:
            with suppress(IndexError):
                self._idle.pop().close()

    # --- connections ---------------------------------------------------------------------------

    @contextmanager
    def _borrowed(self) -> Iterator[sqlite3.Connection]:
        if self._closed:
            raise StoreFailed(f"the store in {self.path.parent} is closed")
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            yield connection
        except sqlite3.Error:
            connection.close()  # it may be in an odd state: the next one starts afresh
            raise
        except BaseException:
            self._give_back(connection)
            raise
        else:
            self._give_back(connection)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        self._idle.append(connection)
        if self._closed:
            self.close()

    def _connect(self) -> sqlite3.Connection:
        how = "mode=ro" if self._read_only else "mode=rwc"
        if self._immutable:
            how = "mode=ro&immutable=1"
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?{how}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,  # transactions are begun where they are needed, by us
            check_same_thread=False,  # the pool lends it to one thread at a time
        )
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # a purged turn is overwritten
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
        return connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    # --- opening -------------------------------------------------------------------------------

    def _open(self) -> None:
        probe(self.path.parent)
        if self.path.exists() and not _may_write(self.path):
            raise _not_writable(self.path, "Permission denied")
        with self._explained(), self._borrowed() as connection:
            _use_wal(connection)
            found = schema.version(connection)
        self._check(found)
        if found < schema.VERSION:
            with self.writing(durable=True) as connection:
                schema.migrate(connection)

    def _open_for_reading(self) -> None:
        if not self.path.is_file():
            raise SettingsError(
                f"store.url: there is no store in {self.path.parent} yet: run frontline seed first"
            )
        try:
            found = self._version_read_only()
        except sqlite3.Error as error:
            raise explain(error, self.path) from error
        self._check(found)
        if found < schema.VERSION:
            raise SettingsError(
                f"store.url: the store in {self.path.parent} is of an older version: "
                "start the server or seed once to bring it up to date"
            )

    def _version_read_only(self) -> int:
        try:
            with self._borrowed() as connection:
                return schema.version(connection)
        except sqlite3.OperationalError:
            # Reading a WAL database needs its index file, which cannot be made in a folder we
            # may not write to. Without a log nobody has it open: it can be read as it lies.
            if self.path.with_name(self.path.name + "-wal").exists():
                raise
            self._immutable = True
            with self._borrowed() as connection:
                return schema.version(connection)

    def _check(self, found: int) -> None:
        if found > schema.VERSION:
            raise SettingsError(
                f"store.url: the store in {self.path.parent} was written by a newer Frontline "
                f"(tables version {found}, this one knows {schema.VERSION}): "
                "upgrade Frontline or choose another folder"
            )


def probe(folder: Path) -> None:
    """Make the folder if need be and try to write in it; ``SettingsError`` if that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, ValueError) as error:
        raise _not_writable(folder, getattr(error, "strerror", None) or str(error)) from error


def explain(error: sqlite3.Error, path: Path) -> FrontlineError:
    """SQLite's error in the operator's words: one line with the mend."""
    code = getattr(error, "sqlite_errorname", "") or ""
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        mend = "put a copy back, or move the file away and seed again"
        return StoreFailed(f"the database {path} is damaged ({error}): {mend}")
    if code == "SQLITE_FULL":
        return StoreFailed(f"no space left for the database {path}: free some space")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        held = f"another process has kept the database {path} locked for {BUSY_SECONDS:.0f} s"
        return StoreFailed(f"{held}: let it finish or stop it")
    if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return StoreFailed(
            f"the database {path} cannot be opened or written ({error}): "
            "check the rights of the file and its folder"
        )
    if code.startswith("SQLITE_IOERR"):
        return StoreFailed(
            f"the database {path} could not be read or written ({error}): "
            "check the disk, its space and its limits"
        )
    return StoreFailed(f"the database {path} refused: {error}")


def _not_writable(path: Path, reason: str) -> SettingsError:
    mend = "make it writable or choose another folder"
    return SettingsError(f"store.url: cannot write in {path} ({reason}): {mend}")


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL. The switch ignores the busy timeout when two processes try at once (it
    would be a lock upgrade, which SQLite refuses rather than risk a deadlock), so try again."""
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
            if mode != "wal":
                connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            busy = (error.sqlite_errorname or "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
            if not busy or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
