"""``frontline seed``: a table in, a published catalogue out, or every mistake with its line."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from cache_seed.publish import Outcome, SeedReport, seed
from gateway.admin.people.lines import change
from gateway.commands.console import dump, note, progress, say
from gateway.commands.parts import opened_encoder, opened_store
from gateway.commands.training import how_it_stands, summary, waited
from gateway.settings.whole import Settings
from gateway.wiring.voices import recipe_of

SHOWN = 20
"""Errors printed for a person; --json has them all."""


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Seed the tenant; 1 if the table is refused."""
    tenant = settings.tenant.default
    with opened_store(settings) as store:
        live = store.live_number(tenant)
        if args.if_empty and live is not None:
            note(f"tenant {tenant} has catalogue {live} already: nothing to seed")
            if args.wait:
                say(summary(waited(store, tenant, opened_encoder(settings))))
            return 0
        encoder = opened_encoder(settings)
        piped = args.file == "-"
        with progress() as tell:
            report = seed(
                sys.stdin.buffer.read() if piped else Path(args.file),
                recipe_of(settings, tenant),
                store=store,
                encoder=encoder,
                name="standard input" if piped else "",
                skip_bad=args.skip_bad,
                dry_run=args.dry_run,
                progress=tell,
            )
        if report.outcome is Outcome.PUBLISHED:
            told = f"{report.source}; {report.entries} entries"
            store.note(
                change("frontline seed", "", "published", tenant, str(report.catalogue), told)
            )
        live_now = report.ok and not args.dry_run
        if not args.json:
            show(report)
        if not args.wait and live_now:
            course = how_it_stands(store, tenant)
        else:
            course = waited(store, tenant, encoder) if live_now else None
    if args.json:
        dump(report.as_dict() | {"training": asdict(course) if course else None})
    elif course is not None:
        say(summary(course))
    return 0 if report.ok else 1


def show(report: SeedReport) -> None:
    """The report for a person: mistakes first, the result last."""
    listed = [("error", str(one), "red") for one in report.errors]
    listed += [("warning", str(one), "yellow") for one in report.warnings]
    listed += [
        (
            "conflict",
            f'{one.first} has "{one.question}", {one.second} has "{one.other}"',
            "yellow",
        )
        for one in report.conflicts
    ]
    for kind in ("error", "warning", "conflict"):
        some = [(text, colour) for what, text, colour in listed if what == kind]
        for text, colour in some[:SHOWN]:
            say(f"{kind}: {text}", style=colour)
        if len(some) > SHOWN:
            say(f"and {len(some) - SHOWN} more of these; --json shows all")
    say(summed_up(report), style="bold green" if report.ok else "bold red")


def summed_up(report: SeedReport) -> str:
    """The result in one line."""
    what = f"{report.entries} entries, {report.questions} questions"
    match report.outcome:
        case Outcome.PUBLISHED:
            faster = f", {report.x_realtime:.0f} x real time" if report.rendered else ""
            return (
                f"catalogue {report.catalogue} of {report.tenant} is live: {what}; "
                f"{report.rendered} clips rendered, {report.reused} kept "
                f"({report.wall_s:.1f} s{faster})"
            )
        case Outcome.UNCHANGED:
            return f"nothing has changed: catalogue {report.catalogue} of {report.tenant}, {what}"
        case Outcome.CHECKED:
            return f"good: {what}; {report.rendered} clips to be rendered; nothing was published"
        case _:
            live = report.catalogue
            kept = f"catalogue {live} still answers" if live else "there is no catalogue yet"
            mistakes = "1 mistake" if len(report.errors) == 1 else f"{len(report.errors)} mistakes"
            return f"nothing was published ({mistakes}); {kept}"
