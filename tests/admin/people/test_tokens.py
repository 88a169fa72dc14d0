"""Tokens by the API: made, listed, revoked; several at once."""

from __future__ import annotations

from starlette.testclient import TestClient

from gateway.adapters.store import SqliteStore
from gateway.ports.people import Role
from tests.admin.conftest import TOKEN
from tests.admin.people.conftest import Bearer
from tests.admin.truth import Client

ANNA = {"name": "Anna", "role": "editor", "tenants": ["default"], "days": 30}


def test_a_token_is_shown_once_and_opens_until_it_is_revoked(
    house_http: TestClient, house_store: SqliteStore
) -> None:
    client = Client(house_http, TOKEN)
    made = client.send("POST", "/tokens", ANNA)
    told, secret = made["token"], made["secret"]
    assert told["expires"] - told["created"] == 30 * 86_400
    headers = {"Authorization": f"Bearer {secret}"}
    person = client.ask("GET", "/session", headers=headers).json()
    assert (person["name"], person["role"], person["tenants"]) == ("Anna", "editor", ["default"])
    assert told in client.get("/tokens")["tokens"]
    assert secret not in client.ask("GET", "/tokens").text
    assert client.ask("DELETE", f"/tokens/{told['id']}").json()["lives"] is False
    assert client.ask("GET", "/session", headers=headers).status_code == 401
    assert client.refused(404, "DELETE", "/tokens/nobody")["code"] == "not_found"


def test_the_next_token_opens_beside_the_last_one(house_http: TestClient) -> None:
    client = Client(house_http, TOKEN)
    for secret in [client.send("POST", "/tokens", ANNA)["secret"] for _ in range(2)]:
        answer = client.ask("GET", "/session", headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == 200


def test_an_admin_of_one_tenant_makes_none_for_another(
    house_http: TestClient, bearer: Bearer
) -> None:
    client = Client(house_http, TOKEN)
    client.headers = bearer(Role.ADMIN, "default")
    for tenants in ([], ["other"], ["default", "other"]):
        error = client.refused(403, "POST", "/tokens", json={**ANNA, "tenants": tenants})
        assert error["field"] == "tenants"
    ours = client.send("POST", "/tokens", ANNA)["token"]["id"]
    assert all(one["tenants"] == ["default"] for one in client.get("/tokens")["tokens"])
    assert client.ask("DELETE", f"/tokens/{ours}").status_code == 200


def test_what_no_token_can_be(house_http: TestClient) -> None:
    client = Client(house_http, TOKEN)
    for wrong in ({"role": "owner"}, {"name": ""}, {"tenants": ["A B"]}, {"days": -1}):
        client.refused(422, "POST", "/tokens", json={**ANNA, **wrong})
