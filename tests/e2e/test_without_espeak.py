"""What NOTICE says: with another voice, Frontline runs where espeak-ng is not installed."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from tests.house_server import FRONTLINE, Gateway, House, environ
from tests.providers.chat import Reply
from tests.providers.openai import OpenAI
from tests.providers.server import Server

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

BLOCK = 'import sys\nsys.modules["espeakng_loader"] = None\n'
"""Run by every Python that begins: the package cannot be imported, nor found."""


@pytest.fixture
def blocked(tmp_path: Path) -> dict[str, str]:
    """The environment of a program on a machine without the package."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(BLOCK)
    before = os.environ.get("PYTHONPATH", "")
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(folder), before)))}


def run(house: House, settings: dict[str, str], *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [FRONTLINE, *argv],
        cwd=house.folder.parent,
        env=environ({**house.environment, **settings}),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.mark.timeout(200)
async def test_with_another_voice_all_of_it_runs_without_espeak(
    house: House, tmp_path: Path, blocked: dict[str, str]
) -> None:
    table = tmp_path / "table.csv"
    table.write_text("question,answer\nwhen do you open,At nine.\nwhere are you,In Main Street.\n")
    async with Server(OpenAI(Reply("We do."), key="good")) as server:
        api = f"{server.http}/v1"
        settings = {
            **blocked,
            "FRONTLINE_TTS__PROVIDER": "openai",
            "FRONTLINE_TTS__OPENAI_BASE_URL": api,
            "FRONTLINE_TTS__OPENAI_KEY": "good",
            "FRONTLINE_LLM__PRIMARY_KEY": "good",
            "FRONTLINE_LLM__PRIMARY_PROVIDER": "openai",
            "FRONTLINE_LLM__PRIMARY_BASE_URL": api,
            "FRONTLINE_STT__PROVIDER": "none",
        }
        own = House(tmp_path / "store", house.model)
        seeded = await asyncio.to_thread(run, own, settings, "seed", str(table))
        assert seeded.returncode == 0, seeded.stderr
        asked = await asyncio.to_thread(run, own, settings, "ask", "when do you open")
        assert (asked.returncode, "At nine." in asked.stdout) == (0, True), asked.stderr

        def serves() -> set[str]:
            with Gateway(own, settings) as gateway:
                return gateway.libraries()

        assert not [path for path in await asyncio.to_thread(serves) if "espeak" in path]


def test_the_local_voice_that_is_not_there_is_told_with_its_mend(
    house: House, tmp_path: Path, blocked: dict[str, str]
) -> None:
    table = tmp_path / "table.csv"
    table.write_text("question,answer\nwhen do you open,At nine.\n")
    done = run(House(tmp_path / "store", house.model), blocked, "seed", str(table))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("frontline: espeak-ng cannot be loaded")
    assert "install the package espeakng-loader, or name another voice in tts.p" in done.stderr
    assert "Traceback" not in done.stderr
