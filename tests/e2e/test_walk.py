"""The walks of docs/architecture.md are the ways that a partial and a row of a table really go."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Self

import pytest
from starlette.testclient import TestClient

from gateway import cli
from gateway.settings.whole import load
from gateway.wiring.app import create_app
from tests.support.documents import section
from tests.support.house_server import House

ROOT = Path(__file__).parents[2]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PACKAGES = tuple(str(ROOT / one) for one in ("intents", "cache_seed", "gateway"))
LONGEST = 15
"""Files that may be needed to follow a partial to its clip."""


class Footprints:
    """The files of the packages that are entered, in order, by all threads that begin meanwhile."""

    def __init__(self) -> None:
        self.files: list[str] = []
        self.wanted = False

    def __enter__(self) -> Self:
        threading.setprofile(self._seen)
        sys.setprofile(self._seen)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        threading.setprofile(None)

    def _seen(self, frame: FrameType, event: str, _: object) -> None:
        if not self.wanted or event != "call":
            return
        name = frame.f_code.co_filename
        if name.startswith(PACKAGES) and (not self.files or self.files[-1] != name):
            self.files.append(name)

    def passed(self, walk: Sequence[str]) -> int:
        """How many files of the walk were entered one after the other."""
        steps = iter(self.files)
        at = 0
        for one in walk:
            if not any(name == str(ROOT / one) for name in steps):
                break
            at += 1
        return at


def walk(title: str) -> list[str]:
    """The files of the table below that heading."""
    return re.findall(r"^\| `([a-z_/]+\.py)` \|", section(ARCHITECTURE, title), re.MULTILINE)


def rooms(files: Sequence[str]) -> list[str]:
    """The folders, one mention for files that follow one another."""
    folders = [str(Path(one).parent) for one in files]
    return [one for n, one in enumerate(folders) if n == 0 or folders[n - 1] != one]


def test_a_partial_goes_to_its_clip(house: House, tmp_path: Path) -> None:
    files = walk("A partial, from the socket to the clip")
    assert 10 <= len(files) <= LONGEST
    again = [one for n, one in enumerate(rooms(files)) if one in rooms(files)[:n]]
    assert again == ["gateway/shell/catalogue"], "each room once; this one asks, and is answered"
    mine = house.copy(tmp_path / "store")
    settings = load(None, {**mine.environment, "FRONTLINE_STT__PROVIDER": "none"})
    question = house.catalogue.entries[0].questions[0]
    audio = {"encoding": "pcm_s16le", "sample_rate": 16000}
    with (
        Footprints() as prints,
        TestClient(create_app(settings), base_url="http://127.0.0.1") as client,
        client.websocket_connect("ws://127.0.0.1/v1/call") as call,
    ):
        call.send_json({"type": "start", "tenant": "house", "stt": "client", "audio": audio})
        assert call.receive_json()["type"] == "started"
        prints.wanted = True
        call.send_json({"type": "partial", "text": question})
        call.send_json({"type": "final", "text": question})
        source = ""
        while source != "cache":
            message = call.receive_json()
            source = message.get("source", "")
        call.receive_bytes()
        prints.wanted = False
    passed = prints.passed(files)
    assert passed == len(files), f"{files[passed]} is not entered after {files[passed - 1]}"


def test_a_row_goes_to_a_published_clip(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = walk("A row, from the table to the published clip")
    assert len(set(rooms(files))) == len(rooms(files)), "each room once"
    table = tmp_path / "two.csv"
    table.write_text("question,answer\nwhen do you open,We open at nine.\nwhere are you,In town.\n")
    for name, value in house.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FRONTLINE_STORE__URL", f"sqlite:///{tmp_path / 'store'}")
    with Footprints() as prints:
        prints.wanted = True
        assert cli.main(["seed", str(table)]) == 0
        prints.wanted = False
    passed = prints.passed(files)
    assert passed == len(files), f"{files[passed]} is not entered after {files[passed - 1]}"
