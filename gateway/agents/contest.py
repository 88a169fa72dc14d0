"""A race over asyncio: attempts are tasks, its deadline is a timer, its answer an iterator.

The rules are ``gateway.core.race.hedge``; here is only who carries them out. All happens on the
event loop, and nothing but the reading of streams and the waiting of the consumer is awaited: a
piece is with the consumer one turn of the loop after it was read, or after the last of ``AT_ONCE``
that came with it, and before the end of the stream is read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import aclosing
from functools import partial

from gateway.agents.watching import RaceWatcher
from gateway.core.actions import Action
from gateway.core.events import DeadlinePassed
from gateway.core.race.attempts import (
    AbandonAttempt,
    AnswerBroken,
    AnswerEnded,
    AttemptClosed,
    AttemptEvent,
    AttemptFailed,
    AttemptFailure,
    AttemptFinished,
    CancelAttempt,
    Deliver,
    PieceArrived,
    PieceKind,
    RaceAdopted,
    RaceDropped,
    RaceEvent,
    RaceFailed,
    RunTool,
    Size,
    StartAttempt,
)
from gateway.core.race.hedge import Race, RaceState
from gateway.core.race.pilot import Pilot
from gateway.ports.agents import AgentPiece
from gateway.ports.models import AnswerFailed, ChatFailed, ChatModel, ChatRequest, ToolWanted, Usage
from gateway.ports.records import FirstPiece
from gateway.shell.process.background import Background

log = logging.getLogger("frontline.llm")

MOST_PIECES = 20_000
"""Pieces of one attempt, empty ones included, and so the bound of what waits for the consumer. An
answer has some hundred; a provider that goes on for ever is cut."""
AT_ONCE = 16
"""Pieces that are read in one go if they are there: a sentence or more. To hand on each by itself
takes longer than to read it, and a whole answer would keep its first sentence waiting."""
MOST_CHARS = 32_768
"""Characters of one answer: half an hour of speech."""

CLOSING = (RaceState.CLOSING, RaceState.OVER)


class Contest:
    """The race for one answer: ``async for piece in contest``, on the event loop it was made on.

    Iterating raises ``AnswerFailed`` where there is no answer, or no more of it. Who stops before
    the end must ``aclose``.
    """

    def __init__(
        self,
        number: int,
        pilot: Pilot,
        models: Mapping[str, ChatModel],
        request: ChatRequest,
        background: Background,
        watcher: RaceWatcher,
        *,
        speculative: bool = False,
        on_over: Callable[[Contest], None],
    ) -> None:
        """``models``: by the pilot's names of providers; ``on_over``: called once nothing of it
        is open any more."""
        self.request = request
        self.speculative = speculative
        """Not wanted yet."""
        size = Size(prompt=request.prompt_tokens, answer=request.max_tokens)
        self._race = Race(number, pilot, size)
        self._models = models
        self._background = background
        self._watcher = watcher
        self._on_over = on_over
        self._loop = asyncio.get_running_loop()
        self._names: list[str] = []  # of the attempts' providers
        self._failed: set[str] = set()  # of these, those that were counted
        self._tasks: dict[int, asyncio.Task[AttemptEvent]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0  # when it was asked to ring: uvloop's handles cannot all tell
        self._out: asyncio.Queue[AgentPiece | ToolWanted | AnswerFailed | None] = asyncio.Queue(
            MOST_PIECES + 1  # one attempt's, and the end
        )
        self._over = asyncio.Event()
        self._outcome = ""
        self._exhausted = False
        self._answered = False
        self._wanted_at = 0.0

    def begin(self) -> None:
        """Send the first request. Call it once."""
        self._wanted_at = self._loop.time()
        self._do(self._race.start(self._wanted_at, speculative=self.speculative))

    # --- whoever wants the answer ----------------------------------------------------------

    @property
    def alive(self) -> bool:
        """Return whether the race may yet produce an answer."""
        return not self._outcome

    @property
    def failed(self) -> bool:
        """Return whether the providers failed to give an answer."""
        return self._outcome == "failed"

    @property
    def ahead(self) -> str:
        """Return the words that are held back until the answer is wanted."""
        return self._race.ahead if self.alive else ""

    @property
    def exhausted(self) -> bool:
        """Return whether the consumer has been told that the answer is over."""
        return self._exhausted

    def adopt(self) -> None:
        """The speculation is wanted. Only while it is ``alive``."""
        assert self.speculative and self.alive, "what is adopted is a living speculation"
        self.speculative = False
        self._wanted_at = self._loop.time()
        self._tell(RaceAdopted(race=self._race.number))

    def drop(self) -> None:
        """Drop the race: nothing more is delivered, and all open attempts are being closed."""
        self._tell(RaceDropped(race=self._race.number))

    async def aclose(self) -> None:
        """Drop it, and wait until all is closed or given up: ``close_within`` at most."""
        self.drop()
        await self._over.wait()

    def __aiter__(self) -> Contest:
        return self

    async def __anext__(self) -> AgentPiece | ToolWanted:
        if self._exhausted:
            raise StopAsyncIteration
        item = await self._out.get()
        if isinstance(item, (AgentPiece, ToolWanted)):
            return item
        self._exhausted = True
        if item is None:
            raise StopAsyncIteration
        raise item

    # --- what happens ----------------------------------------------------------------------

    def _tell(self, event: RaceEvent | DeadlinePassed, at: float = 0.0) -> None:
        self._do(self._race.receive(event, max(at, self._loop.time())))

    def _do(self, actions: list[Action]) -> None:
        for action in actions:
            self._perform(action)
        race = self._race
        if race.state in CLOSING and not self._outcome:
            self._end("dropped", None)
        if self._timer is not None and self._due != race.deadline:
            self._timer.cancel()
            self._timer = None
        if race.deadline is not None:
            if self._timer is None:
                self._due = race.deadline
                self._timer = self._loop.call_at(race.deadline, self._passed, race.deadline)
        elif race.state is RaceState.OVER and not self._over.is_set():
            self._over.set()
            self._on_over(self)

    def _passed(self, deadline: float) -> None:
        """Loops wake up to a millisecond early; for the race it is the time it asked for."""
        self._timer = None
        self._tell(DeadlinePassed(), deadline)

    # --- what is ordered -------------------------------------------------------------------

    def _perform(self, action: Action) -> None:
        match action:
            case StartAttempt(attempt=number, provider=name):
                self._start(number, name)
            case CancelAttempt(attempt=number):
                self._tasks[number].cancel()
            case AbandonAttempt(attempt=number):
                log.warning("a stream did not close in time", extra={"llm": self._names[number]})
            case Deliver(attempt=number, piece=piece):
                first = self._answers(number)
                if piece.text:
                    said = AgentPiece(text=piece.text, request=piece.request, first=first)
                    self._out.put_nowait(said)
            case RunTool(attempt=number, tool=tool):
                self._answers(number)
                wanted = ToolWanted(name=tool.name, arguments=tool.arguments, call_id=tool.id)
                self._out.put_nowait(wanted)
            case AnswerEnded():
                self._end("whole", None)
            case AnswerBroken(attempt=number, reason=reason):
                self._fails(self._names[number], reason)
                self._end("broken", AnswerFailed(((self._names[number], reason),), begun=True))
            case RaceFailed(reasons=reasons):
                for name, reason in reasons:
                    self._fails(name, reason)
                self._end("failed", AnswerFailed(reasons, begun=False))
            case _:
                raise AssertionError(f"no race orders {action}")

    def _answers(self, number: int) -> FirstPiece | None:
        """Count the winner, once."""
        if self._answered:
            return None
        self._answered = True
        seconds, name = self._loop.time() - self._wanted_at, self._names[number]
        model = self._models[name].model
        self._watcher.answered(name, model, seconds)
        return FirstPiece(f"{name}/{model}", seconds)

    def _fails(self, name: str, reason: AttemptFailure) -> None:
        """Count a failure, once for each provider asked: an attempt that was waited for in vain
        ends as cancelled.
        """
        if name in self._names and name not in self._failed:
            self._failed.add(name)
            self._watcher.failed(name, reason.value)

    def _end(self, outcome: str, failure: AnswerFailed | None) -> None:
        self._outcome = outcome
        self._out.put_nowait(failure)
        self._watcher.ended("dropped" if self.speculative else outcome)  # nobody had waited for it

    # --- attempts --------------------------------------------------------------------------

    def _start(self, number: int, name: str) -> None:
        self._names.append(name)
        self._watcher.attempted(name)
        work = self._attempt(number, name)
        task = self._background.spawn(work, name=f"llm {name}")
        task.add_done_callback(partial(self._attempt_over, number))
        self._tasks[number] = task

    async def _attempt(self, number: int, name: str) -> AttemptEvent:
        """Read the stream; the event that its end is."""
        race, pieces, chars, usable = self._race.number, 0, 0, False
        try:
            async with aclosing(self._models[name].stream(self.request)) as stream:
                async for piece in stream:
                    if isinstance(piece, Usage):
                        self._watcher.used(name, piece)
                        continue
                    pieces += 1
                    chars += len(piece.text)
                    usable = usable or piece.usable
                    if pieces > MOST_PIECES or chars > MOST_CHARS:
                        raise ChatFailed(AttemptFailure.BROKEN)
                    self._tell(PieceArrived(race=race, attempt=number, piece=piece))
                    if not pieces % AT_ONCE or piece.kind is PieceKind.EMPTY:
                        await asyncio.sleep(0)  # the consumer goes first: more has come with it
            if not usable:
                raise ChatFailed(AttemptFailure.EMPTY)
        except ChatFailed as failed:
            return AttemptFailed(
                race=race, attempt=number, reason=failed.reason, retry_after=failed.retry_after
            )
        return AttemptFinished(race=race, attempt=number)

    def _attempt_over(self, number: int, task: asyncio.Task[AttemptEvent]) -> None:
        """Also of a task that was cancelled before it could begin, or failed by a mistake."""
        race = self._race.number
        if task.cancelled():
            event: AttemptEvent = AttemptClosed(race=race, attempt=number)
        elif task.exception() is not None:  # logged by who keeps the task
            event = AttemptFailed(race=race, attempt=number, reason=AttemptFailure.BROKEN)
        else:
            event = task.result()
        if isinstance(event, AttemptFailed):
            self._fails(self._names[number], event.reason)
        self._tell(event)
