"""Who may come in at a door, and how it is closed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from starlette.websockets import WebSocketState

from gateway.transports.door import OVER_CAPACITY, Door, SocketWire, accept, refuse, shut
from tests.support.socketless import Socketless

pytestmark = pytest.mark.anyio

DOOR = Door(call_token="secret", allowed_origins=(), max_calls=1, default_tenant="default")


@pytest.mark.parametrize(
    ("headers", "known"),
    [
        ({}, False),
        ({"authorization": "Bearer wrong"}, False),
        ({"authorization": "Bearer secret"}, True),
        ({"authorization": "Bearer secret", "origin": "https://evil.example"}, False),
        ({"authorization": "Bearer secret", "origin": "http://gateway.example"}, True),
    ],
)
async def test_a_token_and_a_page_of_ours(headers: dict[str, str], known: bool) -> None:
    assert (DOOR.knows(Socketless(headers=headers).socket) is not None) is known


async def test_no_token_is_asked_for_where_none_is_set() -> None:
    assert replace(DOOR, call_token="").knows(Socketless().socket)


async def test_several_tokens_open_each_its_tenants() -> None:
    door = replace(DOOR, further_tokens={"next": (), "theirs": ("bank",), "two": ("a", "b")})

    def opened(token: str) -> Door | None:
        return door.knows(Socketless(headers={"authorization": f"Bearer {token}"}).socket)

    for token in ("secret", "next"):
        found = opened(token)
        assert found is not None and found.opens("bank") and found.opens("other")
        assert (found.tenant(""), found.tenant("bank")) == ("default", "bank")
    found = opened("theirs")
    assert found is not None and found.opens("bank") and not found.opens("other")
    assert (found.tenant(""), found.tenant("other")) == ("bank", "other")
    found = opened("two")
    assert found is not None and found.opens("b") and not found.opens(found.tenant(""))
    assert opened("last") is None
    assert "secret" not in repr(door) and "theirs" not in repr(door)


async def test_refused_is_accepted_and_closed() -> None:
    client = Socketless()
    await refuse(client.socket, "shutting down")
    assert client.accepted
    assert (client.close_code, client.close_reason) == (OVER_CAPACITY, "shutting down")


async def test_the_wire_says_when_it_is_closed() -> None:
    client = Socketless()
    await accept(client.socket)
    wire = SocketWire(client.socket)
    await wire.send("text")
    await wire.send(b"sound")
    assert [one for _, one in client.sent] == ["text", b"sound"]
    await shut(client.socket, 1000, "over")
    await shut(client.socket, 1000, "again")  # harmless
    assert client.socket.application_state is WebSocketState.DISCONNECTED
    with pytest.raises(RuntimeError):
        await wire.send("late")
