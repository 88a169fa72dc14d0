"""Settings of hooks -> what tells, and what is told."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from gateway.adapters.hooks.delivery import Delivery, Hook
from gateway.adapters.hooks.journal import Journal
from gateway.adapters.store import folder_of
from gateway.errors import SettingsError
from gateway.ports.hooks import PUBLISHED, Happening, Hooks, NoHooks
from gateway.ports.store import RecordStore
from gateway.settings.tools import filled
from gateway.settings.whole import Settings
from gateway.shell.catalogue.burning import Burning
from gateway.shell.catalogue.tenants import POLL, Tenants
from gateway.shell.process.background import Background

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
    return Delivery(hooks, Journal(folder / "webhooks.db"), lost)


class Telling:
    """The hooks of a server, with what watches for things to tell; nothing where there are none."""

    def __init__(self, settings: Settings, lost: Callable[[str, int], None]) -> None:
        """Blocks."""
        self._delivery = delivery_of(settings, lost)
        self._allowed = settings.match.max_wrong_rate
        self.hooks: Hooks = self._delivery or NoHooks()

    def start(self, background: Background, store: RecordStore, tenants: Tenants) -> None:
        """Watch, and tell, in tasks of its own."""
        if self._delivery is None:
            return
        burning = Burning(store, tenants.names, self._allowed, self.hooks)
        background.spawn(self._delivery.run(), name="tell hooks")
        background.spawn(burning.watch(), name="watch the error budget")
        background.spawn(told_of_catalogues(tenants, self.hooks), name="tell of catalogues")

    async def close(self) -> None:
        """Write down what was not told yet."""
        if self._delivery is not None:
            await self._delivery.close()


async def told_of_catalogues(tenants: Tenants, hooks: Hooks) -> None:
    """Tell of each catalogue that goes live here, whoever published it."""
    known = {name: one.number for name in tenants.names() if (one := tenants.get(name))}
    while True:
        await asyncio.sleep(POLL)
        for name in tenants.names():
            one = tenants.get(name)
            if one is None or known.get(name) == one.number:
                continue
            before, known[name] = known.get(name, 0), one.number
            data = {"number": one.number, "before": before, "source": one.catalogue.source}
            data |= {"entries": len(one.catalogue.entries)}
            hooks.tell(Happening(kind=PUBLISHED, tenant=name, at=time.time(), data=data))
