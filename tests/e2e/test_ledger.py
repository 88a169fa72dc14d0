"""The account of a turn as clients are told it, and what ``frontline audit`` makes of the records:
the real program, with a local OpenAI for the agent and espeak for its voice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.core.ledger import Owner
from gateway.ports.records import TurnQuery, TurnRecord
from tests.providers.chat import Reply
from tests.providers.openai import OpenAI
from tests.providers.server import Server
from tests.support.house_server import FRONTLINE, TENANT, Gateway, House, environ, eventually
from tests.support.line import Line

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

OWNERS = {f"{owner.value}_ms" for owner in Owner}
WAYS = {
    "cache": "when do you open",
    "clarify": "i have a question about my card",
    "agent": "can you recommend a book about gardening",
    "route": "could you repeat that please",
    "handoff": "a person please",
}


@pytest.fixture
async def gateway(house: House, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with Server(OpenAI(Reply("Try the one by Mary Brown."), key="k")) as model:
        settings = {
            "FRONTLINE_LLM__PRIMARY_PROVIDER": "openai",
            "FRONTLINE_LLM__PRIMARY_BASE_URL": f"{model.http}/v1",
            "FRONTLINE_LLM__PRIMARY_KEY": "k",
            "FRONTLINE_PLAYOUT__LEAD_MS": "10000",  # nobody has to wait for the end of an answer
        }
        gateway = Gateway(house.copy(tmp_path / "store"), settings)
        await asyncio.to_thread(gateway.__enter__)
        try:
            yield gateway
        finally:
            await asyncio.to_thread(gateway.__exit__, None, None, None)


def balanced(turn: dict[str, Any]) -> None:
    """Its contributions sum to the TTFA, and each has an owner."""
    parts = {key: ms for key, ms in turn["timeline"].items() if key not in ("ttfa_ms", "heard_ms")}
    assert set(parts) <= OWNERS, turn
    assert all(ms >= 0 for ms in parts.values()), turn
    assert abs(sum(parts.values()) - turn["timeline"]["ttfa_ms"]) <= 1, turn


async def test_contributions_sum_to_the_ttfa_on_every_path_and_the_loop_is_watched(
    gateway: Gateway,
) -> None:
    for path, text in WAYS.items():
        async with Line.dial(gateway.address, tenant=TENANT, stt="client") as line:
            await line.say(text)
            turn = await line.expect("turn")
            assert turn["path"] == path
            balanced(turn)
    async with Line.dial(gateway.address, tenant=TENANT, stt="client", echo="never") as line:
        await line.say("i want to send money")
        balanced(await line.expect("turn", turn=1))
        await line.say("is parking free")  # cuts in, and is answered
        balanced(await line.expect("turn", turn=1, interrupted=True))
        balanced(await line.expect("turn", turn=2, path="cache"))
        await eventually(lambda: gateway.sample("frontline_loop_late_seconds_count") > 0)
    await eventually(lambda: len(records(gateway)) == len(WAYS) + 2)
    for record in records(gateway):
        balanced({"timeline": record.timeline})
    told = await asyncio.to_thread(audited, gateway)
    assert told["turns"] == len(WAYS) + 2
    assert {one["path"]: one["turns"] for one in told["paths"]} == {
        **dict.fromkeys(WAYS, 1),
        "cache": 3,
    }
    for path in told["paths"]:  # a hit of 5 ms is told in tenths of one, stage by stage
        assert sum(stage["share"] for stage in path["stages"]) == pytest.approx(1.0, abs=0.1)


def records(gateway: Gateway) -> list[TurnRecord]:
    with contextlib.closing(gateway.house.open()) as store:
        return store.turns(TurnQuery(tenant=TENANT))


def audited(gateway: Gateway) -> dict[str, Any]:
    """``frontline audit`` beside the running server."""
    done = subprocess.run(
        [FRONTLINE, "--tenant", TENANT, "audit", "--json"],
        cwd=gateway.house.folder.parent,
        env=environ(gateway.house.environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
