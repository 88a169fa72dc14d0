"""Counters of the tools that agents run.

Labels are tools' names, as the settings and the operator's own servers have them, and kinds of
failures: sets of a few. Arguments, results and callers never are.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from gateway.ports.tools import Kind

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0)
MOST = 512
"""Names with a line of their own: a server may have other ones each time that it is asked."""
OTHERS, NONE = "others", "none"
"""Stand in place of a name: for tools beyond ``MOST``, and for tools that do not exist."""


class ToolMetrics:
    """``gateway.ports.tools.ToolWatcher``, on the gateway's registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._names: set[str] = set()
        self._runs = Counter(
            "frontline_tool_runs",
            "Tools that were run, by how that ended.",
            ("tool", "outcome"),
            registry=registry,
        )
        self._failures = Counter(
            "frontline_tool_failures",
            "Runs that came to nothing, by the kind of failure.",
            ("tool", "kind"),
            registry=registry,
        )
        self._seconds = Histogram(
            "frontline_tool_seconds",
            "Length of runs with all their tries, but for those that were cancelled.",
            ("tool",),
            buckets=SECONDS,
            registry=registry,
        )
        self._abandoned = Gauge(
            "frontline_tool_threads_abandoned",
            "Functions that go on alone after their time, each in a thread.",
            ("tool",),
            registry=registry,
            multiprocess_mode="livesum",
        )

    def ran(self, tool: str, failure: Kind | None, seconds: float) -> None:
        """See ``gateway.ports.tools.ToolWatcher``."""
        name = self._label(tool)
        self._runs.labels(name, "done" if failure is None else "failed").inc()
        if failure is not None:
            self._failures.labels(name, failure.value).inc()
        self._seconds.labels(name).observe(seconds)

    def cancelled(self, tool: str) -> None:
        """See ``gateway.ports.tools.ToolWatcher``."""
        self._runs.labels(self._label(tool), "cancelled").inc()

    def abandoned(self, tool: str, threads: int) -> None:
        """See ``gateway.ports.tools.ToolWatcher``."""
        self._abandoned.labels(self._label(tool)).set(threads)

    def _label(self, tool: str) -> str:
        if not tool:
            return NONE
        if tool not in self._names and len(self._names) >= MOST:
            return OTHERS
        self._names.add(tool)
        return tool
