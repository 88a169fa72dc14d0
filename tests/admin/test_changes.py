"""Flags, modes, rollback and purge."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from starlette.testclient import TestClient

from gateway.adapters.store import SqliteStore
from gateway.ports.records import TurnQuery
from gateway.privacy.callers import digest_of
from gateway.settings.server import HookSettings, HooksSettings
from gateway.settings.store import RecordsSettings
from gateway.settings.whole import Settings
from gateway.shell.reply.phrase_cache import Repeat
from gateway.wiring.app import create_app
from tests.admin.conftest import HERE, TOKEN, recent
from tests.admin.truth import Client
from tests.providers.receiver import Receiver
from tests.support.house import PCM16K


def test_a_flag_shows_in_the_stats(client: Client, store: SqliteStore) -> None:
    store.write([recent("a", 1, entry="wifi")])
    body = {"turn": "a-1", "verdict": "wrong"}
    assert client.send("POST", "/flags", body) == {**body, "entry": ""}
    assert client.get("/stats")["flagged"] == {"right": 0, "wrong": 1}
    client.send("POST", "/flags", {"turn": "a-1", "verdict": "right"})
    assert client.get("/stats")["rates"]["wrong_flagged"] == 0.0


def test_flags_that_mean_nothing(client: Client) -> None:
    missing = {"turn": "a-1", "verdict": "wrong"}
    assert client.refused(404, "POST", "/flags", json=missing)["code"] == "not_found"
    doubtful = {"turn": "a-1", "verdict": "maybe"}
    assert client.refused(422, "POST", "/flags", json=doubtful)["field"] == "verdict"
    assert client.refused(422, "POST", "/flags", json={"turn": "a-1"})["field"] == "verdict"


def test_a_miss_is_told_the_entry_it_should_have_been(client: Client, store: SqliteStore) -> None:
    store.write([recent("a", 1, path="handoff", evidence={"kind": "miss"})])
    marked = {"turn": "a-1", "verdict": "wrong", "entry": "wifi"}
    assert client.send("POST", "/flags", {"turn": "a-1", "entry": "wifi"}) == marked
    assert client.send("POST", "/flags", marked) == marked
    turn = client.get("/turns/a-1")
    assert (turn["flag"], turn["meant"]) == ("wrong", "wifi")


def test_an_answer_is_told_the_entry_it_should_have_been(
    client: Client, store: SqliteStore
) -> None:
    store.write([recent("a", 1, entry="wifi"), recent("a", 2, entry="wifi")])
    client.send("POST", "/flags", {"turn": "a-1", "entry": "parking"})
    right = client.send("POST", "/flags", {"turn": "a-2", "entry": "wifi"})
    assert right == {"turn": "a-2", "verdict": "right", "entry": ""}
    flags = {turn.id: (turn.flag, turn.meant) for turn in store.turns(TurnQuery())}
    assert flags == {"a-1": ("wrong", "parking"), "a-2": ("right", "")}


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"turn": "a-1", "entry": "elephants"}, 404, "entry"),
        ({"turn": "a-1", "entry": "wifi", "verdict": "wrong"}, 409, "verdict"),
        ({"turn": "a-1", "entry": "parking", "verdict": "right"}, 409, "verdict"),
        ({"turn": "a-2", "entry": "wifi"}, 404, ""),
        ({"turn": "b-1", "entry": "wifi"}, 404, "tenant"),
    ],
)
def test_entries_that_cannot_be_meant(
    client: Client, store: SqliteStore, body: dict[str, str], status: int, field: str
) -> None:
    store.write([recent("a", 1, entry="wifi"), recent("b", 1, tenant="nobody")])
    refused = client.refused(status, "POST", "/flags", json=body)
    assert refused.get("field", "") == field
    assert not any(turn.flag for turn in store.turns(TurnQuery()))


def test_the_mode_is_kept_and_followed_at_once(client: Client, store: SqliteStore) -> None:
    assert client.get("/mode") == {"tenant": "default", "mode": "live"}
    for mode in ("shadow", "off", "live"):
        assert client.send("PUT", "/mode", {"mode": mode})["mode"] == mode
        assert client.get("/mode")["mode"] == mode
        assert store.mode("default") == mode
        services = client.http.app.state.frontline.services  # type: ignore[attr-defined]
        assert services.modes["default"] == mode
    assert client.get("/mode", tenant="other")["mode"] == "live"


def test_modes_that_mean_nothing(client: Client) -> None:
    assert client.refused(422, "PUT", "/mode", json={"mode": "loud"})["field"] == "mode"
    assert client.refused(422, "PUT", "/mode", json={"tenant": "default"})["code"] == "invalid"
    unknown = {"tenant": "nobody", "mode": "off"}
    assert client.refused(404, "PUT", "/mode", json=unknown)["code"] == "not_found"
    assert client.refused(404, "GET", "/mode?tenant=nobody")["code"] == "not_found"


def test_catalogues(client: Client) -> None:
    listed = client.get("/catalogues")["catalogues"]
    assert [(one["number"], one["entries"], one["live"]) for one in listed] == [
        (2, 6, True),
        (1, 4, False),
    ]
    assert listed[0]["source"] == "house.csv"
    assert listed[0]["summary"]["questions"] > 10
    assert client.get("/catalogues", tenant="nobody")["catalogues"] == []


def test_a_rollback_is_live_when_it_answers(client: Client, store: SqliteStore) -> None:
    body = {"text": "please send me a bill"}
    assert client.send("POST", "/ask", body)["path"] == "cache"
    rolled = client.send("POST", "/catalogues/rollback", {"number": 1})
    assert rolled == {"tenant": "default", "live": 1}
    assert store.live_number("default") == 1
    answer = client.send("POST", "/ask", body)
    assert (answer["path"], answer["catalogue"]) == ("handoff", 1)
    assert client.get("/entries")["total"] == 4
    assert [one["live"] for one in client.get("/catalogues")["catalogues"]] == [False, True]
    client.send("POST", "/catalogues/rollback", {"number": 2})
    assert client.send("POST", "/ask", body)["catalogue"] == 2


def test_a_rollback_may_say_what_it_replaces(client: Client, store: SqliteStore) -> None:
    late = {"number": 1, "over": 7}
    refused = client.refused(409, "POST", "/catalogues/rollback", json=late)
    assert refused["code"] == "overtaken"
    assert "catalogue 2 of tenant 'default' is live" in refused["message"]
    assert store.live_number("default") == 2
    assert client.send("POST", "/catalogues/rollback", {"number": 1, "over": 2})["live"] == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"number": 9}, 404),
        ({"number": 1, "tenant": "nobody"}, 404),
        ({"number": 0}, 422),
        ({}, 422),
    ],
)
def test_rollbacks_to_nowhere(client: Client, body: dict[str, object], status: int) -> None:
    client.refused(status, "POST", "/catalogues/rollback", json=body)
    assert client.get("/entries")["catalogue"] == 2


def test_a_purge_takes_the_old_turns_of_one_tenant(client: Client, store: SqliteStore) -> None:
    old = {"at": 1_000_000.0}
    store.write([recent("a", 1, **old), recent("a", 2), recent("b", 1, tenant="other", **old)])
    body = {"tenant": "default", "before": time.time() - 3600}
    assert client.send("POST", "/purge", body) == {"tenant": "default", "deleted": 1}
    assert [turn.id for turn in store.turns(TurnQuery())] == ["a-2", "b-1"]
    body = {"tenant": "other", "before": "2001-09-09T01:46:40Z"}
    assert client.send("POST", "/purge", body)["deleted"] == 1


def test_a_purged_turn_does_not_come_back_when_its_answer_is_interrupted(
    client: Client, store: SqliteStore
) -> None:
    app: Any = client.http.app
    records = app.state.frontline.services.records
    records.add(recent("a", 1))  # not yet written when the purge is asked for
    before = {"tenant": "default", "before": time.time() + 60}
    assert client.send("POST", "/purge", before)["deleted"] == 1
    assert client.http.portal is not None
    records.add(recent("a", 1, interrupted=True))
    records.replied("a-1", "We open at nine.")
    records.add(recent("a", 2))
    client.http.portal.call(records.flush)
    assert [turn.id for turn in store.turns(TurnQuery())] == ["a-2"]


def test_a_purge_takes_one_call(client: Client, store: SqliteStore) -> None:
    store.write([recent("a", 1), recent("a", 2), recent("b", 1), recent("c", 1, tenant="other")])
    assert client.send("POST", "/purge", {"tenant": "default", "call": "a"})["deleted"] == 2
    assert client.send("POST", "/purge", {"tenant": "default", "call": "c"})["deleted"] == 0
    assert [turn.id for turn in store.turns(TurnQuery())] == ["c-1", "b-1"]


def test_a_purge_takes_one_caller_where_callers_are_known(
    client: Client, store: SqliteStore
) -> None:
    body = {"tenant": "default", "caller": "+1 555 123 4567"}
    error = client.refused(422, "POST", "/purge", json=body)
    assert (error["code"], error["field"]) == ("no_callers", "caller")
    assert "FRONTLINE_RECORDS__CALLER_KEY" in error["message"]


def test_a_purge_by_caller(settings: Settings, store: SqliteStore) -> None:
    key = "a-key-of-the-operators"
    known = replace(settings, records=RecordsSettings(caller_key=key))
    anna = digest_of("+15551234567", key)
    store.write([recent("a", 1, caller=anna), recent("b", 1, caller=digest_of("+1", key))])
    with TestClient(create_app(known, admin_token=TOKEN), HERE) as http:
        client = Client(http, TOKEN)
        body = {"tenant": "default", "caller": "+1 555 123 4567"}
        assert client.send("POST", "/purge", body)["deleted"] == 1
        assert [turn.id for turn in store.turns(TurnQuery())] == ["b-1"]
        (line,) = client.get("/trail")["changes"]
        assert line["detail"] == "1 turns of a caller"
        assert "555" not in str(line | {"at": 0, "id": ""})
        for path in ("/turns", "/turns/b-1", "/turns/export"):
            assert digest_of("+1", key) not in client.ask("GET", path).text


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"before": 1.0},
        {"tenant": "default"},
        {"tenant": "default", "call": "", "caller": ""},
        {"tenant": "*", "before": 1.0},
        {"tenant": "default", "before": "yesterday"},
        {"tenant": "default", "before": "2030-01-01T00:00:00"},
    ],
)
def test_a_purge_must_say_what(client: Client, store: SqliteStore, body: object) -> None:
    store.write([recent("a", 1)])
    client.refused(422, "POST", "/purge", json=body)
    assert len(store.turns(TurnQuery())) == 1


def test_a_purge_takes_the_sound_that_is_kept_too(client: Client) -> None:
    app: Any = client.http.app
    repeats = app.state.frontline.services.manners.usual.repeats
    for tenant in ("default", "other"):
        key = repeats.key(tenant, "Goodbye.", "", "", PCM16K)
        for _ in range(3):
            ticket = repeats.wanted(key, "Goodbye.")
        repeats.offer(ticket, Repeat(b"1234", 0.1))
    client.send("POST", "/purge", {"tenant": "default", "before": time.time()})
    keys = [repeats.key(one, "Goodbye.", "", "", PCM16K) for one in ("default", "other")]
    assert list(map(repeats.find, keys)) == [None, Repeat(b"1234", 0.1)]


# --- hooks ---------------------------------------------------------------------------------------


def test_hooks_are_told_of_what_people_change(
    settings: Settings, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_SECRET", "0123456789abcdef")
    store.write([recent("a", 1, entry="wifi", text="what is the wifi")])
    with start_blocking_portal() as portal:
        receiver = Receiver()
        portal.call(receiver.__aenter__)
        hook = HookSettings(url=receiver.url, secret="${CRM_SECRET}")
        telling = replace(settings, hooks=HooksSettings({"crm": hook}))
        with TestClient(create_app(telling, admin_token=TOKEN), HERE) as http:
            client = Client(http, TOKEN)
            client.send("POST", "/flags", {"turn": "a-1", "entry": "parking"})
            client.send("POST", "/flags", {"turn": "a-1", "verdict": "right"})  # tells nobody
            client.send("POST", "/catalogues/rollback", {"number": 1})
            services = http.app.state.frontline.services  # type: ignore[attr-defined]
            services.records.add(recent("b", 1, path="handoff", text="do you sell elephants"))
            until = time.monotonic() + 20
            while len(receiver.received) < 3 and time.monotonic() < until:
                time.sleep(0.05)
        portal.call(receiver.__aexit__, None, None, None)
    bodies = {body["type"]: body for body in (json.loads(one.body) for one in receiver.received)}
    assert len(receiver.received) == len(bodies) == 3
    wrong = bodies["entry.flagged_wrong"]["data"]
    assert (wrong["entry"], wrong["meant"], wrong["turn"]) == ("wifi", "parking", "a-1")
    published = bodies["catalogue.published"]["data"]
    assert (published["number"], published["before"], published["entries"]) == (1, 2, 4)
    assert bodies["call.handed_off"]["data"]["turns"][0]["asked"] == "do you sell elephants"
