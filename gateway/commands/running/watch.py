"""``frontline watch``: a server at work, in a terminal."""

from __future__ import annotations

import argparse
import time
from typing import Any

from rich.console import Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from gateway.commands.console import dump, stdout
from gateway.commands.running.client import AdminClient, opened
from gateway.commands.running.shown import clean, clock, percent
from gateway.commands.running.stats import paths_of
from gateway.errors import FrontlineError, UsageError
from gateway.settings.whole import Settings

CALLS, TURNS = 8, 12
"""Lines of each list."""


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Show what happens until Ctrl-C; once, where that is asked for or nobody sits there."""
    tenant = settings.tenant.default
    with opened(args, settings) as client:
        seen = look(client, tenant, args.window)
        if args.json:
            dump(seen)
            return 0
        console = stdout()
        if args.once or not console.is_terminal:
            console.print(drawn(seen))
            return 0
        with Live(drawn(seen), console=console, screen=True, auto_refresh=False) as live:
            while True:
                time.sleep(args.every)
                live.update(_next(client, tenant, args.window), refresh=True)


def _next(client: AdminClient, tenant: str, window: str) -> RenderableType:
    """The next picture; a server that is away may come back, a token that is not known will not."""
    try:
        return drawn(look(client, tenant, window))
    except UsageError:
        raise
    except FrontlineError as error:
        return Text(str(error), style="red")


def look(client: AdminClient, tenant: str, window: str) -> dict[str, Any]:
    """All that is shown."""
    return {
        "stats": client.get("/stats", tenant=tenant, window=window),
        "latency": client.get("/latency", tenant=tenant, window=window),
        "calls": client.get("/calls")["calls"],
        "turns": client.get("/turns", tenant=tenant, limit=TURNS)["turns"],
    }


def drawn(seen: dict[str, Any]) -> RenderableType:
    """One picture of it."""
    stats, rates = seen["stats"], seen["stats"]["rates"]
    told = ", ".join(f"{name} {percent(rates[name])}" for name in ("hit", "clarify", "miss"))
    calls = [one for one in seen["calls"] if one["tenant"] == stats["tenant"]]
    head = f"{stats['tenant']}: {len(calls)} calls, {stats['turns']} turns in "
    head += f"{stats['window']}; {told}"
    now = time.time()
    going = [
        (
            one["id"],
            one["transport"],
            f"{max(0.0, now - one['since']):.0f} s",
            one["turns"],
            one["state"],
        )
        for one in calls[:CALLS]
    ]
    newest = [
        (
            clock(one["at"]),
            one["path"],
            clean(one["entry"], 24),
            clean(one["text"], 60),
            one["flag"],
        )
        for one in seen["turns"]
    ]
    return Group(
        Text(head, style="bold"),
        Text(),
        _table(("path", "turns", "ttfa p50 ms", "p95", "p99"), paths_of(stats, seen["latency"])),
        Text(),
        _table(("call", "by", "for", "turns", "state"), going),
        Text(),
        _table(("at", "path", "entry", "heard", "flag"), newest),
    )


def _table(columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Table:
    made = Table(*columns, box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for row in rows:
        made.add_row(*(escape(str(cell)) for cell in row))
    return made
