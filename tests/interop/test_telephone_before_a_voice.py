"""Twilio's line before OpenAI Realtime and Gemini Live: whole calls, in virtual time, through the
vendors' own SDKs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.transports.twilio import MULAW
from tests.providers import voice
from tests.providers.chat import Reply, ToolCall
from tests.providers.openai_realtime import Session
from tests.support.fakes import threads_in_virtual_time
from tests.support.house import tone
from tests.support.telephoned import FILLERS, Telephoned, telephoned
from tests.support.tools import ScriptedTool

pytest.importorskip("google.genai", reason="google-genai is not installed")
pytestmark = pytest.mark.anyio

each_vendor = pytest.mark.parametrize("vendor", ["realtime", "gemini"])
ASKED = "can you recommend a book"
BOOK = "Try the one by Mary Brown. It is about roses, and it is not long."
LONG = " ".join(["And then there is one more thing that I would like to tell you."] * 12)
MARKS = 200
"""Milliseconds of sound between two marks."""


@pytest.fixture(autouse=True)
def _no_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with threads_in_virtual_time(monkeypatch):
        yield


def now() -> float:
    return asyncio.get_running_loop().time()


def paths(call: Telephoned) -> list[tuple[int, str]]:
    return [(one.turn, one.path) for one in call.line.house.observer.turns]


async def ask(call: Telephoned, words: str, seconds: float) -> bytes:
    """Say it, and listen for so long."""
    at = now()
    call.say(words)
    await asyncio.sleep(seconds)
    return call.heard(since=at)


@each_vendor
async def test_hits_and_misses(vendor: str) -> None:
    async with telephoned(vendor, Reply(BOOK)) as call:
        assert await ask(call, "when do you open", 2.0) == tone(MULAW, 1000)
        said = await ask(call, ASKED, 8.0)
        whole = voice.spoken(BOOK, 8_000, "mulaw")
        if vendor == "realtime":  # its own format is the carrier's: nothing is done to it
            assert said.startswith(whole) and set(said[len(whole) :]) <= {0xFF}
        # A busy machine may leave a gap between two pieces, which the carrier fills.
        assert -160 <= len(said) - len(whole) <= 800
        assert await ask(call, "when are holidays", 2.0) == tone(MULAW, 500)
        assert paths(call) == [(1, "cache"), (2, "agent"), (3, "cache")]
        assert call.messages == [
            *(("user", "when do you open"), ("assistant", "<entry:hours 2>")),
            *(("user", ASKED), ("assistant", BOOK)),
        ]
        assert (call.line.twilio.errors, call.line.twilio.cleared) == ([], [])


@each_vendor
@pytest.mark.parametrize("after", [0.7, 1.9, 6.33])
async def test_who_cuts_in_has_heard_what_was_played(vendor: str, after: float) -> None:
    replies = iter([Reply(LONG), Reply(BOOK)])
    async with telephoned(vendor, lambda body: next(replies)) as call:
        begun = now()
        call.say(ASKED)
        await asyncio.sleep(after)
        call.say("wait")
        await asyncio.sleep(1.0)
        heard = len(call.heard(since=begun)) / 8
        assert len(call.line.twilio.cleared) == 1 and call.late() == 0
        # It was truncated to the last mark that had come back: never to more than was heard.
        [cut] = [one for one in call.line.house.observer.turns if one.interrupted]
        told = cut.timeline["heard_ms"]
        assert heard - MARKS - 2 * 60 <= told <= heard
        session = call.behind.provider.sessions[-1]
        if isinstance(session, Session):
            assert abs(next(iter(session.heard_ms.values())) - told) <= 1
        await ask(call, "another one please", 8.0)
        texts = [text for _, text in call.messages]
        assert LONG not in texts and texts[-2:] == ["another one please", BOOK]
        if vendor == "gemini":  # whose conversation cannot be cut: it is told
            [said] = [text for text in texts if "I cut in" in text]
            assert said.partition("I heard ")[2] != "nothing.)"


@each_vendor
async def test_a_function_runs_under_its_filler(vendor: str) -> None:
    def model(body: dict[str, Any]) -> Reply:
        last = body["messages"][-1]
        if last["role"] == "tool":
            return Reply(f"You have {last['content']}.")
        return Reply(tool_calls=(ToolCall("balance", "{}"),))

    tool = ScriptedTool("balance", [1.5, "five euros"])
    async with telephoned(vendor, model, tool) as call:
        begun = now()
        said = await ask(call, "please tell me my account balance", 8.0)
        assert said.startswith(tone(MULAW, FILLERS["filler:1"])), "made long before"
        first = next(at for at, one in call.line.twilio.received if one["event"] == "media")
        assert first - begun < 0.5 < 1.5 < tool.ended[0] - begun
        assert len(tool.given) == 1
        assert len(said) > 8 * 1000 and call.messages[-1] == ("assistant", "You have five euros.")
        assert paths(call) == [(1, "agent")]


@each_vendor
async def test_a_session_is_renewed_behind_the_caller(vendor: str) -> None:
    lasts = 3600.0 if vendor == "realtime" else 600.0
    async with telephoned(vendor, Reply(BOOK), lasts=lasts) as call:
        await ask(call, ASKED, 10.0)
        await asyncio.sleep(lasts * 1.5)
        said = await ask(call, "and another one", 10.0)
        assert len(call.behind.provider.sessions) > 1
        assert len(said) >= len(voice.spoken(BOOK, 8_000, "mulaw"))
        assert call.messages == [
            *(("user", ASKED), ("assistant", BOOK)),
            *(("user", "and another one"), ("assistant", BOOK)),
        ]
        assert paths(call) == [(1, "agent"), (2, "agent")]


@each_vendor
async def test_the_caller_hangs_up_in_the_middle(vendor: str) -> None:
    async with telephoned(vendor, Reply(LONG)) as call:
        call.say(ASKED)
        await asyncio.sleep(1.0)
        call.line.twilio.say("stop", stop={})
        await asyncio.sleep(2.0)
        assert not call.line.house.services.calls
        assert all(end.from_client.empty() for end in call.behind.ends)
        assert call.behind.talking == 0, "the session is ended with its call"
        sent = len(call.sent())
        await asyncio.sleep(2.0)
        assert len(call.sent()) == sent


@each_vendor
async def test_the_vendor_is_lost_in_the_middle(vendor: str) -> None:
    async with telephoned(vendor, Reply(LONG)) as call:
        call.say(ASKED)
        await asyncio.sleep(2.0)
        call.behind.cut()
        await asyncio.sleep(6.0)
        assert call.heard().endswith(tone(MULAW, 200)), "the line `failure`"
        said = await ask(call, "and now", 5.0)
        assert len(said) > 8 * 3000, "in a new session"
        call.behind.cut()
        call.behind.refuses = True
        await asyncio.sleep(6.0)
        assert await ask(call, "when do you open", 2.0) == tone(MULAW, 1000)
