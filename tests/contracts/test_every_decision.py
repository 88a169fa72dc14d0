"""Every decision on every text of every guard set, through all that can carry one.

A decision crosses many borders: answers of the admin API, messages of a call, the log, the store
and back, what commands print. What the guards have to say is their own business, so the values are
drawn from them and none is made up: each set is a tenant, its seeded questions the entries, and
all its texts are asked of the running server.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from starlette.testclient import TestClient

from bench import guard_sets
from gateway import app
from gateway.adapters.store import SqliteStore
from gateway.admin import misses, reports
from gateway.admin.wire import written
from gateway.app import create_app
from gateway.commands import ask, console
from gateway.logs import JsonLines, TextLines
from gateway.ports import Draft, Entry, TurnQuery, TurnRecord
from gateway.settings import MatchSettings, ModelSettings, Settings, StoreSettings
from gateway.shell.clips import ClipCache
from gateway.shell.observe import LiveCall, Records
from gateway.shell.runner import Runner
from gateway.shell.tenants import Serving
from intents.decision import Context, Decision
from intents.learning.calibration import Aim
from intents.learning.knowledge import Item, Knowledge, background
from intents.matcher import Matcher
from intents.models import classifier
from intents.models.encoder import Encoder
from intents.text.spoken import canonical
from intents.turns.controls import interruption
from tests.admin.truth import Client
from tests.fakes import FakeWire, threads_in_virtual_time
from tests.house import PCM16K, House, open_house
from tests.stored import clip, put_clips

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

TOKEN = "s3cret-for-the-tests"
HERE = "http://localhost"
"""A name of the server's."""
DATA = guard_sets.SEEN.parent
SEEDED = {"must_pass": 2, "must_veto": 2, "paraphrases": 1, "later_paraphrases": 1}
SEEDED |= {"later_opposites": 1, "entries": 0, "catalogue": 0}
SEEDED |= {"reading": 0, "sound": 0, "sentences": 0}
"""Column of each file beside the sets which holds the question that is seeded."""
AT_ONCE = 100
"""Texts that ``ask`` takes in a list."""
WRITTEN = 500
"""Turns written to the store at once."""


@dataclass(frozen=True)
class Made:
    """A decision of the server's."""

    tenant: str
    text: str
    decision: Decision


@dataclass(frozen=True)
class Server:
    """A running server, and what it has decided."""

    client: Client
    store: SqliteStore
    serving: Mapping[str, Serving]
    made: Sequence[Made]
    answers: Sequence[dict[str, Any]]
    """Of ``POST /ask``, in the order of ``made``."""


def sets() -> dict[str, dict[str, list[str]]]:
    """Tenant -> its questions -> texts to ask; no line twice."""
    found: dict[str, dict[str, list[str]]] = {}
    lines: set[tuple[str, ...]] = set()

    def add(tenant: str, seeded: str, *texts: str) -> None:
        if (seeded, *texts) not in lines and canonical(seeded):
            lines.add((seeded, *texts))
            found.setdefault(tenant, {}).setdefault(canonical(seeded), []).extend(
                filter(None, texts)
            )

    for folder in sorted({guard_sets.SEEN, *guard_sets.HELD_OUT.parent.glob("guards*")}):
        for case in guard_sets.read(folder):
            add(
                f"{folder.parents[1].name}-{folder.name}-{case.guard}",
                case.seeded,
                case.same,
                case.other,
            )
    for file in DATA.glob("*.txt"):
        for line in file.read_text("utf-8").splitlines():
            parts = [part.strip() for part in line.split("|")]
            if line.strip() and not line.startswith("#"):
                add(file.stem, parts[SEEDED[file.stem]].split(" / ")[0], *parts)
    return found


def draft(tenant: str, questions: Sequence[str], small: Knowledge, encoder: Encoder) -> Draft:
    """A catalogue with an entry for each question, as sure of itself as the small one:
    rehearsing all sets would take minutes, and only figures would come of it."""
    entries = tuple(
        Entry(id=f"e{n}", intent=f"i{n}", questions=(question,), answer="So it is.")
        for n, question in enumerate(questions)
    )
    vectors = encoder.embed(questions)
    labels = np.arange(len(questions), dtype=np.intp)
    _, others = background(encoder, vectors)
    knowledge = replace(
        small,
        items=tuple(Item(id=one.id, intent=one.intent, questions=one.questions) for one in entries),
        vectors=vectors,
        rows=tuple((n, 0) for n in range(len(questions))),
        model=classifier.fit(vectors, labels, len(questions), others),
        raised={},
    )
    clips = {f"entry:{one.id}": clip(one.answer) for one in entries}
    clips |= {f"label:{one.id}": clip(one.answer) for one in entries}
    clips |= {f"line:{name}": clip(name) for name in ("handoff", "clarify", "clarify_or")}
    blob = knowledge.to_bytes()
    return Draft(tenant=tenant, entries=entries, clips=clips, knowledge=blob, summary={}, source="")


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path, encoder: Encoder
) -> Iterator[Server]:
    """Every set a tenant, all its texts asked in lists of a hundred; some 40 s."""
    folder = tmp_path_factory.mktemp("decisions") / "store"
    store = SqliteStore(folder)
    asked = sets()
    usual = guard_sets.read(guard_sets.HELD_OUT)[:40]
    small = Knowledge.build(
        [Item(id=one.seeded, intent=one.seeded, questions=(one.seeded,)) for one in usual],
        encoder,
        aim=Aim(0.01),
    )
    settings = Settings(
        store=StoreSettings(url=f"sqlite:///{folder}"),
        model=ModelSettings(folder=str(model_folder)),
        match=MatchSettings(adapt=False),
    )
    made: list[Made] = []
    answers: list[dict[str, Any]] = []
    match = Matcher.match

    def noted(self: Matcher, text: str, *, final: bool, context: Context) -> Decision:
        decision = match(self, text, final=final, context=context)
        made.append(Made(tenant, text, decision))
        return decision

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classifier, "MAX_CLASSES", 1)  # fitting them takes half a minute
        for tenant, questions in asked.items():
            one = draft(tenant, list(questions), small, encoder)
            put_clips(store, one)
            store.publish(one)
        patch.setattr(app, "Encoder", lambda folder, threads: encoder)
        made_app = create_app(settings, admin_token=TOKEN)
        with TestClient(made_app, HERE) as http:
            client = Client(http, TOKEN)
            patch.setattr(Matcher, "match", noted)
            for tenant, questions in asked.items():
                texts = list(dict.fromkeys(text for each in questions.values() for text in each))
                for at in range(0, len(texts), AT_ONCE):
                    body = {"tenant": tenant, "texts": texts[at : at + AT_ONCE]}
                    answers += client.send("POST", "/ask", body)
            patch.setattr(Matcher, "match", match)
            tenants = made_app.state.frontline.services.tenants
            serving = {tenant: tenants._serving[tenant] for tenant in asked}
            yield Server(client, store, serving, made, answers)
    store.close()


def kinds(made: Sequence[Made]) -> list[Made]:
    """One of each kind: path, guards, and what they are worth."""
    found: dict[object, Made] = {}
    for one in made:
        vetoes = frozenset((veto.guard, veto.told) for veto in one.decision.vetoes)
        clarify = len(one.decision.clarify or ())
        found.setdefault((one.decision.kind, clarify, vetoes, one.decision.confirmed), one)
    return list(found.values())


def test_the_sets_make_decisions_of_every_kind(server: Server) -> None:
    assert len(server.made) == len(server.answers) >= 8000
    assert {one.decision.kind.value for one in server.made} == {
        "answer",
        "clarify",
        "miss",
        "route",
    }
    vetoes = [veto for one in server.made for veto in one.decision.vetoes]
    told = {veto.guard for veto in vetoes if veto.told}
    assert told == {"numbers", "quantity", "kind", "names", "double", "personal", "elliptic"}
    assert {veto.guard for veto in vetoes if not veto.told} >= {"polarity", "direction", "reading"}


def test_asking_shows_every_decision(server: Server) -> None:
    for one, answer in zip(server.made, server.answers, strict=True):
        vetoes = [(veto.guard, veto.entry, veto.reason) for veto in one.decision.vetoes]
        assert [tuple(veto.values()) for veto in answer["vetoes"]] == vetoes
        assert answer["reason"] == one.decision.reason
    for one in kinds(server.made):
        answer = server.client.send("POST", "/ask", {"tenant": one.tenant, "text": one.text})
        assert answer["reason"] == one.decision.reason


def test_frontline_ask_prints_every_decision(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    for one in server.made:
        printed = ask.explained(one.decision, server.serving[one.tenant], one.text, 1.0)
        console.dump(printed)
        assert json.loads(capsys.readouterr().out) == printed
    for one in kinds(server.made):
        ask.show(ask.explained(one.decision, server.serving[one.tenant], one.text, 1.0))
        assert capsys.readouterr().out


class Lines(logging.Handler):
    """Writes every record as both kinds of log line."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[dict[str, object]] = []

    def emit(self, record: logging.LogRecord) -> None:
        assert "\n" not in TextLines().format(record)
        self.written.append(json.loads(JsonLines().format(record)))


class Remembered:
    """A matcher that says again what the server's has said."""

    def __init__(self, decision: Decision) -> None:
        self.decision = decision

    def match(self, text: str, *, final: bool, context: Context) -> Decision:
        return self.decision


async def call(house: House, number: int, serving: Serving, one: Made) -> list[dict[str, Any]]:
    """A native call in which that is said; what the client is told of decisions."""
    matcher = cast(Matcher, Remembered(one.decision))
    house.services.tenants._serving[one.tenant] = replace(serving, matcher=matcher)
    wire = FakeWire()
    live = LiveCall(f"c{number}", one.tenant, "native", 0.0)
    runner = Runner(house.services, live, wire, PCM16K, None, lambda reason: None)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(runner.outbox.run())
        runner.start()
        runner.final(one.text)
        for wait in (0.01, 1.0, 10.0):  # what breaks off is given time to go on
            await asyncio.sleep(wait)
            if wire.told("decision"):
                break
        runner.hang_up()
    return wire.told("decision")


@pytest.mark.anyio
async def test_calls_the_log_and_the_store_carry_every_decision(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = Lines()
    logger = logging.getLogger("frontline.turn")
    monkeypatch.setattr(logger, "handlers", [lines])
    monkeypatch.setattr(logger, "level", logging.INFO)
    monkeypatch.setattr(logger, "propagate", False)
    house = open_house()
    records = house.services.records = Records(server.store, house.observer)
    house.services.clips = ClipCache(server.store, house.services.background, message_ms=40)
    decided = 0
    with threads_in_virtual_time(monkeypatch):
        for number, one in enumerate(server.made):
            for told in await call(house, number, server.serving[one.tenant], one):
                assert told["path"] in ("cache", "clarify", "route", "handoff")
                assert told.get("question", "") == one.decision.question
                decided += 1
            if number % WRITTEN == 0:
                await records.flush()
        await records.flush()
        await house.services.background.close()
    waiting = sum(interruption(one.text) for one in server.made)  # "hold on": no turn is taken
    assert decided >= len(server.made) - waiting
    turns = house.observer.turns
    assert len(turns) == len(lines.written), "one of each account: a hang-up makes another"
    as_stored(server, turns)


def as_stored(server: Server, turns: Sequence[TurnRecord]) -> None:
    """Assert that every turn is read back, and answered by every route that shows turns."""
    assert len({turn.id for turn in turns}) == len(server.made)
    kept = {turn.id: json.loads(json.dumps(turn.evidence)) for turn in turns}
    read: list[TurnRecord] = []
    while page := server.store.turns(TurnQuery(before=read[-1].id if read else "", limit=500)):
        read += page
    assert {turn.id: turn.evidence for turn in read} == kept
    for turn in read:
        shown = json.loads(bytes(written(reports.shown(turn)).body))
        assert shown["evidence"] == kept[turn.id]
    listed = pages(server.client, "turns")
    assert listed == [turn.id for turn in read]
    missed = pages(server.client, "misses", open="false")
    assert missed == [turn.id for turn in read if misses.missed(turn)]
    for one in kinds(server.made):
        name = f"c{server.made.index(one)}-1"
        assert server.client.get(f"/turns/{name}")["evidence"] == kept[name]


def pages(client: Client, path: str, **query: str) -> list[str]:
    """Ids on all pages of a list."""
    found: list[str] = []
    before = ""
    while True:
        page = client.get(f"/{path}", tenant="*", limit=500, before=before, **query)
        found += [one["id"] for one in page[path]]
        before = page["next"]
        if not before:
            return found
