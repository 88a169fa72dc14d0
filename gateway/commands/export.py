"""``frontline export``: a tenant's entries as the CSV they could be seeded from."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cache_seed.table import write
from gateway.commands.console import note
from gateway.commands.parts import live_catalogue, opened_store
from gateway.settings.whole import Settings


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Write the entries to standard output or a file."""
    with opened_store(settings, read_only=True) as store:
        catalogue = live_catalogue(store, settings.tenant.default, args.number)
    text = write(catalogue.entries)
    if args.output:
        Path(args.output).write_text(text, encoding="utf-8", newline="")
        note(f"{len(catalogue.entries)} entries of catalogue {catalogue.number}: {args.output}")
    else:
        sys.stdout.write(text)
    return 0
