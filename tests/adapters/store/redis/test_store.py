"""Replicas of one Redis that is killed, paused, emptied and set back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.adapters.store import SqliteStore, open_store
from gateway.adapters.store.redis.copy import Stored
from gateway.adapters.store.redis.link import QUICK, REST
from gateway.adapters.store.redis.store import RedisStore
from gateway.errors import Overtaken, SettingsError, StoreFailed
from gateway.ports.records import TurnQuery
from tests.support.redis_server import RedisServer
from tests.support.stored import audio, draft, names, put_clips, turn

Replica = Callable[[str], RedisStore]


def publish(store: RedisStore, *texts: str, over: int | None = None) -> int:
    a_draft = draft(*texts)
    put_clips(store, a_draft, 64)
    return store.publish(a_draft, over)


def answer(store: RedisStore) -> str:
    number = store.live_number("default")
    return store.load("default", number).entries[0].answer


def again(store: RedisStore) -> RedisStore:
    """The store once it asks Redis again after a failure."""
    time.sleep(max(0.0, store.link.rest()))
    return store


def test_a_catalogue_that_only_this_disk_has_is_never_written_over(
    server: RedisServer, replica: Replica
) -> None:
    """Redis fails over in the middle of a publish, and gives a number that is taken here."""
    store = replica("a")
    publish(store, "first")
    publish(store, "second")
    lost = store.copy.parts("default", 2)
    other = replace(store.copy.parts("default", 1), number=2, change="made by another")
    store.copy.insert("default", other)
    held = store.copy.held("default")
    assert held[2] == "made by another" and held[3] == lost.change
    assert store.copy.parts("default", 3).entries == lost.entries
    assert store.copy.catalogues.live_number("default") == 3
    assert store.copy.highest("default") == 3
    assert publish(store, "third") == 4


class TestRedisIsAway:
    def test_at_start(self, server: RedisServer, replica: Replica) -> None:
        first = replica("a")
        publish(first, "we open at nine")
        first.set_mode("default", "shadow")
        first.close()
        server.kill()
        store = replica("a")
        assert (store.tenants(), store.live_number("default")) == (["default"], 1)
        assert answer(store) == "we open at nine"
        name = names(draft("we open at nine"))[0]
        assert store.get(name) == audio(name, 64)
        assert (store.mode("default"), store.history("default")[0].number) == ("shadow", 1)
        with pytest.raises(StoreFailed, match="cannot be reached"):
            publish(store, "other")
        assert replica("new").tenants() == []

    def test_a_kept_clip_costs_no_wait(self, server: RedisServer, replica: Replica) -> None:
        store = replica("a")
        publish(store, "hello")
        server.pause()
        began = time.process_time(), time.monotonic()
        for name in names(draft("hello")):
            assert store.get(name) == audio(name, 64)
        assert time.monotonic() - began[1] < QUICK, "a read of the disk asked Redis"

    def test_paused_costs_one_wait_and_no_more(self, server: RedisServer, replica: Replica) -> None:
        store = replica("a")
        publish(store, "hello")
        server.pause()
        began = time.monotonic()
        for _ in range(50):
            assert store.live_number("default") == 1
            assert answer(store) == "hello"
        assert time.monotonic() - began < QUICK * 3 + REST
        server.resume()
        publish(again(store), "bye")
        assert answer(store) == "bye"

    def test_what_changed_meanwhile_is_seen_when_the_link_heals(
        self, server: RedisServer, replica: Replica
    ) -> None:
        here, there = replica("a"), replica("b")
        publish(here, "one")
        assert answer(there) == "one"
        server.kill()
        assert answer(there) == "one"
        server.start()
        assert answer(again(there)) == "one", "put back by the replica that has it"
        publish(again(here), "two")
        assert answer(there) == "two"


class TestRedisHasLost:
    def test_everything(self, server: RedisServer, replica: Replica) -> None:
        here, there = replica("a"), replica("b")
        for text in ("one", "two", "three"):
            publish(here, text)
        here.activate("default", 2)
        here.set_mode("default", "off")
        assert answer(there) == "two"
        server.client.flushall()
        assert (there.live_number("default"), there.mode("default")) == (2, "off")
        assert (here.live_number("default"), here.mode("default")) == (2, "off")
        assert (there.repaired, here.repaired) == (1, 0)
        here.mend()
        assert [(i.number, i.live) for i in there.history("default")] == [
            (3, False),
            (2, True),
            (1, False),
        ]
        assert publish(there, "four") == 4
        fresh = replica("c")
        fresh.tend()
        assert answer(fresh) == "four"
        assert fresh.copy.clips.has(names(draft("four"))) == set(names(draft("four")))

    def test_an_acknowledged_change_of_a_process_that_is_gone(
        self, server: RedisServer, replica: Replica
    ) -> None:
        """A seed publishes and ends; the failover comes before the server has looked."""
        served, seed = replica("a"), replica("a")
        publish(seed, "one")
        assert answer(served) == "one"
        before = _dump(server)
        publish(seed, "two")
        seed.close()
        _set_back(server, before)
        assert answer(served) == "two"
        assert (served.repaired, replica("b").live_number("default")) == (1, 2)

    def test_a_change_that_others_went_on_without(
        self, server: RedisServer, replica: Replica
    ) -> None:
        here, there = replica("a"), replica("b")
        publish(here, "one")
        before = _dump(server)
        assert publish(here, "lost") == 2
        _set_back(server, before)
        assert publish(there, "later") == 2, "nobody could know"
        assert answer(here) == "later", "the later change is the operator's last word"
        kept = {one.number: here.load("default", one.number) for one in here.history("default")}
        assert {number: one.entries[0].answer for number, one in kept.items()} == {
            1: "one",
            2: "later",
            3: "lost",
        }
        there.activate("default", 3)
        assert answer(here) == "lost"

    def test_what_is_live_comes_back_before_what_is_past(
        self, server: RedisServer, replica: Replica, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        here, there = replica("a"), replica("b")
        for text in ("one", "two", "three"):
            publish(here, text)
        server.client.flushall()
        keep = here.remote.keep
        kept: list[int] = []

        def once(tenant: str, parts: Stored) -> int:
            kept.append(parts.number)
            if len(kept) > 1:
                raise StoreFailed("Redis is away again")
            return keep(tenant, parts)

        monkeypatch.setattr(here.remote, "keep", once)
        assert here.live_number("default") == 3
        assert (kept[0], answer(there)) == (3, "three"), "nobody waits for the history"
        monkeypatch.undo()
        here.mend()
        assert [one.number for one in replica("c").history("default")] == [3, 2, 1]

    def test_nobody_here_waits_for_the_history(
        self, server: RedisServer, replica: Replica, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It takes seconds where there are thousands, and changes are made meanwhile."""
        here, there = replica("a"), replica("b")
        for text in ("one", "two", "three"):
            publish(here, text)
        server.client.flushall()
        monkeypatch.setattr("gateway.adapters.store.redis.store.HISTORY_WAIT", 0.0)
        assert (here.live_number("default"), len(there.remote.infos("default"))) == (3, 1)
        keep = here.remote.keep
        seen: list[str] = []

        def meanwhile(tenant: str, parts: Stored) -> int:
            publish(there, f"over {parts.number}")
            look = threading.Thread(target=lambda: seen.append(answer(here)), daemon=True)
            look.start()
            look.join(5.0)
            return keep(tenant, parts)

        monkeypatch.setattr(here.remote, "keep", meanwhile)
        here.mend()
        assert seen == ["over 2", "over 1"]
        assert [one.number for one in there.history("default")] == [5, 4, 3, 2, 1]

    def test_what_is_live_stays_so_when_others_get_other_numbers(
        self, server: RedisServer, replica: Replica
    ) -> None:
        here = replica("a")
        for text in ("one", "two", "three"):
            publish(here, text)
        held = here.copy.held("default")
        here.copy.renumber("default", {1: 2})
        assert here.copy.held("default") == {2: held[1], 3: held[3], 4: held[2]}
        assert here.copy.catalogues.live_number("default") == 3
        here.copy.renumber("default", {2: 3})
        assert here.copy.held("default") == {3: held[1], 4: held[2], 5: held[3]}
        assert here.copy.catalogues.live_number("default") == 5

    def test_a_stale_replica_undoes_nothing(self, server: RedisServer, replica: Replica) -> None:
        here, stale = replica("a"), replica("b")
        publish(here, "one")
        assert answer(stale) == "one"
        publish(here, "two")
        server.client.flushall()
        assert answer(stale) == "one", "as much as it knows"
        assert answer(here) == "two"
        assert answer(stale) == "two"

    def test_what_was_built_on_must_still_be_live(
        self, server: RedisServer, replica: Replica
    ) -> None:
        here, there = replica("a"), replica("b")
        publish(here, "one")
        assert there.live_number("default") == 1
        publish(here, "two", over=1)
        server.client.flushall()
        there.live_number("default")  # puts 1 back
        with pytest.raises(Overtaken):
            publish(here, "three", over=1)
        assert publish(here, "three", over=2) == 3


class TestDamage:
    def test_a_clip_is_never_noise(self, server: RedisServer, replica: Replica) -> None:
        here, there = replica("a"), replica("b")
        publish(here, "one")
        name, cut, gone, *_ = names(draft("one"))
        key = f"frontline:clip:{name}"
        data = server.client.get(key)
        server.client.set(key, data[:-1] + bytes([data[-1] ^ 1]))
        server.client.set(f"frontline:clip:{cut}", data[:20])
        server.client.delete(f"frontline:clip:{gone}")
        assert [there.get(one) for one in (name, cut, gone)] == [None] * 3
        assert here.get(name) == audio(name, 64)
        here.mend()
        assert [there.get(one) for one in (name, cut, gone)] == [
            audio(one, 64) for one in (name, cut, gone)
        ]

    def test_a_catalogue_is_not_taken_and_is_written_again(
        self, server: RedisServer, replica: Replica
    ) -> None:
        here, there = replica("a"), replica("b")
        publish(here, "one")
        assert answer(there) == "one"
        publish(here, "two")
        key = here.remote.keys.of("default", "catalogues")
        server.client.hset(key, "2.knowledge", b"another model's")
        assert there.live_number("default") == 2
        with pytest.raises(StoreFailed, match="damaged in Redis"):
            there.load("default", 2)
        assert there.load("default").entries[0].answer == "one", "the last whole one"
        here.mend()
        assert answer(there) == "two"

    def test_a_standing_is_no_number(self, server: RedisServer, replica: Replica) -> None:
        store = replica("a")
        publish(store, "one")
        server.client.hset(store.remote.keys.of("default", "standing"), "seq", "many")
        assert answer(store) == "one"

    def test_full(self, server: RedisServer, replica: Replica) -> None:
        store = replica("a")
        publish(store, "one")
        server.client.config_set("maxmemory", 1)
        with pytest.raises(StoreFailed, match="is full"):
            store.publish(draft("one"))
        assert answer(store) == "one"


class TestRecords:
    def test_a_failover_of_turns_costs_this_replica_nothing(
        self, server: RedisServer, replica: Replica
    ) -> None:
        here = replica("a")
        here.write([turn("c", 1)])
        server.client.flushall()
        here.write([turn("c", 2)])
        assert [t.id for t in here.turns(TurnQuery())] == ["c-2", "c-1"]
        assert [t.id for t in replica("b").turns(TurnQuery())] == ["c-2"]

    def test_a_purge_needs_redis(self, server: RedisServer, replica: Replica) -> None:
        store = replica("a")
        store.write([turn("c", 1)])
        server.kill()
        with pytest.raises(StoreFailed, match="cannot be reached"):
            store.purge("default", 10.0)
        assert len(store.turns(TurnQuery())) == 1


def test_opened_by_its_url(server: RedisServer, tmp_path: Path) -> None:
    store = open_store(server.url, replica=tmp_path / "a", serving=True)
    assert isinstance(store, RedisStore)
    publish(store, "one")
    store.close()
    looking = open_store(server.url, replica=tmp_path / "b", read_only=True)
    assert looking.load("default").number == 1
    for change in (
        lambda: looking.publish(draft("one")),
        lambda: looking.put("0" * 64, audio("x")),
        lambda: looking.set_mode("default", "off"),
        lambda: looking.write([turn("c", 1)]),
    ):
        with pytest.raises(StoreFailed, match="for reading only"):
            change()
    looking.close()
    # Where Redis is gone for good, the copy serves by itself.
    alone = SqliteStore(tmp_path / "a")
    assert alone.load("default").entries[0].answer == "one"
    alone.close()


def test_an_embedded_store_is_no_copy(server: RedisServer, tmp_path: Path) -> None:
    own = SqliteStore(tmp_path / "own")
    put_clips(own, draft("one"))
    own.publish(draft("one"))
    own.close()
    with pytest.raises(SettingsError, match=r"store\.replica: .* holds an embedded store"):
        RedisStore(server.url, tmp_path / "own")


def _dump(server: RedisServer) -> dict[bytes, bytes]:
    return {key: server.client.dump(key) for key in server.client.scan_iter()}


def _set_back(server: RedisServer, dump: dict[bytes, bytes]) -> None:
    """As a failover does to a server that had not got the last writes."""
    server.client.flushall()
    for key, value in dump.items():
        server.client.restore(key, 0, value)
