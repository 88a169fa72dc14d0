"""Twilio's webhooks and sockets at our door, and what is done with a call over its REST API."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from gateway.errors import ProviderFailed
from gateway.ports.carriers import CallControl
from gateway.shell.call.orders import Control, HandOver, HangUp, PressDigits, Transfer
from gateway.shell.call.services import Services
from gateway.shell.process.background import start
from gateway.transports import session, twiml
from gateway.transports.door import OVER_CAPACITY, REFUSED, Door, accept, full, shut
from gateway.transports.signing import TwilioKeys, public_address
from gateway.transports.tickets import StreamTicket, TicketRefused, Tickets
from gateway.transports.twilio import TwilioDialect

log = logging.getLogger("frontline.call")

LARGEST_FORM = 64 * 1024
FORBIDDEN, UNAVAILABLE, NOT_FOUND = 403, 503, 404


class Destinations(Protocol):
    """The destinations of transfers."""

    def of(self, queue: str) -> str:
        """The destination of that queue; empty if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioAccount:
    """One account, as our door knows it."""

    keys: TwilioKeys
    public_url: str
    tickets: Tickets
    destinations: Destinations
    control: CallControl | None = field(default=None, repr=False)
    """None: calls can neither be transferred nor hung up but by closing the socket."""


class TwilioDoor:
    """The door of one account."""

    def __init__(
        self, account: TwilioAccount, door: Door, services: Callable[[], Services]
    ) -> None:
        self._account = account
        self._door = door
        self._services = services
        self.draining: Callable[[], bool] = lambda: False

    # --- webhooks --------------------------------------------------------------------------------

    async def voice(self, request: Request) -> Response:
        """``POST /twilio/voice``: a call has come; have Twilio open a socket for it."""
        form = await self._form(request)
        if form is None:
            return Response(status_code=FORBIDDEN)
        services = self._services()
        tenant = request.query_params.get("tenant") or self._door.default_tenant
        if services.tenants.get(tenant) is None:
            log.warning("a call from Twilio was refused: no catalogue is live for its tenant")
            return Response(status_code=NOT_FOUND)
        if self.draining() or full(services, self._door, tenant):
            return Response(status_code=UNAVAILABLE)  # Twilio asks the fallback URL
        call, told = _one(form, "CallSid"), {"from": _one(form, "From"), "to": _one(form, "To")}
        told |= {"tenant": tenant, "locale": request.query_params.get("locale", "")}
        text = self._streamed(request, StreamTicket(tenant=tenant, call=call), told)
        return Response(text, media_type="text/xml")

    async def status(self, request: Request) -> Response:
        """``POST /twilio/status``: what became of a stream; the only place where Twilio tells why
        one failed."""
        form = await self._form(request)
        if form is None:
            return Response(status_code=FORBIDDEN)
        if _one(form, "StreamEvent") == "stream-error":
            log.warning("a stream of Twilio failed: %s", _one(form, "StreamError")[:200])
        return Response(status_code=204)

    async def _form(self, request: Request) -> dict[str, list[str]] | None:
        """The form that was posted; None if it was not Twilio that did."""
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_FORM:
                return None
        try:
            form = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=200)
        except ValueError:
            return None
        url = public_address(request, self._account.public_url, socket=False)
        keys = self._account.keys
        return form if self._may(keys.signed(request, url, form)) else None

    def _may(self, signed: bool) -> bool:
        """Return whether who asks may come in. Without keys nobody can be known, and a door that
        asks others for a token is not left open to whoever says it is Twilio."""
        if self._account.keys:
            if not signed:
                log.warning("a request to the Twilio door has no good signature")
            return signed
        if self._door.call_token:
            log.warning("the Twilio door is shut: set FRONTLINE_TWILIO__AUTH_TOKEN")
        return not self._door.call_token

    def _streamed(
        self,
        request: Request | WebSocket,
        ticket: StreamTicket,
        told: dict[str, str],
        digits: str = "",
    ) -> str:
        account = self._account
        base = public_address(request, account.public_url, socket=True)
        base = base[: base.index("/twilio/")]
        token = account.tickets.issue(ticket)
        return twiml.streamed(
            f"{base}/twilio/media/{token}",
            {name: value for name, value in told.items() if value},
            f"http{base.removeprefix('ws')}/twilio/status",
            account.destinations.of("") if account.control is not None else "",
            digits,
        )

    # --- sockets ---------------------------------------------------------------------------------

    async def media(self, socket: WebSocket) -> None:
        """``WS /twilio/media`` and ``WS /twilio/media/{token}``."""
        url = public_address(socket, self._account.public_url, socket=True)
        if not self._may(self._account.keys.signed(socket, url, {})):
            await socket.send_denial_response(Response(status_code=FORBIDDEN))
            return
        token, ticket = socket.path_params.get("token", ""), None
        await accept(socket)
        if token:
            try:
                ticket = self._account.tickets.redeem(token)
            except TicketRefused as refused:
                log.warning("a stream of Twilio was refused: its ticket is %s", refused)
                await shut(socket, REFUSED, "ticket")
                return
        if self.draining():
            await shut(socket, OVER_CAPACITY, "shutting down")
            return
        dialect = TwilioDialect(ticket)
        carrier = TwilioCarrier(self._account, dialect, self._again(socket, ticket, dialect))
        await session.take(socket, self._services(), self._door, dialect, carrier)

    def _again(
        self, socket: WebSocket, ticket: StreamTicket | None, dialect: TwilioDialect
    ) -> Callable[[str], str]:
        tenant = ticket.tenant if ticket is not None else self._door.default_tenant

        def pressed(digits: str) -> str:
            """Press the keys, and come back."""
            back = StreamTicket(tenant=tenant, call=dialect.call)
            return self._streamed(socket, back, {"tenant": tenant}, digits)

        return pressed


class TwilioCarrier:
    """One call beside its stream: the last thing that is asked for wins."""

    def __init__(
        self, account: TwilioAccount, dialect: TwilioDialect, pressed: Callable[[str], str]
    ) -> None:
        self._account = account
        self._dialect = dialect
        self._pressed = pressed
        self._doing: asyncio.Task[None] | None = None
        self._end: Callable[[str], None] = lambda reason: None

    def taken(self, end: Callable[[str], None]) -> None:
        """See ``session.Carrier``."""
        self._end = end

    def obey(self, order: Control) -> None:
        """See ``session.Carrier``."""
        if self._account.control is None or not self._dialect.call:
            return
        instructions = self._instructions(order)
        if instructions is None:
            return
        work = self._carry_out(self._account.control, instructions)
        self._doing = start(work, name="carrier")

    def _instructions(self, order: Control) -> str | None:
        """TwiML; empty to hang up, None for nothing."""
        match order:
            case HangUp():
                return ""
            case PressDigits():
                return self._pressed(order.digits)
            case Transfer() | HandOver():
                queue = order.queue if isinstance(order, Transfer) else ""
                destination = self._account.destinations.of(queue)
                if destination:
                    return twiml.dialled(destination)
                log.warning("a caller cannot be connected: set [transfers] default")
        return None

    async def _carry_out(self, control: CallControl, instructions: str) -> None:
        call = self._dialect.call
        try:
            if instructions:
                await control.redirect(call, instructions)
            else:
                await control.hang_up(call)
        except ProviderFailed as failed:
            wanted = "redirected" if instructions else "ended"
            log.warning("a call could not be %s: %s", wanted, failed)
            self._end("the carrier did not go on")  # it does what follows the stream in its TwiML

    async def settled(self) -> None:
        """See ``session.Carrier``."""
        if self._doing is not None:
            await self._doing


def _one(form: dict[str, list[str]], name: str) -> str:
    return form.get(name, [""])[0]
