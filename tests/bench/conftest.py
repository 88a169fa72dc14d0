"""The store that the benchmarks' own tests share: the tests' small house in the bank's place."""

from __future__ import annotations

import fcntl
import os
from dataclasses import replace
from pathlib import Path

import pytest

from bench.seeded import bank
from bench.server import ROOT
from gateway.settings.whole import Settings


@pytest.fixture(scope="session")
def quick(model_folder: Path) -> Settings:
    """Settings whose catalogue is not trained, which takes a minute of a core."""
    usual = Settings()
    return replace(
        usual,
        model=replace(usual.model, folder=str(model_folder)),
        match=replace(usual.match, train="never"),
    )


@pytest.fixture
def seeded(
    quick: Settings, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder in which benchmarks find their bank seeded, by whoever of several processes came
    first."""
    monkeypatch.setattr("bench.seeded.BANK", ROOT / "tests" / "support" / "house.csv")
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # what the workers of one session share
    with (root / "bench.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        bank(quick, root / "frontline-bench")
    return root
