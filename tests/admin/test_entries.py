"""Reading the live entries; how they are changed is in ``test_seed_worker``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from gateway.admin.entries import search
from gateway.settings.server import AdminSettings
from gateway.settings.whole import Settings
from gateway.wiring.app import create_app
from tests.admin import script
from tests.admin.conftest import ENTRIES, HERE, TOKEN
from tests.admin.truth import Client

TEA = {"questions": ["Do you serve tea"], "answer": "Yes."}


@pytest.fixture
def order(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """(client, the order that the stand-in worker was given)"""
    seen = tmp_path / "seen"
    script.use_stand_in(monkeypatch)
    monkeypatch.setenv("SCRIPT", f"look {seen}\n{script.report(entry='tea', source='admin')}")
    with TestClient(create_app(settings, admin_token=TOKEN), HERE) as http:
        yield Client(http, TOKEN), lambda: json.loads(seen.read_text())["order"]


def test_entries_in_the_order_of_their_table(client: Client) -> None:
    page = client.get("/entries")
    assert (page["tenant"], page["catalogue"], page["total"]) == ("default", 2, 6)
    assert [entry["id"] for entry in page["entries"]] == [entry.id for entry in ENTRIES]
    assert page["entries"][0]["counter_examples"] == ["When do you open a new branch"]


def test_entries_page(client: Client) -> None:
    second = client.get("/entries", limit=2, offset=2)
    assert [entry["id"] for entry in second["entries"]] == ["wifi", "delivery"]
    assert second["total"] == 6
    assert client.get("/entries", offset=100)["entries"] == []
    assert client.refused(400, "GET", "/entries?offset=-1")["field"] == "offset"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [entry.id for entry in ENTRIES]),
        ("PARK", ["parking"]),
        ("first hour", ["parking"]),
        ("hour", ["opening", "parking"]),
        ("hours sunday", ["opening"]),
        ("transfer", ["complaint"]),
        ("elephant", []),
    ],
)
def test_every_word_must_be_somewhere(text: str, found: list[str]) -> None:
    assert [entry.id for entry in search(ENTRIES, text)] == found


def test_search_over_the_wire(client: Client) -> None:
    page = client.get("/entries", search="car park")
    assert (page["total"], page["entries"][0]["id"]) == (1, "parking")


def test_one_entry(client: Client) -> None:
    found = client.get("/entries/complaint")
    assert (found["entry"]["action"], found["catalogue"]) == ("transfer", 2)
    for name in ("tea", "wifi/x", "%20", ""):
        assert client.refused(404, "GET", f"/entries/{name}")["code"] == "not_found"
    assert client.refused(404, "GET", "/entries/invoice?tenant=other")["code"] == "not_found"
    assert client.refused(404, "GET", "/entries?tenant=nobody")["field"] == "tenant"


def test_what_the_worker_is_told_to_add(order: Any) -> None:
    client, given = order
    response = client.ask("POST", "/entries?tenant=other", json=TEA)
    assert (response.status_code, response.json()["entry"]) == (201, "tea")
    assert (given()["kind"], given()["tenant"]) == ("change", "other")
    assert given()["add"]["questions"] == TEA["questions"]


def test_no_entry_is_named_with_white_space(order: Any) -> None:
    client, _ = order  # a table makes it "green_tea", so nobody would find it again
    error = client.refused(400, "PUT", "/entries/green tea", json=TEA)
    assert (error["code"], error["field"]) == ("bad_parameter", "id")


def test_what_the_worker_is_told_to_replace(order: Any) -> None:
    client, given = order
    assert client.ask("PUT", "/entries/green-tea/hot", json=TEA).status_code == 200
    assert given()["put"]["id"] == "green-tea/hot"
    client.send("PUT", "/entries/tea", {**TEA, "id": "tea"})
    error = client.refused(409, "PUT", "/entries/tea", json={**TEA, "id": "coffee"})
    assert error["field"] == "id"


def test_what_the_worker_is_told_to_remove(order: Any) -> None:
    client, given = order
    streamed = client.ask("DELETE", "/entries/tea", headers={"Accept": "text/event-stream"})
    assert script.events(streamed.text)[-1][0] == "done"
    assert given()["delete"] == "tea"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"questions": []}, "questions"),
        ({"questions": [""]}, "questions[0]"),
        ({"questions": None}, "questions"),
        ({"answer": 3}, "answer"),
        ({"valid_from": "soon"}, "valid_from"),
        ({"anwser": "Yes."}, "anwser"),
        ({"tags": ["x"] * 51}, "tags"),
    ],
)
def test_entries_that_are_none(client: Client, change: dict[str, Any], field: str) -> None:
    assert client.refused(422, "POST", "/entries", json={**TEA, **change})["field"] == field


def test_a_draft_says_what_it_changes(client: Client) -> None:
    error = client.refused(422, "POST", "/catalogues/publish", json={"put": [], "delete": []})
    assert error["field"] == "put"
    entry = {"questions": ["do you serve tea"], "answer": "We do."}
    error = client.refused(422, "POST", "/catalogues/publish", json={"put": [entry]})
    assert "id" in error["message"] or error["field"].endswith("id")


def test_a_draft_is_checked_without_being_published(client: Client) -> None:
    entry = {"id": "tea", "questions": ["do you serve tea"], "answer": "We do."}
    draft = {"put": [entry], "delete": ["invoice"], "dry_run": True}
    report = client.send("POST", "/catalogues/publish", draft)
    assert (report["outcome"], report["entries"], report["rendered"] > 0) == ("checked", 6, True)
    assert client.get("/entries")["catalogue"] == 2


# --- which state is changed ----------------------------------------------------------------------


def test_the_state_of_a_change_is_told_to_the_worker(order: Any) -> None:
    client, given = order
    looked = client.ask("GET", "/entries/wifi")
    tag = looked.headers["ETag"]
    assert client.ask("GET", "/entries/parking").headers["ETag"] != tag
    assert client.ask("PUT", "/entries/wifi", json=TEA, headers={"If-Match": tag}).is_success
    assert (given()["match"], given()["absent"]) == ([tag], False)
    headers = {"If-None-Match": "*"}
    assert client.ask("PUT", "/entries/tea", json=TEA, headers=headers).is_success
    assert (given()["match"], given()["absent"]) == ([], True)
    assert client.ask("DELETE", "/entries/wifi", headers={"If-Match": f"{tag}, *"}).is_success
    assert given()["match"] == [tag, "*"]
    for wrong in ({"If-Match": "abc"}, {"If-Match": ""}, {"If-None-Match": '"abc"'}):
        error = client.refused(400, "PUT", "/entries/wifi", json=TEA, headers=wrong)
        assert error["field"] == next(iter(wrong))


def test_the_state_may_be_required(settings: Settings) -> None:
    strict = replace(settings, admin=AdminSettings(if_match="required"))
    with TestClient(create_app(strict, admin_token=TOKEN), HERE) as http:
        client = Client(http, TOKEN)
        assert client.refused(428, "PUT", "/entries/wifi", json=TEA)["field"] == "If-Match"
        assert client.refused(428, "DELETE", "/entries/wifi")["code"] == "state_required"
        draft: dict[str, Any] = {"put": [TEA | {"id": "tea"}], "delete": ["wifi"]}
        tag = client.ask("GET", "/entries/wifi").headers["ETag"]
        for states in ({}, {"tea": ""}, {"wifi": tag}):
            untold = {**draft, "states": states}
            error = client.refused(428, "POST", "/catalogues/publish", json=untold)
            assert error["field"] == "states"
        checked = client.send("POST", "/catalogues/publish", {**draft, "dry_run": True})
        assert checked["outcome"] == "checked"
        whole = {**draft, "states": {"tea": "", "wifi": tag}, "dry_run": True}
        assert client.send("POST", "/catalogues/publish", whole)["outcome"] == "checked"
        back = {"number": 1}
        assert client.refused(428, "POST", "/catalogues/rollback", json=back)["field"] == "over"
        assert client.send("POST", "/catalogues/rollback", {**back, "over": 2})["live"] == 1


def test_a_draft_is_published_only_over_what_it_was_begun_on(client: Client) -> None:
    tag = client.ask("GET", "/entries/wifi").headers["ETag"]
    draft: dict[str, Any] = {"put": [TEA | {"id": "tea"}], "delete": ["wifi"], "dry_run": True}
    for states in ({"tea": tag}, {"parking": ""}, {"wifi": '"another"'}, {"gone": tag}):
        asked = {**draft, "states": states}
        error = client.refused(412, "POST", "/catalogues/publish", json=asked)
        assert (error["code"], error["field"]) == ("changed", "states")
        assert next(iter(states)) in error["message"]
    good = {**draft, "states": {"tea": "", "wifi": tag}}
    assert client.send("POST", "/catalogues/publish", good)["outcome"] == "checked"


def test_cursors_lead_through_everything(client: Client) -> None:
    for path, key, name, cursor in (
        ("/entries", "entries", "id", "after"),
        ("/catalogues", "catalogues", "number", "before"),
    ):
        found: list[Any] = []
        following: dict[str, Any] = {}
        while True:
            page = client.get(path, limit=1, **following)
            found += [one[name] for one in page[key]]
            if not page["next"]:
                break
            following = {cursor: page["next"]}
        assert found == [one[name] for one in client.get(path)[key]]
        assert len(found) > 1
    assert client.get("/entries", after="gone")["entries"] == []
