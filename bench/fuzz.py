"""``fuzz``: calls over every door that are told what no carrier tells, by the million messages.

In this process and in virtual time, through whole calls: the native, the Twilio and the Vonage door
from the caller's side, and the bot's side of the proxy mode. The messages are conversations of our
emulators of the carriers with messages left out, doubled, out of order, cut, changed in any field,
and others that are drawn from a grammar of all doors. ``crashes``: calls that ended in a mistake of
ours, or hung. ``leaks``: a call beside them that heard anything but what it hears alone, another
call's name in a call, a call or a task left over. ``growth_mib``: of the process's memory from a
tenth of the way to the end.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from pathlib import Path
from typing import Any

from bench.interruptions import no_threads
from gateway.settings.whole import Settings
from tests.support.fuzzing import Fuzzing, Outcome, recorded
from tests.support.mutations import drawn
from tests.support.virtual import VirtualLoop

POOL = 3000
"""Messages that are drawn from the grammar, to be strewn in."""
BEGUN = 10
"""Parts of the way; memory is compared from the first to the last."""


def run(settings: Settings, messages: int = 1_000_000, seed: int = 7) -> dict[str, Any]:
    """Fuzz until so many messages were read."""
    began, grown = time.process_time(), []
    outcome = Outcome()
    pool = drawn(min(POOL, max(100, messages // 100)), seed)
    with no_threads(), asyncio.Runner(loop_factory=VirtualLoop) as runner:
        fuzzing = runner.run(begun(seed, pool))
        for part in range(1, BEGUN + 1):
            outcome = runner.run(fuzzing.until(messages * part // BEGUN))
            grown.append(resident_mib())
    for found in (outcome.crashes + outcome.leaks)[:10]:
        print(found, file=sys.stderr)
    took = time.process_time() - began
    figures = {
        "messages": outcome.messages,
        "calls": outcome.calls,
        "crashes": len(outcome.crashes),
        "leaks": len(outcome.leaks),
        "growth_mib": round(grown[-1] - grown[0], 1),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "cpu_s": round(took, 1),
    }
    return {
        "bench": "fuzz",
        "parameters": {"messages": messages, "seed": seed},
        "figures": figures,
        "goals": {"crashes": "<= 0", "leaks": "<= 0", "growth_mib": "<= 16"},
    }


async def begun(seed: int, pool: list[str | bytes]) -> Fuzzing:
    """The calls of that seed, before the first."""
    return Fuzzing(seed, pool, await recorded())


def resident_mib() -> float:
    """Resident memory of this process."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
