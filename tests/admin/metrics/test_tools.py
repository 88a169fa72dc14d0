"""What is counted of tools."""

from __future__ import annotations

from gateway.admin.metrics.metrics import Metrics
from gateway.admin.metrics.tools import MOST, NONE, OTHERS, ToolMetrics
from gateway.ports.tools import Kind, ToolWatcher


def test_runs_are_counted_by_tool() -> None:
    metrics = Metrics()
    watcher: ToolWatcher = metrics.tools
    watcher.ran("order", None, 0.2)
    watcher.ran("order", Kind.TIME, 5.0)
    watcher.ran("", Kind.UNKNOWN, 0.0)
    watcher.cancelled("order")
    watcher.abandoned("fee", 3)
    watcher.abandoned("fee", 2)

    def value(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(f"frontline_tool_{name}", labels)

    assert value("runs_total", tool="order", outcome="done") == 1
    assert value("runs_total", tool="order", outcome="failed") == 1
    assert value("runs_total", tool="order", outcome="cancelled") == 1
    assert value("failures_total", tool="order", kind="time") == 1
    assert value("failures_total", tool=NONE, kind="unknown") == 1
    assert value("seconds_count", tool="order") == 2, "one that was cancelled says nothing"
    assert value("seconds_bucket", tool="order", le="0.25") == 1
    assert value("threads_abandoned", tool="fee") == 2


def test_names_are_not_without_end() -> None:
    """A server may have other tools each time that it is asked."""
    metrics = Metrics()
    for number in range(MOST + 5):
        metrics.tools.ran(f"tool{number}", None, 0.1)
    metrics.tools.ran("tool0", None, 0.1)
    runs = {
        one.labels["tool"]: one.value
        for family in metrics.registry.collect()
        for one in family.samples
        if one.name == "frontline_tool_runs_total"
    }
    assert len(runs) == MOST + 1
    assert (runs[OTHERS], runs["tool0"]) == (5, 2)


def test_no_label_is_an_argument_or_a_caller() -> None:
    metrics = Metrics()
    assert isinstance(metrics.tools, ToolMetrics)
    kept = vars(metrics.tools).values()
    names = {name for one in kept for name in getattr(one, "_labelnames", ())}
    assert names == {"tool", "outcome", "kind"}
