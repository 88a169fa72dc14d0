"""Tools that take their time, say what they are told and remember what they were asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.ports.tools import Kind, Tool, ToolSpec

ORDER = {
    "type": "object",
    "properties": {"order_id": {"type": "string"}},
    "required": ["order_id"],
    "additionalProperties": False,
}
NOTHING = {"type": "object", "properties": {}, "additionalProperties": False}


class ScriptedTool:
    """``gateway.ports.tools.Tool``. Of what it is given a number is waited for, in seconds, a text
    is its result, an exception is raised: for the first run, the second...; the last for all
    others.
    """

    def __init__(self, name: str, *runs: Sequence[float | str | Exception], **spec: Any) -> None:
        self.spec = ToolSpec(
            **{"name": name, "description": f"The {name}.", "parameters": NOTHING, **spec}
        )
        self._runs = runs
        self.given: list[Mapping[str, Any]] = []
        self.began: list[float] = []
        self.ended: list[float] = []
        self.stopped = 0
        """Runs that were cancelled."""

    async def run(self, arguments: Mapping[str, Any]) -> str:
        loop = asyncio.get_running_loop()
        script = self._runs[min(len(self.given), len(self._runs) - 1)]
        self.given.append(arguments)
        self.began.append(loop.time())
        try:
            for step in script:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, str):
                    return step
                await asyncio.sleep(step)
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        finally:
            self.ended.append(loop.time())
        return ""


class Counted:
    """``gateway.ports.tools.ToolWatcher`` that keeps what it is told."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, Kind | None, float]] = []
        self.stopped: list[str] = []
        self.alone: list[tuple[str, int]] = []

    def ran(self, tool: str, failure: Kind | None, seconds: float) -> None:
        self.runs.append((tool, failure, round(seconds, 3)))

    def cancelled(self, tool: str) -> None:
        self.stopped.append(tool)

    def abandoned(self, tool: str, threads: int) -> None:
        self.alone.append((tool, threads))


class Shelf:
    """``gateway.ports.tools.ToolSource`` of some tools."""

    def __init__(self, *tools: Tool, takes: float = 0.0) -> None:
        self.tools: list[Tool] = list(tools)
        self.takes = takes
        """Seconds until it is known which there are."""
        self.started = self.closed = 0

    def start(self) -> None:
        self.started += 1

    async def ready(self) -> None:
        await asyncio.sleep(self.takes)

    async def close(self) -> None:
        self.closed += 1
