"""Settings of hooks and traces -> what tells others of what happens, and what is told."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from gateway.adapters.hooks.delivery import Delivery, Hook
from gateway.adapters.hooks.journal import Journal
from gateway.adapters.store import folder_of, shared
from gateway.adapters.traces.otlp import TurnTraces
from gateway.errors import SettingsError
from gateway.ports.hooks import PUBLISHED, Happening, Hooks, NoHooks
from gateway.ports.records import TurnRecord
from gateway.ports.store import RecordStore
from gateway.settings.tools import filled
from gateway.settings.whole import Settings
from gateway.shell.call.stories import Stories
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
    url = settings.store.url
    folder = Path(settings.store.replica) if shared(url) else folder_of(url)
    folder.mkdir(parents=True, exist_ok=True)
    return Delivery(hooks, Journal(folder / "webhooks.db"), lost)


class Telling:
    """The hooks and traces of a server, with what watches for things to tell; nothing where there
    are none."""

    def __init__(self, settings: Settings, lost: Callable[[str, int], None]) -> None:
        """Blocks. Raises ``SettingsError``."""
        endpoint = settings.traces.endpoint
        self._traces = TurnTraces(endpoint) if endpoint else None
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

    def stored(self, answer: Callable[[str, str], str]) -> Callable[[TurnRecord], None]:
        """Return what is told of each turn once it is stored; ``answer``: the text of a tenant's
        entry."""
        told = [Stories(self.hooks, answer).stored] if self._delivery is not None else []
        if self._traces is not None:
            told.append(self._traces.stored)

        def stored(record: TurnRecord) -> None:
            for one in told:
                one(record)

        return stored

    async def close(self) -> None:
        """Send or write down what was not told yet."""
        if self._traces is not None:
            await asyncio.to_thread(self._traces.close)
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
