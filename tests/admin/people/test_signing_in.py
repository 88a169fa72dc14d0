"""Signing in with a browser."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from gateway.admin.people.sessions import COOKIE, CSRF
from gateway.admin.people.signing_in import encrypted
from gateway.ports.people import Role
from tests.admin.conftest import TOKEN
from tests.admin.people.conftest import Bearer

SESSION = "/admin/v1/session"


@pytest.fixture(autouse=True)
def a_fresh_browser(house_http: TestClient) -> None:
    house_http.cookies.clear()


def signed_in(http: TestClient, token: str) -> Any:
    answer = http.post(SESSION, json={"token": token})
    assert answer.status_code == 201, answer.text
    return answer


def test_a_cookie_that_no_script_and_no_other_site_can_use(house_http: TestClient) -> None:
    answer = signed_in(house_http, TOKEN)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=configured.")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= {one.strip() for one in cookie.split(";")}
    assert "Secure" not in cookie
    assert TOKEN not in cookie
    assert TOKEN not in answer.text
    assert answer.json()["role"] == "admin"


def test_a_session_reads_and_with_its_proof_changes(house_http: TestClient, bearer: Bearer) -> None:
    token = bearer(Role.ADMIN, "default")["Authorization"].removeprefix("Bearer ")
    proof = signed_in(house_http, token).json()["csrf"]
    person = house_http.get(SESSION).json()
    assert (person["role"], person["tenants"], person["csrf"]) == ("admin", ["default"], proof)
    mode = {"tenant": "default", "mode": "live"}
    refused = house_http.put("/admin/v1/mode", json=mode)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "no_proof")
    assert house_http.put("/admin/v1/mode", json=mode, headers={CSRF: proof}).status_code == 200
    other = {**mode, "tenant": "other"}
    assert house_http.put("/admin/v1/mode", json=other, headers={CSRF: proof}).status_code == 403


def test_who_signed_out_is_out_though_the_cookie_was_kept(house_http: TestClient) -> None:
    proof = signed_in(house_http, TOKEN).json()["csrf"]
    kept = house_http.cookies[COOKIE]
    gone = house_http.delete(SESSION, headers={CSRF: proof})
    assert gone.json() == {"signed_out": True}
    assert COOKIE not in house_http.cookies
    house_http.cookies.set(COOKIE, kept)
    assert house_http.get(SESSION).status_code == 401


@pytest.mark.parametrize(
    "given", ["nonsense", "configured", f"{TOKEN}x", "fl_000000000000_" + "x" * 43]
)
def test_a_wrong_token_opens_no_session(house_http: TestClient, given: str) -> None:
    answer = house_http.post(SESSION, json={"token": given})
    assert (answer.status_code, answer.json()["error"]["field"]) == (401, "token")
    assert "set-cookie" not in answer.headers
    assert given not in answer.text


def test_a_bearer_has_no_session(house_http: TestClient, bearer: Bearer) -> None:
    headers = bearer(Role.VIEWER)
    assert house_http.get(SESSION, headers=headers).json()["csrf"] == ""
    assert house_http.delete(SESSION, headers=headers).json() == {"signed_out": False}


@pytest.mark.parametrize(
    ("scheme", "host", "public", "secure"),
    [
        ("https", "here", "", True),
        ("http", "here", "", False),
        ("http", "calls.example.com", "https://calls.example.com", True),
        ("http", "localhost", "https://calls.example.com", False),
        ("http", "calls.example.com", "http://calls.example.com", False),
    ],
)
def test_the_cookie_is_for_tls_alone_where_there_is_tls(
    scheme: str, host: str, public: str, secure: bool
) -> None:
    scope = {
        "type": "http",
        "scheme": scheme,
        "path": "/",
        "query_string": b"",
        "headers": [(b"host", host.encode())],
    }
    assert encrypted(Request(scope), public) is secure
