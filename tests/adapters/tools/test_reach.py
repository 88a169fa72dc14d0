"""Where the names of tools' hosts may lead."""

from __future__ import annotations

import logging
import socket
from typing import Any

import httpcore2
import pytest

from gateway.adapters.tools.http import HttpRequest, HttpTools, hosts_of
from gateway.adapters.tools.mcp import McpLimits, McpServer, over_http
from gateway.adapters.tools.reach import Outside, Reach, may_reach, networks_of
from gateway.ports.tools import ToolFailed, ToolSpec
from tests.adapters.tools.shop import Shop
from tests.providers.server import Answer, Server

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

NAME = "shop.example"
PUBLIC = "93.184.215.14"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",  # where clouds hand out credentials
        "100.100.100.200",
        "168.63.129.16",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "64:ff9b::a9fe:a9fe",  # the same through NAT64
        "2002:7f00:1::",  # and through 6to4
    ],
)
def test_what_is_private(address: str) -> None:
    assert not may_reach(address)


@pytest.mark.parametrize("address", [PUBLIC, "2606:4700::1111", "::ffff:8.8.8.8"])
def test_what_is_public(address: str) -> None:
    assert may_reach(address)


def test_a_network_that_is_named() -> None:
    inside = networks_of(["10.20.0.0/16", "fd12::/16"])
    assert may_reach("10.20.3.4", inside) and may_reach("fd12::9", inside)
    assert may_reach("::ffff:10.20.3.4", inside)
    assert not may_reach("10.21.0.1", inside)
    assert not may_reach("169.254.169.254", inside)


class Names:
    """Answers for names, the next of a list each time."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        self.asked.append(host)
        given = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in given]


class Wire(httpcore2.AsyncNetworkBackend):
    """Notes where connections would go."""

    def __init__(self, dead: tuple[str, ...] = ()) -> None:
        self.reached: list[str] = []
        self.dead = dead

    async def connect_tcp(self, host: str, *_: Any, **__: Any) -> Any:
        self.reached.append(host)
        if host in self.dead:
            raise httpcore2.ConnectError("dead")
        return object()


def reach(monkeypatch: pytest.MonkeyPatch, names: Names, *dead: str) -> tuple[Reach, Wire]:
    monkeypatch.setattr(socket, "getaddrinfo", names)
    found, wire = Reach({}), Wire(dead)
    found._backend = wire  # type: ignore[assignment]
    return found, wire


async def test_what_was_checked_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names([PUBLIC], ["127.0.0.1"])  # the second answer would be the trap
    found, wire = reach(monkeypatch, names)
    await found.connect_tcp(NAME, 443, 2.0)
    assert (wire.reached, names.asked) == ([PUBLIC], [NAME])
    with pytest.raises(Outside):
        await found.connect_tcp(NAME, 443, 2.0)
    assert wire.reached == [PUBLIC]


async def test_of_several_only_those_that_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    other = "93.184.215.15"
    found, wire = reach(monkeypatch, Names(["169.254.169.254", PUBLIC, other]), PUBLIC)
    await found.connect_tcp(NAME, 443, 2.0)
    assert wire.reached == [PUBLIC, other]
    found, wire = reach(monkeypatch, Names([PUBLIC]), PUBLIC)
    with pytest.raises(httpcore2.ConnectError):
        await found.connect_tcp(NAME, 443, None)


async def test_an_address_is_asked_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names(["127.0.0.1"])
    found, wire = reach(monkeypatch, names)
    await found.connect_tcp("10.0.0.9", 80)
    await found.connect_tcp("localhost", 80)
    assert (wire.reached, names.asked) == (["10.0.0.9", "127.0.0.1"], ["localhost"])


async def test_localhost_leads_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = reach(monkeypatch, Names(["10.0.0.1"]))
    with pytest.raises(Outside):
        await found.connect_tcp("localhost", 80)


async def test_a_name_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = reach(monkeypatch, Names([]))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: (_ for _ in ()).throw(OSError()))
    with pytest.raises(httpcore2.ConnectError):
        await found.connect_tcp(NAME, 443, 2.0)


@pytest.mark.parametrize("networks", [(), ("127.0.0.0/8",)])
async def test_a_tool_that_leads_inside(
    networks: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shop = Shop({"/orders": Answer.json({"state": "sent"})})
    async with Server(shop) as server:
        monkeypatch.setattr(socket, "getaddrinfo", Names(["127.0.0.1"]))
        url = server.http.replace("127.0.0.1", NAME) + "/orders"
        asked = HttpRequest(method="GET", url=url, hosts=hosts_of(url, ()), networks=networks)
        spec = ToolSpec(name="orders", description="d", parameters={})
        tools = HttpTools([(spec, asked)])
        caplog.set_level(logging.WARNING)
        try:
            if networks:
                assert await tools.tools[0].run({}) == '{"state":"sent"}'
                return
            for _ in range(2):
                with pytest.raises(ToolFailed) as caught:
                    await tools.tools[0].run({})
                assert (caught.value.reason, caught.value.again) == ("network", False)
        finally:
            await tools.close()
    assert shop.asked == []
    (said,) = [one.getMessage() for one in caplog.records if "private_networks" in one.getMessage()]
    assert NAME in said


@pytest.mark.parametrize("networks", [(), ("127.0.0.0/8",)])
async def test_an_mcp_server_that_leads_inside(
    networks: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop({})
    async with Server(shop) as server:
        monkeypatch.setattr(socket, "getaddrinfo", Names(["127.0.0.1"]))
        url = server.http.replace("127.0.0.1", NAME) + "/mcp"
        source = McpServer("crm", over_http(url, {}, networks), McpLimits())
        source.start()
        try:
            await source.ready()
        finally:
            await source.close()
    assert bool(shop.asked) is bool(networks)
