"""Vonage's webhooks and sockets at our door.

A call that is to go on elsewhere is let go: its socket is closed, Vonage asks ``/vonage/event``
what to do next, and is told. One that was lost goes to the default destination in the same way.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

import jwt
import msgspec
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket

from gateway.shell.call.orders import Control, HandOver, HangUp, PressDigits, Transfer
from gateway.shell.call.services import Services
from gateway.transports import access, session
from gateway.transports.door import OVER_CAPACITY, REFUSED, Door, accept, full, shut
from gateway.transports.notes import Notes, OwnNotes
from gateway.transports.signing import public_address
from gateway.transports.tickets import StreamTicket, TicketRefused, Tickets
from gateway.transports.twilio_calls import Destinations
from gateway.transports.vonage import VonageDialect

log = logging.getLogger("frontline.call")

LARGEST_BODY = 64 * 1024
FRESH = 300.0
"""Seconds after which a signed request is too old, as for clocks that differ."""
FORBIDDEN, UNAVAILABLE, NOT_FOUND = 403, 503, 404
LOST = ("failed", "unanswered", "disconnected", "timeout", "rejected", "busy")
"""The statuses of a socket's leg after which the call needs somewhere to go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VonageAccount:
    """One account, as our door knows it."""

    signature_secret: str = field(default="", repr=False)
    public_url: str
    sample_rate: int
    tickets: Tickets
    destinations: Destinations
    clock: Callable[[], float]
    notes: Notes = field(default_factory=OwnNotes)
    """The place where each call goes when its socket has ended; empty: it is over."""

    def signed(self, connection: HTTPConnection, body: bytes = b"") -> bool:
        """Return whether Vonage has signed the request: a token of now, and of this body."""
        try:
            claims = jwt.decode(
                access.bearer(connection),
                self.signature_secret,
                algorithms=["HS256"],
                options={"verify_iat": False, "verify_aud": False, "verify_exp": False},
            )
        except jwt.PyJWTError:
            return False
        issued, stated = claims.get("iat"), claims.get("payload_hash", "")
        if not isinstance(issued, (int, float)) or abs(self.clock() - issued) > FRESH:
            return False
        if not body:
            return True
        digest = sha256(body).hexdigest()
        return isinstance(stated, str) and hmac.compare_digest(stated.encode(), digest.encode())


class VonageDoor:
    """The door of one account."""

    def __init__(
        self, account: VonageAccount, door: Door, services: Callable[[], Services]
    ) -> None:
        self._account = account
        self._door = door
        self._services = services
        self.draining: Callable[[], bool] = lambda: False

    # --- webhooks --------------------------------------------------------------------------------

    async def answer(self, request: Request) -> Response:
        """``GET|POST /vonage/answer``: a call has come; have Vonage open a socket for it."""
        told = await self._told(request)
        if told is None:
            return Response(status_code=FORBIDDEN)
        services = self._services()
        tenant = request.query_params.get("tenant") or self._door.default_tenant
        if services.tenants.get(tenant) is None:
            log.warning("a call from Vonage was refused: no catalogue is live for its tenant")
            return Response(status_code=NOT_FOUND)
        if self.draining() or full(services, self._door, tenant):
            return Response(status_code=UNAVAILABLE)  # Vonage asks the fallback URL
        call = secrets.token_urlsafe(9)
        return JSONResponse([self._connect(request, tenant, call, told)])

    def _connect(
        self, request: Request, tenant: str, call: str, told: Mapping[str, str]
    ) -> dict[str, object]:
        account = self._account
        base = public_address(request, account.public_url, socket=True)
        base = base[: base.index("/vonage/")]
        headers = {"tenant": tenant, "locale": request.query_params.get("locale", "")}
        headers |= {name: told.get(name, "")[:64] for name in ("from", "to")}
        ticket = account.tickets.issue(StreamTicket(tenant=tenant, call=call))
        socket = {
            "type": "websocket",
            "uri": f"{base}/vonage/media",
            "content-type": f"audio/l16;rate={account.sample_rate}",
            "headers": {name: text for name, text in headers.items() if text},
            "authorization": {"type": "custom", "value": f"Bearer {ticket}"},
        }
        event = f"http{base.removeprefix('ws')}/vonage/event?call={call}"
        return {
            "action": "connect",
            "eventType": "synchronous",
            "eventUrl": [event],
            "endpoint": [socket],
        }

    async def event(self, request: Request) -> Response:
        """``POST /vonage/event``: what became of a socket; where the call is to go now."""
        told = await self._told(request)
        if told is None:
            return Response(status_code=FORBIDDEN)
        if told.get("status") not in LOST:
            return Response(status_code=204)
        call = request.query_params.get("call", "")
        destination = self._account.notes.take(f"onward {call}")
        if destination is None:
            log.warning("a socket of Vonage was lost: %s", told["status"])
            destination = self._account.destinations.of("")
        return JSONResponse([connected(destination)] if destination else [])

    async def _told(self, request: Request) -> dict[str, str] | None:
        """The texts of a request, from its address or its body; None if it was not Vonage's."""
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY:
                return None
        if not self._may(self._account.signed(request, body)):
            return None
        told: dict[str, Any] = dict(request.query_params)
        if body:
            try:
                told |= _fields(body, request.headers.get("content-type", ""))
            except (msgspec.DecodeError, ValueError, RecursionError):
                return None
        return {name: value for name, value in told.items() if isinstance(value, str)}

    def _may(self, signed: bool) -> bool:
        """Return whether who asks may come in; see ``TwilioDoor``."""
        if self._account.signature_secret:
            if not signed:
                log.warning("a request to the Vonage door has no good signature")
            return signed
        if self._door.call_token:
            log.warning("the Vonage door is shut: set FRONTLINE_VONAGE__SIGNATURE_SECRET")
        return not self._door.call_token

    # --- sockets ---------------------------------------------------------------------------------

    async def media(self, socket: WebSocket) -> None:
        """``WS /vonage/media``: with our ticket, or signed by Vonage."""
        token = access.bearer(socket)
        if token.count(".") != 1:  # a ticket has one dot, a signed token two
            if not self._may(bool(token) and self._account.signed(socket)):
                await socket.send_denial_response(Response(status_code=FORBIDDEN))
                return
            await accept(socket)
            ticket = None
        else:
            await accept(socket)
            try:
                ticket = self._account.tickets.redeem(token)
            except TicketRefused as refused:
                log.warning("a socket of Vonage was refused: its ticket is %s", refused)
                await shut(socket, REFUSED, "ticket")
                return
        if self.draining():
            await shut(socket, OVER_CAPACITY, "shutting down")
            return
        carrier = VonageCarrier(self._account.destinations, self._lets_go(ticket))
        await session.take(socket, self._services(), self._door, VonageDialect(ticket), carrier)

    def _lets_go(self, ticket: StreamTicket | None) -> Callable[[str], None]:
        def note(destination: str) -> None:
            """Remember where the call goes, until Vonage asks."""
            if ticket is not None:
                key = f"onward {ticket.call}"
                self._account.notes.take(key)  # the last word counts
                self._account.notes.put(key, destination)

        return note


class VonageCarrier:
    """One call beside its socket."""

    def __init__(self, destinations: Destinations, note: Callable[[str], None]) -> None:
        self._destinations = destinations
        self._note = note
        self._end: Callable[[str], None] = lambda reason: None

    def taken(self, end: Callable[[str], None]) -> None:
        """See ``session.Carrier``."""
        self._end = end

    def obey(self, order: Control) -> None:
        """See ``session.Carrier``."""
        match order:
            case Transfer() | HandOver():
                queue = order.queue if isinstance(order, Transfer) else ""
                destination = self._destinations.of(queue)
                if not destination or destination.startswith("queue:"):
                    log.warning("a caller cannot be connected: set [transfers] default")
                    return
                self._note(destination)
                self._end("transferred")
            case HangUp():
                self._note("")
            case PressDigits():
                log.warning("keys cannot be pressed in a call from Vonage")

    async def settled(self) -> None:
        """See ``session.Carrier``."""


def connected(destination: str) -> dict[str, object]:
    """Connect the call with that number or address."""
    if destination.startswith(("sip:", "sips:")):
        return {"action": "connect", "endpoint": [{"type": "sip", "uri": destination}]}
    number = destination.removeprefix("+")
    return {"action": "connect", "endpoint": [{"type": "phone", "number": number}]}


def _fields(body: bytes, content_type: str) -> dict[str, Any]:
    if content_type.startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(body.decode(), max_num_fields=200))
    return msgspec.json.decode(body, type=dict[str, Any])
