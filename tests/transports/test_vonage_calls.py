"""The Vonage door: who may come in, and where a call goes afterwards."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

import httpx
import jwt
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from gateway.ports.speech_in import Heard
from gateway.shell.call.orders import PressDigits, Transfer
from gateway.transports.tickets import LIFE, Tickets
from gateway.transports.vonage import VonageDialect
from gateway.transports.vonage_calls import VonageAccount, VonageCarrier, VonageDoor, connected
from tests.support.carriers import DOOR, vonage_call
from tests.support.fakes import FakeDetector, threads_in_virtual_time
from tests.support.house import open_house
from tests.support.socketless import Socketless
from tests.transports.test_twilio_calls import TRANSFERS

pytestmark = pytest.mark.anyio

SECRET = "the signature secret of a Vonage account"
URL = "https://calls.example/gate"
NUMBER = "447700900123"
CALLER = {"from": NUMBER, "to": "447700900000", "uuid": "u-1"}
NOW = 1_000_000.0


@pytest.fixture(autouse=True)
def _no_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with threads_in_virtual_time(monkeypatch):
        yield


def token(body: bytes = b"", secret: str = SECRET, **claims: Any) -> str:
    said = {"iss": "Vonage", "iat": int(NOW), "payload_hash": sha256(body).hexdigest(), **claims}
    return jwt.encode(said, secret, algorithm="HS256")


class AtTheDoor:
    def __init__(self, *, secret: str = SECRET, **door: Any) -> None:
        self.now = NOW
        self.house = open_house()
        self.house.services.detector = FakeDetector
        self.account = VonageAccount(
            signature_secret=secret,
            public_url=URL,
            sample_rate=16000,
            tickets=Tickets(secret, lambda: self.now),
            destinations=TRANSFERS,
            clock=lambda: self.now,
        )
        self.door = VonageDoor(self.account, replace(DOOR, **door), lambda: self.house.services)
        routes = [Route("/vonage/answer", self.door.answer, methods=["GET", "POST"])]
        routes.append(Route("/vonage/event", self.door.event, methods=["POST"]))
        self.app = Starlette(routes=routes)

    async def ask(self, method: str, path: str, body: bytes = b"", signed: str = "") -> Any:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://inside") as client:
            headers = {"Authorization": f"Bearer {signed}"} if signed else {}
            return await client.request(method, path, content=body, headers=headers)

    async def answer(self, query: str = "") -> dict[str, Any]:
        body = json.dumps(CALLER).encode()
        answer = await self.ask("POST", f"/vonage/answer{query}", body, token(body))
        assert answer.status_code == 200
        [action] = answer.json()
        made: dict[str, Any] = action
        return made

    async def socket(self, authorization: str) -> Socketless:
        """A socket, as far as its handshake and no further."""
        headers = {"authorization": authorization} if authorization else {}
        client = Socketless("/vonage/media", headers)
        await client.socket.receive()
        client.leave()
        await self.door.media(client.socket)
        return client


async def test_the_answer_has_vonage_open_a_socket() -> None:
    action = await AtTheDoor().answer()
    [endpoint] = action["endpoint"]
    assert (action["action"], action["eventType"]) == ("connect", "synchronous")
    assert endpoint["uri"] == "wss://calls.example/gate/vonage/media"
    assert endpoint["content-type"] == "audio/l16;rate=16000"
    assert endpoint["headers"] == {"tenant": "default", "from": NUMBER, "to": "447700900000"}
    assert len(json.dumps(endpoint["headers"])) <= 512
    assert action["eventUrl"][0].startswith("https://calls.example/gate/vonage/event?call=")
    assert NUMBER not in action["eventUrl"][0] + endpoint["authorization"]["value"]


async def test_asked_by_get() -> None:
    at = AtTheDoor()
    answer = await at.ask("GET", f"/vonage/answer?from={NUMBER}", signed=token())
    assert answer.json()[0]["endpoint"][0]["headers"]["from"] == NUMBER


@pytest.mark.parametrize(
    "signed",
    [
        "",
        "nonsense",
        token(b"another body"),
        token(json.dumps(CALLER).encode(), "another secret, as long as the good one is"),
        token(json.dumps(CALLER).encode(), iat=int(NOW) - 3600),
        token(json.dumps(CALLER).encode(), iat="now"),
        jwt.encode({"iat": int(NOW)}, "", algorithm="none"),
    ],
)
async def test_unsigned_is_forbidden_and_nothing_logged_of_the_caller(
    signed: str, caplog: pytest.LogCaptureFixture
) -> None:
    body = json.dumps(CALLER).encode()
    answer = await AtTheDoor().ask("POST", "/vonage/answer", body, signed)
    assert (answer.status_code, answer.text) == (403, "")
    assert NUMBER not in caplog.text


async def test_without_a_secret_it_is_open_only_where_no_token_is_asked_for() -> None:
    assert (await AtTheDoor(secret="").ask("GET", "/vonage/answer")).status_code == 200
    guarded = AtTheDoor(secret="", call_token="secret")
    assert (await guarded.ask("GET", "/vonage/answer")).status_code == 403


async def test_an_unknown_tenant_and_a_full_house_go_to_the_fallback() -> None:
    unknown = await AtTheDoor().ask("GET", "/vonage/answer?tenant=nobody", signed=token())
    assert unknown.status_code == 404
    full = await AtTheDoor(max_calls=0).ask("GET", "/vonage/answer", signed=token())
    assert full.status_code == 503


async def test_a_socket_with_a_ticket_once(caplog: pytest.LogCaptureFixture) -> None:
    at = AtTheDoor()
    authorization = (await at.answer())["endpoint"][0]["authorization"]["value"]
    assert (await at.socket(authorization)).close_code == 1000
    caplog.clear()
    again = await at.socket(authorization)
    assert (again.close_code, again.close_reason) == (1008, "ticket")
    late = (await at.answer())["endpoint"][0]["authorization"]["value"]
    at.now += LIFE + 1
    assert (await at.socket(late)).close_reason == "ticket"
    assert (await at.socket("Bearer made.up")).close_reason == "ticket"
    assert [one.getMessage().rpartition(" ")[2] for one in caplog.records] == [
        *("used", "expired", "unknown")
    ]


async def test_a_socket_that_vonage_signs_itself() -> None:
    at = AtTheDoor()
    assert (await at.socket(f"Bearer {token()}")).accepted
    for wrong in ("", "Bearer x", "Bearer a.b.c", f"Bearer {token(secret='x' * 40)}"):
        client = await at.socket(wrong)
        assert (client.accepted, client.status) == (False, 403)


async def event(at: AtTheDoor, url: str, status: str) -> Any:
    body = json.dumps({"status": status, "uuid": "u-2"}).encode()
    return await at.ask("POST", url.removeprefix(URL), body, token(body))


async def test_a_lost_socket_goes_to_the_default_and_a_closed_one_where_it_was_told() -> None:
    at = AtTheDoor()
    url = (await at.answer())["eventUrl"][0]
    assert (await event(at, url, "answered")).status_code == 204
    assert (await event(at, url, "disconnected")).json() == [connected("+15551111111")]
    action = await at.answer()
    ticket = at.account.tickets.redeem(
        action["endpoint"][0]["authorization"]["value"].removeprefix("Bearer ")
    )
    carrier = VonageCarrier(TRANSFERS, at.door._lets_go(ticket))
    async with vonage_call(at.house, VonageDialect(ticket), carrier=carrier) as line:
        line.heard.say(Heard("my balance", final=True))
        await asyncio.sleep(2.0)
        assert line.client.close_code == 1000
    assert (await event(at, action["eventUrl"][0], "disconnected")).json() == [
        {"action": "connect", "endpoint": [{"type": "phone", "number": "15551111111"}]}
    ]


async def test_a_goodbye_goes_nowhere() -> None:
    at = AtTheDoor()
    action = await at.answer()
    ticket = at.account.tickets.redeem(
        action["endpoint"][0]["authorization"]["value"].removeprefix("Bearer ")
    )
    carrier = VonageCarrier(TRANSFERS, at.door._lets_go(ticket))
    async with vonage_call(at.house, VonageDialect(ticket), carrier=carrier) as line:
        line.heard.say(Heard("goodbye", final=True))
        await asyncio.sleep(2.0)
    assert (await event(at, action["eventUrl"][0], "disconnected")).json() == []


def test_what_cannot_be_done_is_told(caplog: pytest.LogCaptureFixture) -> None:
    noted: list[str] = []
    carrier = VonageCarrier(TRANSFERS, noted.append)
    carrier.obey(PressDigits(turn=1, action="", brief={}, digits="1"))
    carrier.obey(Transfer(turn=1, action="", brief={}, queue="cards"))  # Twilio's own queue
    assert noted == []
    assert len(caplog.records) == 2
    assert connected("sip:a@b.example") == {
        "action": "connect",
        "endpoint": [{"type": "sip", "uri": "sip:a@b.example"}],
    }
