"""The script that writes the locks: what is dropped, and what goes with it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

RESOLVED = """\
torch==2.13.0 \\
    --hash=sha256:aa
    # via -c torch.in, sentence-transformers
sympy==1.14.0 \\
    --hash=sha256:bb
    # via torch
mpmath==1.3.0 \\
    --hash=sha256:cc
    # via sympy
nvidia-nccl-cu13==1.0 \\
    --hash=sha256:dd
    # via torch
numpy==2.4.6 \\
    --hash=sha256:ee \\
    --hash=sha256:ff
    # via -c dev.lock, -r serve.in, torch
"""


@pytest.fixture(scope="module")
def lock() -> ModuleType:
    path = Path(__file__).parents[1] / "requirements" / "lock.py"
    spec = importlib.util.spec_from_file_location("lock", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names(blocks: list[str]) -> list[str]:
    return [one.partition("==")[0] for one in blocks]


def test_with_torch_what_it_needs_stays_but_not_its_cuda(lock: ModuleType) -> None:
    assert names(lock.keep(RESOLVED, torch_is_wanted=True)) == ["sympy", "mpmath", "numpy"]


def test_without_torch_nothing_of_it_stays(lock: ModuleType) -> None:
    assert names(lock.keep(RESOLVED, torch_is_wanted=False)) == ["numpy"]


def test_blocks_keep_their_hashes_and_lose_the_constraint_files(lock: ModuleType) -> None:
    (block,) = lock.keep(RESOLVED, torch_is_wanted=False)
    assert block == (
        "numpy==2.4.6 \\\n    --hash=sha256:ee \\\n    --hash=sha256:ff\n"
        "    # via -r serve.in, torch\n"
    )
