"""Settings of hooks -> the delivery that tells."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from gateway.adapters.hooks.delivery import Delivery, Hook
from gateway.adapters.hooks.journal import Journal
from gateway.adapters.store import folder_of
from gateway.errors import SettingsError
from gateway.settings.tools import filled
from gateway.settings.whole import Settings

SHORTEST = 16
"""Characters of a secret."""


def hooks_of(settings: Settings, environ: Mapping[str, str] = os.environ) -> list[Hook]:
    """Return those who are told. Raises ``SettingsError`` for a secret that is missing or short."""
    found = []
    for name, one in settings.hooks.entries.items():
        where = f"hooks.{name}.secret"
        secret = filled(one.secret, environ, where)
        if len(secret) < SHORTEST:
            raise SettingsError(f"{where}: {one.secret} needs {SHORTEST} characters or more")
        found.append(Hook(name, one.url, secret, one.events, one.tenants))
    return found


def delivery_of(
    settings: Settings,
    lost: Callable[[str, int], None],
    environ: Mapping[str, str] = os.environ,
) -> Delivery | None:
    """Return what tells them; None where nobody is to be told. Blocks."""
    hooks = hooks_of(settings, environ)
    if not hooks:
        return None
    folder: Path = folder_of(settings.store.url)
    return Delivery(hooks, Journal(folder / "hooks.db"), lost)
