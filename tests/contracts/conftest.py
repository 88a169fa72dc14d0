"""The stores that must keep the contract.

A further kind of store joins by a line in ``KINDS``: given a folder and, once for all tests, what
it needs to run, it opens a store; opened twice with the same folder, both are the same data, as
two processes would see it. With Redis each opening is a replica of its own.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway.adapters.store import SqliteStore
from gateway.adapters.store.redis.store import RedisStore
from gateway.ports.store import Store
from tests.support.redis_server import cluster, redis_server, sentinels, tls_server

Open = Callable[[], Store]

SERVERS: dict[str, Callable[[Path, ExitStack], str]] = {
    "redis": lambda folder, stack: stack.enter_context(redis_server(folder)).url,
    "cluster": lambda folder, stack: stack.enter_context(cluster(folder)),
    "sentinel": lambda folder, stack: stack.enter_context(sentinels(folder))[0],
    "tls": lambda folder, stack: stack.enter_context(tls_server(folder)),
}
KINDS = ("sqlite", *SERVERS)

SHORT = {
    *("test_a_catalogue_comes_back_as_it_was", "test_each_tenant_counts_by_itself"),
    *("test_only_what_was_built_on_is_replaced", "test_publishing_at_once_gives_each_a_number"),
    *("test_another_process_sees_it_at_the_next_look", "test_put_and_get", "test_counts"),
    *("test_writers_at_once_lose_nothing", "test_a_purged_turn_does_not_come_back"),
    *("test_live_unless_set", "test_a_token_comes_back_as_it_was_wherever_it_is_looked_for"),
    "test_work_is_one_owners_until_it_is_given_back",
}
"""The tests that run over TLS too, which changes nothing but how bytes go."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def wanted(item: pytest.Item) -> bool:
        if "open_store" not in getattr(item, "fixturenames", ()):
            return True
        assert isinstance(item, pytest.Function)
        kind = item.callspec.params["open_store"]
        return kind != "tls" or item.originalname in SHORT

    items[:] = [item for item in items if wanted(item)]


_replicas = itertools.count()


@pytest.fixture(scope="session")
def redis_urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """The URL of each kind of Redis, started when it is first asked for."""
    urls: dict[str, str] = {}
    with ExitStack() as stack:

        def url(kind: str) -> str:
            if kind not in urls:
                urls[kind] = SERVERS[kind](tmp_path_factory.mktemp(kind), stack)
            return urls[kind]

        yield url


@pytest.fixture(params=KINDS)
def open_store(
    request: pytest.FixtureRequest, tmp_path: Path, redis_urls: Callable[[str], str]
) -> Iterator[Open]:
    opened: list[Store] = []
    prefix = f"test{next(_replicas)}"

    def opens() -> Store:
        if request.param == "sqlite":
            store: Store = SqliteStore(tmp_path / "store")
        else:
            url = redis_urls(request.param)
            sign = "&" if "?" in url else "?"
            folder = tmp_path / f"replica{next(_replicas)}"
            store = RedisStore(f"{url}{sign}prefix={prefix}", folder)
        opened.append(store)
        return store

    yield opens
    for store in opened:
        store.close()
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.fixture
def store(open_store: Open) -> Store:
    return open_store()
