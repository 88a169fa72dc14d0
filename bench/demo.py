"""``make demo``: a call through the whole path, heard without a key.

The gateway is the real one, in a process of its own. Whom it asks is simulated, in this process:
two language models whose answers are a script (``tests/providers/bank.py``), a voice's server in
which espeak-ng speaks, and a bank's system that takes its time. They speak the vendors' protocols,
at the vendors' usual pace.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from bench.server import ROOT
from tests.providers import bank
from tests.providers.behaviour import Behaviour, Delay
from tests.providers.elevenlabs import ElevenLabs
from tests.providers.groq import Groq
from tests.providers.openai import OpenAI
from tests.providers.server import Provider, Server

SETTINGS = Path(__file__).with_suffix(".toml")
TABLE = ROOT / "cache_seed" / "samples" / "bank.csv"
FRONTLINE = Path(sys.executable).with_name("frontline")
STOPPED_WITHIN = 15.0

MODEL = Behaviour(first=Delay(0.2, 0.9), between=Delay(0.012))
VOICE = Behaviour(first=Delay(0.12, 0.3))
SYSTEM = Behaviour(headers=Delay(2.5))
"""Seconds, as of good vendors on a good day, and of a bank's computer."""

ABOUT = """\
Frontline, with nobody behind it: the two language models, the voice's server and the bank's account
system are simulated on this machine. The models' answers are a script; they understand nothing. The
voice is espeak-ng, behind ElevenLabs' protocol. All else is the real thing: gateway, matching,
cache, recogniser.
"""
TRY = """\
Call from the page at the address below. Speak, or type:
  "what are your opening hours"         from the cache
  "are dogs allowed inside"             from the agent: a model, then the voice
  "what is my balance"                  the agent asks the bank, which takes 2.5 s; listen
Ctrl-C stops everything.
"""


@contextlib.asynccontextmanager
async def simulated() -> AsyncIterator[dict[str, str]]:
    """The servers; their addresses by the names they have in ``demo.toml``."""
    servers: dict[str, tuple[Provider, Behaviour]] = {
        "first-model": (Groq(bank.agent), MODEL),
        "second-model": (OpenAI(bank.agent), MODEL),
        "voice": (ElevenLabs(), VOICE),
        "bank": (bank.System(), SYSTEM),
    }
    async with contextlib.AsyncExitStack() as stack:
        up = {
            name: await stack.enter_async_context(Server(provider, behaviour=behaviour))
            for name, (provider, behaviour) in servers.items()
        }
        yield {name: server.http for name, server in up.items()}


def written(addresses: Mapping[str, str], path: Path) -> Path:
    """The settings with these addresses, in a file."""
    text = SETTINGS.read_text()
    for name, address in addresses.items():
        text = text.replace(f"http://{name}.demo", address)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


async def run_until(stop: asyncio.Event, *command: str | Path) -> int | None:
    """A program's exit status; None if it was stopped. It has a group of its own, so that Ctrl-C
    reaches it once, through us."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env={**os.environ, "FRONTLINE_HOME": str(ROOT)},
        start_new_session=True,
    )
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(process.wait()), loop.create_task(stop.wait())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return process.returncode
    finally:
        for task in tasks:
            task.cancel()
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            try:
                async with asyncio.timeout(STOPPED_WITHIN):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


async def demo(table: Path, config: Path) -> int:
    """Until Ctrl-C; the exit status."""
    stop = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    say(ABOUT)
    async with simulated() as addresses:
        frontline = (FRONTLINE, "--config", written(addresses, config))
        code = await run_until(stop, *frontline, "seed", "--if-empty", table)
        if code == 0:
            say(TRY)
            code = await run_until(stop, *frontline, "serve")
    return code or 0


def say(text: str) -> None:
    """To whoever started it."""
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.demo")
    parser.add_argument("--table", type=Path, default=TABLE, help="questions and answers")
    parser.add_argument("--config", type=Path, default=ROOT / "var" / "demo" / "frontline.toml")
    args = parser.parse_args()
    return asyncio.run(demo(args.table.resolve(), args.config.resolve()))


if __name__ == "__main__":
    sys.exit(main())
