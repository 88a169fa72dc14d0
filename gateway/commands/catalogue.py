"""``frontline catalogue list`` and ``frontline catalogue rollback [N]``."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from gateway.admin.people.lines import change
from gateway.commands.console import dump, say, table
from gateway.commands.parts import opened_store
from gateway.errors import NotFound
from gateway.ports.store import CatalogueInfo
from gateway.settings.whole import Settings


def run(args: argparse.Namespace, settings: Settings) -> int:
    """List the tenant's catalogues or make an earlier one live."""
    tenant = settings.tenant.default
    with opened_store(settings, read_only=True) as store:
        history = store.history(tenant)
    if not history:
        raise NotFound(f"tenant {tenant} has no catalogue yet; run: frontline seed FILE.csv")
    if args.action == "list":
        return show(history, as_json=args.json)
    number = args.number or before(history)
    live = next((one.number for one in history if one.live), 0)
    with opened_store(settings) as store:
        store.activate(tenant, number, live)
        store.note(change("frontline catalogue", "", "rolled back", tenant, str(number)))
    if args.json:
        dump({"tenant": tenant, "live": number})
    else:
        say(f"catalogue {number} of {tenant} is live")
    return 0


def before(history: list[CatalogueInfo]) -> int:
    """The newest number below the live one."""
    live = max((one.number for one in history if one.live), default=0)
    older = [one.number for one in history if one.number < live]
    if not older:
        raise NotFound(f"there is no catalogue before {live}; name one: catalogue rollback N")
    return max(older)


def show(history: list[CatalogueInfo], *, as_json: bool) -> int:
    """Print them, newest first."""
    if as_json:
        dump([asdict(one) for one in history])
        return 0
    rows = [
        ("live" if one.live else "", one.number, one.created, one.entries, one.source)
        for one in history
    ]
    table(("", "number", "created", "entries", "source"), rows)
    return 0
