"""The supervisor, with real processes that do next to nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.tree import ROOT

SCRIPT = """
import os, signal, sys, time
from pathlib import Path
from gateway.workers.board import Board
from gateway.workers.supervisor import Supervisor

folder, how = Path(sys.argv[1]), sys.argv[2]

def work(number):
    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(1))
    (folder / f"{number}-{os.getpid()}").touch()
    if how == "fails" and number == 0:
        return 3
    patience = 2 if how == "stubborn" else 1
    while len(told) < patience:
        signal.sigtimedwait([], 0.01)
    return 0

board = Board(2)
status = Supervisor(board, work, lambda gone: (folder / f"gone-{gone}").touch()).run()
(folder / f"restarts-{board.restarts}").touch()
sys.exit(status)
"""


class Crew:
    """A supervisor in a process of its own, with two workers."""

    def __init__(self, folder: Path, how: str) -> None:
        self.folder = folder
        with (folder / "said").open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SCRIPT, str(folder), how], cwd=ROOT, stderr=said
            )

    def workers(self, number: int) -> list[int]:
        """Every process that has been that worker."""
        return sorted(int(path.name.split("-")[1]) for path in self.folder.glob(f"{number}-*"))

    def within(self, seconds: float, what: str) -> float:
        """Wait until a file of that name is there; how long that took."""
        began = time.monotonic()
        while not list(self.folder.glob(what)):
            assert time.monotonic() < began + seconds, f"no {what} in {seconds} s"
            time.sleep(0.005)
        return time.monotonic() - began


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for path in tmp_path.iterdir():  # whoever is left
        kind, _, process = path.name.partition("-")
        if kind in ("0", "1"):
            try:
                os.kill(int(process), signal.SIGKILL)
            except ProcessLookupError:
                continue


def crew(folder: Path, how: str = "works") -> Crew:
    made = Crew(folder, how)
    made.within(20, "0-*")
    made.within(20, "1-*")
    return made


def test_who_dies_is_replaced_and_the_other_goes_on(folder: Path) -> None:
    one = crew(folder)
    ((first,), (other,)) = one.workers(0), one.workers(1)
    os.kill(first, signal.SIGKILL)
    one.within(5, f"gone-{first}")
    while len(one.workers(0)) < 2:
        time.sleep(0.005)
    assert one.workers(1) == [other]
    one.process.terminate()
    assert one.process.wait(10) == 0
    assert (folder / "restarts-1").exists()


def test_told_to_stop_it_waits_for_all_and_starts_none(folder: Path) -> None:
    one = crew(folder, "stubborn")
    one.process.terminate()
    with pytest.raises(subprocess.TimeoutExpired):
        one.process.wait(0.3)  # real processes: there is nobody to tell that nothing happens
    one.process.terminate()
    assert one.process.wait(10) == 0
    assert (folder / "restarts-0").exists()


def test_who_fails_at_once_is_tried_more_and_more_seldom(folder: Path) -> None:
    one = crew(folder, "fails")
    began = time.monotonic()
    while len(one.workers(0)) < 4:
        assert time.monotonic() < began + 20
        time.sleep(0.01)
    assert time.monotonic() - began > 0.4
    one.process.terminate()
    assert one.process.wait(10) in (0, 3)
    assert "ended with 3: another is started" in (folder / "said").read_text()


def test_an_interrupt_is_its_own_status(folder: Path) -> None:
    one = crew(folder)
    one.process.send_signal(signal.SIGINT)
    assert one.process.wait(10) == 130


@pytest.mark.skipif(sys.platform != "linux", reason="the system does not tell children")
def test_without_their_supervisor_workers_end(folder: Path) -> None:
    one = crew(folder)
    one.process.kill()
    one.process.wait()
    began = time.monotonic()
    while any(Path(f"/proc/{worker}").exists() for worker in (*one.workers(0), *one.workers(1))):
        assert time.monotonic() < began + 10
        time.sleep(0.01)
