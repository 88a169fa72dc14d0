"""The local Realtime API against OpenAI's own client, and its messages against their types."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from typing import Any, get_args

import pytest
from openai import AsyncOpenAI
from openai.types.realtime import RealtimeServerEvent
from pydantic import BaseModel
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.providers.behaviour import Behaviour
from tests.providers.chat import Reply, ToolCall
from tests.providers.openai import OpenAI
from tests.providers.openai_realtime import SENDS, Manner, _by_type, strangers
from tests.providers.server import Server

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

HOURS = Reply("We open at nine in the morning.")
SERVER_EVENTS = _by_type(get_args(get_args(RealtimeServerEvent)[0]))
DOCUMENTED = {"session.object", "session.id", "session.expires_at"}
"""Fields of the reference's own samples that the types leave out."""
HEARING = {"input": {"transcription": {"model": "gpt-transcribe"}}}
SOUND = base64.b64encode(bytes(24_000)).decode()


class Client:
    """A session of the vendor's client that checks whatever comes."""

    def __init__(self, connection: Any, server: Server, provider: OpenAI) -> None:
        self.connection = connection
        self.server = server
        self.provider = provider

    async def next(self) -> Any:
        async with asyncio.timeout(5):
            data = await self.connection.recv_bytes()
        raw = self.connection.parse_event(data)
        event: BaseModel = SERVER_EVENTS[raw.type].model_validate_json(data)
        assert set(strangers(event)) <= DOCUMENTED, raw.type
        return event

    async def until(self, kind: str) -> list[Any]:
        found = [await self.next()]
        while found[-1].type != kind:
            found.append(await self.next())
        return found

    async def send(self, kind: str, **fields: Any) -> None:
        await self.connection.send({"type": kind, **fields})

    async def say(self, text: str) -> None:
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        await self.send("conversation.item.create", item=item)

    async def update(self, **session: Any) -> Any:
        await self.send("session.update", session={"type": "realtime", **session})
        return (await self.until("session.updated"))[-1].session


@contextlib.asynccontextmanager
async def connected(
    reply: Any = HOURS, behaviour: Behaviour | None = None, **manner: Any
) -> AsyncIterator[Client]:
    provider = OpenAI(reply, key="good", manner=Manner(**manner))
    async with (
        Server(provider, behaviour=behaviour) as server,
        AsyncOpenAI(api_key="good", base_url=f"{server.http}/v1") as client,
        client.realtime.connect(model="gpt-realtime-2.1") as connection,
    ):
        yield Client(connection, server, provider)


async def test_every_event_that_is_ever_sent_is_one_of_the_vendors_types() -> None:
    """``Client.next`` holds each event against the vendor's type of it, field by field."""

    def model(body: dict[str, Any]) -> Reply:
        last = body["messages"][-1]["content"]
        return Reply("One moment.", (ToolCall("balance", "{}"),)) if last == "balance" else HOURS

    seen: list[Any] = []
    async with connected(model, hears=["when do you open"], fails={"hello": "server_error"}) as c:

        async def until(kind: str) -> Any:
            seen.extend(await c.until(kind))
            return seen[-1]

        await c.send("session.update", session={"type": "realtime", "audio": HEARING})
        await c.send("input_audio_buffer.append", audio=SOUND)
        await c.send("input_audio_buffer.clear")
        await c.send("input_audio_buffer.append", audio=SOUND)
        await c.send("input_audio_buffer.commit")
        await until("conversation.item.input_audio_transcription.completed")
        for words in ("balance", "hello", "anything"):
            await c.say(words)
            await c.send("response.create")
            await until("rate_limits.updated")
        item = next(one.item_id for one in seen if one.type == "response.output_audio.delta")
        where = {"item_id": item, "content_index": 0}
        await c.send("conversation.item.truncate", **where, audio_end_ms=50)
        await c.send("conversation.item.retrieve", item_id=item)
        await c.send("conversation.item.delete", item_id=item)
        await c.send("response.cancel")
        await until("error")
    assert {one.type for one in seen} == SENDS <= set(SERVER_EVENTS)


async def test_a_session_says_what_it_is_and_takes_changes() -> None:
    async with connected() as client:
        created = await client.next()
        assert created.type == "session.created"
        assert created.session.model == "gpt-realtime-2.1"
        output = {"format": {"type": "audio/pcmu"}, "voice": "marin"}
        changed = await client.update(instructions="Be brief.", audio={"output": output})
        assert changed.audio.output.format.type == "audio/pcmu"
        assert changed.audio.input.format.type == "audio/pcm"


async def test_a_spoken_answer_with_its_transcript() -> None:
    async with connected() as client:
        await client.say("when do you open")
        await client.send("response.create", response={"metadata": {"turn": "7"}})
        events = await client.until("response.done")
        by = {one.type: one for one in events}
        assert by["response.created"].response.metadata == {"turn": "7"}
        assert by["response.done"].response.status == "completed"
        said = [e.delta for e in events if e.type == "response.output_audio_transcript.delta"]
        assert "".join(said) == HOURS.text
        sound = [e.delta for e in events if e.type == "response.output_audio.delta"]
        seconds = sum(len(base64.b64decode(one)) for one in sound) / 48_000
        assert 1.0 < seconds < 4.0
        kinds = [one.type for one in events]
        first = kinds.index("response.output_audio.delta")
        assert kinds.index("response.output_audio_transcript.delta") < first
        assert (await client.next()).type == "rate_limits.updated"


async def test_sound_is_heard_once_it_is_committed() -> None:
    async with connected(hears=["when do you open"]) as client:
        await client.update(audio={"input": {"transcription": {"model": "gpt-transcribe"}}})
        await client.send("input_audio_buffer.commit", event_id="e1")
        refused = (await client.until("error"))[-1]
        assert refused.error.code == "input_audio_buffer_commit_empty"
        assert refused.error.event_id == "e1"
        await client.send("input_audio_buffer.append", audio=SOUND)
        await client.send("input_audio_buffer.commit")
        kind = "conversation.item.input_audio_transcription.completed"
        events = await client.until(kind)
        assert events[-1].transcript == "when do you open"
        assert events[0].type == "input_audio_buffer.committed"
        assert events[0].item_id == events[-1].item_id
        await client.send("input_audio_buffer.append", audio=SOUND)
        await client.send("input_audio_buffer.clear")
        await client.until("input_audio_buffer.cleared")


async def test_a_function_is_called_and_its_output_used() -> None:
    def model(body: dict[str, Any]) -> Reply:
        if body["messages"][-1]["role"] == "tool":
            return Reply(f"It is {body['messages'][-1]['content']}.")
        return Reply(tool_calls=(ToolCall("balance", '{"account": "main"}'),))

    async with connected(model) as client:
        await client.say("what is my balance")
        await client.send("response.create")
        events = await client.until("response.done")
        [call] = events[-1].response.output
        assert (call.name, call.arguments) == ("balance", '{"account": "main"}')
        output = {"type": "function_call_output", "call_id": call.call_id, "output": "five euros"}
        await client.send("conversation.item.create", item=output)
        await client.send("response.create")
        events = await client.until("response.done")
        assert events[-1].response.output[0].content[0].transcript == "It is five euros."


async def test_a_response_is_cancelled_and_truncated_to_what_was_heard() -> None:
    async with connected(pace=0.05) as client:
        await client.say("when do you open")
        await client.send("response.create")
        events = await client.until("response.output_audio.delta")
        item = events[-1].item_id
        await client.send("response.create")
        assert (await client.until("error"))[-1].error.code == (
            "conversation_already_has_active_response"
        )
        await client.send("response.cancel")
        done = (await client.until("response.done"))[-1].response
        assert (done.status, done.status_details.reason) == ("cancelled", "client_cancelled")
        await client.send("response.cancel")
        assert (await client.until("error"))[-1].error.code == "response_cancel_not_active"
        where = {"item_id": item, "content_index": 0}
        await client.send("conversation.item.truncate", **where, audio_end_ms=60_000)
        assert "already shorter" in (await client.until("error"))[-1].error.message
        await client.send("conversation.item.truncate", **where, audio_end_ms=50)
        cut = (await client.until("conversation.item.truncated"))[-1]
        assert cut.audio_end_ms == 50
        assert client.provider.sessions[0].heard_ms[item] == 50


async def test_items_are_put_in_their_place_and_taken_away() -> None:
    async with connected() as client:
        for name, before in (("b", None), ("c", "b"), ("a", "root")):
            content = [{"type": "input_text", "text": name}]
            item = {"id": name, "type": "message", "role": "user", "content": content}
            place = {"previous_item_id": before} if before else {}
            await client.send("conversation.item.create", item=item, **place)
        await client.send("conversation.item.delete", item_id="b")
        await client.until("conversation.item.deleted")
        assert [one["id"] for one in client.provider.sessions[0].items] == ["a", "c"]
        await client.send("conversation.item.delete", item_id="b")
        assert (await client.until("error"))[-1].error.code == "item_delete_invalid_item_id"


async def test_what_the_types_do_not_know_is_refused() -> None:
    async with connected() as client:
        await client.connection.send_raw('{"type": "session.change", "event_id": "e9"}')
        assert (await client.until("error"))[-1].error.event_id == "e9"
        await client.connection.send_raw('{"type": "response.create", "response": {"voice": "a"}}')
        assert (await client.until("error"))[-1].error.code == "unknown_parameter"
        await client.connection.send_raw('{"type": "conversation.item.truncate", "item_id": "a"}')
        assert (await client.until("error"))[-1].error.code == "invalid_value"


async def test_a_response_fails_in_the_vendors_words() -> None:
    async with connected(fails={"hello": "rate_limit_exceeded"}) as client:
        await client.say("hello")
        await client.send("response.create")
        done = (await client.until("response.done"))[-1].response
        assert done.status == "failed"
        assert done.status_details.error.code == "rate_limit_exceeded"


async def test_a_session_ends_after_its_time() -> None:
    async with connected(lasts=0.1) as client:
        assert (await client.until("error"))[-1].error.code == "session_expired"
        with pytest.raises(ConnectionClosed) as closed:
            await client.next()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001


async def test_a_connection_is_cut_as_it_is_told() -> None:
    async with connected(behaviour=Behaviour(close_at=3, close_code=1011)) as client:
        await client.say("hello")
        await client.send("response.create")
        with pytest.raises(ConnectionClosed) as closed:
            await client.until("response.done")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1011


@pytest.mark.parametrize(
    ("key", "headers", "outcome"),
    [("bad", {}, "401"), ("good", {"OpenAI-Beta": "realtime=v1"}, "beta_api_shape_disabled")],
)
async def test_who_is_not_let_in(key: str, headers: dict[str, str], outcome: str) -> None:
    async with (
        Server(OpenAI(key="good")) as server,
        AsyncOpenAI(api_key=key, base_url=f"{server.http}/v1") as client,
    ):
        opening = client.realtime.connect(model="m", extra_headers=headers)
        if outcome == "401":
            with pytest.raises(InvalidStatus, match="401"):
                await opening.enter()
            return
        async with opening as connection:
            event: Any = await connection.recv()
            assert event.error.code == outcome
