"""An action follows what announces it; a caller who cuts in before has changed their mind."""

from __future__ import annotations

import asyncio

import pytest

from gateway.shell.catalogue.routing import Routing
from tests.support.house import House, answer

pytestmark = pytest.mark.anyio


async def test_a_transfer_follows_the_hand_off_line(house: House) -> None:
    async with house.call() as call:
        call.runner.final("my balance")
        await asyncio.sleep(4.0)
        [started], [action] = call.wire.told("audio.start"), call.wire.told("action")
        assert started["text"] == "<line:handoff 1>"
        assert (action["turn"], action["action"], action["intent"]) == (1, "transfer", "account")
        assert action["at"] - started["at"] >= 0.3, "the line is heard to its end"


async def test_it_is_not_sent_to_who_cuts_in(house: House) -> None:
    async with house.call() as call:
        call.runner.final("my balance")
        await asyncio.sleep(0.1)
        call.runner.partial("wait when do you open")
        house.matcher.answers["wait when do you open"] = answer("hours")
        await asyncio.sleep(0.1)
        call.runner.final("wait when do you open")
        await asyncio.sleep(4.0)
        assert call.wire.told("action") == []
        assert [one["path"] for one in call.wire.told("decision")] == ["route", "cache"]


async def test_an_acknowledgement_is_no_change_of_mind(house: House) -> None:
    async with house.call() as call:
        call.runner.final("my balance")
        await asyncio.sleep(0.1)
        call.runner.partial("okay")
        call.runner.final("okay")
        await asyncio.sleep(4.0)
        assert [one["action"] for one in call.wire.told("action")] == ["transfer"]


async def test_a_menu_key_has_nothing_to_wait_for(house: House) -> None:
    house.services.routing = Routing.of({"account": "dtmf:1#"}, {})
    async with house.call() as call:
        call.runner.final("my balance")
        await asyncio.sleep(1.0)
        assert [one["action"] for one in call.wire.told("action")] == ["dtmf:1#"]
        assert call.wire.told("audio.start") == []


async def test_an_answer_that_settings_route_is_played_first(house: House) -> None:
    house.services.routing = Routing.of({"opening": "agent:deep"}, {"opening": "Be brief."})
    async with house.call() as call:
        call.runner.final("when do you open")
        await asyncio.sleep(4.0)
        assert [one["text"] for one in call.wire.told("audio.start")] == ["<entry:hours 1>"]
        [action] = call.wire.told("action")
        assert (action["action"], action["prompt"]) == ("agent:deep", "Be brief.")


async def test_a_tool_without_an_agent_is_a_hand_off_and_never_silence(house: House) -> None:
    house.services.routing = Routing.of({"opening": "tool:diary"}, {})
    async with house.call() as call:
        call.runner.final("when do you open")
        await asyncio.sleep(4.0)
        assert [one["text"] for one in call.wire.told("audio.start")] == ["<line:handoff 1>"]
        assert [one["path"] for one in call.wire.told("decision")] == ["handoff"]
        assert call.wire.told("action") == []
    [record] = house.observer.turns
    assert (record.path, record.evidence["degraded"]) == ("handoff", True)
