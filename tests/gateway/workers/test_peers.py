"""How workers find out who leads, and what they pass on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from gateway.workers.peers import HEADER, PassedOn, Peers
from tests.support.serving import QuietServer

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]


def workers(folder: Path, count: int = 3) -> list[Peers]:
    return [Peers(folder, number, count, "a word") for number in range(count)]


async def test_the_first_that_is_asked_leads_until_it_is_gone(tmp_path: Path) -> None:
    one, two, three = workers(tmp_path)
    assert (two.leader(), one.leader(), three.leader()) == (1, 1, 1)
    await two.close()
    assert (three.leader(), one.leader(), two.leader()) == (2, 2, 2)
    assert [one.leads(), two.leads(), three.leads()] == [False, False, True]
    await three.close()


@contextlib.asynccontextmanager
async def working(peers: Peers) -> AsyncIterator[httpx.AsyncClient]:
    """A worker as strangers reach it."""

    async def told(request: Request) -> Response:
        body = await request.body()
        seen = f"{peers.own} {request.method} {request.url.query} {body.decode()}"
        return Response(seen, 201, headers={"x-seen": request.headers.get("authorization", "")})

    async def slowly(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            for piece in (b"one", b"two"):
                yield piece

        return StreamingResponse(pieces())

    async def happens(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            for piece in (
                b"retry: 1\n\nevent: t",
                b"urn\ndata: %d\n\n: al" % peers.own,
                b"ive\n\n",
            ):
                yield piece

        return StreamingResponse(pieces())

    routes = [
        Route("/happens", happens),
        Route("/admin/told", told, methods=["GET", "PUT"]),
        Route("/admin/slowly", slowly),
        Route("/else", told),
    ]
    middleware = [Middleware(PassedOn, peers=peers, path="/admin")]
    app = Starlette(routes=routes, middleware=middleware)
    config = uvicorn.Config(app, lifespan="off", log_config=None, loop="none")
    server = QuietServer(config)
    with peers.listen() as inner:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.serve(sockets=[inner]))
            while not server.started:  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0.001)
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://outside") as client:
                yield client
            await peers.close()
            async with asyncio.timeout(10):
                while server.server_state.connections:  # noqa: ASYNC110 - it has no event
                    await asyncio.sleep(0.001)
            server.should_exit = True


async def test_what_the_leader_must_answer_is_passed_on_whole(tmp_path: Path) -> None:
    one, two = workers(tmp_path, 2)
    assert one.leader() == 0
    async with working(one), working(two) as client:
        answer = await client.put(
            "/admin/told?tenant=bank", content=b"a table", headers={"Authorization": "Bearer x"}
        )
        assert (answer.status_code, answer.text) == (201, "0 PUT tenant=bank a table")
        assert answer.headers["x-seen"] == "Bearer x"
        assert (await client.get("/admin/slowly")).content == b"onetwo"
        assert (await client.get("/else")).text.startswith("1 GET")


async def test_all_others_are_told(tmp_path: Path) -> None:
    one, two, three = workers(tmp_path)
    async with working(one), working(three):
        told = await two.gather("/admin/told?level=debug", "PUT")
        assert told == [b"0 PUT level=debug ", b"2 PUT level=debug "]
        assert await two.gather("/nowhere") == []


async def test_events_of_the_others_come_whole_and_again_after_an_end(tmp_path: Path) -> None:
    one, two, three = workers(tmp_path)
    came: asyncio.Queue[bytes] = asyncio.Queue()
    async with working(one), working(three), asyncio.TaskGroup() as tasks:
        following = tasks.create_task(two.follow("/happens", came.put_nowait))
        first = {await came.get(), await came.get()}
        assert first == {b"event: turn\ndata: 0\n\n", b"event: turn\ndata: 2\n\n"}
        assert await came.get() in first, "a stream that has ended is asked for again"
        following.cancel()
    await two.close()


async def test_a_leader_that_does_not_answer_is_told(tmp_path: Path) -> None:
    one, two = workers(tmp_path, 2)
    assert one.leader() == 0  # and nobody listens for it
    async with working(two) as client:
        answer = await client.get("/admin/told")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    await one.close()


def test_only_the_word_makes_a_worker(tmp_path: Path) -> None:
    (one,) = workers(tmp_path, 1)

    def asks(*headers: tuple[bytes, bytes]) -> bool:
        return one.known(Request({"type": "http", "headers": list(headers)}))

    assert asks((HEADER.encode(), b"a word"))
    assert not asks((HEADER.encode(), b"another"))
    assert not asks()
