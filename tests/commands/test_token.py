"""``frontline token``: made and shown once, listed, revoked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.store.sqlite import SqliteStore
from gateway.admin.people.persons import Doorkeeper
from gateway.ports.people import Role, TrailQuery


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "var" / "store")


def test_what_is_shown_opens_the_admin_api(run: Callable[..., Any], store: SqliteStore) -> None:
    done = run("token", "create", "Anna", "--role", "editor", "--for", "bank", "--for", "bank")
    assert done.code == 0
    assert "Anna, editor of bank, until" in done.err
    person = asyncio.run(Doorkeeper("x", lambda: store).bearer(done.out.strip()))
    assert person is not None
    assert (person.name, person.role, person.tenants) == ("Anna", Role.EDITOR, ("bank",))
    listed = run("token", "list")
    assert done.out.strip() not in listed.out
    assert listed.out.splitlines()[1].split()[1:4] == ["Anna", "editor", "bank"]


def test_a_token_that_was_revoked_opens_nothing(
    run: Callable[..., Any], store: SqliteStore
) -> None:
    made = json.loads(run("token", "create", "Bob", "--days", "0", "--json").out)
    assert (made["role"], made["expires"], made["lives"]) == ("viewer", 0.0, True)
    gate = Doorkeeper("x", lambda: store)
    assert asyncio.run(gate.bearer(made["secret"])) is not None
    assert run("token", "revoke", made["id"]).code == 0
    assert json.loads(run("token", "revoke", made["id"], "--json").out)["lives"] is False
    assert asyncio.run(gate.bearer(made["secret"])) is None
    assert "revoked" in run("token", "list").out
    told = [(one.who, one.what, one.detail) for one in store.trail(TrailQuery())]
    assert told == [
        ("frontline token", "token", "revoked: viewer Bob"),
        ("frontline token", "token", "made: viewer Bob"),
    ]


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("revoke", "nobody"), "there is no token 'nobody'; see: frontline token list"),
        (("create", " "), "a name has 1 to 100 characters"),
        (("create", "Anna", "--for", "The Bank"), "--for takes a tenant's name"),
    ],
)
def test_mistakes_name_their_mend(
    run: Callable[..., Any], argv: tuple[str, ...], told: str
) -> None:
    done = run("token", *argv)
    assert done.code == 2
    assert told in done.err
