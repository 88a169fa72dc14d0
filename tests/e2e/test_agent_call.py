"""Calls that an agent answers: the real program, with a local OpenAI for the agent and espeak for
its voice."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.providers.behaviour import GOOD, Behaviour, Delay
from tests.providers.chat import Reply
from tests.providers.openai import OpenAI
from tests.providers.server import Server
from tests.support.house_server import TENANT, Gateway, House
from tests.support.line import Line

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

QUESTION = "can you recommend a book about gardening"
ANSWER = "Try the one by Mary Brown. It has a chapter on roses. Do you grow any?"
LONG = " ".join(["And then there is one more book that I would like to tell you about."] * 20)


@contextlib.asynccontextmanager
async def connected(
    house: House, folder: Path, reply: str = ANSWER, behaviour: Behaviour = GOOD
) -> AsyncIterator[tuple[Gateway, Server]]:
    """The program, and the model it asks."""
    async with Server(OpenAI(Reply(reply), key="k"), behaviour=behaviour) as model:
        settings = {
            "FRONTLINE_LLM__PRIMARY_PROVIDER": "openai",
            "FRONTLINE_LLM__PRIMARY_BASE_URL": f"{model.http}/v1",
            "FRONTLINE_LLM__PRIMARY_KEY": "k",
        }
        gateway = Gateway(house.copy(folder / "store"), settings)
        await asyncio.to_thread(gateway.__enter__)
        try:
            yield gateway, model
        finally:
            await asyncio.to_thread(gateway.__exit__, None, None, None)


def dial(gateway: Gateway, **more: Any) -> Any:
    """A call whose client brings its own text."""
    return Line.dial(gateway.address, tenant=TENANT, stt="client", **more)


async def heard(line: Line, turn: int) -> tuple[str, int]:
    """Until the agent has answered, whatever is said before: the path, and milliseconds of it."""
    while (start := await line.expect("audio.start", turn=turn))["source"] != "agent":
        assert start["source"] == "filler"
    generation = await line.heard_out(turn=turn, generation=start["generation"])
    return start["source"], len(line.sound(generation)) // 32


async def test_a_miss_is_answered_and_the_next_one_knows_of_it(
    house: House, tmp_path: Path
) -> None:
    async with connected(house, tmp_path) as (gateway, model), dial(gateway) as line:
        await line.say(QUESTION)
        assert (await line.expect("decision"))["path"] == "agent"
        source, length = await heard(line, 1)
        assert source == "agent" and length > 2000
        turn = await line.expect("turn", path="agent")
        owners = {k: v for k, v in turn["timeline"].items() if k != "ttfa_ms"}
        assert sum(owners.values()) == pytest.approx(turn["timeline"]["ttfa_ms"], abs=1)
        assert owners["agent_ms"] > 0 and owners["tts_ms"] > 0
        await line.played_out()
        await line.say("only a few red ones")
        assert (await line.expect("decision", turn=2))["path"] == "agent"
        await heard(line, 2)
        asked = [one.body["messages"] for one in model.journal if one.body]
        assert [one["content"] for one in asked[-1][-3:]] == [
            *(QUESTION, ANSWER, "only a few red ones"),
        ]


async def test_who_cuts_in_stops_the_model_and_hears_nothing_more(
    house: House, tmp_path: Path
) -> None:
    slow = Behaviour(between=Delay(0.05))
    async with connected(house, tmp_path, LONG, slow) as (gateway, model), dial(gateway) as line:
        await line.say(QUESTION)
        start = await line.expect("audio.start", source="agent")
        await line.some_sound(start["generation"])
        await line.say("when do you open")
        await line.expect("clear", generation=start["generation"])
        assert (await line.expect("turn", interrupted=True))["path"] == "agent"
        assert (await line.expect("decision", turn=2))["path"] == "cache"
        generation = await line.heard_out(turn=2)
        assert line.sound(generation) == gateway.house.clip("hours")
        assert line.late == 0
        assert (await model.journal.closed()).outcome == "cancelled"


async def test_a_model_that_is_down_is_answered_for(house: House, tmp_path: Path) -> None:
    down = Behaviour(status=500)
    async with connected(house, tmp_path, behaviour=down) as (gateway, _), dial(gateway) as line:
        await line.say(QUESTION)
        assert (await line.expect("decision"))["path"] == "agent"
        assert (await line.expect("decision"))["path"] == "handoff"
        await line.expect("audio.start", source="system")
        await line.say("when do you open")
        await line.expect("decision", path="cache", turn=2)
