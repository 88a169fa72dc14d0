"""``/admin/v1/session``: sign in with a token, see who one is, sign out."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from gateway.admin.inputs import SignIn
from gateway.admin.operations import Admin, AdminRequest
from gateway.admin.outputs import SessionOut, SignedOut
from gateway.admin.people.persons import Person
from gateway.admin.people.sessions import COOKIE, LASTS
from gateway.admin.wire import Refused, written


async def sign_in(admin: Admin, asked: AdminRequest) -> Response:
    """Open a session for whoever has a token, with a cookie that no script can read."""
    body: SignIn = asked.body
    person = await admin.gate.bearer(body.token.strip())
    if person is None:
        raise Refused(401, "unauthorised", "that token opens nothing here", "token")
    sessions = admin.gate.sessions
    cookie, session = sessions.open(person.id, await admin.gate.expires(person))
    response = written(_shown(person, sessions.proof(session.id), session.until), 201)
    response.set_cookie(
        COOKIE,
        cookie,
        max_age=int(LASTS),
        httponly=True,
        samesite="strict",
        secure=encrypted(asked.request, admin.settings.server.public_url),
    )
    return response


async def session(admin: Admin, asked: AdminRequest) -> SessionOut:
    """Tell who asks and what they may; of a session also the proof that changes need."""
    name = asked.person.session
    proof = admin.gate.sessions.proof(name) if name else ""
    return _shown(asked.person, proof, 0.0)


async def sign_out(admin: Admin, asked: AdminRequest) -> Response:
    """End the session, and have the browser forget it."""
    if asked.person.session:
        admin.gate.sessions.end(asked.person.session)
    response = written(SignedOut(signed_out=bool(asked.person.session)))
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response


def encrypted(request: Request, public_url: str) -> bool:
    """Return whether the browser came over TLS, as far as can be told: a proxy may have ended it,
    and then the request asks for the host of ``server.public_url``."""
    public = urlsplit(public_url)
    through_proxy = public.scheme == "https" and public.hostname == request.url.hostname
    return request.url.scheme == "https" or through_proxy


def _shown(person: Person, proof: str, until: float) -> SessionOut:
    return SessionOut(
        id=person.id,
        name=person.name,
        role=person.role.name.lower(),  # type: ignore[arg-type]  # a Literal of these names
        tenants=list(person.tenants),
        csrf=proof,
        until=until,
    )
