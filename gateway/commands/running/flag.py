"""``frontline flag TURN right|wrong|ENTRY``: a verdict on what was decided."""

from __future__ import annotations

import argparse

from gateway.commands.console import dump, say
from gateway.commands.running.client import opened
from gateway.settings.whole import Settings


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Send the verdict, or the entry that was meant."""
    body = {"turn": args.turn}
    if args.entry:
        body["entry"] = args.entry
    if args.verdict:
        body["verdict"] = args.verdict
    with opened(args, settings) as client:
        flagged = client.post("/flags", body)
    if args.json:
        dump(flagged)
    else:
        meant = f": it should have been {flagged['entry']}" if flagged["entry"] else ""
        say(f"turn {flagged['turn']} is marked {flagged['verdict']}{meant}")
    return 0
