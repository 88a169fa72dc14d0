"""Who changed what: a line for each change, of nothing else, and all of it as a file."""

from __future__ import annotations

import csv
import io
import json

import pytest
from starlette.testclient import TestClient

from gateway.adapters.store import SqliteStore
from gateway.admin.people.trail import COLUMNS
from gateway.ports.people import Change, Role
from tests.admin.conftest import TOKEN, recent
from tests.admin.people.conftest import Bearer
from tests.admin.script import report, use_stand_in
from tests.admin.truth import Client


def test_each_change_is_one_line_with_who_made_it(
    house_http: TestClient, house_store: SqliteStore, bearer: Bearer
) -> None:
    client = Client(house_http, TOKEN)
    client.headers = bearer(Role.ADMIN)
    house_store.write([recent("a", 1, entry="wifi", text="my secret words")])
    client.send("POST", "/flags", {"turn": "a-1", "entry": "parking"})
    client.send("POST", "/catalogues/rollback", {"number": 1})
    client.send("PUT", "/mode", {"mode": "shadow"})
    client.send("POST", "/purge", {"tenant": "default", "before": 1.0})
    made = client.send("POST", "/tokens", {"name": "Bob", "role": "viewer"})["token"]["id"]
    client.ask("DELETE", f"/tokens/{made}")
    client.ask("DELETE", f"/tokens/{made}")  # changes nothing
    client.refused(404, "POST", "/catalogues/rollback", json={"number": 99})
    lines = client.get("/trail", tenant="*", limit=7)["changes"]
    mine = client.get("/session")
    assert {(one["who"], one["name"]) for one in lines[:6]} == {(mine["id"], "a admin")}
    told = [(one["what"], one["tenant"], one["subject"], one["detail"]) for one in lines[:6]]
    assert told == [
        ("token", "", made, "revoked: viewer Bob"),
        ("token", "", made, "made: viewer Bob"),
        ("purged", "default", "", "0 turns before 1"),
        ("mode", "default", "", "shadow"),
        ("rolled back", "default", "1", ""),
        ("flag", "default", "a-1", "wrong parking"),
    ]
    assert "secret words" not in str(lines)


def test_a_job_says_who_published(
    http: TestClient, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_stand_in(monkeypatch)
    state = http.app.state.frontline  # type: ignore[attr-defined]
    state.jobs._worker = type(state.jobs).__init__.__defaults__[0]
    client = Client(http, TOKEN)
    answer = client.ask("POST", "/seed", content=report(), headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    (line,) = client.get("/trail")["changes"]
    assert (line["who"], line["what"], line["subject"]) == ("configured", "published", "3")
    assert line["detail"] == "upload; 12 entries"


def test_pages_and_the_export_hold_the_same(
    house_http: TestClient, house_store: SqliteStore
) -> None:
    client = Client(house_http, TOKEN)
    for number in range(7):
        house_store.note(
            Change(
                id=f"9{number}",
                at=2e9 + number,
                who="x",
                name='=HYPERLINK("evil")',
                what="mode",
                tenant="third",
                detail="live",
            )
        )
    paged: list[str] = []
    before = ""
    while True:
        page = client.get("/trail", tenant="third", limit=3, before=before)
        paged += [one["id"] for one in page["changes"]]
        before = page["next"]
        if not before:
            break
    assert paged == [f"9{number}" for number in range(6, -1, -1)]
    lines = client.ask("GET", "/trail/export", params={"tenant": "third", "format": "jsonl"})
    assert [json.loads(line)["id"] for line in lines.text.splitlines()] == paged
    table = client.ask("GET", "/trail/export", params={"tenant": "third"})
    assert 'filename="trail.csv"' in table.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert tuple(rows[0]) == COLUMNS
    assert [row["id"] for row in rows] == paged
    assert {row["name"] for row in rows} == {'\'=HYPERLINK("evil")'}
    since = client.get("/trail", tenant="third", since=2e9 + 5, what="mode")["changes"]
    assert [one["id"] for one in since] == ["96", "95"]
    assert client.get("/trail", tenant="third", what="flag")["changes"] == []
