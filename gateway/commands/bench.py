"""``frontline bench NAME``: runs ``bench/NAME.py``."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import inspect
import os
import pkgutil
import platform
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

from gateway.audit import measured
from gateway.commands.console import dump, say, table
from gateway.errors import UsageError
from gateway.settings.whole import Settings

Compared = tuple[Sequence[str], Sequence[Sequence[object]]]
"""Heading and rows of a table."""


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run one benchmark and print its figures; 1 if a goal is missed."""
    known = names()
    if args.name is None:
        for name in known:
            say(name)
        return 0
    if args.name not in known:
        raise UsageError(f"no benchmark {args.name}; there are: {', '.join(known) or 'none here'}")
    module = importlib.import_module(f"bench.{args.name.replace('-', '_')}")
    given = parameters(args.set)
    taken = takes(module)
    if unknown := [key for key in given if key not in taken]:
        raise UsageError(
            f"{args.name} has no parameter {unknown[0]}; --set takes: {', '.join(taken) or 'none'}"
        )
    if args.without:
        if "without" not in taken:
            raise UsageError(f"--without is for the benchmark guards, not for {args.name}")
        given["without"] = tuple(args.without)
    result = module.run(settings, **given)
    result = {"bench": args.name, "machine": machine(), "parameters": {}, "goals": {}, **result}
    missed = misses(result["figures"], result["goals"])
    if args.record:
        measured.record(result)
    if args.json:
        dump(result)
    else:
        show(result, missed, getattr(module, "compared", None))
    return 1 if missed else 0


def takes(module: ModuleType) -> list[str]:
    """The parameters of a benchmark: those of ``run``, or the fields of its ``Options``."""
    if hasattr(module, "Options"):
        return [one.name for one in fields(module.Options)]
    return [name for name in inspect.signature(module.run).parameters if name != "settings"]


def names() -> list[str]:
    """The benchmarks there are: modules of ``bench`` that have a ``run``."""
    spec = importlib.util.find_spec("bench")
    if spec is None or not spec.submodule_search_locations:
        return []
    return sorted(
        one.name.replace("_", "-")
        for one in pkgutil.iter_modules(spec.submodule_search_locations)
        if "def run(" in Path(spec.submodule_search_locations[0], f"{one.name}.py").read_text()
    )


def parameters(given: list[str]) -> dict[str, Any]:
    """``["calls=50", "mode=open"]`` as keyword arguments; numbers become numbers."""
    found: dict[str, Any] = {}
    for one in given:
        key, equals, text = one.partition("=")
        if not equals or not key.isidentifier():
            raise UsageError(f"--set wants KEY=VALUE; got {one!r}")
        found[key] = _value(text)
    return found


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def machine() -> dict[str, Any]:
    """A description of the machine on which the figures were measured."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def misses(figures: dict[str, float], goals: dict[str, Any]) -> list[str]:
    """Figures that miss their goal. A goal is a text: ``<= 10`` or ``>= 60``; a bare number
    is an upper bound."""
    return [key for key, goal in goals.items() if key not in figures or not met(figures[key], goal)]


def met(figure: float, goal: Any) -> bool:
    """Is the goal met?"""
    text = str(goal).strip()
    if text.startswith(">="):
        return figure >= float(text[2:])
    return figure <= float(text.removeprefix("<="))


def show(
    result: dict[str, Any],
    missed: list[str],
    compared: Callable[[dict[str, float]], Compared] | None = None,
) -> None:
    """Print the figures for a person: one a line, or as ``compared`` puts them side by side.

    ``compared`` is the benchmark's own, if it has one: it returns the heading and the rows.
    """
    about = result["machine"]
    say(f"{result['bench']} on {about['cores']} cores of {about['cpu']}, load {about['load']}")
    for key, value in result["parameters"].items():
        say(f"  {key} = {value}")
    if compared is not None:
        table(*compared(result["figures"]))
        return
    rows = [
        (key, f"{value:g}", str(result["goals"].get(key, "")), "missed" if key in missed else "")
        for key, value in result["figures"].items()
    ]
    table(("figure", "value", "goal", ""), rows)
