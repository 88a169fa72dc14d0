"""The agent that asks two language models, the second only if the first is slow or fails.

A *lane* is a pair of models for one kind of turn: ``fast`` for most, ``deep`` for intents routed
to it. Each has a pilot of its own, since what is slow for one is quick for the other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count

from gateway.agents.contest import Contest
from gateway.agents.prompting import Prompting
from gateway.agents.speculation import Purse
from gateway.agents.watching import RaceWatcher, SpendingReport
from gateway.core.race.attempts import Hedging, Provider
from gateway.core.race.breaker import Fitness
from gateway.core.race.pilot import Pilot
from gateway.ports.agents import AgentPiece, AgentRequest
from gateway.ports.models import ChatFailed, ChatModel, ChatRequest, Message
from gateway.shell.process.background import Background

log = logging.getLogger("frontline.llm")

FAST = "fast"
"""The lane of turns whose route names none that there is."""

WARM_EVERY = 45.0
"""Seconds between two touches of the providers, so that a connection is open when it is needed;
front ends close idle ones after a minute or more."""


@dataclass(frozen=True, slots=True)
class _Lane:
    """Models that answer one kind of turn."""

    pilot: Pilot
    models: Mapping[str, ChatModel]
    account: SpendingReport


@dataclass(frozen=True, slots=True)
class _Begun:
    """A speculation of a call."""

    lane: _Lane
    contest: Contest

    def fits(self, lane: _Lane, asked: ChatRequest) -> bool:
        """Return whether the speculation answers exactly this request in this lane and is still
        alive.
        """
        return self.contest.alive and self.lane is lane and self.contest.request == asked


class LlmPair:
    """``gateway.ports.agents.Agent``. Used from one event loop; ``close`` it."""

    def __init__(
        self,
        lanes: Mapping[str, Sequence[ChatModel]],
        *,
        prompting: Prompting,
        hedging: Hedging,
        speculate: float,
        watcher: RaceWatcher,
    ) -> None:
        """``lanes``: models by preference, each with a provider's name of its own; ``fast`` must be
        among them. ``speculate``: speculations that may be dropped, per answer."""
        assert FAST in lanes, "most turns take the lane 'fast'"
        self._lanes = {name: _lane(models, hedging, watcher) for name, models in lanes.items()}
        self._prompting = prompting
        self._watcher = watcher
        self._purse = Purse(speculate)
        self._numbers = count(1)
        self._background = Background()
        self._open: set[Contest] = set()
        self._begun: dict[str, _Begun] = {}  # by call

    @property
    def pilots(self) -> dict[str, Pilot]:
        """The pilot of each lane by its name, which knows what was spent and which provider goes
        first.
        """
        return {name: lane.pilot for name, lane in self._lanes.items()}

    @property
    def left_alone(self) -> tuple[str, ...]:
        """The providers that are not asked now, since they failed again and again."""
        now = asyncio.get_running_loop().time()
        pilots = [lane.pilot for lane in self._lanes.values()]
        names = {
            provider.name
            for pilot in pilots
            for number, provider in enumerate(pilot.providers)
            if pilot.fitness(number, now) is Fitness.UNFIT
        }
        return tuple(sorted(names))

    @property
    def open(self) -> int:
        """Races of which something is still open."""
        return len(self._open)

    # --- answers ---------------------------------------------------------------------------

    async def reply(self, request: AgentRequest) -> AsyncGenerator[AgentPiece, None]:
        """Implement ``Agent.reply``. Raises ``gateway.ports.models.AnswerFailed``, which tells
        whether something had been said. A speculation on exactly this request is adopted."""
        contest = self.ask(request)
        try:
            async for piece in contest:
                if isinstance(piece, AgentPiece):  # no tools were offered
                    yield piece
        finally:
            if not contest.exhausted:
                await contest.aclose()

    def ask(
        self,
        request: AgentRequest,
        *,
        tools: tuple[Message, ...] = (),
        after: Sequence[Message] = (),
    ) -> Contest:
        """Begin an answer that may ask for tools: text and ``ToolWanted``. ``after``: the messages
        since the caller's words, such as a tool call and its result. A consumer that does not
        iterate to the end must ``aclose``."""
        asked, lane = self._prompting.request(request, tools, after), self._lane(request)
        self._purse.answered()
        begun = self._begun.pop(request.call_id, None)
        if begun is not None:
            if begun.fits(lane, asked):
                self._purse.ended(wasted=False)
                begun.contest.adopt()
                return begun.contest
            begun.contest.drop()
        return self._race(request.call_id, lane, asked, speculative=False)

    # --- before the caller has finished ----------------------------------------------------

    def speculate(self, request: AgentRequest, *, tools: tuple[Message, ...] = ()) -> bool:
        """Begin the answer to words that may be the caller's last; False if that may not be spent.

        ``reply`` and ``ask`` adopt it if what they ask is the same. A call has one speculation: a
        new one drops the one before, the same one again is left alone. Nothing of it is given out,
        and no tool asked for, until it is adopted; nobody adopting it in time, it drops itself.
        """
        asked, lane = self._prompting.request(request, tools), self._lane(request)
        begun = self._begun.get(request.call_id)
        if begun is not None and begun.fits(lane, asked):
            return True
        self.forget(request.call_id)
        if not self._purse.may_begin():
            return False
        self._purse.begun()
        contest = self._race(request.call_id, lane, asked, speculative=True)
        if contest.alive:
            self._begun[request.call_id] = _Begun(lane, contest)
        return contest.alive

    def forget(self, call_id: str) -> None:
        """Drop the call's speculation, if there is one: the caller goes on, or is gone."""
        if (begun := self._begun.pop(call_id, None)) is not None:
            begun.contest.drop()

    def ahead(self, call_id: str) -> str:
        """The words so far of the call's speculation."""
        begun = self._begun.get(call_id)
        return begun.contest.ahead if begun is not None else ""

    # --- races -----------------------------------------------------------------------------

    def _lane(self, request: AgentRequest) -> _Lane:
        return self._lanes.get(request.route) or self._lanes[FAST]

    def _race(self, call_id: str, lane: _Lane, asked: ChatRequest, *, speculative: bool) -> Contest:
        contest = Contest(
            next(self._numbers),
            lane.pilot,
            lane.models,
            asked,
            self._background,
            self._watcher,
            speculative=speculative,
            on_over=partial(self._is_over, call_id, lane),
        )
        self._open.add(contest)
        contest.begin()
        return contest

    def _is_over(self, call_id: str, lane: _Lane, contest: Contest) -> None:
        self._open.discard(contest)
        if contest.speculative:
            self._purse.ended(wasted=not contest.failed)  # a failure is not billed
            begun = self._begun.get(call_id)
            if begun is not None and begun.contest is contest:
                del self._begun[call_id]
        lane.account.tell()

    # --- living ----------------------------------------------------------------------------

    def start(self) -> None:
        """Keep connections open from now on. On the event loop."""
        models = {
            one.provider: one for lane in self._lanes.values() for one in lane.models.values()
        }
        for name, model in models.items():
            self._background.spawn(_keep_warm(model), name=f"warm {name}")

    async def close(self) -> None:
        """Drop what is open, and close all connections."""
        self._begun.clear()
        for contest in list(self._open):
            await contest.aclose()
        await self._background.close()
        for lane in self._lanes.values():
            for model in lane.models.values():
                await model.close()


def _lane(models: Sequence[ChatModel], hedging: Hedging, watcher: RaceWatcher) -> _Lane:
    providers = [Provider(name=one.provider, cancels=one.cancels) for one in models]
    pilot = Pilot(providers, hedging)
    by_name = {one.provider: one for one in models}
    assert len(by_name) == len(models), "providers have names of their own"
    return _Lane(pilot, by_name, SpendingReport(pilot, watcher))


async def _keep_warm(model: ChatModel) -> None:
    said = ""
    while True:
        try:
            await model.warm()
            problem = ""
        except ChatFailed as failed:
            problem = failed.reason.value
        if problem != said:
            log.log(
                logging.WARNING if problem else logging.INFO,
                "a provider %s",
                "cannot be used" if problem else "can be used again",
                extra={"llm": model.provider, "reason": problem},
            )
            said = problem
        await asyncio.sleep(WARM_EVERY)
