"""A stream of events lasts as long as its client listens and its token lives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import StreamingResponse

from gateway.admin.dashboard import events
from gateway.admin.dashboard.events import LOOK
from gateway.admin.dashboard.listeners import ALIVE, DROPPED, Events
from gateway.admin.inputs import EventsQuery
from gateway.admin.operations import Admin, AdminRequest
from gateway.admin.people.persons import STRANGER, Doorkeeper, Person, made
from gateway.errors import StoreFailed
from gateway.ports.people import Role, Token
from gateway.settings.whole import Settings
from tests.support.virtual import VirtualLoop

ASKER = Request(
    {
        "type": "http",
        "method": "GET",
        "path": "/admin/v1/events",
        "headers": [(b"authorization", b"")],
    }
)


def admin_of(gate: Any, hub: Events) -> Admin:
    nothing: Any = None
    live: Any = SimpleNamespace()
    return Admin(
        settings=Settings(),
        services=lambda: live,
        jobs=nothing,
        document=nothing,
        gate=gate,
        events=hub,
    )


async def listened(admin: Admin, request: Request, person: Person) -> Any:
    asked = AdminRequest(request, EventsQuery(tenant="default"), None, person)
    answer = await events.events(admin, asked)
    assert isinstance(answer, StreamingResponse)
    return answer.body_iterator


def test_who_goes_is_forgotten() -> None:
    async def gone() -> int:
        hub = Events()
        stream = await listened(admin_of(None, hub), ASKER, STRANGER)
        await anext(stream)
        assert len(hub) == 1
        await stream.aclose()
        return len(hub)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(gone()) == 0


@pytest.mark.parametrize("way", ["revoked", "expired", "its tenants changed", "store away"])
def test_a_stream_ends_within_seconds_of_its_token(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once(look: Any, *given: Any) -> Any:  # threads do not live in virtual time
        return look(*given)

    monkeypatch.setattr(asyncio, "to_thread", at_once)

    async def ended() -> float:
        loop, hub = asyncio.get_running_loop(), Events()
        token, secret = made("a", Role.VIEWER, ("default",), 100.0, 0.0)
        held: Any = {"token": token, "now": 0.0, "away": False}

        def look(name: str) -> Token:
            if held["away"]:
                raise StoreFailed("the store is away")
            found: Token = held["token"]
            return found

        store: Any = SimpleNamespace(token=look)
        gate = Doorkeeper("of the settings", lambda: store, lambda: held["now"])
        headers = [(b"authorization", f"Bearer {secret}".encode())]
        request = Request({**ASKER.scope, "headers": headers})
        stream = await listened(admin_of(gate, hub), request, await gate.admit(request))
        await anext(stream)
        assert await anext(stream) == ALIVE  # it goes on as long as the token lives
        if way == "revoked":
            held["token"] = replace(token, revoked=1.0)
        elif way == "expired":
            held["now"] = 101.0
        elif way == "its tenants changed":
            held["token"] = replace(token, tenants=("other",))
        else:
            held["away"] = True
        began = loop.time()
        told = [one async for one in _until(stream, began + 40)]
        assert (told[-1] == DROPPED) is (way != "store away")
        await stream.aclose()
        assert len(hub) == 0
        return loop.time() - began

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        took = runner.run(ended())
    assert took <= LOOK + 0.1 or way == "store away"


async def _until(stream: Any, end: float) -> AsyncIterator[bytes]:
    async for one in stream:
        yield one
        if asyncio.get_running_loop().time() >= end:
            return
