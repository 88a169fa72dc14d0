"""``proxy``: what standing in front of a Media Streams bot adds.

Three parts, over the native door in mu-law, with the voice detector on the path. The gateway, the
callers and the bots are processes of their own, with one clock; none of them spins.

* **Passing**: caller and bot send a message each 20 ms, each with the instant at which it was sent.
  Callers speak for about two fifths of the time, and the bot is a little ahead of their ear, so
  that it hears them at once. ``added`` is what a message took, either way, less the median of the
  same messages between the same two ends without a gateway. ``lost_messages`` never came.
  ``cpu_ms_per_call_second`` is the gateway's processor time, all its threads, for the messages that
  have passed, a hundred of which are a second of a call: the figure to compare on a machine that
  has other things to do. ``ends_late_p99_ms`` is how late
  the ends' own timers were: what the machine does to everybody.
* **Misses**: a caller asks aloud what is in no cache. The bot answers 0.7 s of silence after the
  voice, counted in sound that came, as bots do. ``miss_delay`` is how much later its answer is
  heard than it would be without a gateway: what withholding costs. The recogniser is scripted, with
  ``lag_ms`` from a word's end to its transcript; with a slower one the delay grows as much.
* **The matcher killed in mid-call**: the same questions; once all calls are open the matching
  threads are ended for good. What is asked is then the bot's. ``killed_unanswered`` had no answer.
"""

from __future__ import annotations

import random
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.caller import quantiles
from bench.media_ends import BYTES, FRAME, Bots, Callers, Counted, in_a_process
from bench.seeded import bank, environment
from bench.server import ServerProcess
from gateway.audio import pcm_to_mulaw, resample
from gateway.settings.whole import Settings
from tests.support.speech import say

BEFORE, AFTER = 1.0, 3.0
"""Seconds of silence around a question."""
FLOOR = 5
"""Connections without a gateway."""
VOICE = 0.4
"""The part of the time that callers speak."""
QUESTIONS = (
    "can you recommend a good bakery in {}",
    "where is the best dentist in {}",
    "what is the weather like in {}",
    "do you know a museum in {}",
)
TOWNS = ("Ashford", "Bedford", "Dover", "Lincoln", "Oxford", "Reading", "Salem", "Trenton")
Words = list[tuple[str, float]]


@dataclass
class Passing:
    """Messages both ways, through the gateway or without."""

    to_bot: Counted = field(default_factory=Counted)
    to_caller: Counted = field(default_factory=Counted)

    @classmethod
    def between(cls, callers: Callers, bots: tuple[Counted, Counted]) -> Passing:
        """The messages of both ends."""
        heard, said = bots
        return cls(
            to_bot=Counted(callers.said.sent, heard.took, callers.said.late),
            to_caller=Counted(said.sent, callers.heard.took, said.late),
        )

    @property
    def took(self) -> list[float]:
        """Seconds of all of them."""
        return self.to_bot.took + self.to_caller.took

    @property
    def lost(self) -> int:
        """Messages that did not come."""
        return self.to_bot.sent + self.to_caller.sent - len(self.took)


def run(
    settings: Settings, calls: int = 50, seconds: float = 20.0, lag_ms: float = 150.0, seed: int = 7
) -> dict[str, Any]:
    """Measure. ``lag_ms``: of the recogniser."""
    random.seed(seed)
    folder = Path(tempfile.gettempdir()) / "frontline-bench"
    bank(settings, folder)
    asked = [QUESTIONS[n % len(QUESTIONS)].format(TOWNS[n % len(TOWNS)]) for n in range(calls)]
    kinds = {text: _spoken(text) for text in set(asked)}
    talk = [_talk(kinds[text][0], seconds, number / calls) for number, text in enumerate(asked)]
    scripts: list[Words] = [[] for _ in range(calls)]
    scripts += [kinds[text][1] for text in asked] * 2
    with Bots(seconds) as bots:
        url = f"ws://127.0.0.1:{bots.port}"
        agent = {
            "FRONTLINE_AGENT__KIND": "media_stream",
            "FRONTLINE_AGENT__URL": url,
            "FRONTLINE_SERVER__MAX_CALLS": str(2 * calls + 10),
        }
        direct = in_a_process("direct", url, talk[:FLOOR])
        with ServerProcess(environment(settings, folder, **agent), scripts, lag_ms) as server:
            before = server.cpu_s()
            callers = in_a_process("passing", server.address, talk)
            passed = len(callers.heard.took) + len(bots.counted()["passing"][0].took)
            cpu = server.cpu_s() - before
            sounds = [kinds[text][0] for text in asked]
            misses = in_a_process("miss", server.address, sounds)
            with ThreadPoolExecutor(1) as beside:
                killing = beside.submit(server.kill_matcher, calls)
                killed = in_a_process("miss", server.address, sounds)
                killing.result()
        counted = bots.counted()
    through = Passing.between(callers, counted["passing"])
    floor = Passing.between(direct, counted["direct"])
    figures = {
        **_passing(through, floor),
        "cpu_ms_per_call_second": round(cpu * 1000 / passed * 2 / FRAME, 2),
        "calls_cut": callers.cut,
        **_misses(misses),
        "killed_delay_p50_ms": _misses(killed)["miss_delay_p50_ms"],
        "killed_unanswered": killed.unanswered,
    }
    return {
        "bench": "proxy",
        "parameters": {"calls": calls, "seconds": seconds, "lag_ms": lag_ms, "seed": seed},
        "figures": figures,
        "goals": {
            "added_p50_ms": "<= 2",
            "added_p99_ms": "<= 10",
            "lost_messages": "<= 0",
            "calls_cut": "<= 0",
            "killed_unanswered": "<= 0",
        },
    }


def _passing(through: Passing, floor: Passing) -> dict[str, float]:
    base = quantiles(floor.took)[0]
    p50, _, p99 = quantiles(through.took)
    late = quantiles(through.to_bot.late + through.to_caller.late)[2]
    return {
        "added_p50_ms": round((p50 - base) * 1000, 2),
        "added_p99_ms": round((p99 - base) * 1000, 2),
        "to_bot_p50_ms": round(quantiles(through.to_bot.took)[0] * 1000, 2),
        "to_caller_p50_ms": round(quantiles(through.to_caller.took)[0] * 1000, 2),
        "direct_p50_ms": round(base * 1000, 2),
        "direct_p99_ms": round(quantiles(floor.took)[2] * 1000, 2),
        "ends_late_p99_ms": round(late * 1000, 2),
        "messages": through.to_bot.sent + through.to_caller.sent,
        "lost_messages": through.lost,
    }


def _misses(found: Callers) -> dict[str, float]:
    p50, p95, _ = quantiles(found.delays or [0.0])
    return {
        "miss_delay_p50_ms": round(p50 * 1000, 1),
        "miss_delay_p95_ms": round(p95 * 1000, 1),
        "misses": len(found.delays),
        "unanswered": found.unanswered,
    }


def _spoken(text: str) -> tuple[bytes, Words]:
    """The question aloud, with silence around it, and when each of its words is over."""
    clip = say(text).between(BEFORE * 1000, AFTER * 1000)
    sound = pcm_to_mulaw(resample(clip.pcm, clip.rate, 8000))
    return sound, [(word, end / 1000) for word, _, end in clip.words]


def _talk(spoken: bytes, seconds: float, offset: float) -> bytes:
    """So many seconds of a caller who says that again and again, from somewhere in it."""
    rate = BYTES / FRAME
    voice = spoken[int(BEFORE * rate) : -int(AFTER * rate)]
    cycle = voice + b"\xff" * int(len(voice) * (1 / VOICE - 1))
    start = int(offset * len(cycle))
    size = round(seconds / FRAME) * BYTES
    return ((cycle[start:] + cycle * (size // len(cycle) + 1))[:size]).ljust(size, b"\xff")
