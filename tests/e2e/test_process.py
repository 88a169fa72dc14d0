"""``frontline serve`` as a process: what it refuses, what it weighs, how it stops."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from gateway.settings.whole import Settings
from intents.models.encoder import FILES, VERIFIER, file_hash
from tests.support.house_server import FRONTLINE, TENANT, Gateway, House, environ, eventually
from tests.support.line import Line

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

HEAVY = (
    "torch",
    "sklearn",
    "scipy",
    "transformers",
    "pandas",
    "matplotlib",
    "sentence_transformers",
)
MOST_MIB = 250
"""Resident memory of the serving process with one tenant."""


@pytest.fixture
def own(house: House, tmp_path: Path) -> House:
    """A copy for one test."""
    return house.copy(tmp_path / "store")


def serve(house: House, **settings: str) -> subprocess.CompletedProcess[str]:
    """A start that is expected to be refused."""
    return subprocess.run(
        [FRONTLINE, "serve"],
        cwd=house.folder.parent,
        env=environ({**house.environment, **settings}),
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line it said, having ended with 2."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def dial(gateway: Gateway) -> Any:
    return Line.dial(gateway.address, tenant=TENANT, stt="client", echo="when played")


async def hears(gateway: Gateway, text: str, entry: str) -> None:
    """A whole call."""
    async with dial(gateway) as line:
        await line.say(text)
        await line.heard_out()
        assert line.sound(1) == gateway.house.clip(entry)


# --- refused -------------------------------------------------------------------------------------


def test_a_port_that_is_taken(house: House) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = refused(serve(house, FRONTLINE_SERVER__PORT=str(port)))
    assert f"127.0.0.1:{port}" in line
    assert "FRONTLINE_SERVER__PORT" in line


def test_a_model_that_is_missing(house: House, tmp_path: Path) -> None:
    """On a machine without what builds it: elsewhere it is built."""
    (tmp_path / "sitecustomize.py").write_text('import sys\nsys.modules["onnx"] = None\n')
    before = os.environ.get("PYTHONPATH", "")
    path = os.pathsep.join(filter(None, (str(tmp_path), before)))
    folder = str(tmp_path / "nowhere")
    line = refused(serve(house, FRONTLINE_MODEL__FOLDER=folder, PYTHONPATH=path))
    assert f"no encoder model in {folder}: run `frontline model build`" in line


@pytest.mark.parametrize("name", [*FILES, VERIFIER, "manifest.json"])
def test_a_model_that_was_tampered_with(house: House, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for path in house.model.iterdir():
        if path.name != name:
            (folder / path.name).symlink_to(path)
    data = bytearray((house.model / name).read_bytes())
    digest = file_hash(house.model / "trunk.onnx").encode()
    place = data.index(digest) if name == "manifest.json" else len(data) // 2
    data[place] ^= 1
    (folder / name).write_bytes(data)
    line = refused(serve(house, FRONTLINE_MODEL__FOLDER=str(folder)))
    assert str(folder) in line
    assert "frontline model build" in line


def test_a_store_that_cannot_be_written(house: House, tmp_path: Path) -> None:
    if os.geteuid() == 0:  # whom no permission stops: a file stands where the folder should be
        folder = tmp_path / "file"
        folder.write_text("")
    else:
        folder = tmp_path / "sealed"
        folder.mkdir(mode=0o500)
    line = refused(serve(house, FRONTLINE_STORE__URL=f"sqlite:///{folder}"))
    assert str(folder) in line


def test_an_unknown_key_names_the_nearest_one(own: House) -> None:
    (own.folder.parent / "frontline.toml").write_text("[match]\nmax_wrong_rat = 0.02\n")
    line = refused(serve(own))
    assert "frontline.toml: unknown key match.max_wrong_rat" in line
    assert "did you mean match.max_wrong_rate?" in line


def test_a_wrong_unit_is_told_with_the_right_one(own: House) -> None:
    (own.folder.parent / "frontline.toml").write_text("[turn]\nsilence_confident_ms = 0.2\n")
    line = refused(serve(own))
    assert "turn.silence_confident_ms is in milliseconds" in line


def test_an_address_others_can_reach_needs_tokens(house: House) -> None:
    line = refused(serve(house, FRONTLINE_SERVER__HOST="0.0.0.0"))
    assert "FRONTLINE_SERVER__CALL_TOKEN" in line
    assert "FRONTLINE_ADMIN__TOKEN" in line


# --- what it weighs ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def gateway(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """As a user would start it."""
    with Gateway(house.copy(tmp_path_factory.mktemp("process") / "store")) as up:
        yield up


def test_the_banner_says_where_to_go_and_shows_a_token_once(gateway: Gateway) -> None:
    assert f"Frontline is up: {gateway.url}\n" in gateway.output
    found = re.search(r"^Admin token for this run .*: (\S+)$", gateway.output, re.MULTILINE)
    assert found
    assert gateway.output.count(found[1]) == 1
    ready = json.loads(gateway.get("readyz"))
    assert ready == {"ready": True, "tenants": [TENANT], "reason": "", "degraded": []}
    assert gateway.get("healthz") == "ok\n"


async def test_sound_is_sent_as_it_is_played(gateway: Gateway) -> None:
    async with dial(gateway) as line:
        await line.say("where are you located")
        await line.some_sound(1)
        began = time.monotonic()
        await line.heard_out()
        took = time.monotonic() - began
    length = len(line.sound(1)) / 32_000
    lead = Settings().playout.lead_ms / 1000
    assert length - lead - 0.1 < took < length + 5


async def test_it_stays_small_and_loads_nothing_of_what_builds_catalogues(
    gateway: Gateway,
) -> None:
    await hears(gateway, "when do you open", "hours")
    await hears(gateway, "i want to complain", "complaint")
    async with Line.dial(gateway.address, tenant=TENANT, stt="server") as line:  # with a recogniser
        await line.speak([bytes(640)] * 10, every=0.0)
    libraries = gateway.libraries()
    assert any("onnxruntime" in path for path in libraries)  # it is this process that serves
    for name in HEAVY:
        assert not [path for path in libraries if f"/{name}" in path]
    print(f"{gateway.rss_mib():.0f} MiB after three calls")
    assert gateway.rss_mib() < MOST_MIB


def test_the_application_imports_nothing_of_what_builds_catalogues(house: House) -> None:
    code = (
        "import os, sys; from gateway.wiring.app import create_app;"
        "from gateway.settings.whole import load;"
        "create_app(load(None, os.environ));"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=house.folder.parent,
        env=environ(house.environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "onnxruntime" in loaded
    assert not loaded & set(HEAVY)


# --- how it stops --------------------------------------------------------------------------------


async def test_told_to_stop_it_lets_the_call_in_progress_finish(own: House) -> None:
    with Gateway(own) as gateway:
        async with dial(gateway) as line:
            await line.say("where are you located")
            await line.expect("audio.start")
            await line.some_sound(1)
            gateway.signal(signal.SIGTERM)
            await eventually(lambda: "stopping once" in gateway.output)
            async with Line.connect(gateway.address) as late:
                assert await late.closed() == (1013, "shutting down")
            await line.heard_out()
            assert line.sound(1) == own.clip("location")
            await line.played_out()
        assert gateway.wait(10) == 0


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["term", "ctrl-c"]
)
async def test_told_to_stop_while_idle_its_status_says_so(
    own: House, number: signal.Signals, status: int
) -> None:
    with Gateway(own) as gateway:
        await hears(gateway, "when do you open", "hours")
        await eventually(lambda: gateway.calls() == 0)
        gateway.signal(number)
        assert gateway.wait(15) == status
        assert "Traceback" not in gateway.output


def table_of(rows: int) -> bytes:
    lines = (f"where is room {n} marmalade,Room {n} is on floor {n}.\n" for n in range(rows))
    return ("question,answer\n" + "".join(lines)).encode()


@contextlib.contextmanager
def seeding(gateway: Gateway) -> Iterator[Iterator[str]]:
    """The stream of a seed that has begun and takes a while: its events."""
    asked = urllib.request.Request(
        f"{gateway.url}admin/v1/seed?tenant=other",
        data=table_of(400),
        headers={"Authorization": f"Bearer {ADMIN}", "Content-Type": "text/csv"},
    )
    with urllib.request.urlopen(asked, timeout=60) as answer:
        events = (line.decode().strip() for line in answer)
        assert "event: progress" in events
        yield events


ADMIN = "an-admin-of-tests"


def test_a_stream_of_progress_is_told_that_the_server_stops(own: House) -> None:
    with Gateway(own, {"FRONTLINE_ADMIN__TOKEN": ADMIN}) as gateway, seeding(gateway) as events:
        gateway.signal(signal.SIGTERM)
        left = [line for line in events if line and not line.startswith(":")]
        assert left[-2] == "event: error"
        assert json.loads(left[-1].removeprefix("data: "))["error"]["code"] == "stopped"
        assert gateway.wait(15) == 0


def test_killed_in_mid_seed_nothing_of_the_table_is_left(own: House, tmp_path: Path) -> None:
    folder = tmp_path / "tmp"
    folder.mkdir()
    settings = {"FRONTLINE_ADMIN__TOKEN": ADMIN, "TMPDIR": str(folder)}
    broken = contextlib.suppress(OSError, HTTPException)
    with Gateway(own, settings) as gateway, broken, seeding(gateway):
        gateway.signal(signal.SIGKILL)
        assert gateway.wait(10) == -signal.SIGKILL
    left = [path for path in folder.rglob("*") if path.is_file()]
    assert [path for path in left if b"marmalade" in path.read_bytes()] == []
    assert not [path for path in left if path.suffix == ".csv"]


async def test_it_does_not_wait_for_a_call_for_ever(own: House) -> None:
    with Gateway(own, {"FRONTLINE_SERVER__DRAIN_S": "0.5"}) as gateway:
        async with dial(gateway) as line:
            await line.say("when do you open")
            await line.heard_out()
            gateway.signal(signal.SIGTERM)
            code, _ = await line.closed()
            assert code in (1001, 1012)
            gateway.wait(10)


@pytest.mark.parametrize("instant", ["started", "audio.start", "turn"])
async def test_killed_in_mid_call_it_opens_and_serves_again(own: House, instant: str) -> None:
    with Gateway(own) as gateway:
        async with dial(gateway) as line:
            await line.say("what's the weather like")
            if instant != "started":  # else killed with everything under way
                await line.expect(instant)
            gateway.signal(signal.SIGKILL)
            assert (await line.closed())[0] == 1006
        assert gateway.wait(10) == -signal.SIGKILL
    with Gateway(own) as gateway:
        await hears(gateway, "when do you open", "hours")
        assert json.loads(gateway.get("readyz"))["tenants"] == [TENANT]
