"""Who is let in, and as whom."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from gateway.adapters.store import SqliteStore
from gateway.admin.people.persons import CONFIGURED, FORM, Doorkeeper, Person, made
from gateway.admin.people.sessions import COOKIE, CSRF
from gateway.admin.wire import Refused
from gateway.ports.people import Role, Token

OWN = "the-token-of-the-settings"


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path)


@pytest.fixture
def gate(store: SqliteStore) -> Doorkeeper:
    return Doorkeeper(OWN, lambda: store, lambda: 1000.0)


def kept(store: SqliteStore, **changes: Any) -> tuple[Token, str]:
    token, secret = made("Anna", Role.EDITOR, ("bank",), 0.0, 1.0)
    token = replace(token, **changes)
    store.keep_token(token)
    return token, secret


def asked(headers: Mapping[str, str], method: str = "GET") -> Request:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "method": method, "headers": raw})


def admitted(gate: Doorkeeper, headers: Mapping[str, str], method: str = "GET") -> Person:
    return asyncio.run(gate.admit(asked(headers, method)))


def test_the_token_of_the_settings_may_do_everything(gate: Doorkeeper) -> None:
    person = admitted(gate, {"Authorization": f"Bearer {OWN}"})
    assert (person.id, person.role, person.tenants) == (CONFIGURED, Role.ADMIN, ())
    assert person.sees("anything")


def test_a_token_of_the_store_is_its_person(gate: Doorkeeper, store: SqliteStore) -> None:
    token, secret = kept(store)
    person = admitted(gate, {"Authorization": f"bearer  {secret}"})
    assert person == Person(id=token.id, name="Anna", role=Role.EDITOR, tenants=("bank",))
    assert (person.sees("bank"), person.sees("shop"), person.sees("")) == (True, False, False)


def test_a_secret_is_nowhere_in_what_is_kept(store: SqliteStore, tmp_path: Path) -> None:
    _, secret = kept(store)
    form = FORM.fullmatch(secret)
    assert form is not None
    store.close()
    assert form[2].encode() not in (tmp_path / "frontline.db").read_bytes()


@pytest.mark.parametrize("ended", [{"expires": 999.0}, {"expires": 1000.0}, {"revoked": 5.0}])
def test_a_token_past_its_life_opens_nothing(
    gate: Doorkeeper, store: SqliteStore, ended: dict[str, float]
) -> None:
    _, secret = kept(store, **ended)
    with pytest.raises(Refused) as refused:
        admitted(gate, {"Authorization": f"Bearer {secret}"})
    assert refused.value.status == 401


def test_a_token_with_another_secret_opens_nothing(gate: Doorkeeper, store: SqliteStore) -> None:
    token, _ = kept(store)
    _, other = kept(store)
    for given in (f"fl_{token.id}_{other[-43:]}", f"fl_{'0' * 12}_{other[-43:]}", token.digest):
        with pytest.raises(Refused):
            admitted(gate, {"Authorization": f"Bearer {given}"})


def test_two_tokens_of_one_person_both_open(gate: Doorkeeper, store: SqliteStore) -> None:
    secrets = [kept(store)[1] for _ in range(2)]
    names = {admitted(gate, {"Authorization": f"Bearer {one}"}).name for one in secrets}
    assert names == {"Anna"}


def test_a_session_is_its_tokens_person_and_dies_with_it(
    gate: Doorkeeper, store: SqliteStore
) -> None:
    token, _ = kept(store)
    cookie, session = gate.sessions.open(token.id, 0.0)
    person = admitted(gate, {"Cookie": f"{COOKIE}={cookie}"})
    assert (person.id, person.role, person.session) == (token.id, Role.EDITOR, session.id)
    store.keep_token(replace(token, revoked=1.0))
    with pytest.raises(Refused):
        admitted(gate, {"Cookie": f"{COOKIE}={cookie}"})


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_session_changes_nothing_without_its_proof(gate: Doorkeeper, method: str) -> None:
    cookie, session = gate.sessions.open(CONFIGURED, 0.0)
    headers = {"Cookie": f"{COOKIE}={cookie}"}
    other = gate.sessions.open(CONFIGURED, 0.0)[1]
    for wrong in ({}, {CSRF: ""}, {CSRF: "\xff"}, {CSRF: gate.sessions.proof(other.id)}):
        with pytest.raises(Refused) as refused:
            admitted(gate, {**headers, **wrong}, method)
        assert (refused.value.status, refused.value.problem.code) == (403, "no_proof")
    proof = {CSRF: gate.sessions.proof(session.id)}
    assert admitted(gate, {**headers, **proof}, method).role is Role.ADMIN


def test_a_bad_token_is_not_mended_by_a_session(gate: Doorkeeper) -> None:
    cookie, _ = gate.sessions.open(CONFIGURED, 0.0)
    with pytest.raises(Refused):
        admitted(gate, {"Cookie": f"{COOKIE}={cookie}", "Authorization": "Bearer no"})


def test_the_end_of_a_persons_token(gate: Doorkeeper, store: SqliteStore) -> None:
    token, secret = kept(store, expires=2000.0)
    person = asyncio.run(gate.bearer(secret))
    assert person is not None
    assert asyncio.run(gate.expires(person)) == 2000.0
    store.keep_token(replace(token, revoked=1.0))
    assert asyncio.run(gate.expires(person)) == 1000.0
    owner = asyncio.run(gate.bearer(OWN))
    assert owner is not None
    assert asyncio.run(gate.expires(owner)) == 0.0
