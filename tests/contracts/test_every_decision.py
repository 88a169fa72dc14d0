"""Every decision on every text of every guard set, through all that can carry one.

A decision crosses many borders: answers of the admin API, messages of a call, the log, the store
and back, what commands print. What the guards have to say is their own business, so the values are
drawn from them and none is made up. Whole sets are tenants of a running server, their seeded
questions its entries, and all their texts are asked of it. Of the other sets, for which the model
would take minutes, the guards are asked what they have against each text's own question.
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
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bench import guard_sets
from gateway.adapters.store import SqliteStore
from gateway.admin import asking, misses, reports
from gateway.admin.wire import written
from gateway.commands import ask, console
from gateway.core import actions
from gateway.core.actions import CloseTurn
from gateway.core.events import Utterance
from gateway.logs import JsonLines, TextLines
from gateway.ports.records import TurnQuery, TurnRecord
from gateway.ports.store import Draft, Entry
from gateway.settings.match import MatchSettings
from gateway.settings.store import ModelSettings, StoreSettings
from gateway.settings.whole import Settings
from gateway.shell.call.observe import LiveCall, RecordWriter
from gateway.shell.call.recording import Recorder
from gateway.shell.call.runner import Runner
from gateway.shell.catalogue.routing import Routing
from gateway.shell.catalogue.tenants import Serving
from gateway.shell.catalogue.verdicts import judge
from gateway.shell.sound.clips import ClipCache
from gateway.transports.native import NativeDialect
from gateway.wiring import app
from gateway.wiring.app import create_app
from intents.decision import Candidate, Context, Decision, Kind
from intents.guards.applied.registry import GUARDS
from intents.guards.applied.vetoes import of_entry
from intents.guards.entry.guard import Scope
from intents.guards.entry.naming import Names
from intents.learning.background import background
from intents.learning.calibration import Aim
from intents.learning.knowledge import Item, Knowledge
from intents.matcher import Matcher
from intents.models import classifier
from intents.models.encoder import Encoder
from intents.text.spoken import canonical
from intents.turns.controls import interruption
from tests.admin.truth import Client
from tests.support.fakes import FakeWire, threads_in_virtual_time
from tests.support.house import PCM16K, House, open_house
from tests.support.stored import clip, put_clips

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

TOKEN = "s3cret-for-the-tests"
HERE = "http://localhost"
"""A name of the server's."""
DATA = guard_sets.SEEN.parent
SEEDED = {"must_pass": 2, "must_veto": 2, "paraphrases": 1, "later_paraphrases": 1}
SEEDED |= {"later_opposites": 1, "entries": 0, "catalogue": 0}
SEEDED |= {"likeness": 0, "sentences": 0}
"""Column of each file beside the sets which holds the question that is seeded."""
SERVED = ("bench-guards_sixth-", "must_veto")
"""Sets that are asked of the server, by how they begin: every guard has its own in the first."""
ROUTED = 20
"""One of that many entries is routed to a person."""
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
    vetoed: Sequence[Made]
    """What the guards have against all texts of all sets."""

    @property
    def all(self) -> list[Made]:
        return [*self.made, *self.vetoed]


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
        Entry(
            id=f"e{n}",
            intent=f"i{n}",
            questions=(question,),
            answer="So it is.",
            action="transfer" if n % ROUTED == 0 else "",
        )
        for n, question in enumerate(questions)
    )
    vectors = encoder.embed(questions)
    labels = np.arange(len(questions), dtype=np.intp)
    _, others = background(encoder, vectors)
    knowledge = replace(
        small,
        items=tuple(
            Item(id=one.id, intent=one.intent, questions=one.questions, action=one.action)
            for one in entries
        ),
        vectors=vectors,
        rows=tuple((n, 0) for n in range(len(questions))),
        model=classifier.fit(vectors, labels, len(questions), others),
        curve=tuple(replace(point, raised={}) for point in small.curve),
    )
    clips = {f"entry:{one.id}": clip(one.answer) for one in entries}
    clips |= {f"label:{one.id}": clip(one.answer) for one in entries}
    clips |= {f"line:{name}": clip(name) for name in ("handoff", "clarify", "clarify_or")}
    blob = knowledge.to_bytes()
    return Draft(tenant=tenant, entries=entries, clips=clips, knowledge=blob, summary={}, source="")


def guarded(asked: Mapping[str, Mapping[str, Sequence[str]]], served: int) -> Iterator[Made]:
    """A decision for each text that a guard keeps from its question's answer; about one of as many
    entries as are served."""
    for questions in asked.values():
        names = Names((question, number) for number, question in enumerate(questions))
        for number, (question, texts) in enumerate(questions.items()):
            entry = Candidate(
                id=f"e{number % served}",
                intent=f"i{number % served}",
                question=question,
                similarity=0.75,
                probability=0.5,
            )
            for text in texts:
                vetoes = of_entry(canonical(text), [question], entry=entry.id, names=names)
                if vetoes:
                    reason = vetoes[0].reason
                    against = Decision(
                        kind=Kind.MISS, candidates=(entry,), vetoes=vetoes, reason=reason
                    )
                    yield Made("", text, against)


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path, encoder: Encoder
) -> Iterator[Server]:
    """Takes 20 s."""
    folder = tmp_path_factory.mktemp("decisions") / "store"
    store = SqliteStore(folder)
    everything = sets()
    asked = {name: one for name, one in everything.items() if name.startswith(SERVED)}
    tenant = next(iter(asked))
    vetoed = [replace(one, tenant=tenant) for one in guarded(everything, len(asked[tenant]))]
    usual = guard_sets.read(guard_sets.HELD_OUT)[:40]
    small = Knowledge.build(
        [Item(id=one.seeded, intent=one.seeded, questions=(one.seeded,)) for one in usual],
        encoder,
        aim=Aim(0.01),
    )
    settings = Settings(
        store=StoreSettings(url=f"sqlite:///{folder}"),
        model=ModelSettings(folder=str(model_folder)),
        match=MatchSettings(train="never"),
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
        with TestClient(create_app(settings, admin_token=TOKEN), HERE) as http:
            client = Client(http, TOKEN)
            patch.setattr(Matcher, "match", noted)
            for tenant, questions in asked.items():
                texts = list(dict.fromkeys(text for each in questions.values() for text in each))
                for at in range(0, len(texts), AT_ONCE):
                    body = {"tenant": tenant, "texts": texts[at : at + AT_ONCE]}
                    answers += client.send("POST", "/ask", body)
            patch.setattr(Matcher, "match", match)
            tenants = cast(Starlette, http.app).state.frontline.services.tenants
            serving = {tenant: tenants._serving[tenant] for tenant in asked}
            yield Server(client, store, serving, made, answers, vetoed)
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
    assert len(server.made) == len(server.answers) >= 1300
    assert len(server.vetoed) >= 3100
    assert {one.decision.kind for one in server.made} == set(Kind)
    of_words = {name for name, one in GUARDS.items() if one.scope is not Scope.CANDIDATE}
    assert of_words == {veto.guard for one in server.vetoed for veto in one.decision.vetoes}
    vetoes = [veto for one in server.made for veto in one.decision.vetoes]
    told = {veto.guard for veto in vetoes if veto.told}
    assert told == {"asked", "numbers", "polarity"}
    untold = {veto.guard for veto in vetoes if not veto.told}
    assert untold == {"wording", "direction", "personal", "double"}


def test_asking_shows_every_decision(server: Server) -> None:
    for one, answer in zip(server.made, server.answers, strict=True):
        vetoes = [(veto.guard, veto.entry, veto.reason) for veto in one.decision.vetoes]
        assert [tuple(veto.values()) for veto in answer["vetoes"]] == vetoes
        assert answer["reason"] == one.decision.reason
    for one in server.vetoed:
        served = asking.shown(one.decision, server.serving[one.tenant], 1.0)
        reasons = [veto["reason"] for veto in json.loads(bytes(written(served).body))["vetoes"]]
        assert reasons == [veto.reason for veto in one.decision.vetoes]
    for one in kinds(server.made):
        answer = server.client.send("POST", "/ask", {"tenant": one.tenant, "text": one.text})
        assert answer["reason"] == one.decision.reason


def test_frontline_ask_prints_every_decision(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    for one in server.all:
        printed = ask.explained(one.decision, server.serving[one.tenant], one.text, 1.0)
        console.dump(printed)
        assert json.loads(capsys.readouterr().out) == printed
    for one in kinds(server.all):
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
    runner = Runner(house.services, live, wire, NativeDialect(PCM16K), None, lambda reason: None)
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


def recorded(call: str, serving: Serving, one: Made) -> TurnRecord:
    """The turn's record, as a call would make it."""
    verdict = judge(one.decision, serving, Routing(), 0.001, one.text)
    said = Utterance(text=one.text, canonical=canonical(one.text))
    closed = CloseTurn(
        turn=1, path=actions.Path.HANDOFF, utterance=said, verdict=verdict, decided_on="final"
    )
    live = LiveCall(call, one.tenant, "native", 0.0)
    return Recorder(live).record(closed, {"ttfa_ms": 1.0})


@pytest.mark.anyio
async def test_calls_the_log_and_the_store_carry_every_decision(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lines = Lines()
    logger = logging.getLogger("frontline.turn")
    monkeypatch.setattr(logger, "handlers", [lines])
    # A level that is only assigned leaves what the logger remembers of the one before.
    caplog.set_level(logging.INFO, logger.name)
    monkeypatch.setattr(logger, "propagate", False)
    house = open_house()
    records = house.services.records = RecordWriter(server.store, house.observer)
    house.services.clips = ClipCache(server.store, house.services.background, message_ms=40)
    decided = 0
    with threads_in_virtual_time(monkeypatch):
        calls = [*server.made, *kinds(server.vetoed)]
        for number, one in enumerate(calls):
            for told in await call(house, number, server.serving[one.tenant], one):
                assert told["path"] in ("cache", "clarify", "route", "handoff")
                assert told.get("question", "") == one.decision.question
                decided += 1
            if number % WRITTEN == 0:
                await records.flush()
        for number, one in enumerate(server.vetoed):
            records.add(recorded(f"v{number}", server.serving[one.tenant], one))
            if number % WRITTEN == 0:
                await records.flush()
        await records.flush()
        await house.services.background.close()
    waiting = sum(interruption(one.text) for one in calls)  # "hold on": no turn is taken
    assert decided >= len(calls) - waiting
    turns = house.observer.turns
    assert len({turn.id for turn in turns}) == len(calls) + len(server.vetoed)
    assert len(turns) == len(lines.written), "one of each account: a hang-up makes another"
    as_stored(server, turns)


def as_stored(server: Server, turns: Sequence[TurnRecord]) -> None:
    """Assert that every turn is read back, and answered by every route that shows turns."""
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
