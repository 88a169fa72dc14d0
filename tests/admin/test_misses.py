"""Misses: which turns are, how they are listed, and what the worker is told to do with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from gateway.adapters.store import SqliteStore
from gateway.admin import misses as module
from gateway.admin.misses import missed, still_open
from gateway.settings.whole import Settings
from gateway.wiring.app import create_app
from tests.admin import script
from tests.admin.conftest import HERE, TOKEN, recent
from tests.admin.truth import Client
from tests.support.stored import turn

CANDIDATE = {"id": "wifi", "intent": "wifi", "question": "q", "similarity": 0.4, "probability": 0.2}
MISS = {"kind": "miss", "reason": "nothing is near enough", "candidates": [CANDIDATE]}


def miss(call: str, number: int, text: str, **fields: Any) -> Any:
    return recent(call, number, **{"path": "handoff", "text": text, "evidence": MISS, **fields})


# --- which turns are -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"evidence": MISS}, True),
        ({"evidence": {"kind": "clarify"}, "path": "clarify"}, True),
        ({"evidence": MISS, "path": "agent", "shadow": True}, True),
        ({"evidence": MISS, "path": "none"}, True),
        ({"evidence": {"kind": "answer"}, "shadow": True}, False),
        ({"evidence": {"kind": "route"}}, False),
        ({"evidence": {"reason": "matching is off"}}, False),
        ({"evidence": {**MISS, "confirmed": False}}, False),
        ({"evidence": MISS, "text": "okay"}, False),
        ({"evidence": MISS, "text": "uh-huh"}, False),
        ({"evidence": MISS, "text": "say that again please"}, False),
        ({"evidence": MISS, "text": "goodbye"}, False),
        ({"evidence": MISS, "text": ""}, False),
        ({"evidence": MISS, "text": "my account number is [number]"}, False),
        ({"evidence": MISS, "text": "my name is [name] and do you sell hats"}, True),
    ],
)
def test_a_miss_is_a_question_without_an_answer(fields: dict[str, Any], expected: bool) -> None:
    assert missed(turn("c", 1, **{"path": "handoff", "text": "do you sell hats", **fields})) is (
        expected
    )


def test_what_is_a_question_of_an_entry_by_now_is_no_longer_open() -> None:
    record = turn("c", 1, text="Hi, my name is [name] and do you sell hats?")
    assert still_open(record, {"do you sell coats"})
    assert not still_open(record, {"do you sell hats"})


# --- the list ------------------------------------------------------------------------------------


@pytest.fixture
def history(store: SqliteStore) -> SqliteStore:
    """A morning: a hit, a clarifying question, misses, a wish for a person, a thank-you."""
    store.write(
        [
            recent("a", 1, entry="opening"),
            miss("a", 2, "which ones", path="clarify", evidence={"kind": "clarify"}),
            miss("a", 3, "do you sell elephants", reply="We do not."),
            miss("a", 4, "a person", evidence={"kind": "route"}),
            miss("a", 5, "okay"),
            miss("a", 6, "When do you open?"),
            miss("a", 7, "can i bring my dog", path="agent", shadow=True),
            miss("b", 1, "can i bring my dog", tenant="other"),
        ]
    )
    return store


def ids(client: Client, **params: Any) -> list[str]:
    return [one["id"] for one in client.get("/misses", **params)["misses"]]


def test_misses_are_what_was_not_understood(client: Client, history: SqliteStore) -> None:
    history.flag("a-3", "wrong", "wifi")
    listed = client.get("/misses")["misses"]
    assert [one["id"] for one in listed] == ["a-7", "a-3", "a-2"]
    assert listed[0]["shadow"]
    assert listed[1]["reason"] == "nothing is near enough"
    assert listed[1]["candidates"] == [CANDIDATE]
    assert (listed[1]["flag"], listed[1]["meant"]) == ("wrong", "wifi")
    assert listed[1]["reply"] == "We do not."


def test_what_was_rightly_passed_on_is_not_listed(client: Client, history: SqliteStore) -> None:
    client.send("POST", "/flags", {"turn": "a-3", "verdict": "right"})
    assert ids(client) == ["a-7", "a-2"]
    assert "a-3" in ids(client, open=False)


def test_an_answer_that_the_agent_gave_again_names_its_entry(
    client: Client, store: SqliteStore
) -> None:
    grounded = {"kind": "miss", "used": "opening"}
    store.write([miss("a", 1, "are you there yet"), miss("a", 2, "till when", evidence=grounded)])
    assert [one["used"] for one in client.get("/misses")["misses"]] == ["opening", ""]


def test_where_no_text_is_kept_the_list_says_so(client: Client, history: SqliteStore) -> None:
    assert client.get("/misses")["note"] == ""
    services = client.http.app.state.frontline.services  # type: ignore[attr-defined]
    services.records.keep_text = False
    assert "records.text" in client.get("/misses")["note"]


def test_misses_filtered(client: Client, history: SqliteStore) -> None:
    assert sorted(ids(client, tenant="*")) == ["a-2", "a-3", "a-7", "b-1"]
    assert ids(client, tenant="other") == ["b-1"]
    assert ids(client, path="clarify") == ["a-2"]
    assert ids(client, open="false") == ["a-7", "a-6", "a-3", "a-2"]
    at = client.get("/turns/a-3")["at"]
    assert ids(client, since=at) == ["a-7", "a-3"]
    assert client.refused(400, "GET", "/misses?path=cache")["field"] == "path"
    assert client.refused(400, "GET", "/misses?since=yesterday")["field"] == "since"


def test_what_an_entry_takes_in_is_closed_and_opens_again_when_rolled_back(
    client: Client, history: SqliteStore
) -> None:
    """Catalogue 1 has no entry for bills."""
    history.write([miss("a", 8, "Please send me a bill.")])
    assert "a-8" not in ids(client)
    client.send("POST", "/catalogues/rollback", {"number": 1})
    assert "a-8" in ids(client)


def test_misses_page(client: Client, history: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    monkeypatch.setattr(module, "READ", 4)
    seen: list[str] = []
    before, pages = "", 0
    while True:
        page = client.get("/misses", limit=1, before=before)
        assert len(page["misses"]) <= 1
        seen += [one["id"] for one in page["misses"]]
        pages += 1
        if not (before := page["next"]):
            break
    assert seen == ["a-7", "a-3", "a-2"]
    assert pages <= 5


def test_many_hits_between_two_misses_take_several_pages(
    client: Client, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 5)
    monkeypatch.setattr(module, "READ", 10)
    store.write([miss("a", 1, "do you sell hats"), *(miss("a", n, "okay") for n in range(2, 40))])
    page = client.get("/misses")
    assert (page["misses"], page["next"]) == ([], "a-30")
    for _ in range(3):
        page = client.get("/misses", before=page["next"])
    assert ([one["id"] for one in page["misses"]], page["next"]) == (["a-1"], "")


# --- the worker ----------------------------------------------------------------------------------


class TestOrders:
    """The worker here is a stand-in; ``test_learning`` has the real one."""

    @pytest.fixture
    def http(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
        script.use_stand_in(monkeypatch)
        with TestClient(create_app(settings, admin_token=TOKEN), HERE) as running:
            yield running

    @pytest.fixture
    def look(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
        """Has the worker answer with that line; tells what it was ordered."""
        seen = tmp_path / "seen"

        def set_up(line: str) -> Any:
            monkeypatch.setenv("SCRIPT", f"look {seen}\n{script.step('embedding', 1, 2)}\n{line}")
            return lambda: json.loads(seen.read_text())["order"]

        return set_up

    def test_clusters(self, client: Client, look: Any) -> None:
        ordered = look(CLUSTERS)
        found = client.get("/misses/clusters", since="2030-01-01T00:00:00Z", path="agent", limit=3)
        assert found["clusters"][0]["nearest"]["entry"] == "wifi"
        order = ordered()
        assert (order["kind"], order["tenant"], order["path"]) == ("clusters", "default", "agent")
        assert (order["since"], order["smallest"], order["limit"]) == (1893456000.0, 2, 3)
        told = client.ask("GET", "/misses/clusters", headers={"Accept": "text/event-stream"})
        assert script.events(told.text)[-1] == ("done", found)

    def test_promote(self, client: Client, look: Any) -> None:
        ordered = look(script.report(entry="wifi", added=2))
        body = {"cluster": "c1", "turns": ["a-1"], "questions": ["is there wlan"], "entry": "wifi"}
        report = client.send("POST", "/misses/promote", body)
        assert (report["entry"], report["added"]) == ("wifi", 2)
        order = ordered()
        assert {name: order[name] for name in body} == body
        assert (order["kind"], order["new"]) == ("promote", None)
        new = {**body, "entry": {"answer": "Yes.", "intent": "hats"}}
        client.send("POST", "/misses/promote", new)
        assert (ordered()["entry"], ordered()["new"]["intent"]) == ("", "hats")

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"entry": "wifi"}, "cluster"),
            ({"questions": ["is there wlan"]}, ""),
            ({"questions": [""], "entry": "wifi"}, "questions[0]"),
            ({"questions": ["a"], "entry": ""}, "entry"),
            ({"questions": ["a"], "entry": {"answers": "x"}}, "entry.answers"),
        ],
    )
    def test_promotions_that_mean_nothing(
        self, client: Client, body: dict[str, Any], field: str
    ) -> None:
        refused = client.refused(422, "POST", "/misses/promote", json=body)
        assert refused.get("field", "") == field


CLUSTERS = json.dumps(
    {
        "clusters": {
            "tenant": "default",
            "catalogue": 2,
            "misses": 3,
            "left_out": 1,
            "note": "",
            "clusters": [
                {
                    "id": "c1",
                    "name": "is there wlan",
                    "size": 2,
                    "share": 0.666667,
                    "examples": ["is there wlan"],
                    "turns": ["a-1", "a-2"],
                    "nearest": {
                        "entry": "wifi",
                        "intent": "wifi",
                        "question": "What is the wifi password",
                        "similarity": 0.7,
                    },
                    "suggestion": "extend",
                }
            ],
        }
    }
)
