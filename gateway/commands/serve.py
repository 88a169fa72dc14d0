"""``frontline serve``."""

from __future__ import annotations

import argparse
import os
import tempfile
from dataclasses import replace
from pathlib import Path

from gateway.commands.model import ensure
from gateway.errors import UsageError
from gateway.settings.whole import Settings, check_serving

COUNTED_IN = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that has workers count in files of a folder, so that any can tell of all."""
MOST = 64


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Take calls until told to stop."""
    if args.workers is not None:
        settings = replace(
            settings, server=replace(settings.server, workers=_workers(args.workers))
        )
    check_serving(settings)
    ensure(settings)
    if settings.server.workers == 1:
        from gateway.wiring.app import serve

        return serve(settings)
    with tempfile.TemporaryDirectory(prefix="frontline-") as folder:
        os.environ[COUNTED_IN] = folder  # before whoever counts is loaded
        from gateway.wiring.app import serve_with_workers

        return serve_with_workers(settings, Path(folder))


def _workers(given: int) -> int:
    if not 1 <= given <= MOST:
        raise UsageError(f"--workers must be from 1 to {MOST}: got {given}")
    return given
