"""``frontline misses``: what the cache could not answer, alone or in groups."""

from __future__ import annotations

import argparse
from typing import Any

from gateway.commands.console import dump, say, table
from gateway.commands.running.client import opened
from gateway.commands.running.shown import clean, clock, percent
from gateway.settings.whole import Settings


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Ask for them and print them."""
    tenant = settings.tenant.default
    with opened(args, settings) as client:
        if args.clusters:
            found = client.get("/misses/clusters", tenant=tenant, limit=args.limit)
        else:
            found = client.get("/misses", tenant=tenant, limit=args.limit)
    if args.json:
        dump(found)
        return 0
    (show_clusters if args.clusters else show)(found)
    if found["note"]:
        say(found["note"], style="yellow")
    return 0


def show(found: Any) -> None:
    """Print single misses, the newest first."""
    rows = [
        (one["id"], clock(one["at"]), one["path"], clean(one["text"]), clean(one["used"]))
        for one in found["misses"]
    ]
    table(("turn", "at", "path", "asked", "used"), rows)


def show_clusters(found: Any) -> None:
    """Print groups, the largest first."""
    rows = []
    for one in found["clusters"]:
        near = one["nearest"] or {"entry": "", "similarity": 0.0}
        about = (clean(near["entry"]), near["similarity"])
        size = (one["size"], percent(one["share"]))
        rows.append((one["id"], *size, clean(one["name"]), *about, one["suggestion"]))
    table(("cluster", "size", "share", "asked", "nearest", "like", "suggestion"), rows)
    say(f"{found['misses']} open misses, {found['left_out']} in none of these groups")
