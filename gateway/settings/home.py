"""The home: the folder that relative paths of the settings start from.

The same command must find the same store and model whatever folder it is given in, so the home is
not simply the working folder. In order: ``FRONTLINE_HOME``; the folder of the settings file in use;
the working folder if it has ``var`` in it, as a checkout does; the user's data folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.errors import SettingsError
from gateway.settings.whole import Settings

FILE = "frontline.toml"
VAR = "var"
SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The home of this run."""

    home: Path
    """Absolute."""
    file: Path | None
    """The settings file; None: there is none."""


def find(config: str, environ: Mapping[str, str], here: Path) -> Home:
    """The home and the settings file. ``config``: what ``--config`` says, if it was given;
    ``here``: the working folder, absolute. Raises ``SettingsError`` if the user has no folder."""
    given = config or environ.get("FRONTLINE_CONFIG", "")
    named = Path(given) if given else None  # as it was given: errors name it
    own = Path(FILE) if (here / FILE).exists() else None
    if home := environ.get("FRONTLINE_HOME", ""):
        folder = here / _of_user(Path(home))
        at_home = folder / FILE if (folder / FILE).exists() else None
        return Home(home=folder.resolve(), file=named or at_home or own)
    if file := named or own:
        return Home(home=(here / file).parent.resolve(), file=file)
    if (here / VAR).is_dir():
        return Home(home=here, file=None)
    folder = data_folder(environ)
    return Home(home=folder, file=folder / FILE if (folder / FILE).exists() else None)


def data_folder(environ: Mapping[str, str]) -> Path:
    """The user's own, by the XDG base directory specification: a relative one does not count."""
    base = Path(environ.get("XDG_DATA_HOME", ""))
    return (base if base.is_absolute() else _of_user(Path("~/.local/share"))) / "frontline"


def _of_user(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise SettingsError(f"{path} cannot be found: set FRONTLINE_HOME to a folder") from None


def rooted(settings: Settings, home: Path) -> Settings:
    """The settings with every relative path made absolute."""

    def at(path: str) -> str:
        return str(home / path) if path else ""

    url, server = settings.store.url, settings.server
    folder = url.removeprefix(SQLITE)
    if url.startswith(SQLITE) and folder.strip("/ "):  # else open_store says what is wrong with it
        url = SQLITE + at(folder)
    return replace(
        settings,
        store=replace(settings.store, url=url, replica=at(settings.store.replica)),
        model=replace(settings.model, folder=at(settings.model.folder)),
        server=replace(server, tls_cert=at(server.tls_cert), tls_key=at(server.tls_key)),
    )
