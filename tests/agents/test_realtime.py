"""OpenAI Realtime as the agent, against the local one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.errors import ProviderFailed
from tests.support.voiced_agents import ASKED, HOURS, desk, seconds_of, text_of

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]


async def test_mulaw_comes_as_the_door_takes_it() -> None:
    async with desk() as one:
        assert 1.0 < seconds_of(await one.ask()) < 4.0
        session = one.provider.sessions[0].session
        assert session["audio"]["output"]["format"] == {"type": "audio/pcmu"}
        assert session["audio"]["input"]["turn_detection"] is None


async def test_a_reply_that_is_cut_is_truncated_to_what_was_heard() -> None:
    async with desk(pace=0.05) as one:
        reply = await one.begun(3)
        one.agent.heard("c1", 1, 0.15)
        await reply.aclose()
        session = one.provider.sessions[0]
        await one.until(lambda message: message["type"] == "conversation.item.truncate")
        assert 150 in session.heard_ms.values()
        kinds = [m["type"] for m in one.server.journal[0].texts]
        assert kinds[-2:] == ["response.cancel", "conversation.item.truncate"]
        assert text_of(await one.ask(replace(ASKED, turn=2))) == HOURS.text


async def test_of_what_nobody_heard_nothing_is_left() -> None:
    async with desk(pace=0.05) as one:
        reply = await one.begun(1)
        one.agent.heard("c1", 1, 0.0)
        await reply.aclose()
        await one.until(lambda message: message["type"] == "conversation.item.delete")
        assert one.messages == [("user", "when do you open")]


async def test_a_rate_limit_is_a_failure_and_the_next_turn_is_answered() -> None:
    async with desk(fails={"when do you open": "rate_limit_exceeded"}) as one:
        with pytest.raises(ProviderFailed, match="rate_limit_exceeded"):
            await one.ask()
        assert text_of(await one.ask(replace(ASKED, turn=2, text="hello"))) == HOURS.text
