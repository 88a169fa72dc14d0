"""The program itself, with everything behind it failing: both models, and the store."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.providers.behaviour import Behaviour
from tests.providers.openai import OpenAI
from tests.providers.server import Server
from tests.support.house_server import TENANT, Gateway, House, eventually, house
from tests.support.line import Line

__all__ = ["house"]

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

QUESTION = "can you recommend a book about gardening"
CACHED = "when do you open"
FAILED = 'frontline_llm_answers_total{outcome="failed"}'
HANDED_OFF = 'frontline_turns_total{decided_on="final",path="handoff",tenant="house"}'
TURNS = 7
"""After five failures running both models are left alone."""


@contextlib.asynccontextmanager
async def serving(house: House, folder: Path) -> AsyncIterator[tuple[Gateway, House]]:
    """The program on a store of its own; one model refuses connections, the other says 500."""
    async with Server(OpenAI(key="k"), behaviour=Behaviour(status=500)) as broken:
        async with Server(OpenAI(key="k")) as refusing:
            nobody = refusing.http
        settings = {
            "FRONTLINE_LLM__PRIMARY_PROVIDER": "openai",
            "FRONTLINE_LLM__PRIMARY_BASE_URL": f"{nobody}/v1",
            "FRONTLINE_LLM__PRIMARY_KEY": "k",
            "FRONTLINE_LLM__SECONDARY_BASE_URL": f"{broken.http}/v1",
            "FRONTLINE_LLM__SECONDARY_KEY": "k",
            "FRONTLINE_PLAYOUT__LEAD_MS": "10000",
        }
        own = house.copy(folder / "store")
        gateway = Gateway(own, settings)
        await asyncio.to_thread(gateway.__enter__)
        try:
            yield gateway, own
        finally:
            await asyncio.to_thread(gateway.__exit__, None, None, None)


async def cached(line: Line, house: House, turn: int) -> None:
    """The cache answers, with its own clip."""
    await line.say(CACHED)
    await line.expect("decision", path="cache", turn=turn)
    generation = await line.heard_out(turn=turn)
    assert line.sound(generation) == house.clip("hours")


async def handed_off(line: Line, house: House, turn: int) -> None:
    """The line is said: that one, whole, and no agent's voice."""
    await line.say(QUESTION)
    await line.expect("decision", path="agent", turn=turn)
    await line.expect("decision", path="handoff", turn=turn)
    start = await line.expect("audio.start", source="system")
    await line.heard_out(generation=start["generation"])
    assert line.sound(start["generation"]) == house.said("line:handoff")
    assert "agent" not in {one["source"] for one in line.of("audio.start")}


@pytest.mark.timeout(180)
async def test_both_models_and_the_store_fail(house: House, tmp_path: Path) -> None:
    async with serving(house, tmp_path) as (gateway, own):
        dialling: Any = Line.dial(gateway.address, tenant=TENANT, stt="client")
        async with dialling as line:
            for number in range(1, TURNS + 1):
                await handed_off(line, house, number)
            await cached(line, house, TURNS + 1)
            damage(own.folder)
            await eventually(lambda: "cannot be" in gateway.output)
            await cached(line, house, TURNS + 2)
            await handed_off(line, house, TURNS + 3)
        async with Line.dial(gateway.address, tenant=TENANT, stt="client") as line:
            await cached(line, house, 1)
        assert await asyncio.to_thread(gateway.sample, FAILED) == TURNS + 1
        assert await asyncio.to_thread(gateway.sample, HANDED_OFF) == TURNS + 1
        assert await asyncio.to_thread(gateway.get, "readyz")


def damage(folder: Path) -> None:
    """The database is noise from now on; the clips stay. In place: the program has it mapped."""
    for path in folder.glob("frontline.db*"):
        with path.open("r+b") as file:
            file.write(b"\xff" * path.stat().st_size)
