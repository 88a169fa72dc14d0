"""Stats, latency, turns, misses and calls, as an operator gets them."""

from __future__ import annotations

import asyncio
import csv
import json
import time
from typing import Any

import pytest

from gateway.adapters.store import SqliteStore
from gateway.admin.reports import find_turn, rates_of
from gateway.errors import NotFound
from gateway.ports.records import TurnRecord
from gateway.shell.call.observe import LiveCall
from tests.admin.conftest import recent
from tests.admin.truth import Client

CANDIDATE = {"id": "wifi", "intent": "wifi", "question": "q", "similarity": 0.4, "probability": 0.2}


@pytest.fixture
def history(store: SqliteStore) -> SqliteStore:
    """A morning: hits, a clarifying question, a miss, a wish for a person, a thank-you."""
    hit = {"path": "cache", "entry": "opening", "intent": "opening", "confidence": 0.97}
    miss = {"kind": "miss", "reason": "nothing is near enough", "candidates": [CANDIDATE]}
    store.write(
        [
            recent("a", 1, decided_on="partial", **hit),
            recent("a", 2, decided_on="partial", **hit),
            recent("a", 3, decided_on="final", **hit),
            recent("a", 4, decided_on="final", **hit | {"entry": "wifi", "intent": "wifi"}),
            recent("a", 5, path="clarify", evidence={"kind": "clarify", "reason": "two are near"}),
            recent("a", 6, path="handoff", text="do you sell elephants", evidence=miss),
            recent("a", 7, path="handoff", text="a person", evidence={"kind": "route"}),
            recent("a", 8, path="route", entry="complaint", intent="complaint"),
            recent("a", 9, path="none", text="okay"),
            recent("b", 1, tenant="other", path="handoff", evidence=miss),
            recent("old", 1, **hit | {"at": 1_000_000.0}),
        ]
    )
    store.flag("a-1", "right")
    store.flag("a-4", "wrong")
    return store


# --- stats ---------------------------------------------------------------------------------------


def test_stats(client: Client, history: SqliteStore) -> None:
    stats = client.get("/stats", window="1h")
    assert stats["tenant"] == "default"
    assert stats["turns"] == 9
    assert stats["paths"] == {"cache": 4, "clarify": 1, "handoff": 2, "route": 1, "none": 1}
    assert stats["rates"] == {
        "hit": 0.5,
        "clarify": 0.125,
        "miss": 0.25,
        "route": 0.125,
        "agent": 0.0,
        "decided_early": 0.5,
        "wrong_flagged": 0.25,
    }
    assert stats["flagged"] == {"right": 1, "wrong": 1}
    assert stats["entries"]["opening"] == {"hits": 3, "right": 1, "wrong": 0, "wrong_rate": 0.0}
    assert stats["entries"]["wifi"]["wrong_rate"] == 1.0
    assert stats["intents"]["opening"] == {"turns": 3, "paths": {"cache": 3}}


def test_stats_of_one_tenant_and_of_all(client: Client, history: SqliteStore) -> None:
    assert client.get("/stats", tenant="other")["turns"] == 1
    assert client.get("/stats", tenant="*")["turns"] == 10
    assert client.get("/stats", tenant="nobody")["turns"] == 0
    assert client.refused(400, "GET", "/stats?window=1y")["field"] == "window"
    assert client.refused(400, "GET", "/stats?tenant=A%20b")["field"] == "tenant"
    assert client.refused(400, "GET", "/stats?window=1h&window=7d")["field"] == "window"


def test_stats_say_what_callers_felt(client: Client, store: SqliteStore) -> None:
    felt = {"speech_end": "heard", "first_sound_ms": 480.0, "interruption": 1}
    store.write([recent("f", n, path="agent", evidence={"felt": felt}) for n in range(1, 3)])
    found = client.get("/stats")["felt"]
    assert found["turns"] == 2
    assert found["paths"]["agent"]["first_sound"]["p95_ms"] == 480.0
    assert found["events"]["interruption"] == 2


def estimate(client: Client) -> None:
    """Have the server look at its newest turns now."""
    expecting = client.http.app.state.frontline.services.expecting  # type: ignore[attr-defined]
    asyncio.run(expecting.look())


def test_stats_say_what_is_known_of_near_misses(client: Client, store: SqliteStore) -> None:
    services = client.http.app.state.frontline.services  # type: ignore[attr-defined]
    matcher = services.tenants.get("default").matcher
    assumed = client.get("/stats")["near_misses"]
    assert assumed == {
        "share": matcher.point.near_share,
        "low": matcher.point.near_share,
        "high": matcher.point.near_share,
        "turns": 0,
        "look_alikes": 0.0,
        "threshold": round(matcher.point.calibration.threshold, 4),
        "reading_weight": matcher.point.calibration.weight,
    }
    near = CANDIDATE | {"similarity": 0.6, "probability": 0.3}
    evidence = {"kind": "miss", "reason": "below", "candidates": [near]}
    store.write([recent("n", n, path="handoff", evidence=evidence) for n in range(300)])
    estimate(client)
    found = client.get("/stats")["near_misses"]
    assert found["turns"] == 300
    assert found["low"] < found["share"] < found["high"]
    assert found["share"] != assumed["share"]
    assert found["threshold"] == round(matcher.point.calibration.threshold, 4)
    assert client.get("/stats", tenant="other")["near_misses"]["turns"] == 0


def test_near_misses_are_of_one_tenant_with_a_catalogue(client: Client) -> None:
    assert client.get("/stats", tenant="default")["near_misses"] is not None
    assert client.get("/stats", tenant="nobody")["near_misses"] is None
    assert client.get("/stats", tenant="*")["near_misses"] is None


def test_no_turns_no_rates() -> None:
    empty: dict[str, Any] = {"turns": 0, "paths": {}, "entries": {}, "decided_early": 0}
    rates = rates_of(empty)
    assert (rates.hit, rates.miss, rates.wrong_flagged) == (0.0, 0.0, 0.0)
    thanks = rates_of({**empty, "turns": 3, "paths": {"none": 3}})
    assert (thanks.hit, thanks.miss) == (0.0, 0.0)
    agent = rates_of(
        {**empty, "turns": 9, "paths": {"none": 1, "agent": 2, "handoff": 1, "cache": 1}}
    )
    assert (agent.hit, agent.miss, agent.agent) == (0.25, 0.75, 0.5)


def test_shadow_turns_are_counted_apart(client: Client, store: SqliteStore) -> None:
    def shadow(number: int, kind: str, path: str = "agent") -> TurnRecord:
        fields = {"entry": "wifi", "intent": "wifi"} if kind == "answer" else {}
        return recent("s", number, path=path, shadow=True, evidence={"kind": kind}, **fields)

    kinds = ["answer", "answer", "answer", "clarify", "miss"]
    store.write([shadow(number, kind) for number, kind in enumerate(kinds)])
    store.write([shadow(9, "miss", "none"), recent("a", 1, entry="opening")])
    store.flag("s-0", "right")
    stats = client.get("/stats")
    assert stats["shadow"] == {
        "turns": 6,
        "hit": 3,
        "clarify": 1,
        "route": 0,
        "miss": 1,
        "hit_rate": 0.6,
        "clarify_rate": 0.2,
        "miss_rate": 0.2,
        "right": 1,
        "wrong": 0,
    }
    assert (stats["turns"], stats["paths"]) == (7, {"cache": 1})
    assert (stats["rates"]["hit"], stats["rates"]["miss"]) == (1.0, 0.0)
    assert list(stats["entries"]) == ["opening"]


def test_a_rolled_back_catalogue_keeps_its_turns(client: Client, history: SqliteStore) -> None:
    before = client.get("/stats")
    client.send("POST", "/catalogues/rollback", {"number": 1})
    after = client.get("/stats")
    assert after["paths"] == before["paths"]
    assert after["entries"] == before["entries"]


# --- latency -------------------------------------------------------------------------------------


def test_latency_is_of_the_turns_that_are_stored(client: Client, store: SqliteStore) -> None:
    nothing = client.get("/latency")
    assert (nothing["turns"], nothing["paths"], nothing["window"]) == (0, {}, "24h")
    timelines = [{"match_ms": float(n), "ttfa_ms": 200.0 + n} for n in range(1, 11)]
    store.write([recent("a", n, timeline=one) for n, one in enumerate(timelines)])
    hours_ago = time.time() - 7200
    store.write([recent("old", n, at=hours_ago + n, timeline=timelines[0]) for n in range(5)])
    whole = client.get("/latency")
    assert (whole["turns"], whole["whole"], whole["paths"]["cache"]["ttfa"]["count"]) == (
        15,
        True,
        15,
    )
    paths = client.get("/latency", window="1h")["paths"]
    assert paths["cache"]["ttfa"] == {
        "count": 10,
        "p50_ms": 205.0,
        "p95_ms": 210.0,
        "p99_ms": 210.0,
    }
    assert client.get("/latency", tenant="other")["paths"] == {}
    assert client.get("/latency", tenant="*", window="1h")["paths"] == paths


def test_exports_are_the_lists_in_full(client: Client, store: SqliteStore) -> None:
    asked = {"path": "handoff", "evidence": {"kind": "miss"}}
    store.write([recent("a", n, text=f"=do you sell {n}", **asked) for n in range(1, 1205)])
    store.write([recent("b", 1, text="where can i park", **asked), recent("c", 1)])
    for path, listed in (("/turns", 1206), ("/misses", 1204)):  # one is a question of an entry
        lines = client.ask("GET", f"{path}/export", params={"format": "jsonl"}).text.splitlines()
        assert len(lines) == listed
        key = path.removeprefix("/")
        assert [json.loads(one) for one in lines[:500]] == client.get(path, limit=500)[key]
        table = list(csv.DictReader(client.ask("GET", f"{path}/export").text.splitlines()))
        assert [row["id"] for row in table] == [json.loads(one)["id"] for one in lines]
        texts = {row["text"] for row in table if row["call_id"] == "a"}
        assert len(texts) == 1204
        assert all(text.startswith("'=do") for text in texts)
    few = client.ask("GET", "/turns/export", params={"call": "c", "format": "jsonl"})
    assert [json.loads(one)["id"] for one in few.text.splitlines()] == ["c-1"]
    assert (
        client.refused(400, "GET", "/turns/export", params={"format": "xlsx"})["field"] == "format"
    )


# --- turns ---------------------------------------------------------------------------------------


def test_turns_page_from_the_newest(client: Client, history: SqliteStore) -> None:
    seen: list[str] = []
    before = ""
    while True:
        page = client.get("/turns", limit=4, before=before)
        assert len(page["turns"]) <= 4
        seen += [turn["id"] for turn in page["turns"]]
        before = page["next"]
        if not before:
            break
    assert seen == [f"a-{n}" for n in range(9, 0, -1)] + ["old-1"]


def test_turns_filtered(client: Client, history: SqliteStore) -> None:
    def ids(**params: str) -> list[str]:
        return [turn["id"] for turn in client.get("/turns", **params)["turns"]]

    assert ids(path="cache", entry="wifi") == ["a-4"]
    assert ids(call="b") == []
    assert ids(call="b", tenant="other") == ["b-1"]
    assert ids(path="route") == ["a-8"]
    assert client.refused(400, "GET", "/turns?path=sideways")["field"] == "path"
    assert client.refused(400, "GET", "/turns?limit=0")["field"] == "limit"
    assert client.refused(400, "GET", "/turns?limit=501")["field"] == "limit"
    assert client.refused(400, "GET", "/turns?limit=many")["field"] == "limit"


def test_shadow_turns_have_what_would_have_been_said_beside_the_reply(
    client: Client, store: SqliteStore
) -> None:
    evidence = {"kind": "answer", "reason": "near", "says": "From nine to five."}
    said = {"path": "agent", "shadow": True, "entry": "opening", "reply": "We open at nine."}
    store.write([recent("a", 1), recent("a", 2, evidence=evidence, **said)])
    (line,) = client.get("/turns", shadow="true")["turns"]
    assert (line["id"], line["decided"], line["entry"]) == ("a-2", "answer", "opening")
    assert (line["says"], line["reply"]) == ("From nine to five.", "We open at nine.")
    (line,) = client.get("/turns", shadow="false")["turns"]
    assert (line["id"], line["decided"], line["says"], line["reply"]) == ("a-1", "", "", "")


def test_turns_by_flag_and_time(client: Client, history: SqliteStore) -> None:
    lines = client.get("/turns", flagged="true")["turns"]
    assert [(line["id"], line["flag"]) for line in lines] == [("a-4", "wrong"), ("a-1", "right")]
    at = client.get("/turns/a-8")["at"]
    assert [line["id"] for line in client.get("/turns", since=at)["turns"]] == ["a-9", "a-8"]


def test_one_turn_with_its_evidence(client: Client, history: SqliteStore) -> None:
    turn = client.get("/turns/a-6")
    assert turn["text"] == "do you sell elephants"
    assert turn["timeline"]["ttfa_ms"] == 204.0
    assert turn["evidence"]["candidates"] == [CANDIDATE]
    for name in ("a-10", "nobody-1", "a", "-1"):
        assert client.refused(404, "GET", f"/turns/{name}")["code"] == "not_found"


def test_a_turn_of_a_long_call_is_found(store: SqliteStore) -> None:
    store.write([recent("long", n) for n in range(1, 1201)])
    assert find_turn(store, "long-1").turn == 1
    with pytest.raises(NotFound):
        find_turn(store, "long-0")


# --- calls ---------------------------------------------------------------------------------------


def test_calls_in_progress_oldest_first(client: Client) -> None:
    services = client.http.app.state.frontline.services  # type: ignore[attr-defined]
    for name, since in (("late", 200.0), ("early", 100.0)):
        services.calls[name] = LiveCall(name, "default", "native", since, 2, "speaking")
    response = client.ask("GET", "/calls")
    assert [call["id"] for call in response.json()["calls"]] == ["early", "late"]
    services.calls.clear()
    assert client.get("/calls") == {"calls": []}
