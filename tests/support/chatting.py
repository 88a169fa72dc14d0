"""Language models that say what they are told, when they are told, in memory; and who watches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.agents.llm_pair import LlmPair
from gateway.agents.prompting import Prompting
from gateway.agents.watching import RaceWatcher
from gateway.core.race.attempts import AttemptFailure, Hedging, Piece, PieceKind, ToolCall
from gateway.core.race.pilot import Why
from gateway.ports.agents import AgentRequest
from gateway.ports.models import ChatFailed, ChatRequest, Usage

ROLE = Piece(kind=PieceKind.EMPTY)

Step = float | str | Piece | Usage | Exception
"""Seconds to wait, text to say, a piece, or how it ends."""


def tool(name: str, arguments: str = "{}", call_id: str = "call_1") -> Piece:
    return Piece(kind=PieceKind.TOOL, tool=ToolCall(id=call_id, name=name, arguments=arguments))


def failing(reason: AttemptFailure, retry_after: float | None = None) -> ChatFailed:
    return ChatFailed(reason, retry_after)


class ScriptedModel:
    """``gateway.ports.models.ChatModel``."""

    cancels = True

    def __init__(self, provider: str, *scripts: Sequence[Step], close_takes: float = 0.0) -> None:
        """``scripts``: of the first request, the second...; the last one of all others too."""
        self.provider, self.model = provider, f"{provider}-model"
        self.scripts: Callable[[int], Sequence[Step]] = lambda number: scripts[
            min(number, len(scripts) - 1)
        ]
        self.close_takes = close_takes
        self.requests: list[ChatRequest] = []
        self.open = 0
        self.cut: list[float] = []
        """When streams were closed before their end."""
        self.warmed = 0
        self.closed = False

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece | Usage, None]:
        self.requests.append(request)
        script = self.scripts(len(self.requests) - 1)
        self.open += 1
        whole = False
        try:
            for step in script:
                match step:
                    case float():
                        await asyncio.sleep(step)
                    case str():
                        yield Piece(kind=PieceKind.TEXT, text=step)
                    case Exception():
                        whole = True
                        raise step
                    case _:
                        yield step
            whole = True
        finally:
            if not whole:
                self.cut.append(asyncio.get_running_loop().time())
                await asyncio.sleep(self.close_takes)
            self.open -= 1

    async def warm(self) -> None:
        self.warmed += 1

    async def close(self) -> None:
        self.closed = True


@dataclass
class Watched:
    """``gateway.agents.watching.RaceWatcher`` that remembers."""

    attempts: list[str] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    answers: list[tuple[str, float]] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    usage: list[tuple[str, Usage]] = field(default_factory=list)
    calls: dict[Why, int] = field(default_factory=lambda: dict.fromkeys(Why, 0))
    lost_tokens: int = 0
    dropped: int = 0
    dropped_tokens: int = 0

    def attempted(self, provider: str) -> None:
        self.attempts.append(provider)

    def failed(self, provider: str, reason: str) -> None:
        self.failures.append((provider, reason))

    def answered(self, provider: str, model: str, seconds: float) -> None:
        self.answers.append((provider, seconds))

    def ended(self, outcome: str) -> None:
        self.outcomes.append(outcome)

    def used(self, provider: str, usage: Usage) -> None:
        self.usage.append((provider, usage))

    def spent(
        self, calls: Mapping[Why, int], lost_tokens: int, dropped: int, dropped_tokens: int
    ) -> None:
        for why, number in calls.items():
            self.calls[why] += number
        self.lost_tokens += lost_tokens
        self.dropped += dropped
        self.dropped_tokens += dropped_tokens


def pair(
    *models: Any,
    deep: Sequence[Any] = (),
    hedging: Hedging | None = None,
    speculate: float = 0.25,
    watcher: RaceWatcher | None = None,
    **prompting: Any,
) -> LlmPair:
    """A pair of these models, by preference."""
    lanes = {"fast": models, **({"deep": deep} if deep else {})}
    return LlmPair(
        lanes,
        prompting=Prompting(**{"style": "Speak.", **prompting}),
        hedging=hedging or Hedging(),
        speculate=speculate,
        watcher=watcher or Watched(),
    )


def asking(text: str = "when do you open", **fields: Any) -> AgentRequest:
    """A caller's turn."""
    usual: dict[str, Any] = {"call_id": "c1", "tenant": "default", "turn": 1, "history": ()}
    return AgentRequest(text=text, **{**usual, **fields})


async def said(agent: LlmPair, request: AgentRequest | None = None) -> str:
    """The whole reply."""
    return "".join([piece.text async for piece in agent.reply(request or asking())])
