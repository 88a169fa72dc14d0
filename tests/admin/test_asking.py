"""``ask``: the decision with its evidence, as a call would make it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.adapters.store import SqliteStore
from intents.models.encoder import Encoder
from tests.admin.conftest import ENTRIES, draft_of
from tests.admin.truth import Client
from tests.support.stored import put_clips


def test_a_question_of_ours(client: Client) -> None:
    answer = client.send("POST", "/ask", {"text": "when do you open"})
    assert answer["path"] == "cache"
    assert answer["entry"] == {
        "id": "opening",
        "intent": "opening",
        "answer": "We are open from nine to five. On Sundays we are closed.",
    }
    assert answer["candidates"][0]["id"] == "opening"
    assert answer["confidence"] > 0.9
    assert answer["catalogue"] == 2
    assert 0 < answer["match_ms"] < 10_000
    assert answer["score"] >= answer["threshold"] > 0 <= answer["reading_weight"]
    assert answer["near_share"] == 0.05


def test_nothing_of_ours(client: Client) -> None:
    answer = client.send("POST", "/ask", {"text": "do elephants ever forget a birthday"})
    assert answer["path"] == "handoff"
    assert answer["entry"] is None
    assert answer["reason"]


def test_routes_by_entry_and_by_control(client: Client) -> None:
    by_entry = client.send("POST", "/ask", {"text": "i want to make a complaint"})
    assert (by_entry["path"], by_entry["action"]) == ("route", "transfer")
    by_control = client.send("POST", "/ask", {"text": "a person please"})
    assert (by_control["path"], by_control["action"]) == ("route", "control:person")


def test_a_list_is_answered_in_its_order(client: Client) -> None:
    texts = ["where can i park", "do elephants forget", "what is the wifi password"]
    answers = client.send("POST", "/ask", {"texts": texts})
    entries = [answer["entry"] and answer["entry"]["id"] for answer in answers]
    assert entries == ["parking", None, "wifi"]
    assert client.send("POST", "/ask", {"texts": texts[:1]})[0]["path"] == "cache"


VETOED = {
    "are you open on monday": "numbers",
    "how long does delivery not take": "polarity",
    "what is the door password": "wording",
    "have you sent me my bill": "personal",
    "when do you open and where can i park": "double",
}


def test_what_a_guard_vetoes_is_explained_alone_and_in_a_list(client: Client) -> None:
    answers = client.send("POST", "/ask", {"texts": list(VETOED)})
    for (text, guard), listed in zip(VETOED.items(), answers, strict=True):
        alone = client.send("POST", "/ask", {"text": text})
        assert alone["vetoes"] == listed["vetoes"]
        assert guard in {veto["guard"] for veto in alone["vetoes"]}
        assert set(alone["vetoes"][0]) == {"guard", "entry", "reason"}


def test_another_tenant_knows_other_things(client: Client) -> None:
    text = "please send me a bill"
    assert client.send("POST", "/ask", {"text": text})["path"] == "cache"
    other = client.send("POST", "/ask", {"text": text, "tenant": "other"})
    assert other["path"] == "handoff"
    assert other["catalogue"] == 1
    error = client.refused(404, "POST", "/ask", json={"text": text, "tenant": "nobody"})
    assert error["field"] == "tenant"


def test_a_partial_is_judged_as_one(client: Client) -> None:
    body = {"text": "when do you open", "final": False}
    assert client.send("POST", "/ask", body)["path"] in ("cache", "handoff")
    assert client.refused(422, "POST", "/ask", json=body | {"final": "no"})["field"] == "final"


@pytest.mark.slow
def test_an_entry_out_of_season_is_not_answered(
    client: Client, store: SqliteStore, encoder: Encoder
) -> None:
    yesterday = (date.today() - timedelta(days=1)).isoformat()  # noqa: DTZ011 - the shop's own day
    gone = replace(ENTRIES[0], valid_until=yesterday)
    draft = draft_of("default", (gone, *ENTRIES[1:]), encoder)
    put_clips(store, draft)
    store.publish(draft)
    client.send("POST", "/catalogues/rollback", {"number": 3})
    answer = client.send("POST", "/ask", {"text": "when do you open"})
    assert answer["path"] == "handoff"
    assert [veto["entry"] for veto in answer["vetoes"]] == ["opening"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": "a", "texts": ["b"]}, "text"),
        ({"text": ""}, "text"),
        ({"text": "x" * 2001}, "text"),
        ({"texts": []}, "texts"),
        ({"texts": ["x"] * 101}, "texts"),
        ({"texts": ["x", 3]}, "texts[1]"),
        ({"text": 3}, "text"),
        ({"text": "a", "tennant": "x"}, "tennant"),
        ({"text": "a", "tenant": "Not One"}, "tenant"),
        ([], ""),
        ("text", ""),
    ],
)
def test_bad_bodies_name_the_field(client: Client, body: object, field: str) -> None:
    error = client.refused(422, "POST", "/ask", json=body)
    assert error["code"] == "invalid"
    assert error.get("field", "") == field
