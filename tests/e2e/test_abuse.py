"""Strangers without a token, at the door of the real server."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest

from bench.attacks import ATTACKS, FLOOD, PING, UPGRADE, Siege
from tests.house_server import TENANT, Gateway, House
from tests.line import Line

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

FILES, CALLS = 320, 4
CROWD = 400
"""Connections: more than there are descriptors."""


@pytest.fixture(scope="module")
def gateway(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One that has few descriptors."""
    copy = house.copy(tmp_path_factory.mktemp("abused") / "store")
    with Gateway(copy, {"FRONTLINE_SERVER__MAX_CALLS": str(CALLS)}, files=FILES) as up:
        yield up


async def is_served(gateway: Gateway) -> None:
    """The process answers, and reads an answer's sound from its store."""
    assert gateway.get("healthz") == "ok\n"
    async with Line.dial(gateway.address, tenant=TENANT, stt="client", echo="at once") as line:
        await line.say("when do you open")
        await line.expect("decision", path="cache")
        await line.expect("audio.start", source="cache")


async def test_half_sent_requests_take_nobodys_descriptors(gateway: Gateway) -> None:
    """250 of them starved ``/healthz`` and the store."""
    with contextlib.ExitStack() as stack:
        for _ in range(CROWD):
            sock = socket.create_connection(("127.0.0.1", gateway.port), timeout=5)
            stack.enter_context(sock)
            sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        await is_served(gateway)
        assert gateway.open_files() < FILES - 50
    assert gateway.sample('frontline_connections_refused_total{reason="address"}') > 0


@pytest.mark.parametrize("name", ["long_header", "long_url", "long_handshake", "pipelined"])
async def test_a_head_without_an_end_costs_nothing(gateway: Gateway, name: str) -> None:
    """150 MB of it took 22 s of the processor and 250 MB of memory."""
    before = gateway.rss_mib()
    siege = Siege("127.0.0.1", gateway.port, "", until=_in(5.0))
    with contextlib.suppress(OSError):
        ATTACKS[name](siege)
    assert siege.figures.get("taken_mib", 0.0) < 100
    assert gateway.rss_mib() < before + 20
    await is_served(gateway)


async def test_pings_that_do_not_end_are_thrown_out(gateway: Gateway) -> None:
    """8 MB of them held up every call for 5 s."""
    siege = Siege("127.0.0.1", gateway.port, "", until=_in(10.0))
    with siege.connect() as sock:
        sock.sendall(UPGRADE + b"\r\n")
        assert sock.recv(4096).startswith(b"HTTP/1.1 101 ")
        assert siege.pour(sock, PING, FLOOD) < (FLOOD << 20)
        heard = b""
        with contextlib.suppress(OSError):
            while data := sock.recv(65536):
                heard += data
        assert b"flood" in heard
    await is_served(gateway)


def _in(seconds: float) -> float:
    return time.monotonic() + seconds
