"""``abuse``: what others notice of an attack.

The real gateway in a process of its own, with the bank sample. A few calls ask cached questions all
the time, each at an instant fixed beforehand and counted from there, and ``/healthz`` is asked for
too. Nobody attacks for a while; then strangers do, one way after the other (``bench/attacks.py``).
For each:

* ``stall``: the longest the event loop stood still, told by a timer in the server;
* ``memory``: what the server's resident memory grew by at most;
* ``p99_ratio``: final text to first sound of the calls, against the same without attack;
* ``healthz_p99``: the answer to ``/healthz``, on a connection of its own.

Attackers and callers share the machine with the server: what they take of it counts against it.
``--set only=pings`` is one attack alone, on a server that nothing has happened to before.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

from bench.attacks import ATTACKS, LONGER, Siege
from bench.caller import Caller, quantiles, sleep_until
from bench.hit import answers
from bench.seeded import bank, environment
from bench.server import ADMIN_TOKEN, ServerProcess
from gateway.errors import UsageError
from gateway.settings.whole import Settings
from intents.learning.knowledge import Knowledge
from intents.matcher import Matcher

TURN = 0.5
"""Seconds between the questions of one call."""
EVERY = 0.05
"""Seconds between two looks at ``/healthz``, and at the memory."""
SETTLE = 1.0
"""Seconds between two attacks."""
QUESTIONS = 12
"""Asked again and again, so that their clips are in memory before anything is measured."""
PATIENCE = 20.0
"""Seconds ``/healthz`` is waited for; it then counts as answered."""
GOALS = {"stall_ms": "<= 50", "memory_mib": "<= 20", "p99_ratio": "<= 2"}
BEYOND = {"handshake_with_body_unanswered": "<= 0", "stalled_upload_others_refused": "<= 0"}
"""Goals of single attacks."""


@dataclass
class Seen:
    """The observations, by instants of ``time.perf_counter``."""

    turns: list[tuple[float, float]] = field(default_factory=list)
    """The instant of each question, and the seconds until it was answered."""
    health: list[tuple[float, float]] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)
    """MiB."""
    lost: int = 0


@dataclass(frozen=True)
class Window:
    """The time of one attack, or of none."""

    name: str
    begun: float
    ended: float
    stall: float
    """Seconds."""
    figures: dict[str, float]

    def of(self, values: list[tuple[float, float]]) -> list[float]:
        """The values that fall into this window."""
        return [value for at, value in values if self.begun <= at < self.ended]


def run(
    settings: Settings,
    calls: int = 10,
    seconds: float = 4.0,
    quiet: float = 8.0,
    only: str = "",
    seed: int = 7,
    folder: str = "",
) -> dict[str, Any]:
    """All attacks, or one, of so many seconds each."""
    random.seed(seed)
    chosen = only.split("+") if only else list(ATTACKS)
    if unknown := set(chosen) - set(ATTACKS):
        raise UsageError(f"no attack {unknown.pop()}; there are: {', '.join(ATTACKS)}")
    home = Path(folder or tempfile.gettempdir()) / "frontline-bench"
    catalogue, encoder = bank(settings, home)
    matcher = Matcher(Knowledge.from_bytes(catalogue.knowledge), encoder)
    texts = [q for e in catalogue.entries if not e.action for q in e.questions[:1]]
    texts = [text for text in texts if answers(matcher, text)][:QUESTIONS]
    with (
        ServerProcess(environment(settings, home, FRONTLINE_MATCH__TRAIN="never")) as server,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        seen, windows = runner.run(siege(server, texts, calls, chosen, seconds, quiet))
    figures = {"lost_turns": float(seen.lost), **figures_of(seen, windows)}
    goals = {f"{name}_{key}": goal for name in chosen for key, goal in GOALS.items()} | {
        key: goal for key, goal in BEYOND.items() if key in figures
    }
    return {
        "bench": "abuse",
        "parameters": {"calls": calls, "seconds": seconds, "quiet_s": quiet, "turn_s": TURN},
        "figures": figures,
        "goals": goals,
    }


def figures_of(seen: Seen, windows: list[Window]) -> dict[str, float]:
    """Each attack's, against the window without one, which is the first."""
    figures: dict[str, float] = {}
    usual = 0.0
    for window in windows:
        p99 = quantiles(window.of(seen.turns))[2]
        usual = usual or p99
        memory = window.of(seen.memory)
        figures |= {
            f"{window.name}_stall_ms": round(window.stall * 1000, 1),
            f"{window.name}_memory_mib": round(max(memory) - memory[0], 1),
            f"{window.name}_p99_ms": round(p99 * 1000, 1),
            f"{window.name}_p99_ratio": round(p99 / usual, 2),
            f"{window.name}_healthz_p99_ms": round(quantiles(window.of(seen.health))[2] * 1000, 1),
            **{f"{window.name}_{key}": value for key, value in window.figures.items()},
        }
    return figures


# --- the server under siege ---------------------------------------------------------------------


async def siege(
    server: ServerProcess,
    texts: list[str],
    calls: int,
    attacks: list[str],
    seconds: float,
    quiet: float,
) -> tuple[Seen, list[Window]]:
    """Calls and probes from the first to the last, attacks one after the other."""
    seen = Seen()
    over = asyncio.Event()
    start = time.perf_counter() + 1.0
    async with asyncio.TaskGroup() as tasks:
        for number in range(calls):
            at = start + TURN * number / calls
            tasks.create_task(one_call(server.address, at, texts, over, seen))
        tasks.create_task(probe(server, over, seen))
        tasks.create_task(weigh(server, over, seen))
        await asyncio.sleep(2.0 + TURN * len(texts) / 2)  # every question has been asked
        windows = [await watched(server, "quiet", quiet, None)]
        for name in attacks:
            await asyncio.sleep(SETTLE)
            windows.append(await watched(server, name, LONGER.get(name, seconds), name))
        over.set()
    return seen, windows


async def watched(server: ServerProcess, name: str, seconds: float, attack: str | None) -> Window:
    """One window: the attack, and as long again as the server needs to come to itself."""
    await asyncio.to_thread(server.stall_s)
    begun = time.perf_counter()
    figures: dict[str, float] = {}
    if attack is None:
        await asyncio.sleep(seconds)
    else:
        one = Siege("127.0.0.1", server.port, ADMIN_TOKEN, time.monotonic() + seconds, figures)
        with contextlib.suppress(OSError):  # it was cut off
            await asyncio.to_thread(ATTACKS[attack], one)
        left = begun + seconds - time.perf_counter()
        await asyncio.sleep(max(0.0, left if attack not in LONGER else 0.0))
    longest = await asyncio.to_thread(server.stall_s)
    return Window(name, begun, time.perf_counter(), longest, figures)


async def one_call(
    address: str, start: float, texts: list[str], over: asyncio.Event, seen: Seen
) -> None:
    """A question every ``TURN``, whatever comes back."""
    audio = {"encoding": "mulaw", "sample_rate": 8000}
    caller = await Caller.dial(address, stt="client", audio=audio)
    listening = asyncio.get_running_loop().create_task(caller.listen())
    asked: list[float] = []
    while not over.is_set():
        at = start + TURN * (len(asked) + 1)
        await sleep_until(at)
        await caller.send(type="final", text=texts[len(asked) % len(texts)])
        asked.append(at)
    await asyncio.sleep(1.0)
    await caller.close()
    await listening
    for number, at in enumerate(asked, 1):
        turn = caller.turns.get(number)
        if turn is None or not turn.audio_at:
            seen.lost += 1
        else:
            seen.turns.append((at, turn.audio_at - at))


async def probe(server: ServerProcess, over: asyncio.Event, seen: Seen) -> None:
    """``/healthz`` at fixed instants."""
    at = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        while not over.is_set():
            at += EVERY
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            tasks.create_task(one_probe(server.port, at, seen))


async def one_probe(port: int, at: float, seen: Seen) -> None:
    """Send one probe and note when it was answered."""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            if b"200" in await reader.readline():
                seen.health.append((at, time.perf_counter() - at))
                writer.close()
                return
            writer.close()
    seen.health.append((at, PATIENCE))


async def weigh(server: ServerProcess, over: asyncio.Event, seen: Seen) -> None:
    """The server's memory, again and again."""
    while not over.is_set():
        seen.memory.append((time.perf_counter(), server.rss_kib() / 1024))
        await asyncio.sleep(EVERY)
