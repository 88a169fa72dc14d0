"""The lines said while an agent is waited for: never the same twice running in a call.

Fillers are system lines of certain kinds (``LineKind``), rendered with the catalogue: sounds of
having heard, some for any turn, one for an intent or a tool that has its own, some while the wait
goes on, and some for a long one. Where there is none of a kind, or only the one that was said last,
another kind's is said. What is not rendered is not said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.core.reply.lines import LineKind, SystemLine

HUM = 0.5
"""Seconds that a hum must be shorter than: a longer one would hold up the answer it stands before,
and is not said."""


def key(name: str) -> str:
    """A name as lines are called by it: without case; spaces, ``-`` and ``_`` are the same."""
    return re.sub(r"[\s_-]+", "_", name.strip().casefold())


class Fillers:
    """The fillers of one call. ``lines`` maps the rendered system lines to their length."""

    def __init__(self, lines: Mapping[SystemLine, float]) -> None:
        self._lines = lines
        self._last: SystemLine | None = None
        self._used: dict[LineKind, int] = {}  # kind -> place after the one said last

    def knows(self, tool: str) -> bool:
        """Return whether there is a line for that tool."""
        return SystemLine(LineKind.TOOL, key(tool)) in self._lines

    @property
    def hums(self) -> bool:
        """True if there is a hum that is short enough."""
        return any(self._fits(one, LineKind.HUM) for one in self._lines)

    def hum(self) -> SystemLine | None:
        """The sound before all words; None if there is none that is short enough."""
        return self._next(LineKind.HUM)

    def waiting(self, intent: str) -> SystemLine | None:
        """The line for the first silence; None if there is none."""
        return self._own(LineKind.INTENT, intent) or self._next(LineKind.FILLER, LineKind.MORE)

    def more(self) -> SystemLine | None:
        """The line for a silence after another; None if there is none."""
        return self._next(LineKind.MORE, LineKind.FILLER, LineKind.BRIDGE)

    def working(self, tool: str) -> SystemLine | None:
        """The line for a tool that has begun; None if it has none of its own."""
        return self._own(LineKind.TOOL, tool)

    def bridge(self) -> SystemLine | None:
        """The line for a long silence; None if there is none."""
        return self._next(LineKind.BRIDGE, LineKind.MORE, LineKind.FILLER)

    def _own(self, kind: LineKind, name: str) -> SystemLine | None:
        line = SystemLine(kind, key(name))
        return self._say(line) if name and line in self._lines and line != self._last else None

    def _next(self, *kinds: LineKind) -> SystemLine | None:
        """The next filler of these kinds, in turn, so that a caller hears all of a kind before one
        comes again."""
        for kind in kinds:
            lines = sorted((one for one in self._lines if self._fits(one, kind)), key=str)
            for step in range(len(lines)):
                at = (self._used.get(kind, 0) + step) % len(lines)
                if lines[at] != self._last:
                    self._used[kind] = at + 1
                    return self._say(lines[at])
        return None

    def _fits(self, line: SystemLine, kind: LineKind) -> bool:
        short = kind is not LineKind.HUM or self._lines[line] < HUM
        return line.kind is kind and short

    def _say(self, line: SystemLine) -> SystemLine:
        self._last = line
        return line
