"""Programs of other people's making, in an environment of the tests alone (``make clients``).

What these packages need is at odds with what is served, so that they are never imported here: a
script of this folder runs under their own interpreter and is spoken to in JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.tree import ROOT

PYTHON = ROOT / ".venv-clients" / "bin" / "python"
PATIENCE = 60.0
"""Seconds a script may take beside what it says: its imports take a few on a busy machine."""


def interpreter() -> Path:
    """The environment's interpreter; where there is none the test is skipped, but not in CI."""
    if not PYTHON.with_name("..").joinpath(".packages").exists():
        reason = "there is no .venv-clients: make clients"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return PYTHON


async def start(script: str) -> asyncio.subprocess.Process:
    """A script of this folder, to be ended by whoever starts it."""
    return await asyncio.create_subprocess_exec(
        interpreter(),
        Path(__file__).with_name(script),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=1 << 24,
    )


async def run(script: str, told: dict[str, Any]) -> Any:
    """What a script answers."""
    process = await start(script)
    try:
        async with asyncio.timeout(PATIENCE):
            out, errors = await process.communicate(json.dumps(told).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, f"exit {process.returncode}: {errors.decode()[-4000:]}"
    return json.loads(out.splitlines()[-1])
