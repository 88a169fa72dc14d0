"""Who is let in, how errors look, and that the table of operations is what is served."""

from __future__ import annotations

import logging

import pytest
from starlette.testclient import TestClient

from gateway.admin import api
from gateway.admin.jobs.jobs import Jobs
from gateway.settings.whole import Settings
from tests.admin.conftest import TOKEN
from tests.admin.truth import Client

EVERY = [
    (one.method, one.path.replace("{id:path}", "x").replace("{id}", "x"))
    for one in api.OPERATIONS
    if one.least is not None and not one.endless  # events have tests of their own
]


@pytest.mark.parametrize(
    "header",
    [None, "", TOKEN, "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x"],
)
def test_nobody_gets_in_without_the_token(http: TestClient, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    for method, path in [*EVERY, ("GET", "/nothing"), ("PATCH", "/stats"), ("GET", "/")]:
        response = http.request(method, f"/admin/v1{path}", headers=headers)
        assert response.status_code == 401, (method, path)
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert response.json()["error"]["code"] == "unauthorised"


def test_an_odd_token_is_refused_and_not_stumbled_over(http: TestClient) -> None:
    headers = {"Authorization": b"Bearer \xff\xfe"}
    assert http.get("/admin/v1/stats", headers=headers).status_code == 401  # type: ignore[arg-type]


def test_an_empty_token_is_no_token(settings: Settings) -> None:
    with pytest.raises(ValueError, match="need a token"):
        api.routes(settings, None, "", Jobs(settings))  # type: ignore[arg-type]


def test_answers_are_kept_by_nobody(client: Client) -> None:
    assert client.ask("GET", "/calls").headers["Cache-Control"] == "no-store"


def test_what_is_not_there(client: Client) -> None:
    assert client.refused(404, "GET", "/nothing")["code"] == "not_found"
    assert client.refused(404, "GET", "/")["code"] == "not_found"


ODD = (
    *("%0A", "a%0A", "%0Aa", "a%0Ab", "%0D%0A", "%00", "%20", "%2F", "%2e%2e", "..", "%FF", "%7F"),
    *("%E2%80%A8", "%C2%85", "%5C", "%25", "%252F", "%3F", "%23", ";", "\u00e9", "a" * 5000),
)
"""Ends of paths that are nobody's id."""


@pytest.mark.parametrize("place", sorted({path for _, path in EVERY}))
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_odd_characters_in_a_path_stay_on_the_path_of_json_errors(
    client: Client, http: TestClient, place: str, method: str
) -> None:
    for odd in ODD:
        for path in (f"/admin/v1{place.removesuffix('x')}{odd}", f"/admin/v1{place}/{odd}"):
            strange = http.request(method, path, headers={"Authorization": "Bearer x"})
            assert strange.json()["error"]["code"] == "unauthorised", path
            answer = client.http.request(
                method, path, headers={"Authorization": f"Bearer {TOKEN}"}, json={}
            )
            if answer.status_code >= 400:
                assert answer.json()["error"]["code"], path
            assert answer.status_code < 500, path


def test_a_turn_whose_id_is_a_line_feed_is_not_there(client: Client) -> None:
    for odd in ("%0A", "a%0A", "a%0Ab"):
        assert client.refused(404, "GET", f"/turns/{odd}")["code"] == "not_found"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_entry_without_an_id_is_nothing(client: Client, method: str) -> None:
    assert client.refused(404, method, "/entries/")["code"] == "not_found"


def test_the_wrong_method_names_the_right_ones(client: Client) -> None:
    response = client.ask("PATCH", "/mode")
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, PUT"
    assert response.json()["error"]["message"] == "use GET or PUT here"


def test_an_unknown_parameter_names_the_known(client: Client) -> None:
    error = client.refused(400, "GET", "/stats", params={"tenent": "x"})
    assert error["field"] == "tenent"
    assert "tenant, window" in error["message"]
    error = client.refused(400, "GET", "/calls", params={"tenant": "x"})
    assert "none here" in error["message"]


def test_our_own_mistake_is_told_without_its_insides(
    client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = client.http.app.state.frontline.services  # type: ignore[attr-defined]
    monkeypatch.setattr(services, "calls", None)
    with caplog.at_level(logging.ERROR, "frontline.admin"):
        error = client.refused(500, "GET", "/calls")
    assert error == {"code": "bug", "message": "this is our mistake; the log has more"}
    assert "GET /admin/v1/calls failed" in caplog.text


def test_a_store_that_fails_is_told_as_such(client: Client, store: object) -> None:
    state = client.http.app.state.frontline  # type: ignore[attr-defined]
    state.store.close()
    error = client.refused(503, "GET", "/stats")
    assert error["code"] == "store_failed"


def test_nothing_asked_of_the_api_is_logged(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        client.send("POST", "/ask", {"text": "my name is Rosalind Quist"})
        client.refused(422, "POST", "/ask", json={"text": 7, "who": "Rosalind"})
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("frontline")]
    assert "Rosalind" not in " ".join(ours)
    assert TOKEN not in caplog.text
