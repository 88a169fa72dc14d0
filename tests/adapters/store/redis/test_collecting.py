"""Clips that nothing names leave Redis, and no other: over replicas of a real one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from gateway.adapters.store.redis.address import Keys
from gateway.adapters.store.redis.collecting import GRACE, PACE, WORK
from gateway.adapters.store.redis.store import RedisStore
from gateway.ports.store import Draft
from tests.support.redis_server import RedisServer
from tests.support.stored import draft, names, put_clips

Replica = Callable[[str], RedisStore]
DAY = GRACE * 1000


def publish(store: RedisStore, text: str) -> Draft:
    a_draft = draft(text)
    put_clips(store, a_draft, 64)
    store.publish(a_draft)
    return a_draft


def put(store: RedisStore, text: str) -> Sequence[str]:
    """Store clips that nothing names; their names."""
    a_draft = draft(text)
    put_clips(store, a_draft, 64)
    return names(a_draft)


def terms(server: RedisServer, of: Sequence[str]) -> set[int]:
    """Milliseconds that the clips have to live; -1: for ever, -2: they are gone."""
    return {server.client.pttl(f"frontline:clip:{name}") for name in of}


def again(server: RedisServer) -> None:
    """An hour later."""
    server.client.delete(Keys("frontline").work(WORK))


def test_what_nothing_names_has_a_day_to_live(server: RedisServer, replica: Replica) -> None:
    store = replica("a")
    kept = [*names(publish(store, "first")), *names(publish(store, "second"))]
    unnamed = put(store, "never published")
    assert store.collect() == len(unnamed)
    assert all(DAY - 60_000 < term <= DAY for term in terms(server, unnamed))
    assert terms(server, kept) == {-1}, "those that can be made live again too"
    again(server)
    assert store.collect() == 0, "their end is known"


def test_one_replica_does_it_for_all_once_an_hour(server: RedisServer, replica: Replica) -> None:
    one, other = replica("a"), replica("b")
    unnamed = put(one, "never published")
    assert (one.collect(), other.collect()) == (len(unnamed), 0)
    claimed = other.work(WORK)
    assert claimed is not None and 0 < claimed.left <= PACE
    again(server)
    more = put(other, "nor this")
    assert other.collect() == len(more)


@pytest.mark.parametrize("how", ["has", "put", "publish"])
def test_who_counts_on_it_keeps_it(server: RedisServer, replica: Replica, how: str) -> None:
    one, seeding = replica("a"), replica("b")
    unnamed = put(seeding, "new")
    assert one.collect() == len(unnamed)
    fresh = replica("c")  # on whose disk it is not
    if how == "has":
        assert fresh.has(unnamed) == set(unnamed)
    elif how == "put":
        put(fresh, "new")
    else:
        fresh.publish(draft("new"))
    assert terms(server, unnamed) == {-1}


def test_one_that_is_condemned_while_it_is_published_stays(
    server: RedisServer, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = replica("a"), replica("b")
    publishing = one.remote.publish

    def late(*arguments: Any) -> Any:
        done = publishing(*arguments)
        other.remote.condemn(set(), GRACE)  # by one who looked before that
        return done

    monkeypatch.setattr(one.remote, "publish", late)
    assert terms(server, names(publish(one, "new"))) == {-1}


def test_a_catalogue_that_redis_has_lost_keeps_its_clips(
    server: RedisServer, replica: Replica
) -> None:
    one, other = replica("a"), replica("b")
    mine = names(publish(one, "first"))
    server.client.delete(*server.client.keys("frontline:{t.default}:*"))
    assert one.copy.held("default"), "it is on this disk, and will be put back"
    assert one.collect() == 0
    again(server)
    assert other.collect() == len(mine), "who has it not cannot know"
    one.tenants()  # the look at Redis that puts it back
    again(server)
    assert other.collect() == 0
    assert terms(server, mine) == {-1}


@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_where_a_catalogue_cannot_be_read_nothing_goes(
    server: RedisServer, replica: Replica, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    one = replica("a")
    publish(one, "first")
    unnamed = put(one, "never published")
    key = "frontline:{t.default}:catalogues"
    if damage == "gone":
        server.client.hdel(key, "1.clips")
    else:
        server.client.hset(key, "1.clips", server.client.hget(key, "1.clips")[:-9])
    with caplog.at_level(logging.WARNING):
        assert replica("b").collect() == 0
    assert "no clip is collected: the clips of catalogue 1 of 'default' are damaged" in caplog.text
    assert terms(server, unnamed) == {-1}
