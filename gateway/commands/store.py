"""``frontline store copy FROM TO``: everything of one store, moved into another."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from dataclasses import asdict

from gateway.adapters.store import open_store
from gateway.adapters.store.copying import copy_store
from gateway.commands.console import dump, note, progress, say
from gateway.errors import UsageError
from gateway.settings.whole import Settings

SET = "-"
"""The store that the settings name: a password stays in the environment then."""


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Copy, read back and say what was copied."""
    urls = [settings.store.url if url == SET else url for url in (args.source, args.target)]
    if urls[0] == urls[1]:
        raise UsageError("FROM and TO are the same store")
    replica = settings.store.replica
    with contextlib.ExitStack() as stack:
        source = open_store(urls[0], replica=replica, read_only=True)
        stack.callback(source.close)
        target = open_store(urls[1], replica=replica)
        stack.callback(target.close)
        fresh = stack.enter_context(tempfile.TemporaryDirectory())
        reader = open_store(urls[1], replica=fresh)
        stack.callback(reader.close)
        with progress() as tell:
            copied = copy_store(source, target, tell, reader)
    if args.json:
        dump(asdict(copied))
        return 0
    for one in copied.left_out:
        note(f"left out, as clips of it are gone: catalogue {one}")
    say(
        f"copied and read back: {copied.tenants} tenants, {copied.catalogues} catalogues, "
        f"{copied.clips} clips, {copied.turns} turns, {copied.tokens} tokens, "
        f"{copied.changes} changes of the trail"
    )
    return 0
