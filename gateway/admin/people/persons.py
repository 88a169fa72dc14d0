"""The person behind a request: the token it bears, or the session that was opened with one."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from gateway.admin.people.sessions import COOKIE, CSRF, Sessions
from gateway.admin.wire import Refused
from gateway.ports.people import PeopleStore, Role, Token

CONFIGURED = "configured"
"""The id of the token of the settings."""

FORM = re.compile(r"fl_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
"""Tokens as we make them: an id, which may be known, and 256 bits, which may not."""

SAFE = ("GET", "HEAD")
"""Methods that change nothing: a session needs no further proof for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The one who asks."""

    id: str
    name: str
    role: Role
    tenants: tuple[str, ...] = ()
    """The tenants that are open to them; empty: all."""
    session: str = ""
    """The session that they came with, if it was one."""

    def sees(self, tenant: str) -> bool:
        """Return whether that tenant's things are theirs to see."""
        return not self.tenants or tenant in self.tenants


STRANGER = Person(id="", name="", role=Role.VIEWER, tenants=("",))
"""Somebody without a token, who signs in."""


def made(
    name: str, role: Role, tenants: tuple[str, ...], expires: float, now: float
) -> tuple[Token, str]:
    """Return a new token and its secret form, which is shown once and kept by nobody here."""
    number, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    token = Token(
        id=number,
        name=name,
        role=role,
        tenants=tenants,
        digest=digest(secret),
        created=now,
        expires=expires,
    )
    return token, f"fl_{number}_{secret}"


def digest(secret: str) -> str:
    """The secret's digest. It has 256 random bits: nothing slower would make it any safer."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Doorkeeper:
    """Lets people in. The token of the settings opens everything; the others are in the store, and
    are looked up with each request, so that one which is revoked opens nothing more."""

    def __init__(
        self,
        configured: str,
        store: Callable[[], PeopleStore],
        now: Callable[[], float] = time.time,
    ) -> None:
        if not configured:
            raise ValueError("the admin routes need a token: an empty one would let everybody in")
        self._configured = configured
        self._store = store
        self._now = now
        self.sessions = Sessions(configured, now)

    async def admit(self, request: Request) -> Person:
        """Return who asks. Raises ``Refused``: 401, or 403 where a session lacks its proof."""
        if "authorization" in request.headers:
            scheme, _, given = request.headers["authorization"].partition(" ")
            person = await self.bearer(given.strip()) if scheme.lower() == "bearer" else None
        else:
            person = await self._of_session(request)
        if person is None:
            message = "send an admin token: Authorization: Bearer ..."
            raise Refused(401, "unauthorised", message, headers={"WWW-Authenticate": "Bearer"})
        return person

    async def still(self, request: Request, person: Person) -> bool:
        """Return whether that request would be let in now as the same person."""
        try:
            return await self.admit(request) == person
        except Refused:
            return False

    async def bearer(self, given: str) -> Person | None:
        """The person of that token; compared in constant time."""
        if hmac.compare_digest(given.encode(), self._configured.encode()):
            return self._owner()
        form = FORM.fullmatch(given)
        if form is None:
            return None
        token = await self._living(form[1])
        if token is None or not hmac.compare_digest(digest(form[2]), token.digest):
            return None
        return _person(token)

    async def _of_session(self, request: Request) -> Person | None:
        opened = self.sessions.read(request.cookies.get(COOKIE, ""))
        if opened is None:
            return None
        if opened.token == CONFIGURED:
            person = self._owner(opened.id)
        elif (token := await self._living(opened.token)) is not None:
            person = _person(token, opened.id)
        else:
            return None
        if request.method not in SAFE:
            given = request.headers.get(CSRF, "").encode()
            if not hmac.compare_digest(given, self.sessions.proof(opened.id).encode()):
                message = f"changes need the session's proof: {CSRF}, as the session has it"
                raise Refused(403, "no_proof", message)
        return person

    async def _living(self, name: str) -> Token | None:
        token = await asyncio.to_thread(self._store().token, name)
        return token if token is not None and token.lives(self._now()) else None

    async def expires(self, person: Person) -> float:
        """The end of the life of the person's token; 0: none."""
        if person.id == CONFIGURED:
            return 0.0
        token = await self._living(person.id)
        return self._now() if token is None else token.expires

    def _owner(self, session: str = "") -> Person:
        return Person(
            id=CONFIGURED, name="the token of the settings", role=Role.ADMIN, session=session
        )


def _person(token: Token, session: str = "") -> Person:
    return Person(
        id=token.id, name=token.name, role=token.role, tenants=token.tenants, session=session
    )
