"""Every operation of the table, asked by each role: a new one is asked too, or the tests fail."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from gateway.adapters.store import SqliteStore
from gateway.admin import api
from gateway.admin.dashboard.listeners import ALIVE, Listener
from gateway.admin.operations import Operation
from gateway.ports.people import Role, Token
from tests.admin.conftest import recent
from tests.admin.people.conftest import Bearer

MARK = "zanzibarquokka"
"""Stands in everything that the tenant ``other`` has, and in nothing else."""

ENTRY = {"questions": ["where is the lift"], "answer": "Behind the stairs."}
BODIES: dict[str, Any] = {
    "publish": {"delete": ["wifi"]},
    "add": ENTRY,
    "put": ENTRY,
    "rollback": {"number": 1},
    "promote": {"questions": ["where is the lift"], "entry": "wifi"},
    "ask": {"text": "where can i park"},
    "hear": {},
    "flag": {"turn": "other-1", "verdict": "wrong"},
    "set_mode": {"mode": "off"},
    "set_log_level": {"level": "debug"},
    "purge": {"tenant": "other", "before": 1e10},
    "sign_in": {"token": "no such token"},
    "make_token": {"name": "Mallory", "role": "admin", "tenants": ["other"]},
}
"""A body that would do, for each operation that takes one."""

NAMES = {"one_turn": "other-1", "revoke_token": "0" * 12}
"""The thing of the other tenant's that a path names."""


def those(which: Callable[[Operation], bool] = lambda one: True) -> pytest.MarkDecorator:
    """Those operations, for a test of each."""
    found = [one for one in api.OPERATIONS if which(one)]
    return pytest.mark.parametrize("one", [pytest.param(o, id=o.handler.__name__) for o in found])


HARMLESS = {"ask", "hear", "sign_in", "sign_out"}
"""Operations that change nothing that lasts, though their method is none of reading."""


@pytest.fixture(autouse=True)
def short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is let listen hears one comment, and the stream ends: nothing here waits for it."""

    async def at_once(self: Listener, beat: float) -> AsyncIterator[bytes]:
        yield ALIVE

    monkeypatch.setattr(Listener, "events", at_once)


@pytest.fixture(autouse=True, scope="module")
def belongings(house_store: SqliteStore) -> None:
    """What the other tenant has."""
    house_store.write(
        [recent("other", 1, tenant="other", text=MARK, path="handoff", evidence={"kind": "miss"})]
    )
    house_store.keep_token(
        Token(id="0" * 12, name=MARK, role=Role.VIEWER, tenants=("other",), digest="", created=1.0)
    )


def ask(
    http: TestClient, one: Operation, headers: dict[str, str], tenant: str = "", **query: str
) -> Any:
    name = one.handler.__name__
    path = one.path.replace("{id:path}", "wifi").replace("{id}", NAMES.get(name, "wifi"))
    body = None
    if one.body is not None:
        body = dict(BODIES[name])
        if tenant and "tenant" in fields(one.body):
            body["tenant"] = tenant
    if tenant and "tenant" in fields(one.query):
        query["tenant"] = tenant
    content = {"content": b"question,answer\na?,b\n"} if one.table else {"json": body}
    accept = {"Accept": "application/json"}
    return http.request(
        one.method,
        f"/admin/v1{path}",
        params=query,
        headers=headers | accept,
        **content,
    )


def fields(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in msgspec.structs.fields(kind))


def everything(store: SqliteStore) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with sqlite3.connect(store.folder / "frontline.db") as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        names = [row[0] for row in tables]
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names}


@those()
def test_each_operation_says_what_it_takes(one: Operation) -> None:
    name = one.handler.__name__
    if one.method == "GET" or name in HARMLESS:
        assert not one.changes
    else:
        assert one.changes, "say what the trail calls it"
        assert one.least is not None
        assert one.least > Role.VIEWER, "a viewer changes nothing"
    if one.tenants == "named":
        known = fields(one.query) + (fields(one.body) if one.body else ())
        assert "tenant" in known, "say how it is kept to the person's tenants"
    assert one.body is None or name in BODIES, "give it a body to be tried with"


@those()
def test_a_viewer_changes_nothing(
    one: Operation, house_http: TestClient, house_store: SqliteStore, bearer: Bearer
) -> None:
    headers = bearer(Role.VIEWER)
    before = everything(house_store)
    answer = ask(house_http, one, headers)
    if one.least is not None and one.least > Role.VIEWER:
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
        assert one.least.name.lower() in answer.json()["error"]["message"]
    else:
        assert answer.status_code != 403
        assert answer.status_code < 500
    assert everything(house_store) == before


@those(lambda one: one.least is Role.ADMIN)
def test_an_editor_does_not_do_what_takes_an_admin(
    one: Operation, house_http: TestClient, house_store: SqliteStore, bearer: Bearer
) -> None:
    headers = bearer(Role.EDITOR)
    before = everything(house_store)
    assert ask(house_http, one, headers).status_code == 403
    assert everything(house_store) == before


@pytest.mark.parametrize("tenant", ["other", "*"])
@those(lambda one: one.tenants == "named")
def test_who_names_another_tenant_is_refused(
    one: Operation,
    tenant: str,
    house_http: TestClient,
    house_store: SqliteStore,
    bearer: Bearer,
) -> None:
    headers = bearer(one.least or Role.VIEWER, "default", "third")
    before = everything(house_store)
    answer = ask(house_http, one, headers, tenant)
    if tenant == "other":
        assert answer.status_code == 403, answer.text
        assert answer.json()["error"]["field"] == "tenant"
    assert answer.status_code in (400, 403, 422)
    assert MARK not in answer.text
    assert everything(house_store) == before


@those(lambda one: not one.changes or one.tenants != "named")
def test_who_names_none_sees_nothing_of_another(
    one: Operation, house_http: TestClient, house_store: SqliteStore, bearer: Bearer
) -> None:
    headers = bearer(Role.ADMIN, "third")
    before = everything(house_store)
    answer = ask(house_http, one, headers)
    assert answer.status_code < 500
    assert MARK not in answer.text
    assert "car park" not in answer.text, "the default tenant is not theirs either"
    assert everything(house_store) == before
    if one.tenants == "found" and one.handler.__name__ not in ("calls", "tokens"):
        assert answer.status_code in (403, 404)


def test_one_tenant_need_not_be_named(house_http: TestClient, bearer: Bearer) -> None:
    headers = bearer(Role.VIEWER, "other")
    answer = house_http.get("/admin/v1/misses", headers=headers)
    assert MARK in answer.text
    assert house_http.get("/admin/v1/stats", headers=headers).json()["tenant"] == "other"


def test_the_mark_is_there_for_those_who_may(house_http: TestClient, bearer: Bearer) -> None:
    headers = bearer(Role.ADMIN)
    for path in ("misses?tenant=other", "turns/other-1", "tokens", "turns?tenant=*"):
        assert MARK in house_http.get(f"/admin/v1/{path}", headers=headers).text, path
