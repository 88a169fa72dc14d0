"""The agent's session as the recogniser, against the local OpenAI Realtime."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.agents.hearing import BEHIND, LATE, MOST_KEYTERMS, AgentTranscription, hearing
from gateway.agents.realtime import RealtimeAgent
from gateway.errors import ProviderFailed
from gateway.ports.agents import HearingAgent
from gateway.ports.speech_in import Heard, Transcription
from gateway.shell.sound.reopening import ReopeningTranscriber
from tests.support.voiced_agents import ASKED, HOURS, WITHIN, Desk, desk, text_of

pytestmark = [pytest.mark.anyio]
real = pytest.mark.real_loop

SECOND = bytes(32_000)


@contextlib.asynccontextmanager
async def listening(**manner: Any) -> AsyncIterator[tuple[Desk, Transcription, list[Heard]]]:
    """A call whose recogniser is its agent, as serving has it, and what is heard of it."""
    async with desk(**manner) as one:
        agent = one.agent
        assert isinstance(agent, RealtimeAgent) and isinstance(agent, HearingAgent)
        ears = ReopeningTranscriber(agent.transcriber(""), lambda what, pieces: None)
        call = await ears.open("en-US", "c1", ["Hypo Bank"])
        heard: list[Heard] = []

        async def read() -> None:
            async for found in call:
                if isinstance(found, Heard):
                    heard.append(found)  # noqa: PERF401 - as they come

        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(read())
            yield one, call, heard
            await call.close()
            reading.cancel()


async def say(call: Transcription, heard: list[Heard], finals: int) -> list[Heard]:
    """A second of sound and its end; what is heard until there are so many finals."""
    for at in range(0, len(SECOND), 640):
        call.feed(SECOND[at : at + 640])
    call.finish_utterance()
    async with asyncio.timeout(WITHIN):
        while sum(one.final for one in heard) < finals:  # noqa: ASYNC110 - of a list
            await asyncio.sleep(0.01)
    return heard


@real
async def test_what_is_committed_is_heard_and_leaves_the_conversation() -> None:
    async with listening(hears=["when do you open", "and on Sundays"]) as (one, call, heard):
        await say(call, heard, 1)
        assert heard[-1] == Heard("when do you open", final=True)
        assert all("when do you open".startswith(part.text) for part in heard)
        pieces = await one.ask()
        assert text_of(pieces) == HOURS.text
        await say(call, heard, 2)
        assert heard[-1].text == "and on Sundays"
        history = (("user", "when do you open"), ("assistant", HOURS.text))
        await one.ask(replace(ASKED, turn=2, text="and on Sundays", history=history))
        assert len(one.provider.sessions) == 1
        assert one.texts == [*(text for _, text in history), "and on Sundays", HOURS.text]


@real
async def test_the_session_is_told_the_language_and_the_words_to_expect() -> None:
    async with listening() as (one, _, _):
        await one.until(lambda message: "transcription" in str(message))
        session = one.provider.sessions[0].session["audio"]["input"]
        assert session["format"] == {"type": "audio/pcm", "rate": 24_000}
        told = {"model": "gpt-transcribe", "language": "en", "prompt": "Hypo Bank"}
        assert session["transcription"] == told and session["turn_detection"] is None


@real
async def test_an_utterance_without_sound_is_heard_as_nothing() -> None:
    async with listening() as (_, call, heard):
        call.finish_utterance()
        call.feed(bytes(320))  # 10 ms: less than the vendor takes
        call.finish_utterance()
        async with asyncio.timeout(WITHIN):
            while len(heard) < 2:  # noqa: ASYNC110 - of a list
                await asyncio.sleep(0.01)
        assert heard == [Heard("", final=True), Heard("", final=True)]


@real
async def test_a_session_that_is_lost_in_mid_sentence_costs_no_word() -> None:
    async with listening(hears=["when do you open"]) as (one, call, heard):
        call.feed(SECOND[:16_000])
        await one.server.refuse()
        await one.server.listen()
        await say(call, heard, 1)
        assert [part.text for part in heard if part.final] == ["when do you open"]
        assert len(one.provider.sessions) == 2


@real
async def test_where_no_session_is_to_be_had_there_is_no_recogniser() -> None:
    async with desk() as one:
        await one.server.refuse()
        assert isinstance(one.agent, RealtimeAgent)
        with pytest.raises(ProviderFailed, match="did not open"):
            await one.agent.transcriber("").open("en", "c1")


# --- without a session ----------------------------------------------------------------------------


class Stuck:
    """A session that takes nothing."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.dropped: list[str] = []

    async def tell(self, **event: Any) -> None:
        self.told.append(event)
        await asyncio.Event().wait()

    def drop(self, item: str) -> None:
        self.dropped.append(item)


def event(kind: str, item: str, **fields: Any) -> Any:
    long = "conversation.item.input_audio_transcription."
    name = f"input_audio_buffer.{kind}" if kind == "committed" else f"{long}{kind}"
    return SimpleNamespace(type=name, item_id=item, **fields)


async def test_a_session_that_takes_no_sound_loses_the_oldest() -> None:
    call = AgentTranscription(Stuck())
    for _ in range(20):
        call.feed(SECOND)
    assert call._size <= BEHIND and call.dropped == 5
    await call.close()


async def test_finals_come_in_the_order_of_the_utterances_and_late_ones_without_their_rest() -> (
    None
):
    line = Stuck()
    call = AgentTranscription(line)
    heard: list[Any] = []

    async def read() -> None:
        async for one in call:
            heard.append(one)  # noqa: PERF401 - as they come

    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(read())
        for item in ("a", "b", "c"):
            call.take(event("committed", item))
        call.take(event("completed", "b", transcript="two"))
        call.take(event("delta", "a", delta="on"))
        await asyncio.sleep(0)
        assert heard == [Heard("on", final=False)]
        call.take(event("failed", "c"))
        await asyncio.sleep(LATE + 0.1)
        finals = [one.text for one in heard if one.final]
        assert finals == ["on", "two", ""]
        call.take(event("completed", "a", transcript="one"))  # too late
        await asyncio.sleep(0.1)
        assert len(heard) == 4 and line.dropped == ["b", "c", "a"]
        await call.close()
        reading.cancel()


def test_what_a_session_is_told_has_bounds() -> None:
    told = hearing("", [f"word{n}" for n in range(200)], "m")["audio"]["input"]["transcription"]
    assert told["model"] == "m" and "language" not in told
    assert len(told["prompt"].split(", ")) == MOST_KEYTERMS
