"""The wire itself, and providers in a process of their own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.providers.__main__ import PROVIDERS
from tests.providers.behaviour import Behaviour, Delay, Mix, Rare
from tests.providers.chat import Reply
from tests.providers.openai import OpenAI
from tests.providers.server import Server

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

ROOT = Path(__file__).parents[2]
BODY: dict[str, Any] = {
    "model": "m",
    "stream": True,
    "messages": [{"role": "user", "content": "hello"}],
}
KEY = {"authorization": "Bearer k"}


@contextlib.asynccontextmanager
async def api(**options: Any) -> AsyncIterator[tuple[Server, httpx.AsyncClient]]:
    async with (
        Server(OpenAI(Reply("We open at nine.")), **options) as server,
        httpx.AsyncClient(base_url=server.http, headers=KEY) as client,
    ):
        yield server, client


async def ask(client: httpx.AsyncClient) -> httpx.Response:
    return await client.post("/v1/chat/completions", json=BODY)


async def test_writes_end_where_they_are_told_to() -> None:
    async with api(behaviour=Behaviour(split_at=(5, 40))) as (server, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        text = json.dumps(BODY)
        head = f"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: {len(text)}\r\n"
        writer.write(f"{head}authorization: Bearer k\r\n\r\n{text}".encode())
        assert await reader.read(1000) == b"HTTP/"
        assert len(await reader.read(1000)) == 35
        writer.close()
        await writer.wait_closed()


async def test_a_trickle_is_slow() -> None:
    slow = Behaviour(bytes_per_second=100_000)
    async with api(behaviour=slow) as (server, client):
        answer = await ask(client)
        entry = await server.journal.ended()
    assert entry.ended_at is not None
    assert entry.ended_at - entry.asked_at > 0.9 * len(answer.content) / 100_000


async def test_the_same_seed_gives_the_same_course() -> None:
    mix = Mix(rare=(Rare(share=0.5, behaviour=Behaviour(status=500)),))

    async def course(seed: int) -> list[int]:
        async with api(behaviour=mix, seed=seed) as (_, client):
            return [(await ask(client)).status_code for _ in range(20)]

    first = await course(1)
    assert set(first) == {200, 500}
    assert await course(1) == first
    assert await course(2) != first


async def test_parallel_requests_are_apart() -> None:
    async with api() as (server, client):
        server.next(Behaviour(first=Delay(0.02)), Behaviour(status=429))
        async with asyncio.TaskGroup() as tasks:
            both = [tasks.create_task(ask(client)) for _ in range(2)]
        assert sorted(one.result().status_code for one in both) == [200, 429]
        assert len({entry.connection for entry in server.journal}) == 2


async def test_what_is_no_request() -> None:
    async with api() as (server, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"nonsense\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 400")
        writer.close()
        await writer.wait_closed()
        assert len(server.journal) == 0


async def test_a_fault_of_the_provider_fails_the_test() -> None:
    def broken(body: dict[str, Any]) -> Reply:
        raise RuntimeError("a bug")

    with pytest.raises(ExceptionGroup) as caught:
        async with (
            httpx.AsyncClient() as client,
            Server(OpenAI(broken)) as server,
        ):
            await client.post(f"{server.http}/v1/chat/completions", json=BODY, headers=KEY)
    assert "a bug" in str(caught.value.exceptions[0])


async def test_no_connection_is_left() -> None:
    async with api() as (server, client):
        for point in ("headers", "body", 2):
            server.next(Behaviour(reset_at=point))
            with pytest.raises(httpx.TransportError):
                await ask(client)
        await ask(client)
        assert server.connections == 1
        await client.aclose()
        await server.journal.closed()
        assert server.connections == 0


# --- a process of its own -------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[str]:
    """Its address."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.providers", *arguments),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert child.stdout is not None
        line = await child.stdout.readline()
        yield json.loads(line)["http"]
    finally:
        child.send_signal(signal.SIGTERM)
        assert await child.wait() == 0
        child._transport.close()  # type: ignore[attr-defined]


async def test_in_a_process_of_its_own() -> None:
    usual = '{"usual": {"status": 503}}'
    async with (
        process("openai", "--behaviour", usual) as address,
        httpx.AsyncClient(base_url=address, headers=KEY) as client,
    ):
        assert (await ask(client)).status_code == 503
        assert (await client.put("/_behaviour", json={})).status_code == 200
        await client.post("/_behaviour", json=[{"status": 429}])
        assert (await ask(client)).status_code == 429
        assert "You said: hello" not in (await ask(client)).text  # token by token
        journal = (await client.get("/_journal")).json()
        assert [one["status"] for one in journal] == [503, 429, 200]
        assert "Bearer k" not in json.dumps(journal)
        refused = await client.put("/_behaviour", json={"usual": {"statsu": 1}})
        assert refused.status_code == 422
        assert (await client.get("/_nothing")).status_code == 404


async def test_a_model_that_says_what_a_file_says(tmp_path: Path) -> None:
    says = tmp_path / "says.json"
    says.write_text(json.dumps({"hello": "Good morning."}))
    async with (
        process("groq", "--says", str(says)) as address,
        httpx.AsyncClient(base_url=address, headers=KEY) as client,
    ):
        for said, answer in (("hello", "Good morning."), ("bye", "You said: bye")):
            body = {"model": "m", "messages": [{"role": "user", "content": said}]}
            got = await client.post("/openai/v1/chat/completions", json=body)
            assert got.json()["choices"][0]["message"]["content"] == answer


async def test_every_provider_runs() -> None:
    for name in PROVIDERS:
        async with Server(PROVIDERS[name]()) as server, httpx.AsyncClient() as client:
            assert (await client.get(f"{server.http}/nothing")).status_code in (401, 404)
