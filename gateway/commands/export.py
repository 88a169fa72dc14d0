"""``frontline export``: a tenant's entries as the CSV they could be seeded from."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Iterable
from pathlib import Path

from gateway.commands.console import note
from gateway.commands.parts import live_catalogue, opened_store
from gateway.ports import Entry
from gateway.settings import Settings

COLUMNS = (
    *("id", "intent", "question", "counter_example", "answer", "locale", "voice", "tags"),
    *("valid_from", "valid_until", "action"),
)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Write the entries to standard output or a file."""
    with opened_store(settings, read_only=True) as store:
        catalogue = live_catalogue(store, settings.tenant.default, args.number)
    text = to_csv(catalogue.entries)
    if args.output:
        Path(args.output).write_text(text, encoding="utf-8", newline="")
        note(f"{len(catalogue.entries)} entries of catalogue {catalogue.number}: {args.output}")
    else:
        sys.stdout.write(text)
    return 0


def to_csv(entries: Iterable[Entry]) -> str:
    """One row per entry; what an entry has several of stands in one cell between ``|``."""
    text = io.StringIO()
    rows = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    rows.writeheader()
    for one in entries:
        rows.writerow(
            {
                "id": one.id,
                "intent": one.intent,
                "question": "|".join(one.questions),
                "counter_example": "|".join(one.counter_examples),
                "answer": one.answer,
                "locale": one.locale,
                "voice": one.voice,
                "tags": "|".join(one.tags),
                "valid_from": one.valid_from,
                "valid_until": one.valid_until,
                "action": one.action,
            }
        )
    return text.getvalue()
