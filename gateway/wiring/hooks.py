"""Settings of hooks and traces -> what tells others of what happens, and what is told."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from gateway.adapters.hooks.delivery import SOON, Delivery, Hook
from gateway.adapters.hooks.journal import Journal
from gateway.adapters.store import folder_of, shared
from gateway.adapters.traces.otlp import TurnTraces
from gateway.errors import SettingsError
from gateway.ports.bots import AnswerGiven
from gateway.ports.hooks import ANSWERED, PUBLISHED, Happening, Hooks, NoHooks
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
OWNER = "agent.notify_url"
"""The hook of the owner of the bot behind."""
NEW = 600.0
"""Seconds for which a catalogue that goes live has only just been published."""

Leads = Callable[[], bool]
"""Says whether this process is the one, of those of this machine, that does what is done once."""


def always() -> bool:
    """Lead, as a process that is alone does."""
    return True


def hooks_of(settings: Settings, environ: Mapping[str, str] = os.environ) -> list[Hook]:
    """Return those who are told. Raises ``SettingsError`` for a secret that is missing or short."""
    found = []
    for name, one in settings.hooks.entries.items():
        where = f"hooks.{name}.secret"
        secret = filled(one.secret, environ, where)
        if len(secret) < SHORTEST:
            raise SettingsError(f"{where}: {one.secret} needs {SHORTEST} characters or more")
        found.append(Hook(name, one.url, secret, one.events, one.tenants))
    agent = settings.agent
    if tells_owner(settings):
        told = (ANSWERED,)
        found.append(Hook(OWNER, agent.notify_url, agent.notify_key, told, patience=SOON))
    return found


def tells_owner(settings: Settings) -> bool:
    """Return whether the owner of the bot behind is told what was answered in its place."""
    return settings.agent.kind == "media_stream" and bool(settings.agent.notify_url)


def answered(told: AnswerGiven) -> Happening:
    """Return what the owner of a bot is told."""
    data = {
        "call": told.call_id,
        **{name: value for name, value in told.ids.items() if value},
        "turn": told.turn,
        "entry": told.entry,
        "question": told.question,
        "answer": told.answer,
        "whole": told.whole,
    }
    return Happening(kind=ANSWERED, tenant=told.tenant, at=told.at, data=data, id=told.id)


def delivery_of(
    settings: Settings,
    lost: Callable[[str, int], None],
    environ: Mapping[str, str] = os.environ,
    leads: Leads = always,
) -> Delivery | None:
    """Return what tells them; None where nobody is to be told. Blocks."""
    hooks = hooks_of(settings, environ)
    if not hooks:
        return None
    url = settings.store.url
    folder = Path(settings.store.replica) if shared(url) else folder_of(url)
    folder.mkdir(parents=True, exist_ok=True)
    return Delivery(hooks, Journal(folder / "webhooks.db"), lost, leads=leads)


class Telling:
    """The hooks and traces of a server, with what watches for things to tell; nothing where there
    are none."""

    def __init__(
        self, settings: Settings, lost: Callable[[str, int], None], leads: Leads = always
    ) -> None:
        """Blocks. Raises ``SettingsError``."""
        endpoint = settings.traces.endpoint
        self._traces = TurnTraces(endpoint) if endpoint else None
        self._delivery = delivery_of(settings, lost, leads=leads)
        self._allowed = settings.match.max_wrong_rate
        self.hooks: Hooks = self._delivery or NoHooks()
        self._once = ToldOnce(self.hooks, leads)
        self._owner = tells_owner(settings)

    def start(self, background: Background, store: RecordStore, tenants: Tenants) -> None:
        """Watch, and tell, in tasks of its own."""
        if self._delivery is None:
            return
        burning = Burning(store, tenants.names, self._allowed, self._once)
        background.spawn(self._delivery.run(), name="tell hooks")
        background.spawn(burning.watch(), name="watch the error budget")
        background.spawn(told_of_catalogues(tenants, self._once), name="tell of catalogues")

    @property
    def notify(self) -> Callable[[AnswerGiven], None] | None:
        """The function that is told of each answer in a bot's place; None where nobody is told."""
        if not self._owner:
            return None
        return lambda told: self.hooks.tell(answered(told))

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


class ToldOnce:
    """Hooks for what every worker of a machine notices: the one that leads tells of it. The others
    look as well, so that whoever leads next knows what was told."""

    def __init__(self, hooks: Hooks, leads: Leads) -> None:
        self._hooks = hooks
        self._leads = leads

    def tell(self, happening: Happening) -> None:
        """See ``Hooks``."""
        if self._leads():
            self._hooks.tell(happening)


async def told_of_catalogues(tenants: Tenants, hooks: Hooks) -> None:
    """Tell of each catalogue that goes live here, whoever published it."""
    known = {name: one.number for name in tenants.names() if (one := tenants.get(name))}
    told: set[str] = set()
    while True:
        await asyncio.sleep(POLL)
        for name in tenants.names():
            one = tenants.get(name)
            if one is None or known.get(name) == one.number:
                continue
            before, known[name] = known.get(name, 0), one.number
            data = {"number": one.number, "before": before, "source": one.catalogue.source}
            data |= {"entries": len(one.catalogue.entries)}
            happening = Happening(kind=PUBLISHED, tenant=name, at=time.time(), data=data)
            common = id_of(name, one.number, one.catalogue.created, happening.at)
            if common and common not in told:
                told.add(common)
                happening = replace(happening, id=common)
            hooks.tell(happening)


def id_of(tenant: str, number: int, created: str, now: float) -> str:
    """Return the id under which all gateways tell of a catalogue that was only just published;
    empty for an older one: it has been told of, and goes live again."""
    if not abs(now - datetime.fromisoformat(created).timestamp()) < NEW:
        return ""
    facts = "\0".join((PUBLISHED, tenant, str(number), created))
    return f"msg_{hashlib.sha256(facts.encode()).hexdigest()[:24]}"
