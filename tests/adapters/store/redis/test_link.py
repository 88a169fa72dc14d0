"""A Redis that is away costs the one who notices, and its errors are said with the mend."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gateway.adapters.store.redis.address import parse
from gateway.adapters.store.redis.link import QUICK, REST, Link
from gateway.errors import StoreFailed
from tests.support.redis_server import RedisServer


@pytest.fixture
def link(server: RedisServer) -> Iterator[Link]:
    made = Link(parse(f"redis://127.0.0.1:{server.port}"))
    yield made
    made.close()


def ping(client: Any) -> Any:
    return client.ping()


def test_it_answers_again_after_a_restart(server: RedisServer, link: Link) -> None:
    assert link.quick(ping)
    server.kill()
    server.start()
    assert link.quick(ping), "a connection that was closed is opened again"


def test_refused_at_once_while_resting(server: RedisServer, link: Link) -> None:
    server.kill()
    with pytest.raises(StoreFailed, match="cannot be reached"):
        link.quick(ping)
    began = time.monotonic()
    for _ in range(100):
        with pytest.raises(StoreFailed, match="a moment ago"):
            link.quick(ping)
    assert time.monotonic() - began < REST


def test_only_one_finds_out_whether_it_is_back(server: RedisServer, link: Link) -> None:
    server.pause()
    with pytest.raises(StoreFailed):
        link.quick(ping)
    time.sleep(max(0.0, link.rest()))
    asked: list[float] = []

    def ask(_: int) -> None:
        began = time.monotonic()
        with pytest.raises(StoreFailed):
            link.quick(ping)
        asked.append(time.monotonic() - began)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    assert sorted(asked)[-2] < QUICK / 2 < max(asked), "the others did not wait"


def test_errors_name_the_mend(server: RedisServer, link: Link) -> None:
    link.quick(ping)
    server.client.config_set("requirepass", "hunter2")
    other = Link(parse(f"redis://:hunter3@127.0.0.1:{server.port}"))
    with pytest.raises(StoreFailed, match=r"cannot be reached .*store\.url right") as caught:
        other.quick(ping)
    assert "hunter" not in str(caught.value)
    other.close()
    with pytest.raises(StoreFailed, match="closed"):
        other.quick(ping)
