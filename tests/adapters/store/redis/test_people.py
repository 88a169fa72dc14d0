"""Tokens and the trail on replicas of a Redis that is away, and of one that has lost something."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.adapters.store.redis.store import RedisStore
from gateway.errors import StoreFailed
from gateway.ports.people import Change, Role, Token, TrailQuery
from gateway.ports.records import PurgeQuery, TurnQuery
from tests.support.redis_server import RedisServer
from tests.support.stored import turn

Replica = Callable[[str], RedisStore]

ANNA = Token(id="a1", name="Anna", role=Role.EDITOR, tenants=("bank",), digest="d", created=5.0)


def line(number: int) -> Change:
    return Change(
        id=f"{number:04}", at=float(number), who="a1", name="Anna", what="mode", tenant="bank"
    )


def test_a_token_opens_while_redis_is_away(server: RedisServer, replica: Replica) -> None:
    here, there = replica("a"), replica("b")
    here.keep_token(ANNA)
    there.tend()
    server.kill()
    assert there.token("a1") == ANNA
    assert there.tokens() == [ANNA]
    with pytest.raises(StoreFailed, match="cannot be reached"):
        here.keep_token(replace(ANNA, revoked=9.0))
    assert here.token("a1") == ANNA, "nothing was changed"


def test_a_lost_token_is_put_back_and_a_revoked_one_stays_so(
    server: RedisServer, replica: Replica
) -> None:
    here, there = replica("a"), replica("b")
    here.keep_token(ANNA)
    assert there.token("a1") == ANNA
    before = server.client.dump(here.remote.keys.tokens)
    here.keep_token(replace(ANNA, revoked=9.0))
    server.client.restore(here.remote.keys.tokens, 0, before, replace=True)
    assert here.tokens()[0].revoked == there.tokens()[0].revoked == 9.0
    server.client.flushall()
    assert there.token("a1") == here.token("a1") == replace(ANNA, revoked=9.0)


def test_a_damaged_token_opens_nothing_new(server: RedisServer, replica: Replica) -> None:
    here = replica("a")
    here.keep_token(ANNA)
    server.client.hset(here.remote.keys.tokens, "a1", b'{"role": "GOD"}')
    assert replica("b").token("a1") is None
    assert here.token("a1") == ANNA
    assert replica("b").token("a1") == ANNA, "put back by who has it"


def test_the_trail_waits_for_redis(server: RedisServer, replica: Replica) -> None:
    here, there = replica("a"), replica("b")
    here.note(line(1))
    assert there.trail(TrailQuery()) == [line(1)]
    server.kill()
    here.note(line(2))
    assert here.trail(TrailQuery()) == [line(2), line(1)]
    server.start()
    time.sleep(max(0.0, here.link.rest()))
    here.tend()
    time.sleep(max(0.0, there.link.rest()))
    assert there.trail(TrailQuery()) == [line(2), line(1)]
    assert "\0trail" not in here.tenants()


def test_what_is_removed_leaves_every_replica_and_redis(
    server: RedisServer, replica: Replica
) -> None:
    here, there = replica("a"), replica("b")
    here.write([turn("c", n, text="my secret", caller="k") for n in range(5)])
    here.write([turn("d", 1, tenant="bank", caller="k", text="my secret"), turn("d", 2)])
    here.flag("c-1", "wrong")
    assert len(there.turns(TurnQuery())) == 7
    assert there.remove(PurgeQuery(caller="k")) == 6
    assert [one.id for one in here.turns(TurnQuery())] == ["d-2"]
    for tenant in ("default", "bank"):
        held = str(server.client.xrange(here.remote.keys.of(tenant, "turns")))
        assert "my secret" not in held
    server.kill()
    with pytest.raises(StoreFailed, match="cannot be reached"):
        here.remove(PurgeQuery(tenant="default"))
