"""The local Groq against Groq's own client: what differs from OpenAI's."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import groq
import httpx
import pytest
from groq import AsyncGroq

from tests.providers.behaviour import ERROR_EVENT, Behaviour
from tests.providers.chat import Reply, ToolCall
from tests.providers.groq import Groq
from tests.providers.server import Server

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

HOURS = Reply("We open at nine.")
MESSAGES: Any = [{"role": "user", "content": "when do you open"}]


@contextlib.asynccontextmanager
async def api(reply: Reply = HOURS, **options: Any) -> AsyncIterator[tuple[Server, AsyncGroq]]:
    async with (
        Server(Groq(reply, key="good"), **options) as server,
        AsyncGroq(api_key="good", base_url=server.http, max_retries=0) as client,
    ):
        yield server, client


async def stream(client: AsyncGroq, **more: Any) -> list[Any]:
    answer = await client.chat.completions.create(model="m", messages=MESSAGES, stream=True, **more)
    return [chunk async for chunk in answer]


async def test_usage_comes_with_the_last_chunk() -> None:
    async with api() as (server, client):
        chunks = await stream(client)
        entry = await server.journal.ended()
    assert "".join(one.choices[0].delta.content or "" for one in chunks) == "We open at nine."
    assert chunks[0].x_groq.id == "req_local1"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert chunks[-1].x_groq.usage.completion_tokens == 4
    assert chunks[-1].x_groq.usage.total_time > 0
    assert entry.path == "/openai/v1/chat/completions"
    assert entry.headers["authorization"] == "Bearer ***"


async def test_usage_as_openai_has_it_too() -> None:
    async with api() as (_, client):
        chunks = await stream(client, extra_body={"stream_options": {"include_usage": True}})
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens == 4


async def test_tool_calls_and_whole_answers() -> None:
    call = ToolCall("opening_hours", '{"branch": "Main Street"}')
    async with api(Reply(tool_calls=(call,))) as (_, client):
        whole = await client.chat.completions.create(model="m", messages=MESSAGES)
        chunks = await stream(client)
    assert whole.choices[0].message.tool_calls is not None
    assert whole.choices[0].message.tool_calls[0].function.arguments == call.arguments
    parts = [d for one in chunks for d in one.choices[0].delta.tool_calls or []]
    assert "".join(one.function.arguments for one in parts) == call.arguments


async def test_a_wrong_key() -> None:
    async with api() as (_, client):
        with pytest.raises(groq.AuthenticationError, match="Invalid API Key"):
            await stream(client.with_options(api_key="bad"))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (413, groq.APIStatusError),
        (429, groq.RateLimitError),
        (498, groq.APIStatusError),
        (500, groq.InternalServerError),
        (503, groq.InternalServerError),
    ],
)
async def test_statuses(status: int, error: type[groq.APIStatusError]) -> None:
    async with api() as (server, client):
        server.next(Behaviour(status=status, retry_after="2" if status == 429 else ""))
        with pytest.raises(error) as caught:
            await stream(client)
    headers = caught.value.response.headers
    assert caught.value.status_code == status
    assert headers.get("retry-after") == ("2" if status == 429 else None)
    assert headers["x-ratelimit-limit-tokens"] == "18000"


@pytest.mark.parametrize(
    ("point", "error"),
    [("headers", groq.APIConnectionError), ("body", httpx.ReadError), (2, httpx.ReadError)],
)
async def test_resets(point: Any, error: type[Exception]) -> None:
    """Once the headers are there, the client lets its transport's own errors through."""
    async with api(behaviour=Behaviour(reset_at=point)) as (_, client):
        with pytest.raises(error):
            await stream(client)


@pytest.mark.parametrize(
    ("point", "error"), [("headers", groq.APITimeoutError), (2, httpx.ReadTimeout)]
)
async def test_silence_until_the_client_gives_up(point: Any, error: type[Exception]) -> None:
    async with api(behaviour=Behaviour(silent_at=point)) as (server, client):
        with pytest.raises(error):
            # It is the silence that takes too long: a busy machine may be slow to connect.
            await stream(client.with_options(timeout=httpx.Timeout(5.0, read=0.25)))
        assert (await server.journal.closed()).outcome == "cancelled"


async def test_an_error_in_the_middle() -> None:
    async with api(behaviour=Behaviour(insert={2: ERROR_EVENT})) as (_, client):
        with pytest.raises(groq.APIError):
            await stream(client)


async def test_a_cancelled_stream_closes_its_connection() -> None:
    async with api(behaviour=Behaviour(silent_at=2)) as (server, client):
        answer = await client.chat.completions.create(model="m", messages=MESSAGES, stream=True)
        await anext(aiter(answer))
        closed_at = asyncio.get_running_loop().time()
        await answer.close()
        entry = await server.journal.closed()
    assert entry.client_closed_at is not None
    assert entry.client_closed_at - closed_at < 0.1
    assert entry.outcome == "cancelled"
