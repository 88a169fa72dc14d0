"""A whole call before an agent with a voice of its own: the real program, with a local OpenAI
Realtime or Gemini Live behind it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.agents.speaking import MULAW
from gateway.audio import encode, slice_messages
from tests.providers.chat import Reply, ToolCall
from tests.providers.gemini_live import GeminiLive, LiveManner
from tests.providers.openai import OpenAI
from tests.providers.openai_realtime import Manner
from tests.providers.server import Server
from tests.support.house_server import FORMATS, TENANT, Gateway, House
from tests.support.line import Line
from tests.support.speech import say, silence

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop, pytest.mark.timeout(300)]

BOOK = "can you recommend a book about gardening"
TALE = "tell me about the history of your bank"
BALANCE = "how much money is left on my account now"
THANKS = "and which of those is the shortest book"
FUNCTION = """
import time

def balance():
    time.sleep(1.5)
    return "five euros"
"""
SETTINGS = """
[tools.balance]
kind = "python"
description = "What is on the caller's account."
function = "house_tools:balance"
"""
LONG = " ".join(["And then there is one more thing that I would like to tell you."] * 12)


def model(body: dict[str, Any]) -> Reply:
    last = body["messages"][-1]
    if last["role"] == "tool":
        return Reply(f"You have {last['content']}.")
    if last["content"] == BALANCE:
        return Reply(tool_calls=(ToolCall("balance", "{}"),))
    return Reply({BOOK: "Try the one by Mary Brown.", TALE: LONG}.get(last["content"], "Roses."))


class Behind:
    """The provider behind the gateway."""

    def __init__(self, vendor: str, provider: OpenAI | GeminiLive, server: Server) -> None:
        self.vendor, self.provider, self.server = vendor, provider, server

    @property
    def said(self) -> list[tuple[str, Any]]:
        """The newest session's conversation, without tools."""
        session: Any = self.provider.sessions[-1]
        items = session.messages if self.vendor == "realtime" else session.items
        return [(one["role"], one["content"]) for one in items if one["content"]]

    async def renew(self) -> None:
        """Have the session renewed: Google says so before, at OpenAI's it is only found lost."""
        before = len(self.server.journal)
        if isinstance(self.provider, GeminiLive):
            self.provider.sessions[-1].go_away(5.0)
            async with asyncio.timeout(20):
                await self.server.journal.until(before, lambda entry: bool(entry.texts))
        else:
            await self.server.refuse()
            await self.server.listen()


@contextlib.asynccontextmanager
async def called(
    house: House, folder: Path, vendor: str, form: str, hears: tuple[str, ...] = ()
) -> AsyncIterator[tuple[Gateway, Behind, Line]]:
    provider: OpenAI | GeminiLive
    if vendor == "realtime":
        provider = OpenAI(model, key="k", manner=Manner(pace=0.02, hears=hears))
    else:
        pytest.importorskip("google.genai", reason="google-genai is not installed")
        provider = GeminiLive(model, key="k", manner=LiveManner(pace=0.02))
    async with Server(provider) as server:
        (folder / "frontline.toml").write_text(SETTINGS)
        (folder / "house_tools.py").write_text(FUNCTION)
        settings = {
            "FRONTLINE_AGENT__KIND": vendor,
            "FRONTLINE_AGENT__KEY": "k",
            "FRONTLINE_AGENT__URL": f"{server.ws}/v1" if vendor == "realtime" else server.ws,
            "FRONTLINE_STT__PROVIDER": "agent" if hears else "none",
            "PYTHONPATH": str(folder),
        }
        gateway = Gateway(house.copy(folder / "store"), settings)
        await asyncio.to_thread(gateway.__enter__)
        try:
            stt = "server" if hears else "client"
            dialling = Line.dial(gateway.address, tenant=TENANT, stt=stt, form=FORMATS[form])
            async with dialling as line:
                yield gateway, Behind(vendor, provider, server), line
        finally:
            await asyncio.to_thread(gateway.__exit__, None, None, None)


async def answered(line: Line, turn: int) -> tuple[list[str], int]:
    """Until the agent has answered: the sources of all that was said, and the bytes of it."""
    sources: list[str] = []
    while not sources or sources[-1] != "agent":
        start = await line.expect("audio.start", turn=turn)
        sources.append(start["source"])
    generation = await line.heard_out(turn=turn, generation=start["generation"])
    await line.played_out()
    return sources, len(line.sound(generation))


@pytest.mark.parametrize(
    ("vendor", "form", "per_second"),
    [("realtime", "mulaw_8000", 8_000), ("gemini", "pcm_s16le_16000", 32_000)],
)
async def test_a_call(
    vendor: str, form: str, per_second: int, house: House, tmp_path: Path
) -> None:
    async with called(house, tmp_path, vendor, form) as (gateway, behind, line):
        # A hit costs the model nothing, and the miss after it knows of it.
        await line.say("when do you open")
        assert (await line.expect("decision"))["path"] == "cache"
        generation = await line.heard_out(turn=1)
        assert line.sound(generation) == gateway.house.clip("hours", form)
        await line.played_out()
        await line.say(BOOK)
        assert (await line.expect("decision", turn=2))["path"] == "agent"
        _, size = await answered(line, 2)
        assert 0.8 < size / per_second < 4.0
        opening = ("assistant", "We are open from nine to five.")
        told = [("user", "when do you open"), opening, ("user", BOOK)]
        assert behind.said[-4:-1] == told
        # Who cuts in hears no more of it, and is answered from the cache.
        await line.say(TALE)
        start = await line.expect("audio.start", turn=3, source="agent")
        await line.some_sound(start["generation"], 3)
        await line.say("where can i park")
        await line.expect("clear", generation=start["generation"])
        assert (await line.expect("decision", turn=4))["path"] == "cache"
        await line.heard_out(turn=4)
        await line.played_out()
        assert line.late == 0
        # A function runs under its filler; the cut reply is there only as far as it was heard.
        await line.say(BALANCE)
        sources, _ = await answered(line, 5)
        assert set(sources) == {"filler", "agent"}
        texts = [str(text) for _, text in behind.said]
        assert texts[-1] == "You have five euros."
        assert LONG not in texts and "There is a car park behind the house." in texts
        # The session is renewed, and nobody notices.
        sessions = len(behind.provider.sessions)
        await behind.renew()
        await line.say(THANKS)
        assert (await line.expect("decision", turn=6))["path"] == "agent"
        await answered(line, 6)
        assert len(behind.provider.sessions) == sessions + 1
        texts = [str(text) for _, text in behind.said]
        for text in ("when do you open", BOOK, BALANCE, THANKS):
            assert texts.count(text) == 1
        assert "handoff" not in {one["path"] for one in line.of("decision")}


async def test_a_vendor_that_is_down_is_answered_for(house: House, tmp_path: Path) -> None:
    async with called(house, tmp_path, "gemini", "pcm_s16le_16000") as (_, behind, line):
        await behind.server.refuse()
        await line.say(BOOK)
        assert (await line.expect("decision"))["path"] == "agent"
        assert (await line.expect("decision"))["path"] == "handoff"
        await line.expect("audio.start", source="system")
        await line.say("when do you open")
        await line.expect("decision", path="cache", turn=2)


async def test_a_call_whose_recogniser_is_the_agent(house: House, tmp_path: Path) -> None:
    hears = ("when do you open", BOOK)
    async with called(house, tmp_path, "realtime", "mulaw_8000", hears) as (gateway, behind, line):
        for turn, words in enumerate(hears, 1):
            pcm = silence(400) + say(words).pcm + silence(1500)
            await line.speak(slice_messages(encode(pcm, 16_000, MULAW), MULAW, 20))
            decision = await line.expect("decision", turn=turn)
            assert decision["path"] == ("cache" if turn == 1 else "agent")
            if turn == 1:
                generation = await line.heard_out(turn=1)
                assert line.sound(generation) == gateway.house.clip("hours", MULAW.name)
        await answered(line, 2)
        assert [one["text"] for one in line.of("transcript") if one["final"]] == list(hears)
        assert behind.said == [
            *(("user", "when do you open"), ("assistant", "We are open from nine to five.")),
            *(("user", BOOK), ("assistant", "Try the one by Mary Brown.")),
        ]
