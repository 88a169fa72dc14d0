"""The tools that there are, and what running one of them comes to: always a sentence or a result.

Arguments are checked before anything runs; a run has a deadline, its result a length. Whatever goes
wrong becomes one plain sentence for the model. Neither arguments nor results are ever logged.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry

from gateway.core.reply.fillers import key
from gateway.ports.models import Message
from gateway.ports.tools import (
    CallFacts,
    Tool,
    ToolFailed,
    ToolSource,
    ToolSpec,
    ToolWatcher,
    Unwatched,
)

log = logging.getLogger("frontline.tools")

MOST_AT_ONCE = 256
"""Runs at the same time, of all calls; one more is refused at once."""
MOST_ARGUMENTS = 8_192
"""Characters of a call's arguments."""
PAUSE = 0.1
"""Seconds before another try; twice as long before the one after it."""
READY_WITHIN = 5.0
"""Seconds that are waited, when serving begins, for servers to say which tools they have."""


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """The result of one run."""

    text: str
    """The text given to the model."""
    good: bool


class Toolbox:
    """All tools of the gateway. Used from one event loop."""

    def __init__(self, sources: Sequence[ToolSource], watcher: ToolWatcher | None = None) -> None:
        self._sources = sources
        self._watcher = watcher or Unwatched()
        self._running = 0
        self._checks: dict[str, tuple[ToolSpec, Draft202012Validator]] = {}

    def start(self) -> None:
        """Connect to where tools are from."""
        for source in self._sources:
            source.start()

    async def ready(self) -> None:
        """Wait until it is known which tools there are, ``READY_WITHIN`` at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_WITHIN), asyncio.TaskGroup() as tasks:
                for source in self._sources:
                    tasks.create_task(source.ready())

    async def close(self) -> None:
        """Let go of everything."""
        await asyncio.gather(*(source.close() for source in self._sources))

    # --- which there are -----------------------------------------------------------------------

    def tools(self) -> dict[str, Tool]:
        """The tools by name; of two with the same name the first."""
        found: dict[str, Tool] = {}
        for source in self._sources:
            for tool in source.tools:
                found.setdefault(tool.spec.name, tool)
        return found

    def find(self, name: str) -> Tool | None:
        """The tool with a name as routes write it: case is ignored, ``-`` and ``_`` are the same.
        None if there is none.
        """
        tools = self.tools()
        return tools.get(name) or next(
            (tool for own, tool in tools.items() if key(own) == key(name)), None
        )

    def offered(self, only: str = "") -> tuple[Message, ...]:
        """The tools that a model may call, in the API's form; with ``only`` that one tool."""
        return tuple(
            {
                "type": "function",
                "function": {
                    "name": name,
                    "description": tool.spec.description,
                    "parameters": visible(tool.spec),
                },
            }
            for name, tool in sorted(self.tools().items())
            if only in ("", name)
        )

    def _check(self, spec: ToolSpec) -> Draft202012Validator:
        """The validator of a tool's arguments, made once and never fetching schemas. The schema
        itself was checked at its source, because that takes milliseconds."""
        kept = self._checks.get(spec.name)
        if kept is None or kept[0] is not spec:
            check = Draft202012Validator(spec.parameters, registry=Registry())
            kept = self._checks[spec.name] = (spec, check)
        return kept[1]

    # --- running -------------------------------------------------------------------------------

    async def run(self, name: str, arguments: str, facts: CallFacts) -> ToolOutcome:
        """Run it, with all its tries. Only cancelling raises."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        tool, failure = self.find(name), None
        own = tool.spec.name if tool is not None else ""
        try:
            if tool is None:
                raise ToolFailed("is no tool that there is", reason="unknown")
            given = self._checked(tool.spec, arguments, facts)
            text = await self._within(tool, given)
            outcome, reason = ToolOutcome(cut(text, tool.spec.max_chars), good=True), "done"
        except ToolFailed as failed:
            text, failure, reason = failed.what, failed.kind, failed.reason
            outcome = ToolOutcome(f"The tool {name[:64]} {text}.", good=False)
        except asyncio.CancelledError:
            self._watcher.cancelled(own)
            raise
        took = loop.time() - began
        self._watcher.ran(own, failure, took)
        told = {"tool": own, "outcome": reason, "ms": round(took * 1000)}
        log.log(logging.INFO if outcome.good else logging.WARNING, "a tool was run", extra=told)
        return outcome

    def _checked(self, spec: ToolSpec, arguments: str, facts: CallFacts) -> dict[str, Any]:
        """The arguments, with those that the call fills in. Raises ``ToolFailed``."""
        if len(arguments) > MOST_ARGUMENTS:
            raise ToolFailed("was not run: its arguments are too long", reason="arguments")
        try:
            given = json.loads(arguments or "{}")
        except (ValueError, RecursionError):
            given = None
        if not isinstance(given, dict):
            raise ToolFailed("was not run: its arguments are no JSON object", reason="arguments")
        given = {name: value for name, value in given.items() if name not in spec.from_call}
        for name, fact in spec.from_call.items():
            value = facts.of(fact)
            if not value:
                raise ToolFailed(
                    "was not run: it is not known who is calling", reason="nobody known"
                )
            given[name] = value
        try:
            wrong = best_match(self._check(spec).iter_errors(given))
        except Exception:  # noqa: BLE001 - of a schema from elsewhere, or one with no end
            raise ToolFailed(
                "was not run: its arguments cannot be checked", reason="schema"
            ) from None
        if wrong is not None:
            where = ".".join(str(part) for part in wrong.absolute_path)
            said = f"{where}: {wrong.message}" if where else wrong.message
            raise ToolFailed(f"was not run: {said[:200]}", reason="arguments")
        return given

    async def _within(self, tool: Tool, given: Mapping[str, Any]) -> str:
        """The result of a tool, within its time limit. Raises ``ToolFailed``."""
        if self._running >= MOST_AT_ONCE:
            raise ToolFailed("is busy now", reason="busy")
        self._running += 1
        try:
            async with asyncio.timeout(tool.spec.timeout):
                return await self._tries(tool, given)
        except TimeoutError:
            raise ToolFailed("did not answer in time", reason="time") from None
        finally:
            self._running -= 1

    async def _tries(self, tool: Tool, given: Mapping[str, Any]) -> str:
        left = tool.spec.retries if tool.spec.idempotent else 0
        pause = PAUSE
        while True:
            try:
                return await tool.run(given)
            except ToolFailed as failed:
                if not failed.again or left <= 0:
                    raise
            except Exception as mistake:
                log.exception("a tool of ours went wrong")
                raise ToolFailed("did not work", reason=type(mistake).__name__) from None
            left -= 1
            await asyncio.sleep(pause)
            pause *= 2


def visible(spec: ToolSpec) -> dict[str, Any]:
    """The tool's parameters as a model sees them: without those that the call fills in."""
    schema = dict(spec.parameters)
    named = schema.get("properties", {})
    schema["properties"] = {one: named[one] for one in named if one not in spec.from_call}
    if wanted := [one for one in schema.get("required", []) if one not in spec.from_call]:
        schema["required"] = wanted
    else:
        schema.pop("required", None)
    return schema


def asks_nothing(spec: ToolSpec) -> bool:
    """Return whether a model has no arguments to choose for the tool."""
    return not visible(spec)["properties"]


def cut(text: str, most: int) -> str:
    """The beginning of a text that is too long, and a word about that."""
    return text if len(text) <= most else f"{text[:most]} (cut: the rest is left out)"
