"""What is said while an agent is waited for: never the same twice running in a call.

Fillers are system lines, rendered with the catalogue: ``filler:1``, ``filler:2``... for any turn,
``intent:NAME`` and ``tool:NAME`` for those that have their own, ``more:1``... while the wait goes
on, ``bridge:1``... for a long one. Where there is none of a kind, or only the one that was said
last, another kind's is said. What is not rendered is not said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping


def key(name: str) -> str:
    """A name as lines are called by it: without case; spaces, ``-`` and ``_`` are the same."""
    return re.sub(r"[\s_-]+", "_", name.strip().casefold())


class Fillers:
    """The fillers of one call. ``lines`` maps the rendered system lines to their length."""

    def __init__(self, lines: Mapping[str, float]) -> None:
        self._lines = lines
        self._last = ""
        self._used: dict[str, int] = {}  # kind -> place after the one said last

    def knows(self, tool: str) -> bool:
        """Whether there is a line for that tool."""
        return f"tool:{key(tool)}" in self._lines

    def waiting(self, intent: str) -> str:
        """Name of the line for the first silence; empty if there is none."""
        return self._own("intent", intent) or self._next("filler", "more")

    def more(self) -> str:
        """Name of the line for a silence after another; empty if there is none."""
        return self._next("more", "filler", "bridge")

    def working(self, tool: str) -> str:
        """Name of the line for a tool that has begun; empty if it has none of its own."""
        return self._own("tool", tool)

    def bridge(self) -> str:
        """Name of the line for a long silence; empty if there is none."""
        return self._next("bridge", "more", "filler")

    def _own(self, kind: str, name: str) -> str:
        line = f"{kind}:{key(name)}"
        return self._say(line) if name and line in self._lines and line != self._last else ""

    def _next(self, *kinds: str) -> str:
        """The next filler of these kinds, in turn, so that a caller hears all of a kind before one
        comes again."""
        for kind in kinds:
            names = sorted(name for name in self._lines if name.startswith(f"{kind}:"))
            for step in range(len(names)):
                at = (self._used.get(kind, 0) + step) % len(names)
                if names[at] != self._last:
                    self._used[kind] = at + 1
                    return self._say(names[at])
        return ""

    def _say(self, line: str) -> str:
        self._last = line
        return line
