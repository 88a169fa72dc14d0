"""``/admin/v1/tokens``: who may come in, listed, let in, and sent away."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from gateway.admin.inputs import TokenIn
from gateway.admin.operations import Admin, AdminRequest
from gateway.admin.outputs import TokenMade, TokenOut, Tokens
from gateway.admin.people.persons import Person, made
from gateway.admin.wire import Refused
from gateway.errors import NotFound
from gateway.ports.people import Role, Token

DAY = 86_400.0


async def tokens(admin: Admin, asked: AdminRequest) -> Tokens:
    """The tokens that the person may give and take, the newest first."""
    found = await asyncio.to_thread(admin.services().store.tokens)
    now = time.time()
    return Tokens(tokens=[shown(one, now) for one in found if within(one.tenants, asked.person)])


async def make_token(admin: Admin, asked: AdminRequest) -> TokenMade:
    """Make one; its secret is in this answer and nowhere else."""
    body: TokenIn = asked.body
    tenants = tuple(dict.fromkeys(body.tenants))
    if not within(tenants, asked.person):
        theirs = ", ".join(asked.person.tenants)
        raise Refused(403, "forbidden", f"name tenants of your own: {theirs}", "tenants")
    now = time.time()
    expires = now + body.days * DAY if body.days else 0.0
    token, secret = made(body.name, Role[body.role.upper()], tenants, expires, now)
    await asyncio.to_thread(admin.services().store.keep_token, token)
    await asked.note(admin, "token", tenant_of(tenants), token.id, f"made: {body.role} {body.name}")
    return TokenMade(token=shown(token, now), secret=secret)


async def revoke_token(admin: Admin, asked: AdminRequest) -> TokenOut:
    """Revoke one; from now on it opens nothing, nor do sessions that were opened with it."""
    name, store = asked.named("id"), admin.services().store
    token = await asyncio.to_thread(store.token, name)
    if token is None or not within(token.tenants, asked.person):
        raise NotFound(f"there is no token {name!r}")
    now = time.time()
    if not token.revoked:
        token = replace(token, revoked=now)
        await asyncio.to_thread(store.keep_token, token)
        told = f"revoked: {token.role.name.lower()} {token.name}"
        await asked.note(admin, "token", tenant_of(token.tenants), token.id, told)
    return shown(token, now)


def within(tenants: tuple[str, ...], person: Person) -> bool:
    """Return whether the person sees all of the tenants; none named are all there are."""
    return not person.tenants or (bool(tenants) and all(map(person.sees, tenants)))


def tenant_of(tenants: tuple[str, ...]) -> str:
    """The tenant that the trail says: one, or none for several."""
    return tenants[0] if len(tenants) == 1 else ""


def shown(token: Token, now: float) -> TokenOut:
    """The token as it is answered."""
    return TokenOut(
        id=token.id,
        name=token.name,
        role=token.role.name.lower(),  # type: ignore[arg-type]
        tenants=list(token.tenants),
        created=token.created,
        expires=token.expires,
        revoked=token.revoked,
        lives=token.lives(now),
    )
