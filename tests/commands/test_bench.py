"""``frontline bench``: finds benchmarks, hands on parameters, judges goals."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Callable
from typing import Any

import pytest

from gateway.commands import bench
from gateway.errors import UsageError


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A benchmark ``fake-one`` whose parameters are noted."""
    seen: dict[str, Any] = {}

    def measure(
        settings: Any, calls: int = 0, mode: str = "", late_ms: float = 3.0
    ) -> dict[str, Any]:
        seen.update({"calls": calls, "mode": mode})
        figures = {"late_ms": late_ms, "hit_pct": 70}
        return {"figures": figures, "goals": {"late_ms": "<= 5", "hit_pct": ">= 60"}}

    module = types.SimpleNamespace(run=measure)
    monkeypatch.setitem(sys.modules, "bench.fake_one", module)
    monkeypatch.setattr(bench, "names", lambda: ["fake-one"])
    return seen


def test_without_a_name_all_are_listed(run: Callable[..., Any], fake: dict[str, Any]) -> None:
    assert run("bench").out == "fake-one\n"


def test_an_unknown_name_is_usage(run: Callable[..., Any], fake: dict[str, Any]) -> None:
    done = run("bench", "fast")
    assert done.code == 2
    assert "there are: fake-one" in done.err


def test_an_unknown_parameter_names_those_that_there_are(
    run: Callable[..., Any], fake: dict[str, Any]
) -> None:
    done = run("bench", "fake-one", "--set", "call=50")
    assert done.code == 2
    assert "fake-one has no parameter call; --set takes: calls, mode, late_ms" in done.err
    assert fake == {}


def test_json_has_all_that_is_promised(run: Callable[..., Any], fake: dict[str, Any]) -> None:
    done = run("bench", "fake-one", "--json", "--set", "calls=50", "--set", "mode=open")
    assert done.code == 0
    assert fake == {"calls": 50, "mode": "open"}
    result = json.loads(done.out)
    assert list(result) == ["bench", "machine", "parameters", "goals", "figures"]
    assert result["bench"] == "fake-one"
    assert result["machine"]["cores"] >= 1
    assert result["figures"]["hit_pct"] == 70


def test_a_missed_goal_is_exit_1(run: Callable[..., Any], fake: dict[str, Any]) -> None:
    done = run("bench", "fake-one", "--set", "late_ms=7.5")
    assert done.code == 1
    assert "missed" in done.out
    assert run("bench", "fake-one").code == 0


@pytest.mark.parametrize(
    ("figure", "goal", "met"),
    [(10, 10, True), (10.1, "<= 10", False), (60, ">= 60", True), (59, ">=60", False)],
)
def test_goals(figure: float, goal: Any, met: bool) -> None:
    assert bench.met(figure, goal) is met


def test_a_figure_that_is_absent_misses_its_goal() -> None:
    assert bench.misses({}, {"late_ms": 5}) == ["late_ms"]


@pytest.mark.parametrize("given", ["calls", "=5", "a-b=1"])
def test_parameters_are_checked(given: str) -> None:
    with pytest.raises(UsageError, match="KEY=VALUE"):
        bench.parameters([given])


def test_what_is_in_the_folder_is_found() -> None:
    for name in bench.names():
        assert "_" not in name


def test_guards_are_left_out_only_where_that_is_measured(
    run: Callable[..., Any], fake: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run("bench", "fake-one", "--without", "wording")
    assert done.code == 2, "**given is no parameter of that name"
    assert "--without is for the benchmark guards, not for fake-one" in done.err

    def measure(settings: Any, without: tuple[str, ...] = ()) -> dict[str, Any]:
        return {"figures": {"wrong_pct": float(len(without))}}

    def compared(figures: dict[str, float]) -> bench.Compared:
        return ["without", "wrong"], [["wording", f"{figures['wrong_pct']:+.2f}"]]

    module = types.SimpleNamespace(run=measure, compared=compared)
    monkeypatch.setitem(sys.modules, "bench.fake_one", module)
    done = run("bench", "fake-one", "--without", "wording", "--without", "double")
    assert done.code == 0
    assert "+2.00" in done.out and "wrong_pct" not in done.out
    assert json.loads(run("bench", "fake-one", "--json").out)["figures"] == {"wrong_pct": 0}
