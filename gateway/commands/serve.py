"""``frontline serve``."""

from __future__ import annotations

import argparse

from gateway.commands.model import ensure
from gateway.settings import Settings, check_serving


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Take calls until told to stop."""
    check_serving(settings)
    ensure(settings)
    from gateway.app import serve

    return serve(settings)
