"""Observation of calls: one record and one log line a turn, never in the way."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from gateway.core.felt import Felt
from gateway.errors import FrontlineError
from gateway.ports.agents import AgentPiece
from gateway.ports.records import MAX_REPLY, FirstPiece, TurnRecord
from gateway.ports.store import RecordStore
from gateway.privacy.redactor import Redactor, general

log = logging.getLogger("frontline.turn")

T = TypeVar("T")

QUEUE = 2000
"""Records waiting for the store. When it is full the oldest are lost and counted."""

REMEMBERED = 1000
"""Turns, and replies, that wait for each other; the older ones are forgotten. A reply ends seconds
after its turn's record was made, and a call has one turn at a time."""

FLUSH = 0.25
"""Seconds between two writes."""


class Observer(Protocol):
    """The counter of what happens. Called on the event loop; must not block."""

    def call_started(self) -> None: ...
    def call_ended(self, seconds: float) -> None: ...
    def matched(self, seconds: float, *, final: bool) -> None: ...
    def turn_closed(self, record: TurnRecord) -> None: ...
    def felt(self, felt: Felt) -> None: ...
    def lost(self, what: str, count: int) -> None: ...


@dataclass(slots=True)
class LiveCall:
    """A call in progress, as the admin page lists it."""

    id: str
    tenant: str
    transport: str
    since: float
    """Unix seconds."""
    turns: int = 0
    state: str = ""
    caller: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The client's or carrier's account of the person who is calling. For tools alone: kept
    nowhere."""
    locale: str = ""
    """The language that the client names, if it does."""


class RecordWriter:
    """Turns on their way to the store, written in batches in a thread. A turn that was written, and
    is written again when its answer is cut short, is only changed: it may be purged meanwhile."""

    def __init__(
        self,
        store: RecordStore,
        observer: Observer,
        stood_still: Callable[[float], float] | None = None,
        redactor: Callable[[str], Redactor] = lambda _: general(),
        *,
        keep_text: bool = True,
        counted: Callable[[str], None] = lambda _: None,
        stored: Callable[[TurnRecord], None] = lambda _: None,
    ) -> None:
        """``stood_still``: for how many of the last so many seconds the event loop did.
        ``redactor``: a tenant's. Without ``keep_text`` nothing that was said is kept. ``counted``:
        told the tenant of each turn, once. ``stored``: told of each turn once it is, without
        personal data, in the thread that wrote it."""
        self.keep_text = keep_text
        self._counted = counted
        self._redactor = redactor
        self._store = store
        self._observer = observer
        self._told = stored
        self._stood_still = stood_still
        self._waiting: deque[TurnRecord] = deque()
        self._recent: OrderedDict[str, TurnRecord] = OrderedDict()
        self._replies: OrderedDict[str, tuple[str, str]] = OrderedDict()  # and the entry it used
        self._requests: OrderedDict[str, str] = OrderedDict()
        self._begun: OrderedDict[str, dict[str, object]] = OrderedDict()
        self._stored: OrderedDict[str, None] = OrderedDict()

    def add(self, record: TurnRecord) -> None:
        """Keep a turn. A record of the same turn replaces the one before."""
        record = self._with_stalls(record)
        if record.id not in self._recent:
            self._counted(record.tenant)
        _remember(self._recent, record.id, record)
        self._queue(self._with_reply(record))
        self._observer.turn_closed(record)
        log.info(
            "turn",
            extra={
                "call": record.call_id,
                "turn": record.turn,
                "tenant": record.tenant,
                "path": record.path,
                "entry": record.entry,
                "confidence": round(record.confidence, 3),
                "decided_on": record.decided_on,
                "catalogue": record.catalogue,
                "interrupted": record.interrupted,
                "ttfa_ms": record.timeline.get("ttfa_ms"),
            },
        )

    def _with_stalls(self, record: TurnRecord) -> TurnRecord:
        """Add to the record how long the event loop stood still while the caller waited: evidence,
        not a contribution, since nobody can tell what would have come sooner without."""
        ttfa = record.timeline.get("ttfa_ms")
        before = self._recent.get(record.id)
        if before is not None and "ttfa_ms" in before.timeline:  # known since its sound began
            stall = before.evidence.get("stall_ms", 0.0)
        elif ttfa is None or self._stood_still is None:
            return record
        else:
            stall = round(self._stood_still(ttfa / 1000) * 1000, 1)
        return replace(record, evidence={**record.evidence, "stall_ms": stall}) if stall else record

    def replied(self, turn: str, text: str, used: str = "") -> None:
        """Add the agent's whole reply to the turn of that id, and the entry whose answer it is,
        nearly word for word. It may come before the turn's record or after it; personal data is
        removed on the way to the store."""
        kept = text[: 2 * MAX_REPLY] if self.keep_text else ""
        if not (kept or used):
            return
        _remember(self._replies, turn, (kept, used))
        if (record := self._recent.get(turn)) is not None:
            self._queue(self._with_reply(record))

    def _with_reply(self, record: TurnRecord) -> TurnRecord:
        reply, used = self._replies.get(record.id, (record.reply, ""))
        evidence = dict(record.evidence)
        if used:
            evidence["used"] = used
        if request := self._requests.get(record.id):
            evidence["request"] = request
        if begun := self._begun.get(record.id):
            evidence["felt"] = {**begun, **evidence.get("felt", {})}
        return replace(record, reply=reply, evidence=evidence)

    def begun(
        self, turn: str, *, model: FirstPiece | None = None, voice: FirstPiece | None = None
    ) -> None:
        """Add how soon a model had words for the turn of that id, or a voice their sound. The first
        of each counts. It is written with the record, or when the reply ends."""
        known = dict(self._begun.get(turn, {}))
        for who, wait, first in (("model", "ttft_ms", model), ("voice", "ttfb_ms", voice)):
            if first is not None and who not in known:
                known |= {who: first.by, wait: round(first.seconds * 1000, 1)}
        _remember(self._begun, turn, known)

    async def heard(
        self,
        turn: str,
        pieces: AsyncIterator[AgentPiece],
        used: Callable[[str], str] = lambda _: "",
    ) -> AsyncGenerator[AgentPiece, None]:
        """The agent's pieces as they come; their text is kept when they end, in whatever way.
        ``used``: the entry whose answer a text says again."""
        said: list[str] = []
        length = 0
        try:
            async for piece in pieces:
                if piece.request:
                    _remember(self._requests, turn, piece.request)
                if piece.first is not None:
                    self.begun(turn, model=piece.first)
                if piece.text and length < 2 * MAX_REPLY:
                    said.append(piece.kept or piece.text)
                    length += len(piece.text)
                yield piece
        finally:
            if said:
                text = "".join(said)
                self.replied(turn, text, used(text))
            if isinstance(pieces, AsyncGenerator):
                await pieces.aclose()

    def _queue(self, record: TurnRecord) -> None:
        if len(self._waiting) >= QUEUE:
            self._waiting.popleft()
            self._observer.lost("records", 1)
        self._waiting.append(record)

    async def run(self) -> None:
        """Write for ever."""
        while True:
            await asyncio.sleep(FLUSH)
            await self.flush()

    async def flush(self) -> None:
        """Write what waits. If the store is down it waits on."""
        batch: Sequence[TurnRecord] = list(self._waiting)
        if not batch:
            return
        known = {record.id for record in batch} & self._stored.keys()
        try:
            await asyncio.to_thread(self._write, batch, known)
        except FrontlineError as error:
            log.warning("turns cannot be stored: %s", error)
            return
        for record in batch:
            _remember(self._stored, record.id, None)
        written = set(map(id, batch))
        while self._waiting and id(self._waiting[0]) in written:
            self._waiting.popleft()

    def _write(self, batch: Sequence[TurnRecord], known: Collection[str]) -> None:
        """Redact and write the batch. This runs in a thread, since a long reply takes milliseconds
        to look through."""
        clean = [self._without_personal_data(record) for record in batch]
        self._store.write(clean, known)
        for record in clean:
            self._told(record)

    def _without_personal_data(self, record: TurnRecord) -> TurnRecord:
        if not record.reply:
            return record
        reply = self._redactor(record.tenant).redact(record.reply)
        return replace(record, reply=reply[:MAX_REPLY])


def _remember(among: OrderedDict[str, T], key: str, value: T) -> None:
    among[key] = value
    among.move_to_end(key)
    if len(among) > REMEMBERED:
        among.popitem(last=False)
