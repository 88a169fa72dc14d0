"""``hit-ear``: how soon cached answers are said while an ear listens to other callers.

The load of ``hit`` at ``calls`` calls is run twice, with ``speaking`` more callers beside it whose
sound goes through the voice detector: without an ear (``off_``), and with Smart Turn, which judges
each of their silences on its thread (``on_``). ``stall`` is the longest that the server's event
loop stood still, by a timer every 2 ms; ``added`` is what the ear adds.
"""

from __future__ import annotations

import asyncio
from typing import Any

import uvloop

from bench.caller import in_calls
from bench.felt import LAG_MS, speak
from bench.hit import TURN, Samples, load, material, summary
from bench.seeded import environment
from bench.server import ServerProcess
from gateway.settings.whole import Settings
from tests.support.spoken.telephone import RATE
from tests.support.spoken.turns import SpokenTurn, spoken_turns

SHORTEST = 4.0
"""Seconds that a spoken turn lasts at least, with the silence around it."""
COMPARED = ("partial_p50_ms", "partial_p99_ms", "final_p50_ms", "final_p99_ms", "stall_ms")


def run(
    settings: Settings, calls: int = 50, speaking: int = 5, seconds: float = 45.0, seed: int = 7
) -> dict[str, Any]:
    """Measure without the ear, then with it; about two and a half minutes."""
    said = material(settings, calls * seconds / TURN, seed)
    spoken = list(spoken_turns(int(speaking * (1 + seconds / SHORTEST)) + speaking, seed))
    figures: dict[str, float] = {}
    for prefix, ear in (("off_", "off"), ("on_", "smart-turn")):
        env = environment(settings, said.folder, FRONTLINE_TURN__EAR=ear)
        with ServerProcess(env, [list(one.words) for one in spoken], LAG_MS) as server:
            server.stall_s()  # begins the watch
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                texts = said.seeded, said.fresh.copy(), spoken
                samples = runner.run(beside(server.address, calls, seconds, texts, speaking))
            figures[f"{prefix}stall_ms"] = round(server.stall_s() * 1000, 1)
        figures |= {prefix + name: value for name, value in summary(samples, "").items()}
    figures |= {f"added_{name}": added(figures, name) for name in COMPARED}
    return {
        "bench": "hit-ear",
        "parameters": {"calls": calls, "speaking": speaking, "seconds": seconds, "seed": seed},
        "figures": figures,
        "goals": {"added_stall_ms": "<= 5", "on_final_p99_ms": "<= 20", "on_lost_turns": "<= 0"},
    }


def added(figures: dict[str, float], name: str) -> float:
    """Return what the ear adds to a figure."""
    return round(figures[f"on_{name}"] - figures[f"off_{name}"], 2)


async def beside(
    address: str,
    calls: int,
    seconds: float,
    said: tuple[list[str], list[str], list[SpokenTurn]],
    speaking: int,
) -> Samples:
    """The load of ``hit``, while others speak; these hang up when it is over."""
    seeded, fresh, spoken = said
    async with asyncio.TaskGroup() as tasks:
        talking = in_calls(address, spoken, speak, rate=RATE, at_once=speaking)
        talk = tasks.create_task(talking)
        samples = await load(address, calls, seconds, seeded, fresh)
        talk.cancel()
    return samples
