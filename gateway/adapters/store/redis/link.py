"""The connection to Redis: clients made as the address says, errors in the operator's words, and
a rest after a failure, so that a Redis that is away costs the one who notices and nobody else.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode
from redis.exceptions import RedisClusterException, ResponseError
from redis.retry import Retry

from gateway.adapters.store.redis.address import Address
from gateway.errors import StoreFailed

QUICK = 0.5
"""Seconds that a read may take."""
PATIENT = 10.0
"""Seconds that a write may take: a publish of megabytes while the server syncs its file."""
REST = 0.5
"""Seconds after a failure in which Redis is not asked. Then one asks, and the others go on without
until it is answered."""
CONNECTIONS = 64
"""Per client; more at once fail like a Redis that is away."""

T = TypeVar("T")
_AWAY = (redis.ConnectionError, redis.TimeoutError, RedisClusterException, OSError)


class Link:
    """Redis, asked from any thread. Every failure is ``StoreFailed``."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._lock = threading.Lock()
        self._clients: dict[float, Any] = {}
        self._again = 0.0
        self._closed = False

    @property
    def resting(self) -> bool:
        """True while Redis is not asked."""
        return self.rest() > 0

    def rest(self) -> float:
        """Seconds until it is asked again; 0 or less if it is now."""
        return self._again - time.monotonic()

    def quick(self, work: Callable[[Any], T]) -> T:
        """Return what the work with a client returns; fails at once while resting."""
        with self._lock:
            if self.resting and not self._closed:
                raise self._gone("it did not answer a moment ago")
            if self._again:  # this call finds out; until it knows, nobody else waits
                self._again = time.monotonic() + QUICK * 2
        return self._do(work, QUICK)

    def patient(self, work: Callable[[Any], T]) -> T:
        """The same, with patience: it asks although a read failed just now."""
        return self._do(work, PATIENT)

    def _do(self, work: Callable[[Any], T], timeout: float) -> T:
        if self._closed:
            raise StoreFailed("the store is closed")
        try:
            result = work(self._client(timeout))
        except _AWAY as error:
            self._again = time.monotonic() + REST
            raise self._gone(_reason(error)) from error
        except ResponseError as error:
            raise self._refused(error) from error
        except redis.RedisError as error:
            raise StoreFailed(f"Redis at {self.address}: {_reason(error)}") from error
        self._again = 0.0
        return result

    def close(self) -> None:
        """Close all connections."""
        self._closed = True
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def _client(self, timeout: float) -> Any:
        client = self._clients.get(timeout)
        if client is None:
            made = connect(self.address, timeout)
            with self._lock:
                client = self._clients.setdefault(timeout, made)
        return client

    def _gone(self, reason: str) -> StoreFailed:
        return StoreFailed(
            f"Redis at {self.address} cannot be reached ({reason}): "
            "is it running, and store.url right?"
        )

    def _refused(self, error: ResponseError) -> StoreFailed:
        text = _reason(error)
        if text.startswith(("READONLY", "MASTERDOWN", "CLUSTERDOWN", "You can't write")):
            self._again = time.monotonic() + REST
            return StoreFailed(f"Redis at {self.address} takes no writes just now ({text})")
        if "maxmemory" in text:
            mend = "raise maxmemory; keep maxmemory-policy noeviction"
            return StoreFailed(f"Redis at {self.address} is full: {mend}")
        return StoreFailed(f"Redis at {self.address} refused: {text}")


def connect(address: Address, timeout: float) -> Any:
    """A client for that address. A connection that was closed meanwhile is opened again, once."""
    options: dict[str, Any] = {
        "username": address.username or None,
        "password": address.password or None,
        "socket_timeout": timeout,
        "socket_connect_timeout": min(timeout, 2.0),
        "protocol": 2,
        "max_connections": CONNECTIONS,
        **_tls(address),
    }
    retry = Retry(NoBackoff(), 1, (redis.ConnectionError,))
    if address.kind == "cluster":
        node: Any = ClusterNode  # this one has no types
        nodes = [node(host, port) for host, port in address.hosts]
        return redis.RedisCluster(startup_nodes=nodes, retry=retry, **options)
    options |= {"retry": retry, "db": address.database}
    if address.kind == "sentinel":
        asking = {key: value for key, value in options.items() if key.startswith(("socket", "ssl"))}
        asking |= {"password": address.sentinel_password or None}
        made: Any = redis.Sentinel  # this one has no types
        sentinels = made(list(address.hosts), sentinel_kwargs=asking, **options)
        return sentinels.master_for(address.master)
    ((host, port),) = address.hosts[:1]
    return redis.Redis(host=host, port=port, **options)


def _tls(address: Address) -> dict[str, Any]:
    if not address.tls:
        return {}
    return {
        "ssl": True,
        "ssl_ca_certs": address.ca or None,
        "ssl_certfile": address.cert or None,
        "ssl_keyfile": address.key or None,
    }


def _reason(error: BaseException) -> str:
    return str(error).strip().rstrip(".").split("\n")[0][:200] or type(error).__name__
