"""Recordings and data sets that are not ours to ship."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def shared_data() -> Path | None:
    """The folder of ``FRONTLINE_TEST_DATA``, by default ``../shared/data``; None if missing."""
    given = os.environ.get("FRONTLINE_TEST_DATA")
    folder = Path(given) if given else ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


def needs_data(*parts: str) -> Path:
    """That file or folder of the shared data; skips the test with a reason if it is missing."""
    folder = shared_data()
    if folder is None:
        pytest.skip("FRONTLINE_TEST_DATA names no folder")
    path = folder.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the data folder has no {'/'.join(parts)}")
    return path
