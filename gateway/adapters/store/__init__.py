"""The stores of catalogues, clips and records; ``store.url`` says which kind to open."""

from __future__ import annotations

from pathlib import Path

from gateway.adapters.store.sqlite import SqliteStore
from gateway.errors import SettingsError
from gateway.ports.store import Store

__all__ = ["SqliteStore", "folder_of", "open_store", "shared"]

_SQLITE = "sqlite:///"
_FORMS = "write sqlite:///FOLDER (relative), sqlite:////FOLDER (absolute) or redis://HOST:PORT"


def open_store(
    url: str, *, replica: Path | str = "var/replica", read_only: bool = False, serving: bool = False
) -> Store:
    """Open the store that ``store.url`` names, making it if it is not there yet.

    ``sqlite:///var/store`` is relative to the working directory, ``sqlite:////srv/store``
    absolute. With ``read_only`` nothing is made or changed, so that a command can look while a
    server runs. ``replica``: with Redis, the folder of this replica's copy; ``serving``: keep the
    copy whole and Redis mended as long as the store is open.

    Raises ``SettingsError`` for a URL it does not know (only its scheme is quoted: the rest may
    hold a password) and for a folder it cannot use, ``StoreFailed`` for a damaged database.
    """
    if not shared(url):
        return SqliteStore(folder_of(url), read_only=read_only)
    from gateway.adapters.store.redis.store import RedisStore

    return RedisStore(url, Path(replica), read_only=read_only, serving=serving)


def shared(url: str) -> bool:
    """Return whether the URL names a store that several replicas share."""
    return url.partition(":")[0].partition("+")[0] in ("redis", "rediss")


def folder_of(url: str) -> Path:
    """The folder of the embedded store that ``store.url`` names. Raises ``SettingsError`` as
    ``open_store`` does for a URL it does not know."""
    scheme, separator, _ = url.partition(":")
    if scheme == "sqlite" and separator:
        return _folder(url)
    known = f"{scheme + ':'!r} is no kind of store" if separator else "this is no URL"
    raise SettingsError(f"store.url: {known}; {_FORMS}")


def _folder(url: str) -> Path:
    path = url.removeprefix(_SQLITE)
    if not url.startswith(_SQLITE) or not path.strip("/ ") or "\0" in path:
        raise SettingsError(f"store.url: the folder is missing or misplaced; {_FORMS}")
    return Path(path)
