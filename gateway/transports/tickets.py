"""Tickets: what a webhook hands out for the one socket that is to follow, and nobody else has.

A ticket is signed and not kept, so that the socket may reach another replica than the webhook did;
that it is used once is known to whoever shares its notes, and the call's id is in it.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from gateway.transports.notes import Notes, OwnNotes

LIFE = 120.0
"""Seconds between the webhook and the socket; a carrier takes one or two."""


class TicketRefused(Exception):
    """A ticket is none of ours, or was used, or is too old; the text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTicket:
    """The call that a ticket was made for."""

    tenant: str
    call: str


class Tickets:
    """Makes tickets and takes them."""

    def __init__(self, secret: str, clock: Callable[[], float], notes: Notes | None = None) -> None:
        """``secret``: the same for all replicas; empty: one of this process's own. ``clock``: unix
        seconds."""
        seed = secret.encode() or secrets.token_bytes(32)
        self._key = hmac.new(seed, b"frontline ticket", "sha256").digest()
        self._clock = clock
        self._notes = notes or OwnNotes()

    def issue(self, ticket: StreamTicket) -> str:
        """The ticket as text that may stand in a path."""
        until = int(self._clock() + LIFE)
        facts = [until, secrets.token_urlsafe(9), ticket.tenant, ticket.call]
        body = _text(json.dumps(facts, separators=(",", ":")).encode())
        return f"{body}.{self._seal(body)}"

    def redeem(self, token: str) -> StreamTicket:
        """Take a ticket, once. Raises ``TicketRefused``."""
        body, _, seal = token.partition(".")
        if not hmac.compare_digest(seal.encode(), self._seal(body).encode()):
            raise TicketRefused("unknown")
        until, _, tenant, call = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        if self._clock() > until:
            raise TicketRefused("expired")
        if not self._notes.put(token, ""):
            raise TicketRefused("used")
        return StreamTicket(tenant=tenant, call=call)

    def _seal(self, body: str) -> str:
        return _text(hmac.new(self._key, body.encode(), "sha256").digest()[:18])


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
