"""The parts that several commands open: the store, the encoder, the live catalogue."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from gateway.adapters.store import folder_of, open_store, shared
from gateway.commands.model import ensure
from gateway.errors import NotFound
from gateway.ports.store import Catalogue, Store
from gateway.settings.whole import Settings
from intents.models.encoder import Encoder


@contextlib.contextmanager
def opened_store(settings: Settings, *, read_only: bool = False) -> Iterator[Store]:
    """The store, closed afterwards. ``read_only``: what is not there is not made."""
    url = settings.store.url
    if read_only and not shared(url) and not folder_of(url).exists():
        raise _nothing_seeded(settings.tenant.default)
    store = open_store(url, replica=settings.store.replica, read_only=read_only)
    try:
        yield store
    finally:
        store.close()


def opened_encoder(settings: Settings) -> Encoder:
    """The exported encoder, exported now if it is missing; raises with the mend (exit 2) if that
    cannot be, or it is damaged."""
    ensure(settings)
    return Encoder(Path(settings.model.folder), settings.model.threads)


def live_catalogue(store: Store, tenant: str, number: int | None = None) -> Catalogue:
    """The tenant's live catalogue, or that number. Raises ``NotFound`` with the mend."""
    if number is None and store.live_number(tenant) is None:
        raise _nothing_seeded(tenant)
    return store.load(tenant, number)


def _nothing_seeded(tenant: str) -> NotFound:
    return NotFound(f"tenant {tenant} has no catalogue yet; run: frontline seed FILE.csv")
