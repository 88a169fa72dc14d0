"""httpx over httpx2: what goes there and back is the same, and no place in the pool is lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import httpx2
import pytest

from gateway.adapters.pooled import Pooled
from tests.providers.behaviour import Behaviour, Delay
from tests.providers.chat import Reply
from tests.providers.openai import OpenAI
from tests.providers.server import Server

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

BODY: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hé"}]}
STREAMED = BODY | {"stream": True}


@contextlib.asynccontextmanager
async def client(
    behaviour: Behaviour | None = None, **options: Any
) -> AsyncIterator[tuple[Server, httpx.AsyncClient]]:
    async with (
        Server(OpenAI(Reply("We open at nine."), key="k"), behaviour=behaviour) as server,
        httpx.AsyncClient(
            base_url=server.http,
            headers={"authorization": "Bearer k"},
            transport=Pooled(httpx2.Limits(**options)),
        ) as made,
    ):
        yield server, made


async def test_there_and_back() -> None:
    async with client() as (server, http):
        answer = await http.post("/v1/chat/completions?a=1&a=2", json=BODY)
        await http.post("/v1/chat/completions", json=BODY)
        assert answer.json()["choices"][0]["message"]["content"] == "We open at nine."
        assert answer.http_version == "HTTP/1.1"
        first, second = server.journal
        assert (first.query, first.body["messages"]) == ({"a": ["1", "2"]}, BODY["messages"])
        sent = first.headers
        assert sent["content-type"] == "application/json"
        assert sent["user-agent"].startswith("python-httpx/")
        assert first.connection == second.connection, "connections are kept"


async def test_errors_of_status_and_their_headers() -> None:
    async with client(Behaviour(status=429, retry_after="7")) as (_, http):
        answer = await http.post("/v1/chat/completions", json=BODY)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


async def test_a_body_comes_as_it_is_sent() -> None:
    async with client(Behaviour(silent_at=2)) as (server, http):
        async with http.stream("POST", "/v1/chat/completions", json=STREAMED) as answer:
            lines = answer.aiter_lines()
            assert "role" in await anext(lines)
        entry = await server.journal.closed()
        assert entry.outcome == "cancelled"


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        (Behaviour(reset_at="headers"), httpx.NetworkError),
        (Behaviour(close_at="headers"), httpx.RemoteProtocolError),
        (Behaviour(reset_at=2), httpx.NetworkError),
        (Behaviour(close_at=2), httpx.RemoteProtocolError),
        (Behaviour(headers=Delay(60)), httpx.ReadTimeout),
    ],
    ids=repr,
)
async def test_errors_are_httpxs_own(behaviour: Behaviour, kind: type[Exception]) -> None:
    async with client(behaviour) as (_, http):
        wait = 0.05 if behaviour.headers.p50 else 20.0
        with pytest.raises(kind) as caught:
            await http.post("/v1/chat/completions", json=STREAMED, timeout=wait)
        assert caught.value.__suppress_context__, "what it holds is not passed on"


async def test_nobody_there_and_no_place() -> None:
    async with client(Behaviour(silent_at=1), max_connections=1) as (server, http):
        async with http.stream("POST", "/v1/chat/completions", json=STREAMED):
            with pytest.raises(httpx.PoolTimeout):
                await http.post("/v1/chat/completions", json=BODY, timeout=0.05)
        await server.refuse()
        with pytest.raises(httpx.ConnectError):
            await http.post("/v1/chat/completions", json=BODY)


async def test_a_request_that_is_cancelled_gives_its_place_back() -> None:
    """Who waits for a place, who connects, who reads: twenty at a time, for two places."""
    slow = Behaviour(headers=Delay(0.01), first=Delay(0.01))
    async with client(slow, max_connections=2) as (_, http):

        async def one(patience: float) -> None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await http.post("/v1/chat/completions", json=STREAMED, timeout=20)

        for _ in range(10):
            await asyncio.gather(*(one(0.001 * number) for number in range(20)))
        answer = await http.post("/v1/chat/completions", json=BODY, timeout=20)
        assert answer.status_code == 200
