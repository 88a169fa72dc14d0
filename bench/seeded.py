"""A seeded store for benchmarks: the bank sample, kept between runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bench.server import ROOT
from cache_seed.publish import seed
from gateway.adapters.store import open_store
from gateway.ports.store import Catalogue
from gateway.settings.whole import Settings
from gateway.wiring.voices import recipe_of
from intents.models.encoder import Encoder

TENANT = "bench"
BANK = ROOT / "cache_seed" / "samples" / "bank.csv"


def bank(settings: Settings, folder: Path) -> tuple[Catalogue, Encoder]:
    """The bank sample's catalogue in a store in that folder, seeded if it is not there yet."""
    encoder = Encoder(Path(settings.model.folder), settings.model.threads)
    store = open_store(f"sqlite:///{folder}")
    try:
        recipe = replace(recipe_of(settings, TENANT), behind=False)  # trained, if at all, before
        seed(BANK, recipe, store=store, encoder=encoder)
        return store.load(TENANT), encoder
    finally:
        store.close()


def environment(settings: Settings, folder: Path, **more: str) -> dict[str, str]:
    """Settings of a server on that store, as environment variables."""
    return {
        "FRONTLINE_STORE__URL": f"sqlite:///{folder.resolve()}",
        "FRONTLINE_MODEL__FOLDER": str(Path(settings.model.folder).resolve()),
        "FRONTLINE_TENANT__DEFAULT": TENANT,
        **more,
    }
