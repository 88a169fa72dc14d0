"""The SQLite file when things are not as they should be: one line, with the mend."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.adapters.store import SqliteStore
from gateway.adapters.store.database import Database, explain
from gateway.errors import SettingsError, StoreFailed
from gateway.ports.records import TurnQuery
from gateway.ports.sound import WIRE_FORMATS, ClipAudio
from tests.adapters.store.refusal import refused
from tests.support.stored import clip, draft, put_clips, turn

ROOT = Path(__file__).parents[3]


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """The kernel refuses to write beyond this, as it does on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class TestOpening:
    def test_wal_and_full_sync_for_what_must_last(self, tmp_path: Path) -> None:
        database = Database(tmp_path)
        with database.writing() as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert connection.execute("PRAGMA synchronous").fetchone() == (1,)
        with database.writing(durable=True) as connection:
            assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        with database.writing() as connection:
            assert connection.execute("PRAGMA synchronous").fetchone() == (1,)
        database.close()

    def test_a_file_where_the_folder_should_be(self, tmp_path: Path) -> None:
        (tmp_path / "store").write_text("")
        with refused(SettingsError, "store.url", str(tmp_path / "store"), "choose another folder"):
            SqliteStore(tmp_path / "store")
        with refused(SettingsError, "store.url"):
            SqliteStore(tmp_path / "store" / "deeper")

    def test_a_folder_that_may_not_be_written(
        self, shared_folder: Path, ordinary_user: None
    ) -> None:
        shared_folder.chmod(0o555)
        with refused(SettingsError, "store.url", "Permission denied", str(shared_folder)):
            SqliteStore(shared_folder)
        with refused(SettingsError, "store.url", "Permission denied"):
            SqliteStore(shared_folder / "deeper")

    def test_a_database_that_may_not_be_written(
        self, shared_folder: Path, ordinary_user: None
    ) -> None:
        SqliteStore(shared_folder).close()
        (shared_folder / "frontline.db").chmod(0o444)
        with refused(SettingsError, "store.url", "frontline.db", "make it writable"):
            SqliteStore(shared_folder)

    def test_a_file_that_is_no_database(self, tmp_path: Path) -> None:
        (tmp_path / "frontline.db").write_bytes(b"these are not the pages you look for" * 99)
        with refused(StoreFailed, "frontline.db", "is damaged", "seed again"):
            SqliteStore(tmp_path)
        with refused(StoreFailed, "is damaged"):
            SqliteStore(tmp_path, read_only=True)

    def test_a_database_with_damaged_pages(self, tmp_path: Path) -> None:
        store = SqliteStore(tmp_path)
        store.write([turn("c", n, text="x" * 500) for n in range(200)])
        store.close()
        file = tmp_path / "frontline.db"
        data = bytearray(file.read_bytes())
        data[4096 * 2 :] = b"\xa5" * (len(data) - 4096 * 2)
        file.write_bytes(data)
        with refused(StoreFailed, "is damaged"):
            SqliteStore(tmp_path).turns(TurnQuery())

    def test_opening_at_once(self, tmp_path: Path) -> None:
        with ThreadPoolExecutor(8) as pool:
            stores = list(pool.map(lambda _: SqliteStore(tmp_path / "store"), range(16)))
        assert {store.live_number("default") for store in stores} == {None}
        for store in stores:
            store.close()

    def test_opening_at_once_in_processes(self, tmp_path: Path) -> None:
        program = (
            "import pathlib, sys; from gateway.adapters.store import SqliteStore; "
            "sys.stdin.read(); SqliteStore(pathlib.Path(sys.argv[1])).set_mode('t', 'off')"
        )
        command = [sys.executable, "-c", program, str(tmp_path / "store")]
        children = [
            subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
            for _ in range(4)
        ]
        for child in children:
            assert child.stdin is not None
            child.stdin.close()  # they all start now
            child.stdin = None
        assert [child.communicate(timeout=50)[1] for child in children] == [b""] * 4
        assert SqliteStore(tmp_path / "store").mode("t") == "off"


class TestFullDisk:
    def test_turns_and_catalogues_are_refused_whole(self, tmp_path: Path) -> None:
        store = SqliteStore(tmp_path)
        put_clips(store, draft("one"))
        store.publish(draft("one"))
        big = [turn("c", n, text="x" * 1000) for n in range(1000)]
        with no_file_larger_than(300_000):
            with refused(StoreFailed, "frontline.db", "space"):
                store.write(big)
            with refused(StoreFailed, "frontline.db", "space"):
                store.publish(draft("one", knowledge=bytes(1_000_000)))
            assert store.turns(TurnQuery()) == []
            assert store.load("default").number == 1
        store.write(big)  # space again: it goes on where it was
        assert len(store.turns(TurnQuery(limit=2000))) == 1000
        assert store.publish(draft("one")) == 2
        store.close()

    def test_a_clip_is_refused_and_leaves_nothing(self, tmp_path: Path) -> None:
        store = SqliteStore(tmp_path)
        name = clip("a").name(WIRE_FORMATS[0])
        with no_file_larger_than(10_000), refused(StoreFailed, str(tmp_path), "free some space"):
            store.put(name, ClipAudio(payload=bytes(20_000), duration_ms=1))
        assert [p for p in (tmp_path / "clips").rglob("*") if p.is_file()] == []
        assert store.has([name]) == set()
        store.put(name, ClipAudio(payload=bytes(20_000), duration_ms=1))
        assert store.has([name]) == {name}
        store.close()


def test_a_writer_that_never_ends_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.adapters.store.database.BUSY_SECONDS", 0.05)
    store, other = SqliteStore(tmp_path), Database(tmp_path)
    with other.writing(), refused(StoreFailed, "locked", "let it finish"):
        store.write([turn("c", 1)])
    store.write([turn("c", 1)])
    assert len(store.turns(TurnQuery())) == 1
    other.close()
    store.close()


def test_a_failed_transaction_leaves_nothing_and_blocks_nobody(tmp_path: Path) -> None:
    database = Database(tmp_path)

    def interrupted() -> None:
        with database.writing() as connection:
            connection.execute("INSERT INTO mode VALUES ('t', 'off')")
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    with database.writing() as connection:
        assert connection.execute("SELECT * FROM mode").fetchall() == []
    database.close()


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("SQLITE_CORRUPT_VTAB", "is damaged"),
        ("SQLITE_FULL", "no space left"),
        ("SQLITE_BUSY_SNAPSHOT", "locked"),
        ("SQLITE_READONLY_DBMOVED", "check the rights"),
        ("SQLITE_IOERR_FSYNC", "check the disk"),
        ("", "refused: oops"),
    ],
)
def test_every_kind_of_failure_has_a_mend(code: str, says: str) -> None:
    error = sqlite3.OperationalError("oops")
    if code:
        error.sqlite_errorname = code
    text = str(explain(error, Path("x/frontline.db")))
    assert says in text
    assert "x/frontline.db" in text
