"""``frontline turns``: the newest turns, or all of one."""

from __future__ import annotations

import argparse
from typing import Any

from gateway.commands.console import dump, say, table
from gateway.commands.running.client import opened
from gateway.commands.running.shown import clean, clock, ms
from gateway.settings.whole import Settings


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Ask for them and print them."""
    with opened(args, settings) as client:
        if args.turn:
            found = client.get(f"/turns/{args.turn}")
        else:
            found = client.get(
                "/turns",
                tenant=settings.tenant.default,
                call=args.call,
                path=args.path,
                entry=args.entry,
                flagged="true" if args.flagged else None,
                limit=args.limit,
            )
    if args.json:
        dump(found)
    elif args.turn:
        show_one(found)
    else:
        show(found["turns"])
    return 0


def show(turns: Any) -> None:
    """Print a line for each."""
    rows = [
        (
            one["id"],
            clock(one["at"]),
            one["path"],
            clean(one["text"], 60),
            clean(one["entry"], 30),
            ms(one["timeline"].get("ttfa_ms")),
            one["flag"],
        )
        for one in turns
    ]
    table(("turn", "at", "path", "heard", "entry", "ttfa ms", "flag"), rows)


def show_one(turn: Any) -> None:
    """Print all of a turn that helps to judge it."""
    say(f"{turn['id']} of {turn['tenant']}, {clock(turn['at'])}: {turn['path']} {turn['entry']}")
    say(f"heard: {clean(turn['text'], 1000)}")
    if turn["reply"]:
        say(f"agent: {clean(turn['reply'], 1000)}")
    if reason := turn["evidence"].get("reason"):
        say(f"why:   {clean(reason, 1000)}")
    if turn["flag"]:
        say(f"flag:  {turn['flag']} {turn['meant']}")
    table(("stage", "ms"), [(name, value) for name, value in turn["timeline"].items()])
