"""What ``store.url`` may say of Redis, and what it never shows."""

from __future__ import annotations

import pytest

from gateway.adapters.store.redis.address import Keys, parse
from gateway.errors import SettingsError


def test_one_server() -> None:
    address = parse("rediss://user:p%40ss@cache.local:6380/2?prefix=calls&ca=/etc/ca.pem")
    assert (address.kind, address.hosts, address.tls) == ("", (("cache.local", 6380),), True)
    assert (address.username, address.password, address.database) == ("user", "p@ss", 2)
    assert (address.prefix, address.ca) == ("calls", "/etc/ca.pem")
    assert parse("redis://[::1]").hosts == (("::1", 6379),)
    assert parse("redis://cache").prefix == "frontline"


def test_sentinels_and_a_cluster() -> None:
    address = parse("redis+sentinel://:pw@a,b:26380/calls/1?sentinel_password=other")
    assert address.hosts == (("a", 26379), ("b", 26380))
    assert (address.kind, address.master, address.database) == ("sentinel", "calls", 1)
    assert (address.password, address.sentinel_password) == ("pw", "other")
    address = parse("rediss+cluster://a:1,b:2")
    assert (address.kind, address.hosts, address.tls) == ("cluster", (("a", 1), ("b", 2)), True)


def test_nothing_secret_is_shown() -> None:
    address = parse("redis+sentinel://u:hunter2@a/calls?sentinel_password=hunter3")
    assert "hunter" not in f"{address} {address!r}"
    assert str(address) == "a:26379"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("redis://", "write one of"),
        ("redis+proxy://:hunter2@a", "write one of"),
        ("redis://:hunter2@a:port", "HOST or HOST:PORT"),
        ("redis://:hunter2@a:70000", "HOST or HOST:PORT"),
        ("redis://:hunter2@a,", "HOST or HOST:PORT"),
        ("redis://:hunter2@a/one", "is a number"),
        ("redis+cluster://:hunter2@a/1", "database 0 only"),
        ("redis+sentinel://:hunter2@a", "name the master"),
        ("redis://:hunter2@a?prefx=b", "the option prefx is not known"),
    ],
)
def test_what_is_wrong_is_said(url: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        parse(url)
    assert "hunter2" not in str(caught.value)


def test_all_keys_of_a_tenant_are_in_one_place_of_a_cluster() -> None:
    keys = Keys("p")
    for tenant in ("bank", "", "{odd}", "a}b", "späť"):
        tags = {keys.of(tenant, what).split("{")[1].split("}")[0] for what in ("infos", "turns")}
        assert len(tags) == 1 and tags != {""}
    assert keys.of("a}b", "infos").count("{") == keys.of("a}b", "infos").count("}") == 1
    assert keys.of("a", "x") != keys.of("b", "x")
