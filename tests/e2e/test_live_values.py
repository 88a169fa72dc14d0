"""An answer with a live value: a table, the real program, a shop over HTTP, and calls."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from tests.adapters.tools.shop import Shop
from tests.providers.server import Answer, Server
from tests.providers.wire import Request
from tests.support.house_server import FRONTLINE, TENANT, Gateway, House, environ
from tests.support.line import Line

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop, pytest.mark.timeout(180)]

TABLE = """\
question,intent,answer,fallback
when do you open|what are your opening hours,hours,We open at nine.,
where is my order|has my order been sent,order,"It is {order.status}, and comes {order.due}.",\
I cannot see your order just now.
where can i park|is there a car park,parking,Behind the house.,
"""
SETTINGS = """
[tools.order]
description = "Where the caller's order is."
url = "{shop}/orders/{{number}}"
from_call = {{ number = "caller.number" }}
values = {{ status = "enum: packed | in_transit = on its way", due = "date" }}
parameters = {{ properties = {{ number = {{ type = "string" }} }}, required = ["number"] }}
"""
ORDERS = {
    "15550100": {"status": "in_transit", "due": "2031-12-03"},
    "15550101": {"status": "<b>in_transit</b>", "due": "2031-12-03"},
}
ASKED = "where is my order"


def order_of(request: Request) -> Answer:
    return Answer.json(ORDERS[request.path.rpartition("/")[2]])


def seeded(own: House, folder: Path) -> None:
    command = [str(FRONTLINE), "seed", "table.csv"]
    subprocess.run(command, cwd=folder, env=environ(own.environment), check=True, timeout=120)


@contextlib.asynccontextmanager
async def gateway_with(house: House, folder: Path) -> AsyncIterator[Gateway]:
    """The program on the table, seeded with the settings that it serves with."""
    shop = Shop({f"/orders/{number}": order_of for number in ORDERS})
    async with Server(shop) as here:
        (folder / "frontline.toml").write_text(SETTINGS.format(shop=here.http))
        (folder / "table.csv").write_text(TABLE)
        own = House(folder / "store", house.model)
        await asyncio.to_thread(seeded, own, folder)
        gateway = Gateway(own)
        await asyncio.to_thread(gateway.__enter__)
        try:
            yield gateway
        finally:
            await asyncio.to_thread(gateway.__exit__, None, None, None)


def longest_quiet_ms(sound: bytes) -> float:
    """The longest silence inside of 16 kHz PCM."""
    levels = np.abs(np.frombuffer(sound, "<i2").astype(np.int32))
    loud = np.flatnonzero(levels > 300)
    return float(np.max(np.diff(loud))) / 16.0


async def test_who_is_known_is_told_and_nothing_else_is_said(house: House, tmp_path: Path) -> None:
    def dial(gateway: Gateway, number: str) -> contextlib.AbstractAsyncContextManager[Line]:
        caller = {"number": number} if number else {}
        return Line.dial(gateway.address, tenant=TENANT, stt="client", caller=caller)

    async with gateway_with(house, tmp_path) as gateway:
        async with dial(gateway, "15550100") as line:
            await line.say(ASKED)
            assert (await line.expect("decision"))["path"] == "cache"
            told = line.sound(await line.heard_out(turn=1))
            await line.send("final", text="when do you open")
            opening = line.sound(await line.heard_out(turn=2))
        async with dial(gateway, "15550101") as line:
            await line.say(ASKED)
            assert (await line.expect("decision"))["path"] == "cache"
            sorry = line.sound(await line.heard_out(turn=1))
        async with dial(gateway, "") as line:
            await line.say(ASKED)
            assert (await line.expect("decision"))["path"] != "cache"
        own = gateway.house
        first, fallback = (own.said(f"{part}:order") for part in ("part0", "fallback"))
        assert told[:16_000] == first[:16_000]
        assert len(told) > len(opening), "the words around the values, and the values"
        assert longest_quiet_ms(told) < 400
        assert sorry.endswith(fallback)
        assert "15550100" not in gateway.output
        assert "in_transit" not in gateway.output
