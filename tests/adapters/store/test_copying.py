"""A store copied into another, read back, and gone on with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.adapters.store import SqliteStore, open_store
from gateway.adapters.store.copying import Copied, copy_store
from gateway.errors import StoreFailed, UsageError
from gateway.ports.people import Change, Role, Token, TrailQuery
from gateway.ports.records import TurnQuery
from gateway.ports.store import Store
from tests.support.redis_server import redis_server
from tests.support.stored import audio, draft, names, put_clips, turn


def silent(what: str, done: int, of: int) -> None:
    """Nobody looks."""


@pytest.fixture
def source(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "from")
    for tenant, texts in (("bank", ("one", "two", "three")), ("shop", ("sale",))):
        for text in texts:
            put_clips(store, draft(text))
            store.publish(draft(text, tenant=tenant, source=f"{text}.csv", summary={"n": 1}))
    store.activate("bank", 2)
    store.set_mode("shop", "shadow")
    store.write([turn(f"c{n % 7}", n, tenant="bank", reply=f"reply {n}") for n in range(1203)])
    store.write([turn("gone", 1, tenant="former")])
    store.flag("c1-1", "wrong", "two")
    store.keep_token(
        Token(id="a1", name="Anna", role=Role.EDITOR, digest="d", created=1.0, revoked=2.0)
    )
    for number in range(600):
        line = Change(id=f"{number:05}", at=1.0, who="a1", name="Anna", what="mode", tenant="")
        store.note(line)
    yield store
    store.close()


def everything(store: Store) -> object:
    return (
        {
            tenant: (
                store.mode(tenant),
                [(i.number, i.live, i.source, i.summary) for i in store.history(tenant)],
                store.load(tenant).entries,
            )
            for tenant in store.tenants()
        },
        store.turns(TurnQuery(limit=5000)),
        store.tokens(),
        store.trail(TrailQuery(limit=5000)),
    )


def test_to_redis_and_back(source: SqliteStore, tmp_path: Path) -> None:
    with redis_server(tmp_path / "redis") as server:
        shared = open_store(server.url, replica=tmp_path / "replica")
        expected = Copied(tenants=2, catalogues=4, clips=4 * 6, turns=1204, tokens=1, changes=600)
        other = open_store(server.url, replica=tmp_path / "other")
        assert copy_store(source, shared, silent, other) == expected
        assert everything(other) == everything(source)
        back = SqliteStore(tmp_path / "back")
        assert copy_store(other, back, silent) == expected
        assert everything(back) == everything(source)
        for store in (shared, other, back):
            store.close()


def test_broken_off_and_gone_on_with(source: SqliteStore, tmp_path: Path) -> None:
    target = SqliteStore(tmp_path / "to")

    def stumble(what: str, done: int, of: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_store(source, target, stumble)
    assert len(target.history("bank")) == 2
    copy_store(source, target, silent)
    assert everything(target) == everything(source)


def test_nothing_is_mixed(source: SqliteStore, tmp_path: Path) -> None:
    target = SqliteStore(tmp_path / "to")
    put_clips(target, draft("mine"))
    target.publish(draft("mine", tenant="bank"))
    with pytest.raises(UsageError, match="tenant bank has other catalogues there"):
        copy_store(source, target, silent)
    assert target.load("bank").entries[0].answer == "mine"


def test_clips_that_are_gone(source: SqliteStore, tmp_path: Path) -> None:
    (source.folder / "clips" / names(draft("three"))[0][:2] / names(draft("three"))[0]).unlink()
    target = SqliteStore(tmp_path / "to")
    assert copy_store(source, target, silent).left_out == ["bank 3"]
    assert target.live_number("bank") == 2
    source.activate("bank", 3)
    with pytest.raises(StoreFailed, match="of catalogue 3 of bank is gone: seed again"):
        copy_store(source, SqliteStore(tmp_path / "more"), silent)


def test_what_comes_back_changed_is_told(source: SqliteStore, tmp_path: Path) -> None:
    class Noisy(SqliteStore):
        def get(self, name: str):  # type: ignore[no-untyped-def]
            return audio("noise")

    with pytest.raises(StoreFailed, match="came back changed"):
        copy_store(source, Noisy(tmp_path / "to"), silent)
