"""``frontline serve``."""

from __future__ import annotations

import argparse

from gateway.settings import Settings, check_serving


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Take calls until told to stop."""
    check_serving(settings)
    from gateway.app import serve

    return serve(settings)
