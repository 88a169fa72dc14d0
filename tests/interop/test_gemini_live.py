"""The local Gemini Live against Google's own client, and its messages against their types."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.providers.behaviour import Behaviour
from tests.providers.chat import Reply, ToolCall
from tests.providers.gemini_live import GeminiLive, LiveManner
from tests.providers.server import Server

pytest.importorskip("google.genai", reason="google-genai is not installed")

from google.genai import errors, types

from gateway.agents.gemini import client_of

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

HOURS = Reply("We open at nine in the morning.")
SOUND = types.Blob(data=bytes(32_000), mime_type="audio/pcm;rate=16000")
OURS: dict[str, Any] = {
    "response_modalities": ["AUDIO"],
    "output_audio_transcription": {},
    "input_audio_transcription": {},
    "realtime_input_config": {"automatic_activity_detection": {"disabled": True}},
    "session_resumption": {},
}


class Client:
    """A session of the vendor's client that checks whatever comes."""

    def __init__(self, session: Any, server: Server, provider: GeminiLive) -> None:
        self.session = session
        self.server = server
        self.provider = provider

    async def next(self) -> Any:
        async with asyncio.timeout(10):
            raw = await self.session._ws.recv(decode=False)
        message = json.loads(raw)
        types.LiveServerMessage.model_validate(message)  # which knows every field, or raises
        return message

    async def until(self, holds: Any) -> list[Any]:
        found = [await self.next()]
        while not holds(found[-1]):
            found.append(await self.next())
        return found

    async def turn(self) -> list[Any]:
        """Everything until the state after a turn can be resumed."""
        return await self.until(lambda one: "newHandle" in one.get("sessionResumptionUpdate", {}))

    async def say(self, *texts: str, complete: bool = True) -> None:
        turns = [{"role": "user", "parts": [{"text": text}]} for text in texts]
        await self.session.send_client_content(turns=turns, turn_complete=complete)


@contextlib.asynccontextmanager
async def connected(
    reply: Any = HOURS,
    behaviour: Behaviour | None = None,
    models: tuple[str, ...] = (),
    config: dict[str, Any] = OURS,
    key: str = "good",
    **manner: Any,
) -> AsyncIterator[Client]:
    provider = GeminiLive(reply, key="good", models=models, manner=LiveManner(**manner))
    async with Server(provider, behaviour=behaviour) as server:
        client = client_of(key, server.http)
        try:
            async with client.aio.live.connect(model="gemini-3.8-live", config=config) as session:
                yield Client(session, server, provider)
        finally:
            await client.aio.aclose()
            client.close()


def contents(messages: list[Any], field: str) -> list[Any]:
    found = [one["serverContent"] for one in messages if "serverContent" in one]
    return [one[field] for one in found if field in one]


async def test_a_spoken_answer_with_its_transcript_as_the_client_reads_it() -> None:
    async with connected() as client:
        await client.say("when do you open")
        sound, said = b"", ""
        async with asyncio.timeout(10):
            messages = [message async for message in client.session.receive()]
        for message in messages:
            sound += message.data or b""
            content = message.server_content
            if content is not None and content.output_transcription is not None:
                said += content.output_transcription.text
        assert said == HOURS.text and 1.0 < len(sound) / 48_000 < 4.0
        assert messages[-1].server_content.turn_complete and messages[-1].usage_metadata
        assert client.server.journal[0].headers["x-goog-api-key"] == "***"


async def test_the_order_of_a_turn() -> None:
    async with connected() as client:
        await client.say("when do you open")
        messages = await client.turn()
        assert messages[0] == {"sessionResumptionUpdate": {"resumable": False}}
        kinds = [next(iter(one["serverContent"])) for one in messages[1:-1]]
        assert kinds[0] == "outputTranscription" and kinds[1] == "modelTurn"
        assert kinds[-2:] == ["generationComplete", "turnComplete"]


async def test_content_that_is_not_complete_is_not_answered() -> None:
    async with connected() as client:
        await client.say("one", "two", complete=False)
        await client.say("when do you open")
        await client.turn()
        [session] = client.provider.sessions
        assert [one["content"] for one in session.items][:3] == ["one", "two", "when do you open"]


async def test_sound_between_signs_of_activity_is_heard_and_answered() -> None:
    async with connected(hears=["when do you open"]) as client:
        await client.session.send_realtime_input(activity_start={})
        await client.session.send_realtime_input(audio=SOUND)
        await client.session.send_realtime_input(activity_end={})
        messages = await client.turn()
        [heard] = contents(messages, "inputTranscription")
        assert heard == {"text": "when do you open", "finished": True}
        await client.session.send_realtime_input(activity_start={})
        await client.session.send_realtime_input(text="and on Sundays")
        await client.session.send_realtime_input(activity_end={})
        await client.turn()
        assert client.provider.sessions[0].items[2]["content"] == "and on Sundays"


async def test_content_and_activity_interrupt() -> None:
    async with connected(pace=0.05) as client:
        for interrupt in ("content", "activity"):
            await client.say("when do you open")
            await client.until(lambda one: contents([one], "modelTurn"))
            if interrupt == "content":
                await client.session.send_client_content(turns=None, turn_complete=False)
            else:
                await client.session.send_realtime_input(activity_start={})
            messages = await client.turn()
            assert contents(messages, "interrupted") == [True]
            assert not contents(messages, "generationComplete")
            assert contents(messages, "turnComplete") == [True]


async def test_a_function_is_called_and_its_outcome_used() -> None:
    def model(body: dict[str, Any]) -> Reply:
        if body["messages"][-1]["role"] == "tool":
            return Reply(f"It is {body['messages'][-1]['content']}.")
        return Reply(tool_calls=(ToolCall("balance", '{"account": "main"}'),))

    declared = {"name": "balance", "description": "d", "parameters_json_schema": {"type": "object"}}
    config = {**OURS, "tools": [{"function_declarations": [declared]}]}
    async with connected(model, config=config) as client:
        await client.say("what is my balance")
        [call] = (await client.until(lambda one: "toolCall" in one))[-1]["toolCall"][
            "functionCalls"
        ]
        assert (call["name"], call["args"]) == ("balance", {"account": "main"})
        told = {"id": call["id"], "name": "balance", "response": {"output": "five euros"}}
        await client.session.send_tool_response(function_responses=[told])
        messages = await client.turn()
        words = [one["text"] for one in contents(messages, "outputTranscription")]
        assert "".join(words) == "It is five euros."
        await client.say("what is my balance")
        await client.until(lambda one: "toolCall" in one)
        await client.say("never mind", complete=False)
        messages = await client.turn()
        assert any("toolCallCancellation" in one for one in messages)


async def test_a_session_goes_on_in_another_connection() -> None:
    async with connected(lasts=0.3, warns=0.2) as client:
        await client.say("when do you open")
        handle = (await client.turn())[-1]["sessionResumptionUpdate"]["newHandle"]
        assert (await client.next())["goAway"] == {"timeLeft": "0.2s"}
        with pytest.raises(errors.APIError) as ended:
            async with asyncio.timeout(10):
                await client.session._receive()
        assert ended.value.code == 1011
        other = client_of("good", client.server.http)
        config = {**OURS, "session_resumption": {"handle": handle}}
        async with other.aio.live.connect(model="m", config=config):
            items = client.provider.sessions[-1].items
            assert [one["content"] for one in items] == ["when do you open", HOURS.text]
        await other.aio.aclose()
        other.close()


@pytest.mark.parametrize(
    ("given", "code", "reason"),
    [
        ({"key": "bad"}, 1007, "API key not valid"),
        ({"models": ("another",)}, 1008, "not found"),
        ({"config": {**OURS, "session_resumption": {"handle": "h"}}}, 1008, "not found"),
    ],
)
async def test_who_is_not_let_in(given: dict[str, Any], code: int, reason: str) -> None:
    with pytest.raises(errors.APIError, match=reason) as refused:
        async with connected(**given):
            pass
    assert refused.value.code == code


DETECTED = {"response_modalities": ["AUDIO"]}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (DETECTED, {"realtime_input": {"activity_start": {}}}),
        (OURS, {"realtime_input": {"activity_end": {}}}),
        (OURS, {"realtime_input": {"audio": {"data": "AAAA", "mime_type": "audio/mp3"}}}),
        (OURS, {"tool_response": {"function_responses": [{"id": "x", "name": "n"}]}}),
        (OURS, {"client_content": {"turns": [], "turn_done": True}}),
        (OURS, {"setup": {"model": "models/m"}}),
        (OURS, "not JSON"),
    ],
)
async def test_what_the_api_refuses_ends_the_connection(config: Any, message: Any) -> None:
    async with connected(config=config) as client:
        text = message if isinstance(message, str) else json.dumps(message)
        await client.session._ws.send(text)
        with pytest.raises(errors.APIError) as ended:
            async with asyncio.timeout(10):
                await client.session._receive()
        assert ended.value.code == 1007


async def test_a_turn_of_nothing_says_why() -> None:
    async with connected(fails={"hello": "PROHIBITED_INPUT_CONTENT"}) as client:
        await client.say("hello")
        messages = await client.turn()
        assert contents(messages, "turnCompleteReason") == ["PROHIBITED_INPUT_CONTENT"]
        assert not contents(messages, "modelTurn")
