"""Agents with a voice of their own: what holds for each of them, against its local provider."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from gateway.agents.speaking import (
    MULAW,
    WAITING,
    RoundOver,
    Saying,
    SpokenReply,
    VoiceSound,
    VoiceWords,
    WantedTool,
    brief,
)
from gateway.errors import ProviderFailed
from gateway.ports.agents import Agent, AgentPiece, SpeakingAgent
from gateway.ports.sound import AudioFormat, Encoding
from gateway.ports.tools import CallFacts, CallListener
from tests.providers.behaviour import Behaviour
from tests.providers.chat import Reply, ToolCall
from tests.support.tools import ScriptedTool
from tests.support.voiced_agents import ASKED, HOURS, desk, seconds_of, text_of

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

each_vendor = pytest.mark.parametrize("vendor", ["realtime", "gemini"])
FORMS = [
    (MULAW, 8_000),
    (AudioFormat(Encoding.PCM, 16_000), 32_000),
    (AudioFormat(Encoding.PCM, 24_000), 48_000),
]


@each_vendor
@pytest.mark.parametrize(("form", "rate"), FORMS, ids=str)
async def test_it_speaks_in_the_doors_format_and_says_what(
    vendor: str, form: AudioFormat, rate: int
) -> None:
    async with desk(vendor=vendor) as one:
        port: Agent = one.agent
        assert isinstance(port, SpeakingAgent) and isinstance(port, CallListener)
        pieces = await one.ask(replace(ASKED, sound=form))
        assert text_of(pieces) == HOURS.text
        assert 1.0 < sum(len(piece.audio) for piece in pieces) / rate < 4.0
        assert all(len(piece.audio) % 2 == 0 for piece in pieces if form != MULAW)


@each_vendor
async def test_what_the_cache_answered_is_in_its_conversation(vendor: str) -> None:
    async with desk(vendor=vendor) as one:
        await one.ask()
        history = (
            *(("user", "when do you open"), ("assistant", HOURS.text)),
            *(("user", "where are you"), ("assistant", "At the market.")),
        )
        await one.ask(replace(ASKED, turn=3, text="and on Sundays", history=history))
        assert len(one.provider.sessions) == 1
        assert one.messages == [*history, ("user", "and on Sundays"), ("assistant", HOURS.text)]


@each_vendor
async def test_a_call_that_began_with_hits_is_told_before_the_first_miss(vendor: str) -> None:
    async with desk(vendor=vendor) as one:
        one.agent.call_began(CallFacts(call_id="c1", tenant="t"))
        history = (("assistant", "Hello."), ("user", "where are you"), ("assistant", "At the mar"))
        await one.ask(replace(ASKED, turn=2, history=history))
        assert one.messages[:4] == [*history, ("user", "when do you open")]


@each_vendor
async def test_a_tool_is_run_and_told_of(vendor: str) -> None:
    def model(body: dict[str, Any]) -> Reply:
        if body["messages"][-1]["role"] == "tool":
            return Reply(f"You have {body['messages'][-1]['content']}.")
        return Reply(tool_calls=(ToolCall("balance", "{}"),))

    async with desk(model, ScriptedTool("balance", ["five euros"]), vendor=vendor) as one:
        pieces = await one.ask()
        assert pieces[0] == AgentPiece(tool="balance")
        assert text_of(pieces) == "You have five euros."


@each_vendor
async def test_rounds_of_tools_have_an_end(vendor: str) -> None:
    forever = Reply(tool_calls=(ToolCall("balance", "{}"),))
    tool = ScriptedTool("balance", ["five euros"] * 9)
    async with desk(forever, tool, vendor=vendor) as one:
        with pytest.raises(ProviderFailed, match="too many rounds"):
            await one.ask()


@each_vendor
async def test_a_lost_session_fails_the_reply_and_the_next_one_is_told_the_call(
    vendor: str,
) -> None:
    async with desk(vendor=vendor) as one:
        one.server.next(Behaviour(close_at=4, close_code=1011))
        with pytest.raises(ProviderFailed, match="lost"):
            await one.ask()
        history = (("user", "when do you open"),)
        await one.ask(replace(ASKED, turn=2, text="hello", history=history))
        assert len(one.provider.sessions) == 2
        assert one.texts[:2] == ["when do you open", "hello"]


@each_vendor
async def test_an_old_session_is_replaced(vendor: str) -> None:
    async with desk(vendor=vendor) as one:
        one.agent.call_began(CallFacts(call_id="c1", tenant="t"))
        await one.ask()
        history = (("user", "when do you open"), ("assistant", HOURS.text))
        session = one.agent._session("c1")
        await session._idle.wait()
        session.lasts = 0.0
        await session.open()
        session.lasts = 3600.0
        await one.ask(replace(ASKED, turn=2, text="hello", history=history))
        assert len(one.provider.sessions) == 2
        assert one.texts[:3] == ["when do you open", HOURS.text, "hello"]
        one.agent.call_ended("c1")


@each_vendor
async def test_a_wrong_key_and_a_dead_provider_are_failures(vendor: str) -> None:
    code = {"realtime": "InvalidStatus 401", "gemini": "APIError 1007"}[vendor]
    async with desk(vendor=vendor) as one:
        one.provider.key = "another"
        with pytest.raises(ProviderFailed, match=f"did not open: {code}"):
            await one.ask()
        await one.server.refuse()
        with pytest.raises(ProviderFailed, match="did not open"):
            await one.ask(replace(ASKED, turn=2))


@each_vendor
async def test_a_vendor_that_says_nothing_to_one_question_answers_the_next(vendor: str) -> None:
    async with desk(vendor=vendor, mute=("when do you open",)) as one:
        reply = one.agent.reply(ASKED)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await anext(reply)
        one.agent.heard("c1", 1, 0.0)
        await reply.aclose()
        history = (("user", "when do you open"),)
        pieces = await one.ask(replace(ASKED, turn=2, text="hello", history=history))
        assert text_of(pieces) == HOURS.text


# --- a reply's own events -------------------------------------------------------------------------


async def test_words_are_beside_the_sound_that_says_them() -> None:
    saying = Saying(1, MULAW)
    spoken = SpokenReply(saying, MULAW)
    for event in (
        *(VoiceWords("We op"), VoiceSound(b"\x01"), VoiceWords("en at "), VoiceSound(b"\x02")),
        *(VoiceWords("nine."), WantedTool("1", "clock", "{}"), RoundOver()),
    ):
        saying.give(event)
    wanted: list[WantedTool] = []
    pieces = [piece async for piece in spoken.round(wanted)]
    assert [(one.text, one.audio) for one in pieces] == [
        *(("We", b"\x01"), ("open at", b"\x02"), ("nine.", b"\xff" * 80)),
    ]
    assert [one.name for one in wanted] == ["clock"]


async def test_a_reply_without_end_is_ended() -> None:
    saying = Saying(1, MULAW)
    for _ in range(WAITING + 1):
        saying.give(VoiceSound(b"\x01"))
    with pytest.raises(ProviderFailed, match="for too long"):
        [piece async for piece in SpokenReply(saying, MULAW).round([])]


def test_an_errors_text_is_kept_to_itself() -> None:
    assert brief(ValueError("what the caller said")) == "ValueError"
    assert seconds_of([AgentPiece(audio=bytes(8_000))]) == 1.0
