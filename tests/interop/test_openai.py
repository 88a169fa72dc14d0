"""The local OpenAI against OpenAI's own client."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import openai
import pytest
from openai import AsyncOpenAI

from tests.providers.behaviour import (
    COMMENT_EVENT,
    ERROR_EVENT,
    GOOD,
    INVALID_UTF8_EVENT,
    MALFORMED_EVENT,
    OVERSIZED_EVENT,
    Behaviour,
    Delay,
)
from tests.providers.chat import Reply, ToolCall
from tests.providers.openai import OpenAI
from tests.providers.server import Server

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

HOURS = Reply("We open at nine.")
MESSAGES: Any = [{"role": "user", "content": "when do you open"}]
TOOL = ToolCall("opening_hours", '{"branch": "Main Street", "day": "Monday"}')


@contextlib.asynccontextmanager
async def api(reply: Reply = HOURS, **options: Any) -> AsyncIterator[tuple[Server, AsyncOpenAI]]:
    async with Server(OpenAI(reply, key="good"), **options) as server:
        base_url = f"{server.http}/v1"
        async with AsyncOpenAI(api_key="good", base_url=base_url, max_retries=0) as client:
            yield server, client


async def stream(client: AsyncOpenAI, **more: Any) -> list[Any]:
    answer = await client.chat.completions.create(model="m", messages=MESSAGES, stream=True, **more)
    return [chunk async for chunk in answer]


def text_of(chunks: list[Any]) -> str:
    return "".join(one.choices[0].delta.content or "" for one in chunks if one.choices)


async def test_a_stream_is_role_tokens_reason_usage() -> None:
    async with api() as (server, client):
        chunks = await stream(client, stream_options={"include_usage": True})
        assert chunks[0].choices[0].delta.role == "assistant"
        assert [one.choices[0].delta.content for one in chunks[1:5]] == [
            *("We", " open", " at", " nine.")
        ]
        assert chunks[-2].choices[0].finish_reason == "stop"
        assert chunks[-1].choices == []
        assert chunks[-1].usage.completion_tokens == 4
        entry = await server.journal.ended()
    assert entry.outcome == "complete"
    assert entry.headers["authorization"] == "Bearer ***"
    assert entry.body["messages"] == MESSAGES
    assert entry.pieces == len(chunks) + 1  # [DONE]


async def test_no_usage_unless_asked_for() -> None:
    async with api() as (_, client):
        chunks = await stream(client)
    assert all(one.choices and one.usage is None for one in chunks)


async def test_tool_calls_come_in_fragments_by_index() -> None:
    other = ToolCall("hang_up", "{}", id="call_2")
    async with api(Reply(tool_calls=(TOOL, other))) as (_, client):
        chunks = await stream(client)
    deltas = [d for one in chunks for d in one.choices[0].delta.tool_calls or []]
    heads = [d for d in deltas if d.id]
    assert [(d.index, d.id, d.function.name) for d in heads] == [
        (0, "call_1", "opening_hours"),
        (1, "call_2", "hang_up"),
    ]
    parts = [d.function.arguments for d in deltas if d.index == 0]
    assert len(parts) > 3
    assert "".join(parts) == TOOL.arguments
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


async def test_whole_answers() -> None:
    async with api(Reply("Yes.", tool_calls=(TOOL,))) as (_, client):
        answer = await client.chat.completions.create(model="m", messages=MESSAGES)
    message = answer.choices[0].message
    assert message.content == "Yes."
    assert message.tool_calls is not None
    assert message.tool_calls[0].to_dict()["function"] == {
        "name": TOOL.name,
        "arguments": TOOL.arguments,
    }
    assert answer.usage is not None
    assert answer.usage.total_tokens > 0


async def test_without_a_model_it_repeats() -> None:
    async with Server(OpenAI()) as server:
        client = AsyncOpenAI(api_key="any", base_url=f"{server.http}/v1")
        async with client:
            assert text_of(await stream(client)) == "You said: when do you open"


# --- errors ---------------------------------------------------------------------------------------


async def test_a_wrong_key() -> None:
    async with api() as (_, client):
        with pytest.raises(openai.AuthenticationError) as caught:
            await stream(client.with_options(api_key="bad"))
    assert caught.value.code == "invalid_api_key"


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "", openai.BadRequestError),
        (429, "rate_limit_exceeded", openai.RateLimitError),
        (429, "insufficient_quota", openai.RateLimitError),
        (500, "", openai.InternalServerError),
        (503, "", openai.InternalServerError),
    ],
)
async def test_statuses(status: int, code: str, error: type[openai.APIStatusError]) -> None:
    async with api() as (server, client):
        server.next(Behaviour(status=status, code=code, retry_after="2"))
        with pytest.raises(error) as caught:
            await stream(client)
        assert text_of(await stream(client)) == "We open at nine."
    assert caught.value.code == (code or None)
    assert caught.value.response.headers["retry-after"] == "2"
    assert caught.value.response.headers["x-ratelimit-remaining-requests"] == (
        "0" if status == 429 else "9999"
    )


async def test_the_client_tries_again_when_told_to() -> None:
    async with api() as (server, client):
        server.next(Behaviour(status=429, retry_after="0.01"))
        await stream(client.with_options(max_retries=1))
        assert [entry.status for entry in server.journal] == [429, 200]


async def test_an_unknown_model_and_missing_messages() -> None:
    async with Server(OpenAI(models=("known",))) as server:
        client = AsyncOpenAI(api_key="k", base_url=f"{server.http}/v1", max_retries=0)
        async with client:
            with pytest.raises(openai.NotFoundError, match="does not exist"):
                await stream(client)
            with pytest.raises(openai.BadRequestError, match="messages"):
                await client.chat.completions.create(model="known", messages=[])


async def test_refused_connections_and_back_again() -> None:
    async with api() as (server, client):
        await server.refuse()
        with pytest.raises(openai.APIConnectionError):
            await stream(client)
        await server.listen()
        assert text_of(await stream(client)) == "We open at nine."


@pytest.mark.parametrize("point", ["headers", "body", 1, 3])
async def test_resets(point: Any) -> None:
    async with api() as (server, client):
        server.next(Behaviour(reset_at=point))
        with pytest.raises(openai.APIConnectionError):
            await stream(client)
        assert (await server.journal.ended()).outcome == "reset"


@pytest.mark.parametrize("point", ["headers", "body", 2])
async def test_ends_in_the_middle(point: Any) -> None:
    async with api() as (server, client):
        server.next(Behaviour(close_at=point))
        with pytest.raises(openai.APIConnectionError):
            await stream(client)


SHORT = httpx2.Timeout(5.0, read=0.25)
"""It is the silence that takes too long: a busy machine may be slow to connect."""


@pytest.mark.parametrize("point", ["headers", "body", 1, 3])
async def test_silence_until_the_client_gives_up(point: Any) -> None:
    async with api() as (server, client):
        server.next(Behaviour(silent_at=point))
        with pytest.raises(openai.APITimeoutError):
            await stream(client.with_options(timeout=SHORT))
        entry = await server.journal.closed()
    assert entry.outcome == "cancelled"
    assert entry.pieces == (point if isinstance(point, int) else 0)


async def test_a_silence_may_end() -> None:
    async with api() as (server, client):
        server.next(Behaviour(silent_at=2, silent_for=0.005))
        assert text_of(await stream(client)) == "We open at nine."


# --- the wire -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(split=1),
        Behaviour(split=1, crlf=True),
        Behaviour(crlf=True),
        Behaviour(insert={0: COMMENT_EVENT, 3: COMMENT_EVENT}),
        Behaviour(insert={2: OVERSIZED_EVENT}),
        Behaviour(bytes_per_second=200_000),
        Behaviour(split_at=(300, 301, 305)),
        Behaviour(
            connect=Delay(0.001),
            headers=Delay(0.001, 0.002),
            first=Delay(0.001),
            think=Delay(0.001),
            between=Delay(0.001, 0.002),
        ),
    ],
    ids=repr,
)
async def test_ugly_but_right(behaviour: Behaviour) -> None:
    async with api() as (server, client):
        server.next(behaviour)
        assert text_of(await stream(client)) == "We open at nine."


async def test_split_at_every_offset() -> None:
    async with api(Reply("Grüß")) as (server, client):
        await stream(client)
        for offset in range(1, 1_500, 7):
            server.next(Behaviour(split_at=(offset,)))
            assert text_of(await stream(client)) == "Grüß"


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (Behaviour(insert={2: MALFORMED_EVENT}), ValueError),
        (Behaviour(insert={2: INVALID_UTF8_EVENT}), ValueError),
        (Behaviour(insert={2: ERROR_EVENT}), openai.APIError),
        (Behaviour(garbage_at=2), openai.APIConnectionError),
    ],
    ids=["malformed", "not utf-8", "error object", "no chunk"],
)
async def test_wrong(behaviour: Behaviour, error: Any) -> None:
    async with api() as (server, client):
        server.next(behaviour)
        with pytest.raises(error):
            await stream(client)


async def test_a_web_page_instead() -> None:
    async with api() as (server, client):
        server.next(Behaviour(content_type="text/html"))
        await stream(client)
        assert (await server.journal.ended()).status == 200


# --- cancelling -----------------------------------------------------------------------------------


async def test_a_cancelled_stream_closes_its_connection() -> None:
    async with api(behaviour=Behaviour(silent_at=2)) as (server, client):
        answer = await client.chat.completions.create(model="m", messages=MESSAGES, stream=True)
        iterator = aiter(answer)
        await anext(iterator)
        await anext(iterator)
        closed_at = asyncio.get_running_loop().time()
        await answer.close()
        entry = await server.journal.closed()
        assert entry.client_closed_at is not None
        assert entry.client_closed_at - closed_at < 0.1
        assert (entry.outcome, entry.pieces) == ("cancelled", 2)
        assert server.connections == 0


async def test_a_connection_is_used_again() -> None:
    async with api() as (server, client):
        await stream(client)
        await stream(client)
        assert [entry.connection for entry in server.journal] == [1, 1]


async def test_pauses_are_kept_and_repeat_with_their_seed() -> None:
    slow = Behaviour(first=Delay(0.01), between=Delay(0.001, 0.005))
    async with api(behaviour=slow) as (server, client):
        await stream(client)
        entry = await server.journal.ended()
    assert entry.first_at is not None
    assert entry.headers_at is not None
    assert entry.first_at - entry.headers_at >= 0.01


async def test_a_request_may_bring_its_behaviour() -> None:
    async with api(behaviour=GOOD) as (_, client):
        with pytest.raises(openai.InternalServerError):
            await stream(client, extra_headers={"x-behaviour": '{"status": 500}'})


# --- speech ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "starts"),
    [("pcm", b""), ("wav", b"RIFF"), ("mp3", b"\xff"), ("opus", b"OggS"), ("flac", b"fLaC")],
)
async def test_speech(form: Any, starts: bytes) -> None:
    async with api() as (server, client):
        sound = b""
        create = client.audio.speech.with_streaming_response.create
        async with create(
            model="gpt-4o-mini-tts", voice="marin", input="Hello there.", response_format=form
        ) as answer:
            async for part in answer.iter_bytes():
                sound += part
        entry = await server.journal.ended()
    assert sound.startswith(starts)
    assert entry.pieces > 3
    if form == "pcm":
        assert 0.4 < len(sound) / 2 / 24_000 < 2


async def test_speech_refused() -> None:
    async with api() as (_, client):
        with pytest.raises(openai.BadRequestError, match="voice"):
            await client.audio.speech.create(model="m", voice="nobody", input="Hello.")
        with pytest.raises(openai.BadRequestError, match="too long"):
            await client.audio.speech.create(model="m", voice="ash", input="a" * 5000)


async def test_speech_cut_off() -> None:
    """Of sound, the client lets its transport's own errors through."""
    async with api(behaviour=Behaviour(reset_at=2)) as (_, client):
        create = client.audio.speech.with_streaming_response.create
        async with create(
            model="m", voice="ash", input="Hello there, caller.", response_format="pcm"
        ) as answer:
            with pytest.raises(httpx2.ReadError):
                async for _ in answer.iter_bytes():
                    pass
