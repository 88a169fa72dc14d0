"""The process that publishes: what it makes of a change, and the whole way through the server."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cache_seed.cells import RowError
from cache_seed.report import Outcome, SeedReport
from gateway.adapters.store import SqliteStore
from gateway.admin.etags import tag_of
from gateway.admin.inputs import EntryIn
from gateway.admin.jobs import seed_worker
from gateway.admin.jobs.seed_worker import Edit, Order, changed, said
from gateway.admin.outputs import Said
from gateway.admin.wire import Refused
from gateway.ports.store import Entry
from gateway.settings.whole import Settings
from intents.models.encoder import Encoder
from tests.admin import script
from tests.admin.conftest import ENTRIES
from tests.admin.truth import Client
from tests.support.tree import ROOT

TEA = EntryIn(questions=["Do you serve tea", "Can I get a tea"], answer="Yes, from three o'clock.")
TABLE = """\
question,answer,id,counter_example
When do you open|What are your opening hours,We open at ten.,opening,When do you open a new branch
Where can I park|Is there a car park,Behind the house.,parking,
Do you serve tea|Can I get a cup of tea,Tea is at three.,tea,
Do you repair shoes|Can you mend my boots,"Yes, while you wait.",repair,
"""


def order(**change: Any) -> Order:
    return Order(tenant="default", settings={}, kind="change", **change)


def live(store: SqliteStore) -> list[Entry]:
    return list(store.load("default").entries)


def ids(entries: list[Entry]) -> list[str]:
    return [entry.id for entry in entries]


LIVE = [entry.id for entry in ENTRIES]


# --- changes -------------------------------------------------------------------------------------


def test_an_entry_is_added_at_the_end(store: SqliteStore) -> None:
    entries, name = changed(live(store), order(add=TEA))
    assert (ids(entries), name) == ([*LIVE, "do_you_serve_tea"], "do_you_serve_tea")
    assert entries[-1] == Entry(
        id=name, intent=name, questions=tuple(TEA.questions), answer=TEA.answer
    )
    assert tuple(entries[:-1]) == ENTRIES, "the others are as they were"


def test_a_change_is_made_on_the_state_that_was_looked_at(store: SqliteStore) -> None:
    wifi = next(one for one in live(store) if one.id == "wifi")
    put, tag = msgspec.structs.replace(TEA, id="wifi"), tag_of(wifi)
    for change in ({"put": put}, {"delete": "wifi"}):
        changed(live(store), order(match=['"old"', tag], **change))
        changed(live(store), order(match=["*"], **change))
        with pytest.raises(Refused) as caught:
            changed(live(store), order(match=['"old"'], **change))
        assert caught.value.status == 412
    with pytest.raises(Refused) as caught:
        changed(live(store), order(put=put, absent=True))
    assert caught.value.status == 412
    changed(live(store), order(put=msgspec.structs.replace(TEA, id="tea"), absent=True))
    with pytest.raises(Refused):
        changed(live(store), order(put=msgspec.structs.replace(TEA, id="tea"), match=["*"]))


def test_an_id_of_its_own_is_never_one_that_is_taken(store: SqliteStore) -> None:
    again = msgspec.structs.replace(TEA, questions=["Wifi"])
    assert changed(live(store), order(add=again))[1] == "wifi_2"
    with pytest.raises(Refused) as caught:
        changed(live(store), order(add=msgspec.structs.replace(TEA, id="wifi")))
    assert (caught.value.status, caught.value.problem.field) == (409, "id")


def test_an_entry_is_replaced_where_it_stands(store: SqliteStore) -> None:
    new = msgspec.structs.replace(TEA, id="parking", intent="cars")
    entries, name = changed(live(store), order(put=new))
    assert (ids(entries), name) == (LIVE, "parking")
    assert (entries[1].intent, entries[1].answer) == ("cars", TEA.answer)
    assert (
        ids(changed(live(store), order(put=msgspec.structs.replace(TEA, id="tea")))[0])[-1] == "tea"
    )


def test_an_entry_is_removed(store: SqliteStore) -> None:
    entries, _ = changed(live(store), order(delete="wifi"))
    assert ids(entries) == [name for name in LIVE if name != "wifi"]
    with pytest.raises(Refused) as caught:
        changed(live(store), order(delete="tea"))
    assert caught.value.status == 404


def test_many_changes_are_made_together_or_not_at_all(store: SqliteStore) -> None:
    def edits(puts: list[EntryIn], deletes: list[str]) -> list[str]:
        asked = Order(tenant="default", settings={}, kind="edits", puts=puts, deletes=deletes)
        return ids(Edit(asked)(live(store)))

    tea, parking = (msgspec.structs.replace(TEA, id=name) for name in ("tea", "parking"))
    kept = [name for name in LIVE if name != "wifi"]
    assert edits([tea, parking], ["wifi"]) == [*kept, "tea"]
    for puts, deletes, status in (([tea], ["gone"], 404), ([tea], ["tea"], 404)):
        with pytest.raises(Refused) as caught:
            edits(puts, deletes)
        assert caught.value.status == status
    with pytest.raises(Refused, match="is put and deleted"):
        edits([parking], ["parking"])
    with pytest.raises(Refused, match="add another one first"):
        edits([], LIVE)


def test_a_new_tenant_begins_with_one_entry() -> None:
    assert ids(changed([], order(add=TEA))[0]) == ["do_you_serve_tea"]


def test_an_edit_is_made_of_whatever_is_live(store: SqliteStore) -> None:
    edit = Edit(order(add=TEA))
    assert ids(edit(live(store)[:2]))[-1] == edit.name == "do_you_serve_tea"
    taken = replace(live(store)[0], id=edit.name)
    assert ids(edit([taken]))[-1] == edit.name == "do_you_serve_tea_2"
    promotion = Edit(Order(tenant="default", settings={}, kind="promote", entry="wifi"))
    promotion.questions = ["Is there wifi", "What is the wifi password"]
    promotion(live(store))
    assert (promotion.name, promotion.added) == ("wifi", 1)


# --- what it says --------------------------------------------------------------------------------


def report(outcome: Outcome, *errors: RowError) -> SeedReport:
    return SeedReport(
        tenant="default",
        source="upload",
        outcome=outcome,
        catalogue=2,
        rows=4,
        entries=4,
        questions=8,
        errors=errors,
    )


@pytest.mark.parametrize("outcome", [Outcome.PUBLISHED, Outcome.UNCHANGED, Outcome.CHECKED])
def test_a_good_report(outcome: Outcome) -> None:
    line = said(report(outcome), "tea")
    assert line.error is None
    assert line.report is not None
    assert (line.report.outcome, line.report.entry, line.report.rows) == (outcome.value, "tea", 4)
    assert msgspec.json.decode(msgspec.json.encode(line), type=Said) == line


def test_a_refused_table_names_its_first_error() -> None:
    errors = [RowError(n, "answer", "it is empty", "write one") for n in (3, 5)]
    line = said(report(Outcome.REFUSED, *errors), "")
    assert (line.status, line.error is not None) == (422, True)
    assert line.error is not None
    assert "line 3, column answer: it is empty; write one (and 1 more)" in line.error.message
    assert line.report is not None
    assert [error.line for error in line.report.errors] == [3, 5]


def test_steps_are_thinned_but_the_last_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("gateway.admin.jobs.seed_worker.time.monotonic", lambda: now[0])
    lines: list[Said] = []
    tell = seed_worker._progress(lines.append)
    for done in range(1001):
        now[0] += 0.001
        tell("rendering", done, 1000)
    steps = [line.step for line in lines if line.step]
    assert (steps[0].done, steps[-1].done) == (0, 1000)
    assert 10 <= len(steps) <= 12


def run(order: dict[str, Any]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "gateway.admin.jobs.seed_worker"],
        input=json.dumps(order).encode(),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        check=True,
        timeout=50,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


PLACE = """
import os, threading
from gateway.admin.jobs.seed_worker import step_back

there = threading.Event()
other = threading.Thread(target=there.wait)
other.start()
step_back()
tasks = map(int, os.listdir("/proc/self/task"))
places = {(os.getpriority(os.PRIO_PROCESS, one), os.sched_getscheduler(one)) for one in tasks}
print(places == {(19, os.SCHED_IDLE)}, open("/proc/self/oom_score_adj").read().strip())
there.set()
"""


def test_a_training_stands_behind_everybody_with_all_its_threads() -> None:
    command = [sys.executable, "-c", PLACE]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == ["True", "500"]


def test_where_nothing_waits_there_is_nothing_to_train(
    store: SqliteStore, encoder: Encoder
) -> None:
    told = seed_worker.trained(store, encoder, "default", lambda *_: None)
    assert (told.state, told.catalogue) == ("elsewhere", store.live_number("default"))


def test_half_of_torch_is_none(
    store: SqliteStore, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(Refused) as caught:
        seed_worker.trained(store, encoder, "default", lambda *_: None)
    assert caught.value.problem.code == "no_torch"


@pytest.mark.slow
def test_what_cannot_be_is_said_in_one_line(settings: Settings, tmp_path: Path) -> None:
    whole = msgspec.to_builtins({"store": settings.store, "model": settings.model})
    missing = {"tenant": "default", "kind": "table", "table": str(tmp_path / "none.csv")}
    line = run({**missing, "settings": whole})[-1]
    assert (line["status"], line["error"]["code"]) == (422, "bad_data")
    whole["model"]["folder"] = str(tmp_path)
    (line,) = run({**missing, "settings": whole})
    assert (line["status"], line["error"]["code"]) == (503, "no_model")


# --- the whole way -------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_from_a_table_to_an_answer(client: Client, store: SqliteStore) -> None:
    checked = client.ask("POST", "/seed?dry_run=true", content=TABLE)
    name, data = script.events(checked.text)[-1]
    assert (name, data["outcome"], data["catalogue"]) == ("done", "checked", 2)

    told = script.events(client.ask("POST", "/seed?name=tea.csv", content=TABLE).text)
    assert {name for name, _ in told[:-1]} == {"progress"}
    name, data = told[-1]
    assert (name, data["outcome"], data["catalogue"]) == ("done", "published", 3)
    assert data["rendered"] > 4
    assert client.get("/catalogues")["catalogues"][0]["source"] == "tea.csv"
    answer = client.send("POST", "/ask", {"text": "do you serve tea"})
    assert (answer["catalogue"], answer["entry"]["answer"]) == (3, "Tea is at three.")
    live = store.load("default")
    assert store.get(live.clips["entry:tea"].name(script.FORMAT)) is not None

    again = client.ask("POST", "/seed", content=TABLE, headers={"Accept": "application/json"})
    assert (again.json()["outcome"], again.json()["rendered"]) == ("unchanged", 0)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_entries_changed_one_by_one(client: Client) -> None:
    body = {"questions": ["Do you serve tea", "Can I get a tea"], "answer": "At three."}
    added = client.ask("POST", "/entries", json={"id": "tea", **body})
    assert (added.status_code, added.json()["catalogue"], added.json()["entry"]) == (201, 3, "tea")
    assert client.get("/entries/tea")["entry"]["answer"] == "At three."
    assert client.refused(409, "POST", "/entries", json={"id": "tea", **body})["field"] == "id"

    changed = client.send("PUT", "/entries/tea", {**body, "answer": "At four."})
    assert (changed["outcome"], changed["catalogue"], changed["source"]) == (
        "published",
        4,
        "admin",
    )
    answer = client.send("POST", "/ask", {"text": "do you serve tea"})
    assert (answer["path"], answer["entry"]["answer"]) == ("cache", "At four.")

    taken = {**body, "questions": ["Where can I park"]}
    refused = client.ask("PUT", "/entries/tea", json=taken)
    assert refused.status_code == 422
    assert "entry parking" in refused.json()["error"]["message"]
    assert client.get("/entries/tea")["catalogue"] == 4, "what was live still is"

    gone = client.ask("DELETE", "/entries/tea", headers={"Accept": "text/event-stream"})
    assert script.events(gone.text)[-1][1]["catalogue"] == 5
    assert client.refused(404, "GET", "/entries/tea")["code"] == "not_found"
    assert client.refused(404, "DELETE", "/entries/tea")["code"] == "not_found"


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_two_processes_that_change_different_entries_lose_nothing(
    settings: Settings, store: SqliteStore
) -> None:
    """One is stopped in the middle of its work, until the other is done."""
    needed = ("store", "model", "match", "tts", "render", "lines")
    whole = msgspec.to_builtins({name: getattr(settings, name) for name in needed})
    tea = {"questions": ["Do you serve tea"], "answer": "Tea is at three."}
    order = {"tenant": "default", "kind": "change", "settings": whole}
    slow = subprocess.Popen(
        [sys.executable, "-m", "gateway.admin.jobs.seed_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert slow.stdin is not None
    assert slow.stdout is not None
    try:
        slow.stdin.write(json.dumps({**order, "put": {"id": "tea", **tea}}).encode())
        slow.stdin.close()
        assert b'"step"' in slow.stdout.readline()  # it knows what is live, and builds on that
        slow.send_signal(signal.SIGSTOP)
        others = run({**order, "delete": "delivery"})
        assert others[-1]["report"]["catalogue"] == 3
        slow.send_signal(signal.SIGCONT)
        told = [json.loads(line) for line in slow.stdout.read().splitlines()]
    finally:
        slow.kill()
        slow.wait()
        slow.stdout.close()
    assert told[-1]["report"]["outcome"] == "published"
    assert told[-1]["report"]["catalogue"] == 4
    entries = {entry.id for entry in store.load("default").entries}
    assert entries == {*LIVE, "tea"} - {"delivery"}


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_bad_table_changes_nothing(client: Client) -> None:
    bad = TABLE + "Do you sell hats,,hats,\n"
    response = client.ask("POST", "/seed", content=bad, headers={"Accept": "application/json"})
    assert response.status_code == 422
    assert response.json()["report"]["errors"][0]["line"] == 6
    assert client.get("/entries")["catalogue"] == 2
    skipped = client.ask("POST", "/seed?skip_bad=true", content=bad)
    name, data = script.events(skipped.text)[-1]
    assert (name, data["outcome"], data["entries"]) == ("done", "published", 4)
    assert [error["line"] for error in data["errors"]] == [6]


@pytest.mark.slow
def test_the_server_stays_light(client: Client) -> None:
    """Neither the server's modules nor seeding through it load what belongs to building."""
    code = "import sys, gateway.admin.api as a; print([m for m in sys.modules if "
    code += "m.partition('.')[0] in ('torch', 'sklearn', 'scipy', 'cache_seed', 'transformers')])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
