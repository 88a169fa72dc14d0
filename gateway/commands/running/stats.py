"""``frontline stats``: how turns went, and how long they took."""

from __future__ import annotations

import argparse
from typing import Any

from gateway.commands.console import dump, say, table
from gateway.commands.running.client import opened
from gateway.commands.running.shown import clean, ms, percent
from gateway.settings.whole import Settings

MOST = 10
"""Entries that are listed."""

RATES = ("hit", "clarify", "miss", "route", "agent", "decided_early", "wrong_flagged")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Ask for the window and print it."""
    asked = {"tenant": settings.tenant.default, "window": args.window}
    with opened(args, settings) as client:
        stats, latency = client.get("/stats", **asked), client.get("/latency", **asked)
    if args.json:
        dump({"stats": stats, "latency": latency})
    else:
        show(stats, latency)
    return 0


def show(stats: Any, latency: Any) -> None:
    """Print them as tables."""
    say(f"{stats['tenant']}, the last {stats['window']}: {stats['turns']} turns")
    if told := training_told(stats.get("training")):
        say(told)
    table(("rate", "share"), [(name, percent(stats["rates"][name])) for name in RATES])
    say()
    table(("path", "turns", "ttfa p50 ms", "p95", "p99"), paths_of(stats, latency))
    rows = sorted(stats["entries"].items(), key=lambda one: -one[1]["hits"])[:MOST]
    if rows:
        say()
        answers = [(clean(name), row["hits"], row["right"], row["wrong"]) for name, row in rows]
        table(("entry", "hits", "right", "wrong"), answers)


def training_told(training: Any) -> str:
    """The encoder's training as it stands, in a line; empty where there is nothing to tell."""
    if training is None or training["state"] == "none":
        return ""
    state, why = training["state"], training["why"]
    if state == "running":
        return f"the encoder is being trained: {training['done']} of {training['of']} steps"
    told = f"the encoder's training: {state}" + (f" ({why})" if why else "")
    if training["after"]:
        shares = f"{percent(training['after'])}, before {percent(training['before'])}"
        told += f"; of unseen questions it could answer {shares}"
    return told


def paths_of(stats: Any, latency: Any) -> list[tuple[object, ...]]:
    """A row for each path, the most frequent first."""
    rows: list[tuple[object, ...]] = []
    for path, count in sorted(stats["paths"].items(), key=lambda one: -one[1]):
        ttfa = latency["paths"].get(path, {}).get("ttfa", {})
        rows.append((path, count, *(ms(ttfa.get(f"p{one}_ms")) for one in (50, 95, 99))))
    return rows
