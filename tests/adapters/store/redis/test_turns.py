"""Turns that wait on disk while Redis is away, and come to every replica."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from gateway.adapters.store.redis import turns as module
from gateway.adapters.store.redis.store import RedisStore
from gateway.adapters.store.redis.turns import TurnEvents
from gateway.ports.records import TurnQuery
from tests.support.redis_server import RedisServer
from tests.support.stored import turn

Replica = Callable[[str], RedisStore]


def ids(store: RedisStore) -> list[str]:
    return [one.id for one in store.turns(TurnQuery())]


def test_they_wait_on_disk_and_come_over(server: RedisServer, replica: Replica) -> None:
    here, there = replica("a"), replica("b")
    here.write([turn("c", 1)])
    server.kill()
    here.write([turn("c", 2)])
    here.flag("c-1", "wrong", "hours")
    assert (ids(here), here.events.waiting()) == (["c-2", "c-1"], 2)
    here.close()  # and the process with it
    server.start()
    again = replica("a")
    assert again.events.waiting() == 2
    again.tend()
    assert again.events.waiting() == 0
    assert [(t.id, t.flag, t.meant) for t in there.turns(TurnQuery())] == [
        ("c-2", "", ""),
        ("c-1", "wrong", "hours"),
    ]


def test_a_full_journal_drops_the_oldest_and_says_so(
    server: RedisServer, replica: Replica, caplog: pytest.LogCaptureFixture
) -> None:
    here, there = replica("a"), replica("b")
    server.kill()
    events = TurnEvents(here.copy, here.remote, journal=3)
    for number in range(5):
        events.write([turn("c", number)], ())
    assert (events.dropped, events.waiting()) == (2, 3)
    assert [r.getMessage() for r in caplog.records if "full" in r.getMessage()] == [
        "the journal of turns is full: the oldest stay on this replica alone"
    ]
    server.start()
    time.sleep(max(0.0, here.link.rest()))
    events.exchange()
    assert len(here.copy.records.turns(TurnQuery())) == 5
    assert ids(there) == ["c-4", "c-3", "c-2"]


def test_a_stream_is_capped(
    server: RedisServer, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STREAM", 200)
    store = replica("a")
    store.write([turn("c", number) for number in range(1000)])
    held = server.client.xlen(store.remote.keys.of("default", "turns"))
    assert 200 <= held < 400
    assert len(store.turns(TurnQuery(limit=2000))) == 1000
    assert len(replica("late").turns(TurnQuery(limit=2000))) == held


def test_a_purge_leaves_no_word_in_redis(server: RedisServer, replica: Replica) -> None:
    here, there = replica("a"), replica("b")
    here.write([turn("c", n, text="my secret") for n in range(2500)] + [turn("d", 9000)])
    assert len(there.turns(TurnQuery(limit=5000))) == 2501
    assert here.purge("default", 5000.0) == 2500
    held = str(server.client.xrange(here.remote.keys.of("default", "turns")))
    assert "my secret" not in held and "d-9000" in held
    assert ids(there) == ["d-9000"]
    assert ids(replica("late")) == ["d-9000"]


def test_a_purge_reaches_what_still_waits(server: RedisServer, replica: Replica) -> None:
    here, away = replica("a"), replica("b")
    away.events.write([turn("c", 1), turn("c", 20)], ())  # in its journal, not sent
    assert here.purge("default", 10.0) == 0
    key = here.remote.keys.of("default", "turns")
    away.events._drain("default")
    away.tend()
    assert "c-20" in str(server.client.xrange(key)) and "c-1'" not in str(server.client.xrange(key))
    assert ids(here) == ids(away) == ["c-20"]


def test_what_a_failover_lost_is_sent_again(server: RedisServer, replica: Replica) -> None:
    here, there = replica("a"), replica("b")
    here.write([turn("c", 1), turn("c", 2)])
    server.client.flushall()
    assert ids(there) == []
    here.tend()
    here.tend()
    assert ids(there) == ["c-2", "c-1"]
    assert server.client.xlen(here.remote.keys.of("default", "turns")) == 2
    here.purge("default", 1.5)
    here.tend()
    assert ids(there) == ["c-2"], "what was purged is not sent again"


def test_what_stayed_is_forgotten(
    server: RedisServer, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = replica("a")
    store.write([turn("c", 1)])
    monkeypatch.setattr(module, "DOUBT", -1.0)
    store.tend()
    with store.copy.database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM replica_journal").fetchone() == (0,)


def test_what_it_cannot_read_is_passed_over(server: RedisServer, replica: Replica) -> None:
    store = replica("a")
    store.write([turn("c", 1)])
    key = store.remote.keys.of("default", "turns")
    for event in (b"{", b"7", b'{"kind": "new", "at": 1, "row": [1]}', b'{"kind": "later"}'):
        server.client.xadd(key, {"e": event})
    server.client.xadd(key, {"other": "x"})
    store.write([turn("c", 2)])
    assert ids(replica("b")) == ["c-2", "c-1"]


def test_an_emptied_stream_with_an_earlier_clock(server: RedisServer, replica: Replica) -> None:
    here, there = replica("a"), replica("b")
    here.write([turn("c", 1)])
    assert ids(there) == ["c-1"]
    key = here.remote.keys.of("default", "turns")
    server.client.delete(key)
    here.write([turn("c", 2)])
    (moved,) = server.client.xrange(key)
    server.client.delete(key)
    server.client.xadd(key, moved[1], id="5-1")
    assert ids(there) == ["c-2", "c-1"]
