"""Rights of the file system mean nothing to root, as whom tests often run in containers."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_NOBODY = 65534


@pytest.fixture
def ordinary_user() -> Iterator[None]:
    """For the length of a test, this process may only what an ordinary user may."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """An empty folder that everybody may use (``tmp_path`` lies in one that is root's alone)."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    if os.geteuid() == 0:
        os.chown(folder, _NOBODY, -1)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)
