"""Gemini Live as the agent, against the local one: what is Google's own."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from typing import Any

import pytest

from gateway.errors import ProviderFailed, SettingsError
from gateway.ports.tools import CallFacts
from gateway.settings.agent import AgentSettings
from gateway.settings.whole import Settings
from gateway.wiring.tools import need_sdk
from tests.providers.behaviour import Behaviour
from tests.providers.chat import Reply, ToolCall
from tests.support.tools import ScriptedTool
from tests.support.voiced_agents import ASKED, HOURS, WITHIN, Desk, desk, text_of

pytest.importorskip("google.genai", reason="google-genai is not installed")

from gateway.agents.gemini import HEARD_OUT, client_of

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

FIRST = (("user", "when do you open"), ("assistant", HOURS.text))
NEXT = replace(ASKED, turn=2, text="and on Sundays")


def asks(message: Any) -> bool:
    """Is it content that is to be answered?"""
    return bool(message.get("client_content", {}).get("turnComplete"))


async def settled(one: Desk) -> None:
    """Until the vendor's turn is over too."""
    async with asyncio.timeout(WITHIN):
        await one.agent._session("c1")._idle.wait()


async def replaced(one: Desk, sessions: int) -> None:
    """Until there have been so many connections, and the newest was set up."""
    async with asyncio.timeout(WITHIN):
        await one.server.journal.until(sessions - 1, lambda entry: bool(entry.texts))
        await one.agent._session("c1").open()


async def test_turns_are_ours_and_the_session_can_be_resumed() -> None:
    async with desk(HOURS, ScriptedTool("balance", ["5"]), vendor="gemini", about="A bank.") as one:
        await one.ask()
        setup = one.provider.sessions[0].setup
        assert setup["realtime_input_config"] == {
            "automatic_activity_detection": {"disabled": True}
        }
        assert setup["output_audio_transcription"] == {} and setup["session_resumption"] == {}
        assert setup["context_window_compression"] == {"sliding_window": {}}
        assert setup["system_instruction"]["parts"] == [{"text": "Be brief.\n\nA bank."}]
        [tool] = setup["tools"][0]["function_declarations"]
        assert tool["name"] == "balance" and tool["parameters_json_schema"]["type"] == "object"
        assert one.server.journal[0].headers["x-goog-api-key"] == "***"


async def test_what_the_cache_answered_is_content_that_is_not_answered() -> None:
    async with desk(vendor="gemini") as one:
        history = (("user", "where are you"), ("assistant", "At the market."))
        await one.ask(replace(ASKED, turn=2, history=history))
        written, asked = (m["client_content"] for m in one.server.journal[0].texts[1:])
        assert written["turnComplete"] is False and asked["turnComplete"] is True
        assert [(turn["role"], turn["parts"][0]["text"]) for turn in written["turns"]] == [
            *(("user", "where are you"), ("model", "At the market.")),
        ]


async def test_a_reply_that_is_cut_is_stopped_and_the_next_question_says_what_was_heard() -> None:
    async with desk(vendor="gemini", pace=0.05) as one:
        reply = await one.begun(3)
        one.agent.heard("c1", 1, 0.15)
        await reply.aclose()
        history = (("user", "when do you open"), ("assistant", "We"))
        assert text_of(await one.ask(replace(NEXT, history=history))) == HOURS.text
        kinds = [asks(message) for message in one.server.journal[0].texts[1:]]
        assert kinds[:2] == [True, False]  # the question, and what stops its answer
        said, sent, told, asked, _ = one.texts
        assert said == "when do you open" and len(sent) < len(HOURS.text)
        assert told == "(I cut in. Of your last answer I heard only: We)"
        assert asked == "and on Sundays"


async def test_a_reply_of_which_nothing_was_heard() -> None:
    async with desk(vendor="gemini", pace=0.05) as one:
        reply = await one.begun(1)
        one.agent.heard("c1", 1, 0.0)
        await reply.aclose()
        await one.ask(replace(NEXT, history=(("user", "when do you open"),)))
        assert one.texts[2] == "(I cut in. Of your last answer I heard nothing.)"


async def test_a_reply_that_was_heard_out_is_not_spoken_of() -> None:
    async with desk(vendor="gemini") as one:
        seconds = sum(len(piece.audio) for piece in await one.ask()) / 8_000
        await settled(one)
        one.agent.heard("c1", 1, seconds - HEARD_OUT / 2)
        await one.ask(replace(NEXT, history=FIRST))
        assert one.messages == [*FIRST, ("user", "and on Sundays"), ("assistant", HOURS.text)]


async def test_a_reply_is_over_when_all_of_it_is_there_not_when_it_was_played() -> None:
    async with desk(vendor="gemini", plays=30.0) as one:
        await one.ask()
        one.agent.heard("c1", 1, 10.0)
        await one.ask(replace(NEXT, history=FIRST))
        assert len(one.provider.sessions) == 1
        assert one.texts == [*(text for _, text in FIRST), "and on Sundays", HOURS.text]


async def test_told_to_go_it_goes_on_in_another_connection() -> None:
    async with desk(vendor="gemini") as one:
        one.agent.call_began(CallFacts(call_id="c1", tenant="t"))
        await one.ask()
        await settled(one)
        one.provider.sessions[0].go_away(5.0)
        await replaced(one, 2)
        await one.ask(replace(NEXT, history=FIRST))
        assert one.provider.sessions[1].setup["session_resumption"]["handle"] in one.provider.states
        assert one.messages == [*FIRST, ("user", "and on Sundays"), ("assistant", HOURS.text)]
        sent = one.server.journal[-1].texts[1:]
        assert len(sent) == 1 and asks(sent[0])  # nothing is told twice
        one.agent.call_ended("c1")


async def test_told_to_go_in_the_middle_of_a_reply_it_is_heard_to_its_end() -> None:
    async with desk(vendor="gemini", pace=0.02) as one:
        reply = await one.begun(1)
        one.provider.sessions[0].go_away(5.0)
        rest = [piece async for piece in reply]
        assert text_of(rest).endswith("morning.")
        await replaced(one, 2)
        await one.ask(replace(NEXT, history=FIRST))
        assert one.messages[:3] == [*FIRST, ("user", "and on Sundays")]


async def test_a_handle_that_is_not_known_any_more_costs_nothing_but_a_session() -> None:
    async with desk(vendor="gemini") as one:
        await one.ask()
        await settled(one)
        one.provider.states.clear()
        one.provider.sessions[0].go_away(5.0)
        await replaced(one, 3)
        await one.ask(replace(NEXT, history=FIRST))
        assert "handle" not in one.provider.sessions[-1].setup["session_resumption"]
        assert one.messages[:3] == [*FIRST, ("user", "and on Sundays")]


async def test_after_a_lost_session_what_the_handle_does_not_hold_is_written_again() -> None:
    async with desk(vendor="gemini") as one:
        await one.ask()
        await settled(one)
        lost = one.agent._session("c1")._reading
        await one.server.refuse()  # and what is connected is reset
        await one.server.listen()
        assert lost is not None
        await asyncio.wait([lost], timeout=WITHIN)
        history = (*FIRST, ("user", "where are you"), ("assistant", "At the market."))
        await one.ask(replace(NEXT, turn=3, history=history))
        assert len(one.provider.sessions) == 2
        assert one.messages[:5] == [*history, ("user", "and on Sundays")]


async def test_a_tool_that_is_cut_in_on_is_not_waited_for() -> None:
    def model(body: dict[str, Any]) -> Reply:
        if body["messages"][-1]["content"] == "and on Sundays":
            return HOURS
        return Reply(tool_calls=(ToolCall("balance", "{}"),))

    async with desk(model, ScriptedTool("balance", ["5"]), vendor="gemini") as one:
        reply = await one.begun(1)
        one.agent.heard("c1", 1, 0.0)
        await reply.aclose()
        pieces = await one.ask(replace(NEXT, history=(("user", "when do you open"),)))
        assert text_of(pieces) == HOURS.text and len(one.provider.sessions) == 1


async def test_a_prompt_of_the_subjects_own_is_told_beside_the_question() -> None:
    async with desk(vendor="gemini", about="A bank.") as one:
        await one.ask(replace(ASKED, prompt="Quote no rates.", known="Gold customer."))
        assert one.texts[0] == "(Gold customer.)\n\n(Quote no rates.)\n\nwhen do you open"


async def test_saying_nothing_is_a_failure_and_the_next_turn_is_answered() -> None:
    fails = {"when do you open": "PROHIBITED_INPUT_CONTENT"}
    async with desk(vendor="gemini", fails=fails) as one:
        with pytest.raises(ProviderFailed, match="PROHIBITED_INPUT_CONTENT"):
            await one.ask()
        assert text_of(await one.ask(NEXT)) == HOURS.text


async def test_a_session_that_ends_while_it_speaks_is_a_failure() -> None:
    async with desk(vendor="gemini", behaviour=Behaviour(close_at=9, close_code=1011)) as one:
        with pytest.raises(ProviderFailed, match="the Gemini session was lost"):
            await one.ask()


def test_without_googles_sdk_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.agents.gemini.find_spec", lambda name: None)
    with pytest.raises(SettingsError, match="pip install google-genai"):
        client_of("k", "")
    monkeypatch.undo()
    monkeypatch.delitem(sys.modules, "google.genai", raising=False)
    monkeypatch.setitem(sys.modules, "google", None)  # nothing of Google's at all
    with pytest.raises(SettingsError, match="pip install google-genai"):
        need_sdk(Settings(agent=AgentSettings(kind="gemini", key="k")))
    need_sdk(Settings())
