"""The carriers' doors, made of the settings, and their routes."""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.routing import BaseRoute, Route, WebSocketRoute

from gateway.adapters.carriers.twilio import TwilioControl
from gateway.ports.carriers import CallControl
from gateway.serving.hosts import own_origins
from gateway.settings.whole import Settings
from gateway.shell.call.services import Services
from gateway.transports.door import Door
from gateway.transports.notes import Notes, OwnNotes
from gateway.transports.signing import TwilioKeys
from gateway.transports.tickets import Tickets
from gateway.transports.twilio_calls import TwilioAccount, TwilioDoor
from gateway.transports.vonage_calls import VonageAccount, VonageDoor


def door_of(settings: Settings) -> Door:
    """The rules of admission."""
    server = settings.server
    return Door(
        call_token=server.call_token,
        allowed_origins=own_origins(server),
        max_calls=server.max_calls,
        default_tenant=settings.tenant.default,
    )


def twilio_account(settings: Settings, notes: Notes | None = None, seed: str = "") -> TwilioAccount:
    """The account that the settings name."""
    twilio = settings.twilio
    shared = {twilio.signing_key_id: twilio.signing_key} if twilio.signing_key else {}
    control: CallControl | None = None
    if twilio.account_sid and twilio.auth_token:
        control = TwilioControl(twilio.account_sid, twilio.auth_token, twilio.api_url)
    return TwilioAccount(
        keys=TwilioKeys(token=twilio.auth_token, shared=shared),
        public_url=settings.server.public_url,
        tickets=Tickets(twilio.auth_token or twilio.signing_key or seed, time.time, notes),
        destinations=settings.transfers,
        control=control,
    )


def vonage_account(settings: Settings, notes: Notes | None = None, seed: str = "") -> VonageAccount:
    """The account that the settings name."""
    vonage = settings.vonage
    return VonageAccount(
        signature_secret=vonage.signature_secret,
        public_url=settings.server.public_url,
        sample_rate=vonage.sample_rate,
        tickets=Tickets(vonage.signature_secret or seed, time.time, notes),
        destinations=settings.transfers,
        clock=time.time,
        notes=notes or OwnNotes(),
    )


def routes(
    settings: Settings,
    services: Callable[[], Services],
    draining: Callable[[], bool],
    notes: Notes | None = None,
    seed: str = "",
) -> list[BaseRoute]:
    """The carriers' routes. ``notes`` and ``seed``, of which tickets are made where no secret is
    set, are the same for all who may get the requests of one call."""
    notes = notes or OwnNotes()
    twilio = TwilioDoor(twilio_account(settings, notes, seed), door_of(settings), services)
    twilio.draining = draining
    vonage = VonageDoor(vonage_account(settings, notes, seed), door_of(settings), services)
    vonage.draining = draining
    return [
        Route("/vonage/answer", vonage.answer, methods=["GET", "POST"]),
        Route("/vonage/event", vonage.event, methods=["POST"]),
        WebSocketRoute("/vonage/media", vonage.media),
        Route("/twilio/voice", twilio.voice, methods=["POST"]),
        Route("/twilio/status", twilio.status, methods=["POST"]),
        WebSocketRoute("/twilio/media", twilio.media),
        WebSocketRoute("/twilio/media/{token}", twilio.media),
    ]
