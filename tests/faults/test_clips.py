"""Clips that are lost, in virtual time: what the caller hears instead, and how soon."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway.admin.metrics import Metrics
from gateway.core.policy import Policy
from gateway.ports import WIRE_FORMATS, ClipStore
from gateway.shell.mending import Mending
from tests.fakes import FakeAgent, threads_in_virtual_time
from tests.faults.centre import CACHED, Caller, quick_voice, with_fillers
from tests.faults.rows import Hears, Row, counter, identity
from tests.house import House, open_house

pytestmark = pytest.mark.anyio

TWO = "tell me the times"
PROMISED = 1.5
"""Seconds to recorded sound, whatever is lost."""


def turns(path: str) -> str:
    return f'frontline_turns_total{{path="{path}"}}'


def lost(kind: str) -> str:
    return f'frontline_clips_lost_total{{kind="{kind}"}}'


ROWS = (
    Row(
        fault="the clip of an answer",
        hears=Hears.AGENT,
        counted=(lost("answer"), turns("agent")),
        setting={"lost": ["entry:hours"], "agent": True},
    ),
    Row(
        fault="the clip of an answer, and there is no agent",
        hears=Hears.HAND_OFF,
        counted=(lost("answer"), turns("handoff")),
        setting={"lost": ["entry:hours"]},
    ),
    Row(
        fault="the clip of an answer, and the next time it is asked for",
        hears=Hears.AGENT,
        counted=(lost("answer"), turns("agent")),
        setting={"lost": ["entry:hours"], "agent": True, "before": 1},
    ),
    Row(
        fault="a clip of a clarifying question",
        hears=Hears.AGENT,
        counted=(lost("label"), turns("agent")),
        setting={"lost": ["label:holidays"], "agent": True, "text": TWO},
    ),
    Row(
        fault="a clip of a clarifying question, and there is no agent",
        hears=Hears.HAND_OFF,
        counted=(lost("line"), turns("handoff")),
        setting={"lost": ["line:clarify_or"], "text": TWO},
    ),
    Row(
        fault="the line `not_understood`",
        hears=Hears.AGENT,
        counted=(lost("line"), turns("agent")),
        setting={"lost": ["line:not_understood"], "agent": True, "confidence": 0.2},
    ),
    Row(
        fault="the first filler",
        hears=Hears.MORE,
        counted=(lost("line"), turns("agent")),
        setting={"lost": ["line:filler:1"], "agent": True, "slow": 0.6, "text": "why"},
    ),
    Row(
        fault="the clip of an answer, and the line `handoff`",
        hears=Hears.FAILURE,
        counted=(lost("answer"), lost("line"), turns("handoff")),
        setting={"lost": ["entry:hours", "line:handoff"]},
    ),
    Row(
        fault="all clips, the lines in memory",
        hears=Hears.HAND_OFF,
        counted=(lost("answer"), lost("label"), lost("line"), turns("handoff")),
        setting={"lost": [], "later": True, "watched": True},
    ),
)


@pytest.fixture(autouse=True)
def threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Threads that take no real time."""
    with threads_in_virtual_time(monkeypatch) as told:
        yield told


def stage(metrics: Metrics, given: dict[str, Any]) -> House:
    agent = FakeAgent(given.get("slow", 0.1), "It scatters the light.")
    has = given.get("agent", False)
    house = open_house(
        policy=Policy(agent=has),
        agent=agent if has else None,
        voice=quick_voice() if has else None,
    )
    services = house.services
    store = cast(ClipStore, house.store)
    services.mending = Mending(store, services.tenants, metrics)
    house.publish(with_fillers())
    return house


def lose(house: House, keys: list[str]) -> None:
    """Without any: all there are."""
    serving = house.services.tenants.get("default")
    assert serving is not None
    clips = serving.catalogue.clips
    for key in keys or clips:
        for form in WIRE_FORMATS:
            house.store.clips.pop(clips[key].name(form), None)


EXPECTED = {
    Hears.AGENT: ["agent"],
    Hears.HAND_OFF: ["<line:handoff 1>"],
    Hears.FAILURE: ["<line:failure 1>"],
    Hears.MORE: ["<more:1>", "agent"],
}


@pytest.mark.parametrize("row", ROWS, ids=identity)
async def test_what_the_caller_hears_and_how_soon(row: Row) -> None:
    given, loop, metrics = dict(row.setting), asyncio.get_running_loop(), Metrics()
    house = stage(metrics, given)
    if not given.get("later"):
        lose(house, given["lost"])
    watching = loop.create_task(house.services.mending.watch()) if given.get("watched") else None
    text, sure = given.get("text", CACHED), given.get("confidence", 1.0)
    async with house.call(wire=(caller := Caller())) as call:
        caller.played = call.runner.playout.echoed
        await asyncio.sleep(0.5)
        if given.get("later"):
            lose(house, given["lost"])
        for _ in range(given.get("before", 0)):
            call.runner.final(text, sure)
            await asyncio.sleep(10.0)
        before = len(caller.told("audio.start"))
        began = loop.time()
        call.runner.final(text, sure)
        await asyncio.sleep(400.0 if watching else 20.0)
    starts = caller.told("audio.start")[before:]
    heard = [one.get("text") or one["source"] for one in starts]
    assert [one for one in heard if "still_there" not in one] == EXPECTED[row.hears]
    assert starts[0]["at"] - began <= PROMISED
    caller.one_voice()
    newest = {record.turn: record for record in house.observer.turns}
    assert newest[max(newest)].path != "cache"
    for record in house.observer.turns:
        metrics.turn_closed(record)
    value = counter(metrics.registry)
    assert {one for one in row.counted if not value(one)} == set()
    if watching is not None:
        watching.cancel()
        await asyncio.wait([watching])


async def test_with_nothing_left_to_play_the_account_says_that_it_was_no_answer() -> None:
    """Silence is all there is: but the client is told to connect a person, and nothing claims that
    an answer was heard."""
    house = stage(Metrics(), {})
    lose(house, [])
    async with house.call() as call:
        await asyncio.sleep(0.5)
        call.runner.final(CACHED)
        await asyncio.sleep(5.0)
    assert call.wire.audio() == []
    assert call.wire.told("decision")[-1]["path"] == "handoff"
    [record] = house.observer.turns
    assert (record.path, record.evidence["lost"]) == ("handoff", True)
