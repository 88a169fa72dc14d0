"""A tiny call centre made of fakes: three entries, tones for clips, a matcher that knows them.

    house = open_house()                       # needs a running loop
    async with house.call() as call:           # the caller's side in memory
        call.runner.final("when do you open")

The fakes record what they are asked and can be told to be slow, wrong or dead.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

from gateway.core.policy import Policy
from gateway.errors import FrontlineError, NotFound
from gateway.ports.records import TurnRecord
from gateway.ports.sound import WIRE_FORMATS, AudioFormat, Clip, ClipAudio, Encoding
from gateway.ports.store import Catalogue, Entry, Store
from gateway.shell.call.observe import LiveCall, RecordWriter
from gateway.shell.call.runner import Runner
from gateway.shell.call.services import Services
from gateway.shell.catalogue.expecting import Expecting
from gateway.shell.catalogue.matching import MatchRequest, MatchService
from gateway.shell.catalogue.mending import Mending
from gateway.shell.catalogue.tenants import Serving, Tenants, system_lines
from gateway.shell.process.background import Background
from gateway.shell.sound.clips import ClipCache
from gateway.shell.sound.playout import Pacing
from gateway.transports.native import NativeDialect
from intents.decision import NO_CONTEXT, Context, Decision, Kind
from intents.matcher import Matcher
from intents.models.encoder import Encoder
from intents.turns.continuations import Continuations
from tests.support.fakes import (
    FakeDetector,
    FakeObserver,
    FakeTranscriber,
    FakeTranscription,
    FakeWire,
)

PCM16K = AudioFormat(Encoding.PCM, 16000)
ENTRIES = (
    Entry(id="hours", intent="opening", questions=("when do you open",), answer="At nine."),
    Entry(id="holidays", intent="opening", questions=("when are holidays",), answer="In May."),
    Entry(id="balance", intent="account", questions=("my balance",), answer="", action="transfer"),
)
LENGTHS = {
    "entry:hours": 1000,
    "entry:holidays": 500,
    "label:hours": 200,
    "label:holidays": 200,
    **{f"line:{name}": 300 for name in ("handoff", "clarify", "clarify_or", "not_understood")},
    "line:not_understood_again": 300,
    **{f"line:{name}": 200 for name in ("nothing_to_repeat", "goodbye", "failure", "still_there")},
}
"""Milliseconds of each clip."""


def clip(key: str, length: int, text: str = "") -> Clip:
    return Clip(
        text=text or f"<{key}>", voice="en", model="tone/1", settings="{}", duration_ms=length
    )


def tone(form: AudioFormat, length: int) -> bytes:
    """So many ms of a payload; for opus, packets that only look like some."""
    if form.encoding is Encoding.OPUS:
        return b"\x00\x03\xff\xfe\xfd" * math.ceil(length / 20)
    step = b"\x10\x20" if form.encoding is Encoding.PCM else b"\x10"
    return step * (form.bytes_per_ms * length // len(step))


def catalogue(number: int = 1, *, tenant: str = "default", **lengths: int) -> Catalogue:
    """The three entries; ``greeting=300`` adds a line, ``hours=0`` leaves a clip out."""
    clips = dict(LENGTHS)
    for name, length in lengths.items():
        clips[f"entry:{name}" if f"entry:{name}" in clips else f"line:{name}"] = length
    return Catalogue(
        tenant=tenant,
        number=number,
        created="2026-01-01T00:00:00Z",
        entries=ENTRIES,
        clips={
            key: clip(key, length, f"<{key} {number}>") for key, length in clips.items() if length
        },
        knowledge=b"",
        summary={},
        source="test",
    )


class FakeStore:
    """``ports.Store`` in dictionaries. ``broken`` makes every method raise it."""

    def __init__(self) -> None:
        self.catalogues: dict[str, list[Catalogue]] = {}
        self.live: dict[str, int] = {}
        self.clips: dict[str, ClipAudio] = {}
        self.written: list[list[TurnRecord]] = []
        self.reads: list[str] = []
        self.loads: list[tuple[str, int | None]] = []
        self.broken: FrontlineError | None = None

    def _check(self) -> None:
        if self.broken is not None:
            raise self.broken

    def put_catalogue(self, one: Catalogue) -> None:
        """Publish it with all its clips."""
        self.catalogues.setdefault(one.tenant, []).append(one)
        self.live[one.tenant] = one.number
        for each in one.clips.values():
            for form in WIRE_FORMATS:
                audio = ClipAudio(tone(form, each.duration_ms), each.duration_ms)
                self.clips[each.name(form)] = audio

    def tenants(self) -> list[str]:
        self._check()
        return list(self.live)

    def live_number(self, tenant: str) -> int | None:
        self._check()
        return self.live.get(tenant)

    def load(self, tenant: str, number: int | None = None) -> Catalogue:
        self._check()
        self.loads.append((tenant, number))
        for one in self.catalogues.get(tenant, []):
            if one.number == number:
                return one
        raise NotFound(f"no catalogue {number} of {tenant}")

    def has(self, names: Sequence[str]) -> set[str]:
        self._check()
        return {name for name in names if name in self.clips}

    def put(self, name: str, audio: ClipAudio) -> None:
        self._check()
        self.clips[name] = audio

    def get(self, name: str) -> ClipAudio | None:
        self._check()
        self.reads.append(name)
        return self.clips.get(name)

    def write(self, turns: Sequence[TurnRecord], known: Collection[str] = ()) -> None:
        self._check()
        self.written.append(list(turns))


class FakeMatcher:
    """Answers by text, but for case and a question mark; anything else is a miss."""

    def __init__(self, answers: Mapping[str, Decision] | None = None) -> None:
        self.answers = dict(answers if answers is not None else ANSWERS)
        self.asked: list[tuple[str, bool, Context]] = []
        self.before: Callable[[str], None] = lambda text: None
        """Called in the matching thread before each answer."""

    def match(self, text: str, *, final: bool, context: Context = NO_CONTEXT) -> Decision:
        self.asked.append((text, final, context))
        self.before(text)
        return self.answers.get(
            text.lower().rstrip("?"), Decision(kind=Kind.MISS, reason="nothing near")
        )


def answer(entry: str, **fields: Any) -> Decision:
    question = f"{entry}?"
    return Decision(kind=Kind.ANSWER, entry=entry, question=question, confidence=0.95, **fields)


ANSWERS = {
    "when do you open": answer("hours"),
    "when are holidays": answer("holidays"),
    "the first one": answer("hours"),
    "tell me the times": Decision(kind=Kind.CLARIFY, clarify=("hours", "holidays"), confidence=0.5),
    "my balance": Decision(kind=Kind.ROUTE, entry="balance", action="transfer", confidence=0.9),
    "repeat that": Decision(kind=Kind.ROUTE, action="control:repeat", confidence=1.0),
    "goodbye": Decision(kind=Kind.ROUTE, action="control:goodbye", confidence=1.0),
    "stop": Decision(kind=Kind.ROUTE, action="control:stop", confidence=1.0),
}


class TimedMatching(MatchService):
    """The matching thread's stand-in for virtual time: an answer takes ``takes`` seconds."""

    def __init__(self, takes: float = 0.003) -> None:
        self.takes = takes
        self.questions: list[MatchRequest] = []
        self.forgotten: list[str] = []
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def ask(self, question: MatchRequest) -> None:
        loop = asyncio.get_running_loop()
        self.questions.append(question)
        loop.call_later(self.takes, self._answer, question, self.takes)

    def _answer(self, question: MatchRequest, took: float) -> None:
        matcher = question.matcher
        decision = matcher.match(question.text, final=question.final, context=question.context)
        question.answer(decision, took)

    def forget(self, call_id: str) -> None:
        self.forgotten.append(call_id)

    def close(self) -> None:
        """There is no thread."""


@dataclass
class Dialled:
    """The caller's side of a call in memory."""

    runner: Runner
    wire: FakeWire
    live: LiveCall
    transcription: FakeTranscription | None
    reasons: list[str]
    """Why the call ended itself."""

    @property
    def state(self) -> str:
        return self.runner._core.state.name


@dataclass
class House:
    """The fakes and the services made of them."""

    services: Services
    store: FakeStore
    matcher: FakeMatcher
    observer: FakeObserver
    transcriber: FakeTranscriber

    def publish(self, one: Catalogue) -> Serving:
        """Live at once."""
        self.store.put_catalogue(one)
        self.services.tenants._serving[one.tenant] = made = serving(one, self.matcher)
        return made

    @contextlib.asynccontextmanager
    async def call(
        self, *, stt: bool = False, form: AudioFormat = PCM16K, wire: FakeWire | None = None
    ) -> AsyncIterator[Dialled]:
        """A call that is hung up at the end, with all its tasks."""
        wire = wire or FakeWire()
        transcription = FakeTranscription() if stt else None
        live = LiveCall("c1", "default", "native", 0.0)
        reasons: list[str] = []
        runner = Runner(
            self.services, live, wire, NativeDialect(form), transcription, reasons.append
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(runner.outbox.run())
            tasks.create_task(runner.listen())
            runner.start()
            yield Dialled(runner, wire, live, transcription, reasons)
            runner.hang_up()
            if transcription is not None:
                await transcription.close()
        await self.services.background.close()


def serving(one: Catalogue, matcher: FakeMatcher) -> Serving:
    """A catalogue that needs no model."""
    lines = system_lines(one)
    dated = tuple(entry for entry in one.entries if entry.valid_from or entry.valid_until)
    entries = {entry.id: entry for entry in one.entries}
    questions = (text for entry in one.entries for text in entry.questions)
    continuations = Continuations(questions)
    terms = ("Hadley Street",)
    return Serving(one, cast(Matcher, matcher), entries, lines, dated, continuations, terms)


def open_house(
    *, policy: Policy | None = None, pacing: Pacing | None = None, real: bool = False, **fields: Any
) -> House:
    """A house with one tenant. ``real``: with the matching thread, for tests in real time."""
    store, observer, background = FakeStore(), FakeObserver(), Background()
    transcriber = FakeTranscriber()
    tenants = Tenants(cast(Store, store), cast(Encoder, SimpleNamespace()))
    services = Services(
        store=cast(Store, store),
        tenants=tenants,
        clips=ClipCache(cast(Store, store), background, message_ms=40),
        mending=Mending(cast(Store, store), tenants, observer),
        expecting=Expecting(cast(Store, store), tenants, observer, pinned=True),
        matching=MatchService() if real else TimedMatching(),
        records=RecordWriter(cast(Store, store), observer),
        observer=observer,
        background=background,
        transcriber=transcriber,
        detector=FakeDetector,
        policy=policy or Policy(),
        pacing=pacing or Pacing(),
        **fields,
    )
    house = House(services, store, FakeMatcher(), observer, transcriber)
    house.publish(catalogue())
    return house
