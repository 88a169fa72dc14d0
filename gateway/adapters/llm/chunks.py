"""A streamed chat completion, chunk by chunk, as pieces of an answer.

Servers that call themselves compatible differ in tool calls: some send one whole in a single
delta, repeat its id, or leave out its index or id. All of that is understood.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gateway.core.race.attempts import AttemptFailure, Piece, PieceKind, ToolCall
from gateway.ports.models import ChatFailed, Usage

EMPTY = Piece(kind=PieceKind.EMPTY)
BEGUN = Piece(kind=PieceKind.TOOL_BEGUN)


@dataclass(slots=True)
class _Call:
    """A tool call, as far as it has come."""

    id: str = ""
    name: str = ""
    arguments: str = ""


class AnswerReader:
    """One answer. Chunks are the events' JSON, whose fields may be missing or null."""

    def __init__(self) -> None:
        self.finished = False
        """The finish reason has come: what follows is at most the usage."""
        self.begun = False
        """Something usable has come."""
        self._calls: dict[int, _Call] = {}
        self._given: set[int] = set()

    def take(self, chunk: Any) -> list[Piece | Usage]:
        """The pieces in the chunk. Raises ``ChatFailed`` for an incomplete tool call, and
        ``AttributeError``, ``TypeError`` and the like for anything that is not a chunk."""
        found: list[Piece | Usage] = []
        for choice in (chunk.get("choices") or [])[:1]:
            found += self._delta(choice.get("delta"))
            if choice.get("finish_reason") and not self.finished:
                self.finished = True
                found += self._whole(None)
        if (usage := _usage(chunk)) is not None:
            found.append(usage)
        return found

    def end(self) -> None:
        """The stream is over. Raises ``ChatFailed`` if the answer is not."""
        if self.begun and not self.finished:
            raise ChatFailed(AttemptFailure.BROKEN)

    def _delta(self, delta: Any) -> list[Piece]:
        if delta is None:
            return [EMPTY]
        found: list[Piece] = []
        text = delta.get("content") or delta.get("refusal")
        if text:
            found.append(Piece(kind=PieceKind.TEXT, text=str(text)))
            self.begun = True
        for part in delta.get("tool_calls") or []:
            found += self._tool(part)
        return found or [EMPTY]

    def _tool(self, part: Any) -> list[Piece]:
        found: list[Piece] = []
        index = self._index(part)
        if index not in self._calls:
            found += [*self._whole(index), BEGUN]
            self._calls[index] = _Call()
            self.begun = True
        call, function = self._calls[index], part.get("function")
        call.id = call.id or part.get("id") or ""
        if function is not None:
            call.name = call.name or function.get("name") or ""
            call.arguments += function.get("arguments") or ""
        return found

    def _index(self, part: Any) -> int:
        """The call a delta belongs to; without an index, a new id begins a new call."""
        index, call_id = part.get("index"), part.get("id")
        if isinstance(index, int):
            return index
        last = len(self._calls) - 1
        if last < 0 or (call_id and call_id != self._calls[last].id):
            return last + 1
        return last

    def _whole(self, before: int | None) -> Iterator[Piece]:
        """The calls that are complete now: all, or all but the one that begins."""
        for index, call in self._calls.items():
            if index == before or index in self._given:
                continue
            self._given.add(index)
            arguments = call.arguments or "{}"
            if not call.name or not _is_object(arguments):
                raise ChatFailed(AttemptFailure.BROKEN)
            tool = ToolCall(id=call.id or f"call_{index}", name=call.name, arguments=arguments)
            yield Piece(kind=PieceKind.TOOL, tool=tool)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _usage(chunk: Any) -> Usage | None:
    """The usage in OpenAI's field or in Groq's own; None if the chunk has none."""
    usage = chunk.get("usage") or (chunk.get("x_groq") or {}).get("usage")
    if usage is None:
        return None
    prompt, answer = usage.get("prompt_tokens"), usage.get("completion_tokens")
    return Usage(prompt=int(prompt or 0), answer=int(answer or 0))
