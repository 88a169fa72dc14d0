"""A call centre of our own, small, seeded once per test session, and a real gateway on it.

The store is seeded by ``frontline seed`` and served by ``frontline serve``, each in a process of
its own. The seeded folder is never served itself: each gateway gets a copy to change and damage.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from gateway import audio
from gateway.adapters.store import SqliteStore
from gateway.ports.sound import WIRE_FORMATS, AudioFormat, Encoding
from gateway.ports.store import Catalogue

TABLE = Path(__file__).with_name("house.csv")
TENANT = "house"
FRONTLINE = Path(sys.executable).with_name("frontline")
FORMATS = {form.name: form for form in WIRE_FORMATS}
PCM = FORMATS["pcm_s16le_16000"]
UP_WITHIN = 60.0
"""Seconds a gateway may take to come up on a machine that is busy with other tests."""


@dataclass(frozen=True)
class House:
    """A store folder with the house's catalogue, and how to serve it."""

    folder: Path
    model: Path

    @property
    def environment(self) -> dict[str, str]:
        """Settings for the program, as environment variables."""
        return {
            "FRONTLINE_STORE__URL": f"sqlite:///{self.folder}",
            "FRONTLINE_MODEL__FOLDER": str(self.model),
            "FRONTLINE_TENANT__DEFAULT": TENANT,
            # Training takes a minute of a core; tests of its own are about it.
            "FRONTLINE_MATCH__TRAIN": "never",
            "FRONTLINE_SERVER__PORT": "0",
        }

    @cached_property
    def catalogue(self) -> Catalogue:
        """The first one, as seeded."""
        with contextlib.closing(self.open()) as store:
            return store.load(TENANT, 1)

    def open(self, *, read_only: bool = True) -> SqliteStore:
        """The store, from this process; to be closed."""
        return SqliteStore(self.folder, read_only=read_only)

    def clip(self, entry: str, format_name: str = PCM.name) -> bytes:
        """The answer of an entry as it goes over the wire in that format, messages joined."""
        return self.said(f"entry:{entry}", FORMATS[format_name])

    def said(self, key: str, form: AudioFormat = PCM) -> bytes:
        """The clip under that key (``entry:...``, ``line:...``), messages joined."""
        name = self.catalogue.clips[key].name(form)
        with contextlib.closing(self.open()) as store:
            stored = store.get(name)
        assert stored is not None, f"{key} is not in the store"
        if form.encoding is Encoding.OPUS:
            return b"".join(audio.opus_packets(stored.payload))
        return stored.payload

    def clip_file(self, key: str, form: AudioFormat = PCM) -> Path:
        """The file that holds it."""
        name = self.catalogue.clips[key].name(form)
        (path,) = self.folder.glob(f"clips/**/{name}")
        return path

    def copy(self, folder: Path) -> House:
        """A house of its own to change: clips are shared until replaced, never written to."""
        for path in self.folder.rglob("*"):
            target = folder / path.relative_to(self.folder)
            if path.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            if "clips" in path.parts:
                os.link(path, target)
            else:
                shutil.copy2(path, target)
        return House(folder, self.model)


def environ(given: dict[str, str]) -> dict[str, str]:
    """The environment of a child: ours without settings from outside, and those given."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith("FRONTLINE_")}
    return {**ours, **given}


def build(root: Path, model: Path) -> House:
    """The house seeded under ``root``, by whoever comes first of several processes."""
    house = House(root / "house" / "store", model)
    root.mkdir(parents=True, exist_ok=True)
    with (root / "house.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not house.folder.exists():
            half = House(root / "house" / "half", model)
            shutil.rmtree(half.folder, ignore_errors=True)
            half.folder.parent.mkdir(exist_ok=True)
            subprocess.run(
                [FRONTLINE, "seed", TABLE],
                cwd=root,
                env=environ(half.environment),
                check=True,
                timeout=300,
                capture_output=True,
            )
            half.folder.rename(house.folder)
    return house


async def eventually(check: Callable[[], object], within: float = 20.0) -> None:
    """Ask the outside world again and again, in a thread, until it says yes."""
    async with asyncio.timeout(within):
        while not await asyncio.to_thread(check):  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.02)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> House:
    """The seeded store; not to be changed (``copy`` it). Takes 10 s once, 20 on a busy machine."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # what the workers of one session share
    return build(root, model_folder)


@dataclass
class Gateway:
    """``frontline serve`` in a process of its own, up for as long as the ``with`` lasts."""

    house: House
    settings: dict[str, str] = field(default_factory=dict)
    """Further settings as environment variables."""
    files: int = 0
    """Files the system lets it open; 0: as many as us."""
    port: int = 0
    _process: subprocess.Popen[str] | None = field(default=None, repr=False)
    _lines: list[str] = field(default_factory=list, repr=False)
    _banner: threading.Event = field(default_factory=threading.Event, repr=False)
    _reader: threading.Thread | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """``host:port``."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{self.address}/"

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._process is not None
        return self._process.pid

    @property
    def output(self) -> str:
        """What it has written so far: banner and log."""
        return "".join(self._lines)

    def __enter__(self) -> Self:
        limited = f'ulimit -n {self.files}; exec "$0" serve'
        self._process = subprocess.Popen(
            ["sh", "-c", limited, FRONTLINE] if self.files else [FRONTLINE, "serve"],
            cwd=self.house.folder.parent,
            env=environ({**self.house.environment, **self.settings}),
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            assert self._banner.wait(UP_WITHIN) and self.port, self.output
            assert self.get("readyz"), self.output
        except BaseException:
            self.kill()
            raise
        return self

    def _read(self) -> None:
        assert self._process is not None and self._process.stderr is not None
        for line in self._process.stderr:
            self._lines.append(line)
            if found := re.match(r"Frontline is up: http://[\d.]+:(\d+)/", line):
                self.port = int(found[1])
                self._banner.set()
        self._banner.set()

    def get(self, path: str) -> str:
        """The answer to a GET; raises ``HTTPError`` for a status that is none of success."""
        with urllib.request.urlopen(self.url + path, timeout=UP_WITHIN) as answer:
            text: bytes = answer.read()
            return text.decode()

    def sample(self, name: str) -> float:
        """A sample of ``/metrics`` by its name and labels; 0 if there is none yet."""
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.get("metrics"), re.MULTILINE)
        return float(found[1]) if found else 0.0

    def calls(self) -> int:
        """Calls in progress."""
        return int(self.sample("frontline_calls_in_progress"))

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self, seconds: float) -> int:
        """Its exit status; fails if it takes longer."""
        assert self._process is not None
        return self._process.wait(seconds)

    def kill(self) -> None:
        """End it without mercy."""
        assert self._process is not None and self._reader is not None
        self._process.kill()
        self._process.wait()
        self._reader.join(10)
        assert self._process.stderr is not None
        self._process.stderr.close()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.signal(signal.SIGINT)  # without waiting for calls
        try:
            self.wait(20)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self.kill()

    def rss_mib(self) -> float:
        """Resident memory."""
        return self._status("VmRSS") / 1024

    def threads(self) -> int:
        """Threads now."""
        return self._status("Threads")

    def open_files(self) -> int:
        """Open files and sockets now."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def libraries(self) -> set[str]:
        """Paths of the packages' shared objects it has mapped."""
        mapped = Path(f"/proc/{self.pid}/maps").read_text()
        return {path for path in re.findall(r"/\S+\.so\S*", mapped) if "site-packages" in path}

    def _status(self, key: str) -> int:
        text = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(rf"^{key}:\s+(\d+)", text, re.MULTILINE)
        assert found
        return int(found[1])
