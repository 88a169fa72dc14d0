"""What every test can ask for."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from gateway import logs
from gateway.settings.whole import Settings
from intents.models.encoder import Encoder, ModelError, read_manifest
from tests.support.virtual import VirtualLoop

ROOT = Path(__file__).parents[1]

# The same examples in every run, whatever the machine's speed: a change that passes once passes
# again. `make test ARGS=--hypothesis-profile=search` looks for new ones.
_ANY_SPEED: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow],
}
settings.register_profile("fixed", derandomize=True, database=None, **_ANY_SPEED)
settings.register_profile("search", print_blob=True, **_ANY_SPEED)
settings.load_profile("fixed")


@pytest.fixture
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    """Virtual time for ``@pytest.mark.anyio`` tests; real time for those marked ``real_loop``."""
    if request.node.get_closest_marker("real_loop"):
        return "asyncio"
    return "asyncio", {"loop_factory": VirtualLoop}


@pytest.fixture(autouse=True)
def _no_settings_from_outside(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The shell's settings, and the user's own folder, are not the tests' business."""
    for name in list(os.environ):
        if name.startswith("FRONTLINE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.getbasetemp() / "data"))


@pytest.fixture
def log_levels() -> Iterator[None]:
    """How much is logged, as it was before a test that changes it."""
    before = {name: logging.getLogger(name).level for name in ("", *logs.OWN)}
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture(scope="session")
def model_folder() -> Path:
    """A folder with the exported encoder: the checkout's own if it is there, else built once.

    Built in a process of its own, which takes about 20 s: torch stays out of this one.
    """
    for folder in (ROOT / "var" / "model", ROOT / "var" / "test" / "model"):
        if _fits(folder):
            return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder.parent / "model.lock"):
        if not _fits(folder):
            build = "import pathlib, sys; from intents.models.build.model import build; "
            build += "build(pathlib.Path(sys.argv[1]))"
            subprocess.run(
                [sys.executable, "-c", build, str(folder)], cwd=ROOT, check=True, timeout=600
            )
    return folder


def _fits(folder: Path) -> bool:
    """Is the whole, untampered default model in the folder?"""
    try:
        return bool(read_manifest(folder)["name"] == Settings().model.name)
    except (ModelError, KeyError):
        return False


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock file, so that parallel test runs build one after the other."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def encoder(model_folder: Path) -> Encoder:
    """The real encoder, loaded once."""
    return Encoder(model_folder)
