"""``frontline token create|list|revoke``: who may come in to the admin API and the dashboard."""

from __future__ import annotations

import argparse
import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from gateway.admin.people.lines import change
from gateway.admin.people.persons import made
from gateway.admin.people.tokens import DAY, tenant_of
from gateway.commands.console import dump, note, say, table
from gateway.commands.parts import opened_store
from gateway.errors import NotFound, UsageError
from gateway.ports.people import Role, Token
from gateway.ports.store import Store
from gateway.settings.whole import Settings

PROGRAM = "frontline token"
"""The one who did it, in the trail."""

TENANT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Make, list or revoke."""
    with opened_store(settings) as store:
        if args.action == "create":
            return create(args, store)
        if args.action == "revoke":
            return revoke(args, store)
        return show(store.tokens(), as_json=args.json)


def create(args: argparse.Namespace, store: Store) -> int:
    """Make one and print it: the only time that it is seen."""
    if not 0 < len(args.name.strip()) <= 100:
        raise UsageError("token create: a name has 1 to 100 characters")
    if wrong := [one for one in args.only if not TENANT.fullmatch(one)]:
        raise UsageError(
            f"token create: --for takes a tenant's name, of lower-case letters, digits, - and _: "
            f"got {wrong[0]!r}"
        )
    now = time.time()
    tenants = tuple(dict.fromkeys(args.only))
    expires = now + args.days * DAY if args.days else 0.0
    token, secret = made(args.name.strip(), Role[args.role.upper()], tenants, expires, now)
    store.keep_token(token)
    told = f"made: {args.role} {token.name}"
    store.note(change(PROGRAM, "", "token", tenant_of(tenants), token.id, told))
    if args.json:
        dump({**_told(token, now), "secret": secret})
    else:
        note(f"Token {token.id} for {token.name}, {_whole(token)}. It is not shown again:")
        say(secret)
    return 0


def revoke(args: argparse.Namespace, store: Store) -> int:
    """Make one open nothing from now on."""
    token = store.token(args.id)
    if token is None:
        raise NotFound(f"there is no token {args.id!r}; see: frontline token list")
    now = time.time()
    if not token.revoked:
        token = replace(token, revoked=now)
        store.keep_token(token)
        told = f"revoked: {token.role.name.lower()} {token.name}"
        store.note(change(PROGRAM, "", "token", tenant_of(token.tenants), token.id, told))
    if args.json:
        dump(_told(token, now))
    else:
        say(f"token {token.id} of {token.name} opens nothing any more")
    return 0


def show(tokens: list[Token], *, as_json: bool) -> int:
    """Print them, the newest first."""
    now = time.time()
    if as_json:
        dump([_told(one, now) for one in tokens])
        return 0
    rows = [
        (
            one.id,
            one.name,
            one.role.name.lower(),
            ", ".join(one.tenants) or "all",
            _day(one.created),
            _state(one, now),
        )
        for one in tokens
    ]
    table(("id", "name", "role", "tenants", "made", "state"), rows)
    return 0


def _state(token: Token, now: float) -> str:
    if token.revoked:
        return f"revoked {_day(token.revoked)}"
    if not token.lives(now):
        return f"expired {_day(token.expires)}"
    return f"until {_day(token.expires)}" if token.expires else "without end"


def _whole(token: Token) -> str:
    tenants = ", ".join(token.tenants) or "all tenants"
    return f"{token.role.name.lower()} of {tenants}, {_state(token, token.created)}"


def _told(token: Token, now: float) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "role": token.role.name.lower(),
        "tenants": list(token.tenants),
        "created": token.created,
        "expires": token.expires,
        "revoked": token.revoked,
        "lives": token.lives(now),
    }


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()
