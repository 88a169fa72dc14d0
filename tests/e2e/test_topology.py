"""Two gateways behind the balancer of ``docker-compose.yml``, without containers: its own
configuration file, and addresses of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.test_files import DEPLOY, program
from tests.support.house_server import TENANT, Gateway, House, eventually
from tests.support.line import Line

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def balancer(one: Gateway, other: Gateway) -> Iterator[str]:
    """HAProxy before the two; its address."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    environ = {
        "LISTEN": address,
        "STATS": f"127.0.0.1:{free_port()}",
        "GATEWAY_1": one.address,
        "GATEWAY_2": other.address,
    }
    process = subprocess.Popen(
        [program("haproxy"), "-db", "-f", DEPLOY / "haproxy.cfg"],
        env={**os.environ, **environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        began = time.monotonic()
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert time.monotonic() < began + 10
            time.sleep(0.02)
        yield address
    finally:
        process.kill()
        process.wait()


def dial(address: str) -> Any:
    return Line.dial(address, tenant=TENANT, stt="client", echo="when played")


async def test_a_gateway_that_drains_keeps_its_calls_and_gets_no_more(
    house: House, tmp_path: Path
) -> None:
    settings = {"FRONTLINE_SERVER__DRAIN_S": "60"}
    program("haproxy")
    with (
        Gateway(house.copy(tmp_path / "1" / "store"), settings) as one,
        Gateway(house.copy(tmp_path / "2" / "store"), settings) as other,
        balancer(one, other) as address,
    ):
        async with AsyncExitStack() as stack:
            lines = [await stack.enter_async_context(dial(address)) for _ in range(4)]
            for line in lines:
                await line.say("where are you located")
                await line.some_sound(1)
            assert (one.calls(), other.calls()) == (2, 2)
            one.signal(signal.SIGTERM)
            await eventually(lambda: "stopping once" in one.output)
            await asyncio.sleep(
                2.5
            )  # the balancer asks once a second: it is another program's time
            late = [await stack.enter_async_context(dial(address)) for _ in range(2)]
            assert other.calls() == 4
            for line in [*lines, *late]:
                if line in late:
                    await line.say("where are you located")
                await line.heard_out()
                assert line.sound(1) == house.clip("location")
        assert one.wait(15) == 0
