"""The callers of ``load``, in a process of their own, and what they tell of as it happens.

Open loop: every caller has a turn each ``TURN`` seconds from an instant drawn beforehand, whatever
comes back, and what is late is counted from when the words were to be over. A call has so many
turns; then, or when the caller hangs up in the middle of an answer, comes the caller's next call.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import uvloop
from websockets.exceptions import ConnectionClosed

from bench.load_lines import DOORS, Line, Refused
from bench.load_plan import TURN, Saying, Turn
from tests.support.speech import SpokenClip

BEFORE = 1.0
"""Seconds for a call to open before its first frame."""
TELL = 1.0
"""Seconds between two reports."""
HANGS_UP = 0.8
"""Seconds of the answer after which a caller hangs up."""
WITHIN = 60.0
MOST = 64_000
"""Bytes of an answer that are compared."""


@dataclass(frozen=True, slots=True)
class Orders:
    """The work of a process of callers."""

    url: str
    headers: Mapping[str, str]
    tenant: str
    doors: tuple[str, ...]
    """The n-th caller's is the n-th, again and again."""
    sounds: Mapping[str, SpokenClip]
    """The callers' voice by text; empty: the native door's words."""
    calls: Sequence[Sequence[Turn]]
    """The turns of each call, in the order of their opening, again and again."""
    callers: int
    start: float
    until: float
    """No turn begins later (``time.perf_counter``)."""


@dataclass(slots=True)
class Heard:
    """The answer to something said."""

    at: float
    """The instant at which its words were to be over."""
    kind: str
    door: str
    after: float = 0.0
    """Seconds from there to the first sound of the answer; 0: none came."""
    path: str = ""
    """The way the gateway went, where the door tells."""
    entry: str = ""
    right: bool = True
    """The sound is that of the entry, as far as that is known."""
    stopped: float | None = None
    """Seconds from the voice that cut in until the gateway had the line cleared; below zero: it
    went on."""


@dataclass
class Report:
    """All that has happened since the report before."""

    at: float
    open: int = 0
    opened: int = 0
    refused: int = 0
    cut: int = 0
    hung_up: int = 0
    errors: int = 0
    heard: list[Heard] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    """The latest a caller was in sending something, by call."""
    done: bool = False
    why: str = ""
    """The words of a refusal, or the end of the callers."""


@dataclass
class Callers:
    """The process, and its reports."""

    wire: Connection

    def reports(self) -> list[Report]:
        """Return those that have come so far. Raises if the process has died."""
        found: list[Report] = []
        try:
            while self.wire.poll(0 if found else 0.2):
                found.append(self.wire.recv())
        except EOFError:
            raise RuntimeError("the callers' process has died") from None
        return found


def begin(orders: Orders) -> Callers:
    """Have these calls."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    context.Process(target=_be_callers, args=(theirs,), daemon=True).start()
    theirs.close()  # so that a process that dies is noticed
    if not ours.poll(WITHIN):
        raise RuntimeError("the callers did not come up")
    ours.recv()
    ours.send(orders)
    return Callers(ours)


def _be_callers(wire: Connection) -> None:
    wire.send("up")
    orders: Orders = wire.recv()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(_House(orders, wire.send).run())
        except BaseException as error:  # noqa: BLE001 - told to the process that waits
            wire.send(Report(time.perf_counter(), done=True, why=f"the callers failed: {error!r}"))


class _House:
    """All callers of a process."""

    def __init__(self, orders: Orders, tell: Any) -> None:
        self.orders = orders
        self._tell = tell
        self._next = cycle(orders.calls)
        self._dialling = asyncio.Lock()
        self._number = 0
        self._known: dict[tuple[str, str], bytes] = {}
        self.report = Report(orders.start)
        self.open = 0

    async def run(self) -> None:
        telling = asyncio.get_running_loop().create_task(self._telling())
        async with asyncio.TaskGroup() as tasks:
            for number in range(self.orders.callers):
                tasks.create_task(self._caller(number))
        telling.cancel()
        self._send(done=True)

    async def _telling(self) -> None:
        while True:
            await asyncio.sleep(TELL)
            self._send()

    def _send(self, done: bool = False) -> None:
        told, now = self.report, time.perf_counter()
        self.report = Report(now)
        told.at, told.open, told.done = now, self.open, done
        self._tell(told)

    async def _caller(self, number: int) -> None:
        orders = self.orders
        door = orders.doors[number % len(orders.doors)]
        at = orders.start + TURN * number / orders.callers
        while at < orders.until:
            await asyncio.sleep(max(0.0, at - BEFORE - time.perf_counter()))
            try:
                line, turns = await self._dial(door)
            except Refused as why:
                self.report.refused += 1
                self.report.why = str(why)
                at += TURN
                continue
            self.report.opened += 1
            self.open += 1
            at = await _Talk(self, line, door).have(turns, at, orders.until)
            self.open -= 1

    async def _dial(self, door: str) -> tuple[Line, Sequence[Turn]]:
        """The next call and its turns: the n-th that opens is the n-th of the script."""
        orders = self.orders
        async with self._dialling:
            self._number += 1
            line = DOORS[door](self._number, orders.sounds)
            await line.open(orders.url, orders.headers, orders.tenant)
            return line, next(self._next)

    def right(self, door: str, entry: str, sound: bytes) -> bool:
        """Return whether the sound is what others heard of this entry, as far as both were
        played."""
        before = self._known.setdefault((door, entry), sound)
        size = min(len(before), len(sound))
        if len(sound) > len(before):
            self._known[door, entry] = sound
        return before[:size] == sound[:size]


class _Talk:
    """One call, from the caller's side."""

    def __init__(self, house: _House, line: Line, door: str) -> None:
        self._house = house
        self._line = line
        self._door = door
        self._ear: Heard | None = None
        self._sound = bytearray()
        self._cleared = 0.0
        self._late = 0.0
        line.heard, line.decided, line.cleared = self._hear, self._decide, self._clear
        line.late = self._note_late

    async def have(self, turns: Sequence[Turn], at: float, until: float) -> float:
        """Have the call; the instant at which the caller's next one begins."""
        line, report = self._line, self._house.report
        line.begin(at)
        for turn in turns:
            if at >= until or line.cut:
                break
            await self._turn(turn, at)
            at += TURN
            if turn.kind == "hangup":
                break
        await line.hang_up()
        report = self._house.report
        report.hung_up += not line.cut
        report.refused += line.cut and line.busy
        report.cut += line.cut and not line.busy
        report.errors += line.errors
        report.late.append(self._late)
        return at

    async def _turn(self, turn: Turn, at: float) -> None:
        for saying in turn.sayings:
            over = at + saying.over
            self._cleared = 0.0
            voice = await self._say(saying, over)
            if saying.kind == "barge" and self._ear is not None:
                self._ear.stopped = self._cleared - voice if self._cleared else -1.0
            self._listen_for(saying, over)
        if turn.kind == "hangup":
            while not self._sound and time.perf_counter() < at + TURN - BEFORE:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            await asyncio.sleep(HANGS_UP)
        else:
            await asyncio.sleep(max(0.0, at + TURN - BEFORE / 2 - time.perf_counter()))
        self._settle()

    async def _say(self, saying: Saying, over: float) -> float:
        try:
            return await self._line.say(saying, over)
        except (ConnectionError, ConnectionClosed):
            return over

    def _listen_for(self, saying: Saying, over: float) -> None:
        self._settle()
        self._ear = Heard(over, saying.kind, self._door, entry=saying.entry)

    def _settle(self) -> None:
        """Report the saying before: nothing more is heard of it."""
        ear, self._ear = self._ear, None
        if ear is None or (self._line.cut and not ear.after):
            return  # a call that was cut is counted as such
        if ear.entry and self._sound:
            ear.right = self._house.right(self._door, ear.entry, bytes(self._sound))
        self._sound.clear()
        self._house.report.heard.append(ear)

    def _hear(self, payload: bytes, source: str) -> None:
        ear = self._ear
        if ear is None or source in ("filler", "system"):
            return
        if not ear.after:
            ear.after = max(1e-6, time.perf_counter() - ear.at)
        if len(self._sound) < MOST:
            self._sound += payload

    def _decide(self, decision: Mapping[str, Any]) -> None:
        if self._ear is None:
            return
        self._ear.path = decision["path"]
        if self._ear.entry and decision.get("entry") != self._ear.entry:
            self._ear.entry = ""  # another answer than was foreseen: not to be compared

    def _clear(self) -> None:
        self._cleared = self._cleared or time.perf_counter()

    def _note_late(self, seconds: float) -> None:
        self._late = max(self._late, seconds)
