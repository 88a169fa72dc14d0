"""The Twilio door: who may come in, and what becomes of a call beside its stream."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import fromstring

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from gateway.errors import ProviderFailed
from gateway.ports.speech_in import Heard
from gateway.settings.carriers import TransferSettings
from gateway.shell.call.orders import HandOver, HangUp, PressDigits, Transfer
from gateway.transports.signing import TwilioKeys
from gateway.transports.tickets import LIFE, Tickets
from gateway.transports.twilio import TwilioDialect
from gateway.transports.twilio_calls import TwilioAccount, TwilioCarrier, TwilioDoor
from tests.providers.twilio import CALL, sign
from tests.support.carriers import DOOR, twilio_call
from tests.support.fakes import FakeDetector, threads_in_virtual_time
from tests.support.house import House, catalogue, open_house
from tests.support.socketless import Socketless
from tests.transports.test_twilio import opened

pytestmark = pytest.mark.anyio

TOKEN = "a-token-of-twilio"
URL = "https://calls.example/gate"
NUMBER = "+15557654321"
CALLER = {"CallSid": CALL, "From": NUMBER, "To": "+15550000000", "CallStatus": "ringing"}
TRANSFERS = TransferSettings({"default": "+15551111111", "cards": "queue:cards"})


@pytest.fixture(autouse=True)
def _no_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with threads_in_virtual_time(monkeypatch):
        yield


class Control:
    """A carrier's API that notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.fails = False

    async def redirect(self, call: str, instructions: str) -> None:
        self._note(call, instructions)

    async def hang_up(self, call: str) -> None:
        self._note(call, "hang up")

    def _note(self, call: str, what: str) -> None:
        if self.fails:
            raise ProviderFailed("no")
        self.asked.append((call, what))


class AtTheDoor:
    def __init__(self, *, token: str = TOKEN, public_url: str = URL, **door: Any) -> None:
        self.now = 1_000_000.0
        self.house: House = open_house()
        self.house.services.detector = FakeDetector
        self.control = Control()
        self.account = TwilioAccount(
            keys=TwilioKeys(token=token),
            public_url=public_url,
            tickets=Tickets(token, lambda: self.now),
            destinations=TRANSFERS,
            control=self.control,
        )
        self.door = TwilioDoor(self.account, replace(DOOR, **door), lambda: self.house.services)
        routes = [Route("/twilio/voice", self.door.voice, methods=["POST"])]
        routes.append(Route("/twilio/status", self.door.status, methods=["POST"]))
        self.app = Starlette(routes=routes)

    async def post(
        self, path: str = "/twilio/voice", signature: str | None = None, **form: str
    ) -> httpx.Response:
        form = form or CALLER
        if signature is None:
            signature = sign(URL + path, TOKEN, form)
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://inside") as client:
            headers = {"X-Twilio-Signature": signature} if signature else {}
            return await client.post(path, data=form, headers=headers)

    async def stream(self, token: str = "", signature: str | None = None) -> Socketless:
        """A socket, as far as its handshake and no further."""
        path = f"/twilio/media/{token}" if token else "/twilio/media"
        if signature is None:
            signature = sign("wss" + URL.removeprefix("https") + path, TOKEN)
        client = Socketless(path, {"x-twilio-signature": signature})
        client.socket.scope["path_params"] = {"token": token} if token else {}
        await client.socket.receive()
        client.leave()
        await self.door.media(client.socket)
        return client


def token_of(answer: httpx.Response) -> str:
    stream = fromstring(answer.text).find("Connect/Stream")
    assert stream is not None
    return stream.attrib["url"].rpartition("/")[2]


class TestTheWebhook:
    async def test_it_has_twilio_open_a_socket(self) -> None:
        at = AtTheDoor()
        at.house.publish(catalogue(tenant="acme"))
        answer = await at.post("/twilio/voice?tenant=acme&locale=en-GB")
        assert (answer.status_code, answer.headers["content-type"]) == (
            200,
            "text/xml; charset=utf-8",
        )
        response = fromstring(answer.text)
        stream = response.find("Connect/Stream")
        assert stream is not None
        begin = "wss://calls.example/gate/twilio/media/"
        assert stream.attrib["url"].startswith(begin)
        assert "?" not in stream.attrib["url"]
        assert NUMBER not in stream.attrib["url"]
        assert stream.attrib["statusCallback"] == "https://calls.example/gate/twilio/status"
        told = {one.attrib["name"]: one.attrib["value"] for one in stream.findall("Parameter")}
        assert told == {
            "from": NUMBER,
            "to": "+15550000000",
            "tenant": "acme",
            "locale": "en-GB",
        }
        assert response.findtext("Dial/Number") == "+15551111111"  # if we are lost
        assert at.account.tickets.redeem(token_of(answer)).tenant == "acme"

    @pytest.mark.parametrize(
        "signature", ["", "wrong", sign("http://inside/twilio/voice", TOKEN, CALLER)]
    )
    async def test_unsigned_or_wrongly_signed_is_forbidden_and_nothing_logged_of_the_caller(
        self, signature: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        answer = await AtTheDoor().post(signature=signature)
        assert (answer.status_code, answer.text) == (403, "")
        assert NUMBER not in caplog.text
        assert CALL not in caplog.text

    async def test_a_form_without_end_is_not_read(self) -> None:
        assert (await AtTheDoor().post(From="1" * 70_000)).status_code == 403

    async def test_behind_a_proxy_without_a_public_url(self) -> None:
        at = AtTheDoor(public_url="")
        signature = sign("https://p.example/twilio/voice", TOKEN, CALLER)
        transport = httpx.ASGITransport(at.app)
        headers = {"X-Twilio-Signature": signature, "X-Forwarded-Proto": "https"}
        async with httpx.AsyncClient(transport=transport, base_url="http://p.example") as client:
            answer = await client.post("/twilio/voice", data=CALLER, headers=headers)
        assert answer.status_code == 200
        assert 'url="wss://p.example/twilio/media/' in answer.text

    async def test_an_unknown_tenant_and_a_full_house_go_to_the_fallback(self) -> None:
        assert (await AtTheDoor().post("/twilio/voice?tenant=nobody")).status_code == 404
        assert (await AtTheDoor(max_calls=0).post()).status_code == 503
        at = AtTheDoor()
        at.door.draining = lambda: True
        assert (await at.post()).status_code == 503

    async def test_a_failed_stream_is_told_once(self, caplog: pytest.LogCaptureFixture) -> None:
        form = {"CallSid": CALL, "StreamEvent": "stream-error", "StreamError": "31924"}
        assert (await AtTheDoor().post("/twilio/status", **form)).status_code == 204
        assert [record.getMessage() for record in caplog.records if "31924" in record.getMessage()]
        assert CALL not in caplog.text

    async def test_without_keys_it_is_open_only_where_no_token_is_asked_for(self) -> None:
        assert (await AtTheDoor(token="").post(signature="")).status_code == 200
        guarded = AtTheDoor(token="", call_token="secret")
        assert (await guarded.post(signature="")).status_code == 403


class TestTheHandshake:
    async def test_signed_and_with_a_ticket(self) -> None:
        at = AtTheDoor()
        token = token_of(await at.post())
        client = await at.stream(token)
        assert client.accepted
        assert client.close_code == 1000
        again = await at.stream(token)
        assert (again.close_code, again.close_reason) == (1008, "ticket")

    @pytest.mark.parametrize("signature", ["", "wrong"])
    async def test_unsigned_is_forbidden_before_the_upgrade(self, signature: str) -> None:
        client = await AtTheDoor().stream(signature=signature)
        assert (client.accepted, client.status) == (False, 403)

    async def test_signed_as_a_page_is_not_signed_as_a_socket(self) -> None:
        client = await AtTheDoor().stream(signature=sign(f"{URL}/twilio/media", TOKEN))
        assert client.status == 403

    @pytest.mark.parametrize("how", ["unknown", "expired", "used"])
    async def test_a_bad_ticket_is_closed_with_one_line(
        self, how: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        at = AtTheDoor()
        token = "made.up" if how == "unknown" else token_of(await at.post())
        if how == "expired":
            at.now += LIFE + 1
        if how == "used":
            await at.stream(token)
        caplog.clear()
        client = await at.stream(token)
        assert (client.close_code, client.close_reason) == (1008, "ticket")
        assert [record.getMessage() for record in caplog.records] == [
            f"a stream of Twilio was refused: its ticket is {how}"
        ]

    async def test_a_static_address_needs_no_ticket(self) -> None:
        assert (await AtTheDoor().stream()).close_code == 1000


class TestWhatBecomesOfACall:
    def carrier(self, at: AtTheDoor) -> TwilioCarrier:
        return TwilioCarrier(at.account, opened(), lambda digits: f"press {digits}")

    @pytest.mark.parametrize(
        ("order", "asked"),
        [
            (HangUp(reason="goodbye"), "hang up"),
            (Transfer(turn=1, action="", brief={}, queue="cards"), "<Enqueue>cards</Enqueue>"),
            (Transfer(turn=1, action="", brief={}, queue="unknown"), "+15551111111"),
            (Transfer(turn=1, action="", brief={}, queue="+15553333"), "+15553333"),
            (HandOver(), "+15551111111"),
            (PressDigits(turn=1, action="", brief={}, digits="1#"), "press 1#"),
        ],
    )
    async def test_it_is_carried_out(self, order: Any, asked: str) -> None:
        at = AtTheDoor()
        carrier = self.carrier(at)
        carrier.obey(order)
        await carrier.settled()
        [(call, instructions)] = at.control.asked
        assert call == CALL
        assert asked in instructions

    async def test_what_fails_is_told_without_the_call(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        at = AtTheDoor()
        at.control.fails = True
        carrier = self.carrier(at)
        carrier.obey(HangUp(reason="goodbye"))
        await carrier.settled()
        assert "a call could not be ended: no" in caplog.text
        assert CALL not in caplog.text

    async def test_the_caller_hears_the_line_before_they_are_connected(self) -> None:
        at = AtTheDoor()
        dialect = TwilioDialect()
        carrier = TwilioCarrier(at.account, dialect, str)
        async with twilio_call(at.house, dialect, carrier=carrier) as line:
            line.heard.say(Heard("my balance", final=True))
            await asyncio.sleep(0.25)
            assert line.twilio.of("media")
            assert at.control.asked == []
            await asyncio.sleep(0.5)
        assert [what for _, what in at.control.asked] == [
            '<?xml version="1.0" encoding="UTF-8"?>'
            "<Response><Dial><Number>+15551111111</Number></Dial></Response>"
        ]

    @pytest.mark.parametrize("words", ["nobody knows this", "goodbye"])
    async def test_a_hand_off_and_a_goodbye(self, words: str) -> None:
        at = AtTheDoor()
        dialect = TwilioDialect()
        carrier = TwilioCarrier(at.account, dialect, str)
        async with twilio_call(at.house, dialect, carrier=carrier) as line:
            line.heard.say(Heard(words, final=True))
            await asyncio.sleep(4.0)
        [(_, what)] = at.control.asked
        assert what == "hang up" if words == "goodbye" else "+15551111111" in what
