"""The home: found from any folder, and where every relative path starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.errors import SettingsError
from gateway.settings.home import data_folder, find, rooted
from gateway.settings.server import ServerSettings
from gateway.settings.store import ModelSettings, StoreSettings
from gateway.settings.whole import Settings


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"XDG_DATA_HOME": str(tmp_path / "data")}


def with_settings(folder: Path, name: str = "frontline.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).touch()
    return folder / name


def test_it_is_the_users_data_folder_where_nothing_else_says(
    here: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    place = find("", environ, here)
    assert (place.home, place.file) == (tmp_path / "data/frontline", None)
    file = with_settings(tmp_path / "data/frontline")
    assert find("", environ, here).file == file


def test_a_folder_with_var_is_one(here: Path, environ: dict[str, str]) -> None:
    (here / "var").mkdir()
    assert find("", environ, here).home == here


def test_so_is_that_of_the_settings_file(
    here: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    (here / "var").mkdir()
    with_settings(here)
    assert find("", environ, here).home == here
    other = with_settings(tmp_path / "other", "shop.toml")
    for given in (str(other), "../other/shop.toml"):
        place = find(given, environ, here)
        assert (place.home, place.file) == (tmp_path / "other", Path(given))
        assert find("", {**environ, "FRONTLINE_CONFIG": given}, here) == place


def test_frontline_home_comes_before_all(
    here: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    (here / "var").mkdir()
    with_settings(here)
    environ["FRONTLINE_HOME"] = str(tmp_path / "home")
    place = find("", environ, here)
    assert (place.home, place.file) == (tmp_path / "home", Path("frontline.toml"))
    file = with_settings(tmp_path / "home")
    assert find("", environ, here).file == file
    place = find("own.toml", environ, here)
    assert (place.home, place.file) == (tmp_path / "home", Path("own.toml"))
    environ["FRONTLINE_HOME"] = "../home"
    assert find("", environ, here).home.resolve() == tmp_path / "home"


def test_a_tilde_is_the_users_folder(
    here: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(here / "me"))
    environ["FRONTLINE_HOME"] = "~/calls"
    assert find("", environ, here).home == here / "me/calls"
    assert data_folder({}) == here / "me/.local/share/frontline"
    assert data_folder({"XDG_DATA_HOME": "relative"}) == here / "me/.local/share/frontline"
    with pytest.raises(SettingsError, match="set FRONTLINE_HOME to a folder"):
        find("", {"FRONTLINE_HOME": "~nobody-of-that-name/x"}, here)


def test_relative_paths_start_there(tmp_path: Path) -> None:
    settings = rooted(Settings(), tmp_path)
    assert settings.store.url == f"sqlite:///{tmp_path}/var/store"
    assert settings.model.folder == f"{tmp_path}/var/model"
    assert (settings.server.tls_cert, settings.server.tls_key) == ("", "")
    given = Settings(
        server=ServerSettings(tls_cert="cert.pem", tls_key="/etc/key.pem"),
        model=ModelSettings(folder="/srv/model"),
        store=StoreSettings(url="sqlite:////srv/store"),
    )
    there = rooted(given, tmp_path)
    assert there.server.tls_cert == f"{tmp_path}/cert.pem"
    assert there.server.tls_key == "/etc/key.pem"
    assert there.model.folder == "/srv/model"
    assert there.store.url == "sqlite:////srv/store"


@pytest.mark.parametrize("url", ["redis://cache/0", "var/store", "", "sqlite:///", "sqlite:////"])
def test_what_is_no_store_in_a_folder_is_left_to_be_complained_about(
    url: str, tmp_path: Path
) -> None:
    assert rooted(Settings(store=StoreSettings(url=url)), tmp_path).store.url == url


@pytest.mark.parametrize("command", ["serve", "seed"])
def test_a_command_in_another_folder_names_the_absolute_one(
    here: Path, tmp_path: Path, command: str
) -> None:
    """The whole program, on a machine that cannot build the model."""
    (tmp_path / "sitecustomize.py").write_text('import sys\nsys.modules["onnx"] = None\n')
    path = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH", ""))))
    table = with_settings(tmp_path, "table.csv")
    argv = [str(Path(sys.executable).with_name("frontline")), command]
    argv += [str(table)] if command == "seed" else []
    for home, told in ({"FRONTLINE_HOME": "../home"}, "home"), ({}, "data/frontline"):
        done = subprocess.run(
            argv,
            cwd=here,
            env={**os.environ, "XDG_DATA_HOME": str(tmp_path / "data"), "PYTHONPATH": path, **home},
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        assert done.returncode == 2
        said = done.stderr.replace("here/../", "")
        assert f"no encoder model in {tmp_path}/{told}/var/model: run `frontline mod" in said
        assert "FRONTLINE_HOME" in said
    assert list(here.iterdir()) == []
