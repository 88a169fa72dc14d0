"""Learning from misses: groups, and entries that take them in; and the whole way to an answer."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.adapters.store import SqliteStore
from gateway.admin import learning, seed_worker
from gateway.admin.learning import Learner, begun, extended, turns_texts, wordings
from gateway.admin.schema import EntryIn, NewEntry
from gateway.admin.seed_worker import Order, to_promote
from gateway.admin.wire import Refused
from gateway.errors import DataError
from gateway.ports import Entry, TurnRecord
from intents.models.encoder import Encoder
from tests.admin import script
from tests.admin.conftest import ENTRIES, recent
from tests.admin.truth import Client

DOGS = (
    "can i bring my dog",
    "are dogs allowed",
    "may i bring my dog with me",
    "are dogs allowed inside",
)
WLAN = ("what is the password of your wifi", "tell me the wifi password", "wifi password please")
ALONE = "is the moon made of cheese"


def misses(*texts: str, call: str = "m", **fields: Any) -> list[TurnRecord]:
    miss = {"path": "handoff", "evidence": {"kind": "miss"}, **fields}
    return [recent(call, number, text=text, **miss) for number, text in enumerate(texts)]


def quiet(what: str, done: int, of: int) -> None:
    """Nobody watches."""


def learner(store: SqliteStore, encoder: Encoder, **fields: Any) -> Learner:
    asked = {"tenant": "default", "since": 0.0, "path": "", "tell": quiet, **fields}
    return Learner(store, encoder=encoder, **asked)


# --- groups --------------------------------------------------------------------------------------


def test_groups_of_misses_each_with_the_nearest_entry(store: SqliteStore, encoder: Encoder) -> None:
    store.write(misses(*DOGS, *WLAN, ALONE, "okay", "When do you open?"))
    store.write(misses("my name is [name] and are dogs allowed", call="n"))
    found = learner(store, encoder).clusters(2, 50)
    assert (found.tenant, found.catalogue, found.misses, found.left_out) == ("default", 2, 9, 1)
    dogs, wlan = found.clusters
    assert (dogs.name, dogs.size, dogs.share) == ("are dogs allowed", 5, round(5 / 9, 6))
    assert dogs.examples[0] == "are dogs allowed"
    assert sorted(dogs.examples) == sorted(DOGS), "each wording once"
    assert sorted(dogs.turns) == ["m-0", "m-1", "m-2", "m-3", "n-0"]
    assert (dogs.suggestion, wlan.suggestion) == ("new", "extend")
    assert wlan.nearest is not None
    assert (wlan.nearest.entry, wlan.nearest.intent) == ("wifi", "wifi")
    assert wlan.nearest.question == "What is the wifi password"
    assert 0.6 < wlan.nearest.similarity <= 1.0


def test_how_many_groups_and_how_small(store: SqliteStore, encoder: Encoder) -> None:
    store.write(misses(*DOGS, *WLAN, ALONE))
    looked = learner(store, encoder)
    assert [one.size for one in looked.clusters(1, 50).clusters] == [4, 3, 1]
    some = looked.clusters(1, 1)
    assert ([one.size for one in some.clusters], some.left_out) == ([4], 4)
    assert looked.clusters(5, 50).clusters == []
    assert (looked.clusters(5, 50).note, looked.clusters(5, 50, "why").note) == ("", "why")


def test_only_what_was_asked_for_is_looked_at(store: SqliteStore, encoder: Encoder) -> None:
    store.write(misses(*DOGS, path="agent"))
    store.write(misses(*WLAN, call="n"))
    store.write(misses(ALONE, call="o", tenant="other"))
    store.write(misses(ALONE, call="old", at=1000.0))
    assert len(learner(store, encoder).turns) == 8
    assert {turn.call_id for turn in learner(store, encoder, path="agent").turns} == {"m"}
    assert len(learner(store, encoder, since=2000.0).turns) == 7
    assert [turn.call_id for turn in learner(store, encoder, tenant="other").turns] == ["o"]


def test_the_newest_are_looked_at(
    store: SqliteStore, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "PAGE", 2)
    store.write(misses(*DOGS))
    monkeypatch.setattr(learning, "READ", 4)
    assert [turn.id for turn in learner(store, encoder).turns] == ["m-3", "m-2", "m-1", "m-0"]
    monkeypatch.setattr(learning, "READ", 2)
    assert [turn.id for turn in learner(store, encoder).turns] == ["m-3", "m-2"]
    monkeypatch.setattr(learning, "MOST", 1)
    assert [turn.id for turn in learner(store, encoder).turns] == ["m-3"]


def test_a_tenant_without_a_catalogue_has_groups_too(store: SqliteStore, encoder: Encoder) -> None:
    store.write(misses(*DOGS, tenant="new"))
    found = learner(store, encoder, tenant="new").clusters(2, 50)
    assert found.catalogue == 0
    assert [(one.size, one.nearest, one.suggestion) for one in found.clusters] == [(4, None, "new")]
    assert learner(store, encoder, tenant="nobody").clusters(1, 50).clusters == []


def test_another_encoder_is_told(
    store: SqliteStore, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder, "fingerprint", "another")
    with pytest.raises(DataError, match="another encoder"):
        learner(store, encoder)


# --- promoting -----------------------------------------------------------------------------------


def test_wordings_say_each_thing_once() -> None:
    texts = [
        "Are dogs allowed?",
        "are dogs allowed",
        "my name is [name] and are dogs allowed",
        "[number]",
    ]
    assert wordings(texts) == ["Are dogs allowed?"]


def order(**fields: Any) -> Order:
    return Order(**{"tenant": "default", "settings": {}, "kind": "promote", **fields})


def by_id(entries: list[Entry]) -> dict[str, Entry]:
    return {entry.id: entry for entry in entries}


def promoted(store: SqliteStore, encoder: Encoder, asked: Order) -> tuple[list[Entry], str, int]:
    """What is live with the misses made part of it."""
    questions = to_promote(store, encoder, asked, quiet)
    return seed_worker.promoted(list(store.load("default").entries), asked, questions)


def test_a_group_is_added_to_an_entry(store: SqliteStore, encoder: Encoder) -> None:
    store.write(misses(*WLAN, *DOGS))
    wlan = next(one for one in learner(store, encoder).clusters(2, 9).clusters if one.size == 3)
    entries, name, added = promoted(store, encoder, order(cluster=wlan.id, entry="wifi"))
    assert (name, added) == ("wifi", 3)
    assert by_id(entries)["wifi"].questions == (*ENTRIES[2].questions, *wlan.examples)
    assert [entry for entry in entries if entry.id != "wifi"] == [
        entry for entry in ENTRIES if entry.id != "wifi"
    ]


def test_turns_and_questions_make_a_new_entry(store: SqliteStore, encoder: Encoder) -> None:
    store.write(misses(*DOGS))
    new = NewEntry(answer="Dogs are welcome.", tags=["animals"])
    asked = order(turns=["m-1", "m-0", "m-1"], questions=["Are pets allowed?"], new=new)
    entries, name, added = promoted(store, encoder, asked)
    assert (len(entries), name, added) == (len(ENTRIES) + 1, "are_pets_allowed", 3)
    made = entries[-1]
    assert made.questions == ("Are pets allowed?", "are dogs allowed", "can i bring my dog")
    assert (made.answer, made.tags, made.intent) == ("Dogs are welcome.", ("animals",), name)


def test_a_new_entry_keeps_its_own_questions_first(store: SqliteStore, encoder: Encoder) -> None:
    new = NewEntry(id="dogs", questions=["Are dogs allowed?"], answer="Yes.")
    texts = ["are dogs allowed", "may i bring my dog"]
    entries, name, added = promoted(store, encoder, order(questions=texts, new=new))
    assert (name, added) == ("dogs", 2)
    assert entries[-1].questions == ("Are dogs allowed?", "may i bring my dog")


def test_what_an_entry_has_already_adds_nothing(store: SqliteStore, encoder: Encoder) -> None:
    asked = order(questions=["what is the WIFI password?"], entry="wifi")
    entries, name, added = promoted(store, encoder, asked)
    assert (tuple(entries), name, added) == (ENTRIES, "wifi", 0)


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({"questions": ["a dog"], "entry": "dogs"}, 404, "entry"),
        ({"cluster": "0123456789abcdef", "entry": "wifi"}, 404, "cluster"),
        ({"turns": ["m-9"], "entry": "wifi"}, 404, "turns"),
        ({"turns": ["x-0"], "entry": "wifi"}, 404, "turns"),
        ({"questions": ["a dog"], "new": NewEntry(id="wifi", answer="a")}, 409, "id"),
        ({"turns": ["m-1"], "new": NewEntry(answer="a")}, 409, "turns"),
    ],
)
def test_promotions_that_cannot_be(
    store: SqliteStore, encoder: Encoder, fields: dict[str, Any], status: int, field: str
) -> None:
    store.write(misses("are dogs allowed", "[number]"))
    store.write(misses("are dogs allowed", call="x", tenant="other"))
    with pytest.raises(Refused) as caught:
        promoted(store, encoder, order(**fields))
    assert (caught.value.status, caught.value.problem.field) == (status, field)


def test_an_entry_has_a_bounded_number_of_questions() -> None:
    entries = [Entry(id="a", intent="a", questions=("one thing",), answer="a")]
    letters = "abcdefghijklmnopqrstuvwxyz"
    many = [f"thing {first}{second}" for first in letters for second in letters][:500]
    assert extended(entries, "a", many[:499])[1] == 499
    with pytest.raises(Refused, match="more than 500"):
        extended(entries, "a", many)
    assert len(begun(NewEntry(questions=["one thing"], answer="a"), many).questions) == 500
    assert isinstance(begun(NewEntry(answer="a"), many[:1]), EntryIn)


def test_texts_of_turns_are_in_the_order_named(store: SqliteStore) -> None:
    store.write(misses(*DOGS))
    assert turns_texts(store, "default", ["m-2", "m-0"]) == [DOGS[2], DOGS[0]]


# --- the whole way -------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_from_misses_to_an_answer(client: Client, store: SqliteStore) -> None:
    store.write(misses(*DOGS, *WLAN))
    body = {"text": DOGS[2]}
    assert client.send("POST", "/ask", body)["path"] != "cache"
    found = client.get("/misses/clusters")["clusters"]
    dogs = next(one for one in found if one["suggestion"] == "new")
    new = {"id": "dogs", "intent": "dogs", "answer": "Dogs are welcome on a lead."}
    promotion = {"cluster": dogs["id"], "entry": new}
    told = client.ask(
        "POST", "/misses/promote", json=promotion, headers={"Accept": "text/event-stream"}
    )
    name, report = script.events(told.text)[-1]
    assert (name, report["outcome"], report["entry"]) == ("done", "published", "dogs")
    assert (report["catalogue"], report["added"]) == (3, 4)
    answer = client.send("POST", "/ask", body)
    assert (answer["path"], answer["entry"]["id"]) == ("cache", "dogs")
    left = client.get("/misses")["misses"]
    assert {one["text"] for one in left} == set(WLAN), "what was promoted is closed"
    again = client.refused(404, "POST", "/misses/promote", json=promotion)
    assert again["field"] == "cluster"

    wlan = client.send("POST", "/misses/promote", {"turns": ["m-4", "m-5"], "entry": "wifi"})
    assert (wlan["catalogue"], wlan["added"]) == (4, 2)
    assert len(client.get("/entries/wifi")["entry"]["questions"]) == 4
    assert [one["text"] for one in client.get("/misses")["misses"]] == [WLAN[2]]
