"""An agent that looks things up: the models' answer, their tools, and the answer after that.

What a model wants run is begun as soon as it says so, several at the same time, and told of, so
that the caller hears what is being done. When all are back, and the model has said all that it had
to say, it is asked again with what came of them: ``rounds`` times at most, then it must answer with
what it knows. Nothing is run for an answer that is not wanted yet: speculation offers tools, but
what it wants of them is only heard once it is adopted.

Within a turn the same call of the same tool is run once: wanted again it has the same result,
unless it failed and running it twice does no harm.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from itertools import count

from gateway.agents.llm_pair import LlmPair
from gateway.agents.toolbox import Toolbox, ToolOutcome, asks_nothing
from gateway.errors import ProviderFailed
from gateway.ports.agents import AgentPiece, AgentRequest
from gateway.ports.models import Message, ToolWanted
from gateway.ports.tools import CallFacts
from gateway.shell.process.background import Background

MOST_WANTED = 8
"""Tools that one answer may want; more are answered for without being run."""
MOST_CALLS = 10_000
"""Calls whose beginning is remembered; the oldest is forgotten first."""
CLOSE_WITHIN = 0.1
"""Seconds that are waited for tools that were cancelled; then they are left to end alone."""

FORBIDDEN = ToolOutcome("It was not run: too many tools are wanted at once.", good=False)
KNOWN = "What is known of this call already, from {name}: {text}"
ROUTED = (
    "What the caller wants now is done with the tool {name}: call it, or ask the caller for what "
    "it needs."
)


class ToolAgent:
    """``gateway.ports.agents.Agent`` around an ``LlmPair``, and a ``CallListener``."""

    def __init__(
        self, pair: LlmPair, toolbox: Toolbox, *, rounds: int = 4, start_wait: float = 1.0
    ) -> None:
        """``start_wait``: seconds that the first turn waits for what was begun with the call."""
        self.pair = pair
        self._toolbox = toolbox
        self._rounds = rounds
        self._start_wait = start_wait
        self._background = Background()
        self._calls: OrderedDict[str, _Beginning] = OrderedDict()

    # --- living --------------------------------------------------------------------------------

    @property
    def left_alone(self) -> tuple[str, ...]:
        """See ``LlmPair``."""
        return self.pair.left_alone

    def start(self) -> None:
        """Keep connections open from now on. On the event loop."""
        self.pair.start()
        self._toolbox.start()

    async def ready(self) -> None:
        """Wait until it is known which tools there are; not for long."""
        await self._toolbox.ready()

    async def close(self) -> None:
        """Stop what runs and close all connections."""
        await self._background.close()
        await self._toolbox.close()
        await self.pair.close()

    # --- calls ---------------------------------------------------------------------------------

    def call_began(self, facts: CallFacts) -> None:
        """Implement ``CallListener.call_began``: run the tools whose results the first turn
        needs.
        """
        beginning = _Beginning(facts)
        for name, tool in sorted(self._toolbox.tools().items()):
            if tool.spec.at_call_start:
                run = self._toolbox.run(name, "{}", facts)
                beginning.runs[name] = self._background.spawn(run, name=f"tool {name}")
        self._calls[facts.call_id] = beginning
        while len(self._calls) > MOST_CALLS:
            self._calls.popitem(last=False)[1].drop()

    def call_ended(self, call_id: str) -> None:
        """Implement ``CallListener.call_ended``."""
        self.pair.forget(call_id)
        if (beginning := self._calls.pop(call_id, None)) is not None:
            beginning.drop()

    def _facts(self, request: AgentRequest) -> CallFacts:
        beginning = self._calls.get(request.call_id)
        if beginning is not None:
            return beginning.facts
        return CallFacts(call_id=request.call_id, tenant=request.tenant)

    # --- before the caller has finished ----------------------------------------------------------

    def speculate(self, request: AgentRequest) -> bool:
        """Do as ``LlmPair.speculate``, offering the same tools as later; none of them is run."""
        beginning = self._calls.get(request.call_id)
        if request.tool or (beginning is not None and beginning.waits):
            return False  # it would not be what is asked in the end
        return self.pair.speculate(self._informed(request), tools=self._toolbox.offered())

    def forget(self, call_id: str) -> None:
        """Do as ``LlmPair.forget``."""
        self.pair.forget(call_id)

    def ahead(self, call_id: str) -> str:
        """Do as ``LlmPair.ahead``."""
        return self.pair.ahead(call_id)

    # --- answers -------------------------------------------------------------------------------

    async def reply(self, request: AgentRequest) -> AsyncGenerator[AgentPiece, None]:
        """Implement ``Agent.reply``. Raises ``gateway.errors.ProviderFailed``."""
        beginning = self._calls.get(request.call_id)
        if beginning is not None and beginning.waits:
            await beginning.wait(self._start_wait)
        request = self._informed(request)
        runs = _Runs(self._toolbox, self._facts(request), self._background)
        after: list[Message] = []
        try:
            only = ""
            if request.tool:
                tool = self._toolbox.find(request.tool)
                if tool is None:
                    raise ProviderFailed(f"there is no tool {request.tool}")
                only = tool.spec.name
                if asks_nothing(tool.spec):  # the model need not be asked before
                    wanted = runs.begin(ToolWanted(name=only, arguments="{}", call_id="call_0"))
                    yield AgentPiece(tool=only)
                    after += await runs.results("", [wanted])
                else:
                    told = ROUTED.format(name=only)
                    request = replace(request, known=f"{request.known}\n\n{told}".strip())
            async with aclosing(self._answer(request, runs, after, only)) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            await runs.close()

    async def _answer(
        self, request: AgentRequest, runs: _Runs, after: list[Message], only: str
    ) -> AsyncGenerator[AgentPiece, None]:
        """Ask, run what is wanted, and ask again with what came of it."""
        spoken = False
        for left in range(self._rounds - bool(after), -1, -1):
            tools = self._toolbox.offered(only) if left else ()
            contest = self.pair.ask(request, tools=tools, after=tuple(after))
            said, wanted = "", list[ToolWanted]()
            try:
                async for item in contest:
                    if isinstance(item, ToolWanted):
                        if not left:
                            continue  # it was told that there are none
                        begun = runs.begin(item, refuse=len(wanted) >= MOST_WANTED)
                        wanted.append(begun)
                        yield AgentPiece(tool=begun.name)
                        continue
                    gap = " " if spoken and not said and not item.text.startswith(" ") else ""
                    said += item.text
                    yield replace(item, text=gap + item.text)
            finally:
                if not contest.exhausted:
                    await contest.aclose()
            if not wanted:
                return
            spoken = spoken or bool(said)
            after += await runs.results(said, wanted)

    def _informed(self, request: AgentRequest) -> AgentRequest:
        """The request, with the results of the tools that were run when the call began."""
        beginning = self._calls.get(request.call_id)
        known = beginning.known() if beginning is not None else ""
        return replace(request, known=known) if known else request


class _Beginning:
    """The tool runs begun with a call."""

    def __init__(self, facts: CallFacts) -> None:
        self.facts = facts
        self.runs: dict[str, asyncio.Task[ToolOutcome]] = {}
        self._waited = False

    @property
    def waits(self) -> bool:
        """Return whether some run is still worth waiting for; only the first turn waits."""
        return not self._waited and not all(run.done() for run in self.runs.values())

    async def wait(self, seconds: float) -> None:
        """Wait for it, but not for long; what comes later is known in later turns."""
        self._waited = True
        await asyncio.wait(self.runs.values(), timeout=seconds)

    def known(self) -> str:
        """The results so far, as text for the prompt. Failed runs are left out: the caller has not
        asked for them.
        """
        done = {name: run.result() for name, run in self.runs.items() if _is_done(run)}
        return "\n".join(
            KNOWN.format(name=name, text=one.text) for name, one in done.items() if one.good
        )

    def drop(self) -> None:
        """Cancel the runs, as no turn needs them any more."""
        for run in self.runs.values():
            run.cancel()


def _is_done(run: asyncio.Task[ToolOutcome]) -> bool:
    return run.done() and not run.cancelled() and run.exception() is None


class _Runs:
    """The tools of one turn."""

    def __init__(self, toolbox: Toolbox, facts: CallFacts, background: Background) -> None:
        self._toolbox = toolbox
        self._facts = facts
        self._background = background
        self._numbers = count(1)
        self._tasks: dict[str, asyncio.Task[ToolOutcome] | None] = {}  # by the id of what wanted it
        self._same: dict[tuple[str, str], asyncio.Task[ToolOutcome]] = {}

    def begin(self, wanted: ToolWanted, *, refuse: bool = False) -> ToolWanted:
        """Run it; returns it with an id that none other of the turn has."""
        if wanted.call_id in self._tasks:
            wanted = replace(wanted, call_id=f"{wanted.call_id}_{next(self._numbers)}")
        self._tasks[wanted.call_id] = None if refuse else self._run(wanted)
        return wanted

    def _run(self, wanted: ToolWanted) -> asyncio.Task[ToolOutcome]:
        same = (wanted.name, _canonical(wanted.arguments))
        task = self._same.get(same)
        if task is None or (_is_done(task) and self._may_again(wanted.name, task.result())):
            run = self._toolbox.run(wanted.name, wanted.arguments, self._facts)
            task = self._same[same] = self._background.spawn(run, name=f"tool {wanted.name[:64]}")
        return task

    def _may_again(self, name: str, outcome: ToolOutcome) -> bool:
        tool = self._toolbox.find(name)
        return not outcome.good and tool is not None and tool.spec.idempotent

    async def results(self, said: str, wanted: Sequence[ToolWanted]) -> list[Message]:
        """Wait for them; the messages that tell a model what it said, wanted, and what came of it.
        Each has a deadline of its own."""
        calls = [
            {
                "id": one.call_id,
                "type": "function",
                "function": {"name": one.name, "arguments": one.arguments},
            }
            for one in wanted
        ]
        messages: list[Message] = [
            {"role": "assistant", "content": said.strip() or None, "tool_calls": calls}
        ]
        for one in wanted:
            task = self._tasks[one.call_id]
            outcome = FORBIDDEN if task is None else await asyncio.shield(task)
            messages.append({"role": "tool", "tool_call_id": one.call_id, "content": outcome.text})
        return messages

    async def close(self) -> None:
        """Stop the runs that are left, as their results are no longer wanted."""
        running = [task for task in self._same.values() if not task.done()]
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=CLOSE_WITHIN)


def _canonical(arguments: str) -> str:
    """The same arguments, however they are written, are the same text."""
    try:
        return json.dumps(json.loads(arguments), sort_keys=True)
    except (ValueError, RecursionError):
        return arguments
