"""``frontline promote ENTRY``: make what was asked part of an entry, or a new one."""

from __future__ import annotations

import argparse
from typing import Any

from gateway.commands.console import dump, note, say
from gateway.commands.running.client import opened
from gateway.errors import UsageError
from gateway.settings.whole import Settings


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Send it, and wait until it is published."""
    if not (args.cluster or args.turn or args.question):
        raise UsageError("promote: say what was asked, with --cluster, --turn or --question")
    entry: Any = {"id": args.entry, "answer": args.answer} if args.answer else args.entry
    body = {
        "tenant": settings.tenant.default,
        "cluster": args.cluster,
        "turns": args.turn,
        "questions": args.question,
        "entry": entry,
    }
    with opened(args, settings) as client:
        if not args.json:
            note("rendering and publishing ...")
        report = client.post("/misses/promote", body)
    if args.json:
        dump(report)
    else:
        added, number = report["added"], report["catalogue"]
        say(f"{report['entry']}: {added} questions added; {report['outcome']}, catalogue {number}")
    return 0
