"""Interruptions of agents with a voice of their own, on Twilio's line, in virtual time.

The vendors' own SDKs speak with the local OpenAI Realtime and Gemini Live, the carrier's emulator
plays in real time and knows what the caller heard; the line takes up to 60 ms each way. Each call
has one reply that the caller cuts short at a random instant. What the agent is told that the caller
heard of it is compared, in words, with what they did hear.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from bench.interruptions import no_threads
from tests.providers import voice
from tests.providers.chat import Reply
from tests.support.telephoned import telephoned
from tests.support.virtual import VirtualLoop

VENDORS = ("realtime", "gemini")
REPLY = " ".join(["And then there is one more thing that I would like to tell you."] * 8)
EARLIEST, LATEST = 0.4, 20.0
"""Seconds after the question at which the caller cuts in."""


@dataclass
class VoicedCuts:
    """The result."""

    cuts: int = 0
    late: int = 0
    """Messages of sound after a ``clear``."""
    uncleared: int = 0
    off: Counter[int] = field(default_factory=Counter)
    """Interruptions by the words that the agent was told too many; less than none: too few."""


def cut_voice(vendor: str, count: int, seed: int) -> VoicedCuts:
    """So many interruptions of that vendor's voice."""
    result = VoicedCuts()
    for number in range(count):
        rng = Random(f"{seed}:{number}")
        with no_threads(), asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(_one(vendor, rng, result))
    return result


async def _one(vendor: str, rng: Random, result: VoicedCuts) -> None:
    replies = iter((Reply(REPLY), Reply("Yes.")))
    delay, pace = rng.uniform(0.0, 0.06), rng.choice((0.0, 0.02, 0.05))
    async with telephoned(vendor, lambda body: next(replies), delay=delay, pace=pace) as call:
        since = asyncio.get_running_loop().time()
        call.say("can you recommend a book")
        await asyncio.sleep(rng.uniform(EARLIEST, LATEST))
        call.say("wait")
        await asyncio.sleep(0.5)
        heard = len(call.heard(since))
        call.say("another one please")
        await asyncio.sleep(1.0)
        result.cuts += 1
        result.late += call.late()
        result.uncleared += len(call.line.twilio.cleared) != 1
        told = [text for role, text in call.requests[-1].history if role == "assistant"]
        result.off[len(" ".join(told).split()) - _words(heard)] += 1


def _words(heard: int) -> int:
    """Words of the reply in so many bytes of it."""
    whole = len(voice.spoken(REPLY, 8_000, "mulaw"))
    return len(REPLY[: len(REPLY) * heard // whole].split())


def figures(count: int, seed: int) -> dict[str, float]:
    """The figures of all vendors, so many interruptions each."""
    found: dict[str, float] = {}
    for vendor in VENDORS:
        result = cut_voice(vendor, count, seed)
        words = sum(abs(off) * times for off, times in result.off.items()) / max(1, result.cuts)
        found |= {
            f"{vendor}_cuts": result.cuts,
            f"{vendor}_late_messages": result.late,
            f"{vendor}_uncleared": result.uncleared,
            f"{vendor}_off_words_mean": round(words, 2),
            f"{vendor}_off_words_max": max(map(abs, result.off), default=0),
        }
    return found
