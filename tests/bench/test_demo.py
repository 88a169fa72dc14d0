"""``make demo``, started and called as a user would, without a key."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bench import demo
from bench.server import ROOT
from gateway.settings.whole import load
from tests.support.line import Line

BIN = Path(sys.executable).parent
DOORS = ("twilio", "vonage")
PATIENCE = 120.0
"""Seconds for what takes a few on an idle machine: it seeds."""


def test_its_settings_are_good_and_name_every_server(tmp_path: Path) -> None:
    plain = load(demo.SETTINGS, {})
    assert plain.llm.primary_base_url.startswith("http://first-model.demo")
    names = ("first-model", "second-model", "voice", "bank")
    path = demo.written(dict.fromkeys(names, "http://127.0.0.1:9"), tmp_path / "x" / "f.toml")
    tomllib.loads(path.read_text())
    assert re.findall(r"http://\S+\.demo", path.read_text()) == []
    assert load(path, {}).tools.entries["account_balance"].url == "http://127.0.0.1:9/balance"


def made(args: str = "", **variables: str) -> tuple[str, ...]:
    """``make demo``, where what it is made of stands already."""
    told = (f"{name}={value}" for name, value in {**variables, "ARGS": args}.items() if value)
    return ("make", "-s", "-o", "setup", "-o", "model", "demo", f"BIN={BIN}", *told)


@dataclass
class Running:
    """The demo in a process of its own."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)

    async def until(self, pattern: str) -> str:
        """Read on until a line has it; the first group."""
        assert self.process.stderr is not None
        async with asyncio.timeout(PATIENCE):
            while line := (await self.process.stderr.readline()).decode():
                self.lines.append(line)
                if found := re.search(pattern, line):
                    return found[1]
        raise AssertionError("".join(self.lines))

    async def rest(self) -> None:
        """Read on to the end: a full pipe would hold it up."""
        assert self.process.stderr is not None
        while line := (await self.process.stderr.readline()).decode():
            self.lines.append(line)


@asynccontextmanager
async def running(folder: Path, model: Path) -> AsyncIterator[Running]:
    """On the tests' small house, which is seeded in seconds."""
    settings = {
        "FRONTLINE_SERVER__PORT": "0",
        "FRONTLINE_STORE__URL": f"sqlite:///{folder / 'store'}",
        "FRONTLINE_MODEL__FOLDER": str(model),
        "FRONTLINE_DTMF__1": "entry:send_money",  # what the demo's keys mean is not in the house
        "FRONTLINE_DTMF__2": "entry:hours",
    }
    table = ROOT / "tests" / "support" / "house.csv"
    process = await asyncio.create_subprocess_exec(
        *made(f"--config {folder / 'frontline.toml'}", SAMPLE=str(table)),
        cwd=ROOT,
        env={**os.environ, **settings},
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGTERM)
            await process.wait()
        process._transport.close()  # type: ignore[attr-defined]


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.anyio
@pytest.mark.real_loop
async def test_a_call_hears_the_cache_the_agent_and_a_tool_and_a_telephone_its_keys(
    model_folder: Path, tmp_path: Path
) -> None:
    async with running(tmp_path, model_folder) as one:
        address = await one.until(r"^Frontline is up: http://([\d.:]+)/")
        said = "".join(one.lines)
        assert "simulated" in said and "Ctrl-C" in said
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(one.rest())
            async with Line.dial(address, stt="client") as line:
                await line.say("when do you open")
                assert (await line.expect("decision"))["path"] == "cache"
                await line.heard_out(turn=1)
                await line.played_out()
                begun = line.expect
                for turn, text in ((2, "can i bring my dog"), (3, "please tell me my balance")):
                    await line.say(text)
                    assert (await line.expect("decision", turn=turn))["path"] == "agent"
                    while (start := await begun("audio.start", turn=turn))["source"] != "agent":
                        assert start["source"] == "filler"
                    generation = await line.heard_out(generation=start["generation"])
                    assert len(line.sound(generation)) > 32_000, "a second of speech"
                    await line.played_out()
            options = f"--address http://{address} --listens 2.5"
            heard = await asyncio.gather(*(telephone(options, door) for door in DOORS))
            os.killpg(one.process.pid, signal.SIGINT)  # as a terminal does with Ctrl-C
        async with asyncio.timeout(PATIENCE):
            await one.process.wait()
        host, port = address.split(":")
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(host, int(port))
    for door, told in zip(DOORS, heard, strict=True):
        hears_greeting_and_answers(door, *told)


def hears_greeting_and_answers(door: str, code: int | None, said: str, errors: str) -> None:
    """What the telephone beside it prints."""
    assert (code, errors) == (0, "")
    *heard, last = said.splitlines()
    for line, begin in zip(heard, ("at first", "key 1", "key 2"), strict=True):
        found = re.match(rf"{begin}: first sound after ([\d.]+) ms, ([\d.]+) s", line)
        assert found, line
        assert float(found[1]) < 2000
        assert float(found[2]) > 1.0
    assert last == f"errors that {door.capitalize()} would raise: none"


async def telephone(options: str, door: str) -> tuple[int | None, str, str]:
    """``make demo DOOR=...``: exit status, and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *made(options, DOOR=door),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE):
        out, errors = await process.communicate()
    return process.returncode, out.decode(), errors.decode()


@pytest.mark.anyio
@pytest.mark.real_loop
@pytest.mark.parametrize("door", DOORS)
async def test_a_telephone_alone_says_what_is_missing(door: str) -> None:
    code, said, errors = await telephone("--address http://127.0.0.1:9", door)
    assert (code, said) == (2, "")
    first, *_ = errors.splitlines()
    assert first == "http://127.0.0.1:9: nobody answers: start `make demo` in another terminal"
