"""``hedge``: the time to the first token of a pair of providers, hedged and otherwise.

The races are those of ``gateway.core.race.hedge``, driven event by event in virtual time: one after
the other, each attempt's first piece or failure as the world has it, deadlines exactly on time.
One policy, the default settings, for all three worlds. Beside it, on the same calls:

* ``failover``: the second provider only when the first fails.
* ``fixed``: hedged at the true p95 of the first, known with hindsight, 5 % of extra calls.
* ``bucket``: an adaptive delay and a strict token bucket (20 calls, 10 %), as published.
* ``race``: both at once, twice the calls.

No answer counts as 30 s. The first 20,000 calls are left out of every figure. Extra tokens are
those billed per call for answers that were not used: A runs on when it is cut, B stops. A
million calls, because a p99.9 of fewer is too uncertain to compare: +-1.3 % at 300,000.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from bench.worlds import KINDS, Floats, World, world
from gateway.core.actions import Action
from gateway.core.events import DeadlinePassed
from gateway.core.race.attempts import (
    AttemptClosed,
    AttemptFailed,
    AttemptFailure,
    AttemptFinished,
    CancelAttempt,
    Deliver,
    Hedging,
    PieceArrived,
    RaceEvent,
    StartAttempt,
)
from gateway.core.race.hedge import Race, RaceState
from gateway.core.race.pilot import Pilot, Why
from gateway.errors import UsageError
from gateway.settings.whole import Settings
from tests.support.hedging import PAIR, SIZE, text

WARM = 20_000
"""Calls left out at the beginning."""
NEVER = 30_000.0
"""The time in ms that counts for no answer."""
BETWEEN, STREAM, CLOSING = 1.0, 0.4, 0.002
"""Seconds between two races, from an answer's first token to its last, and from a
cancellation to the closed connection."""
WORD = text()


LINES = {"iid": (480, 806), "corr": (625, 1123), "drift": (730, 1482)}
"""p99 and p99.9 in ms of the best policy known for each world at 10 % extra calls: a fixed delay
found with hindsight where nothing changes, a choice of the primary by moving averages where it
does. No single one of them has all six. They were found on a million calls of seed 7."""


def run(settings: Settings, calls: int = 1_000_000, seed: int = 7) -> dict[str, Any]:
    """Drive ``calls`` races through each world."""
    if calls <= WARM:
        raise UsageError(f"calls must be more than {WARM:,}, which are not counted")
    ours: dict[str, float] = {}
    others: dict[str, float] = {}
    began = time.process_time()
    for kind in KINDS:
        ours |= hedged(world(kind, calls, seed), kind)
    spent = time.process_time() - began
    for kind in KINDS:
        others |= rivals(world(kind, calls, seed), kind)
    goals = {f"{kind}_p99_ms": f"<= {LINES[kind][0]}" for kind in KINDS}
    goals |= {f"{kind}_p999_ms": f"<= {LINES[kind][1]}" for kind in KINDS}
    goals |= {f"{kind}_extra_calls_pct": "<= 10" for kind in KINDS}
    goals |= {f"{kind}_unclosed": "<= 0" for kind in KINDS}
    return {
        "bench": "hedge",
        "parameters": {"calls": calls, "seed": seed, "budget_pct": 100 * Hedging().budget},
        "figures": {**ours, "race_us": round(1e6 * spent / calls / len(KINDS), 1), **others},
        "goals": goals,
    }


def summary(prefix: str, ttft: Floats, extra: float) -> dict[str, float]:
    """Percentiles in ms, and the extra calls in percent."""
    p50, p99, p999 = np.percentile(ttft[WARM:], [50, 99, 99.9])
    return {
        f"{prefix}_p50_ms": round(float(p50), 1),
        f"{prefix}_p99_ms": round(float(p99), 1),
        f"{prefix}_p999_ms": round(float(p999), 1),
        f"{prefix}_extra_calls_pct": round(extra, 2),
    }


# --- the hedge ------------------------------------------------------------------------------------


def hedged(drawn: World, kind: str) -> dict[str, float]:
    """Figures of the hedge in one world."""
    pilot = Pilot(PAIR, Hedging())
    spent, calls = pilot.spent, drawn.a.size
    ttft = np.empty(calls)
    before = tokens = 0
    for number, seconds in enumerate(drive(pilot, drawn)):
        ttft[number] = 1000 * seconds
        if number == WARM - 1:
            before, tokens = spent.extra_calls, spent.extra_tokens
    counted = calls - WARM
    return {
        **summary(kind, np.minimum(ttft, NEVER), 100 * (spent.extra_calls - before) / counted),
        f"{kind}_extra_tokens": round((spent.extra_tokens - tokens) / counted, 1),
        f"{kind}_failed_pct": round(100 * float(np.isinf(ttft[WARM:]).mean()), 4),
        f"{kind}_rescues": spent.calls[Why.RESCUE],
        f"{kind}_probes": spent.calls[Why.PROBE],
        f"{kind}_changes_of_primary": pilot.chooser.changes,
        f"{kind}_unclosed": spent.abandoned,
    }


def drive(pilot: Pilot, drawn: World) -> Iterator[float]:
    """Seconds to the first delivered piece of each race; infinite if there was none."""
    columns = (drawn.a, drawn.error_a, drawn.b, drawn.error_b)
    now = 0.0
    for number, times in enumerate(zip(*((one / 1000).tolist() for one in columns), strict=True)):
        first, now = one_race(Race(number, pilot, SIZE), times, now)
        yield first
        now += BETWEEN


def one_race(race: Race, times: tuple[float, ...], began: float) -> tuple[float, float]:
    """Seconds to the first piece, and the instant when all was closed.

    ``times``: TTFT and moment of failure of each provider, seconds.
    """
    due: list[tuple[float, RaceEvent | None]] = []  # by attempt: what it says next, and when
    number, now, first = race.number, began, math.inf
    actions: list[Action] = race.start(began)
    while True:
        for action in actions:
            match action:
                case StartAttempt(attempt=attempt, provider=name):
                    at = 2 * (name == "b")
                    due.append(fact(number, attempt, now, times[at], times[at + 1]))
                case Deliver():
                    first = min(first, now - began)
                case CancelAttempt(attempt=attempt):
                    due[attempt] = now + CLOSING, AttemptClosed(race=number, attempt=attempt)
        if race.state is RaceState.OVER:
            return first, now
        when, event = min(due, key=moment)
        if race.deadline is not None and race.deadline < when:
            now = race.deadline
            actions = race.receive(DeadlinePassed(), now)
            continue
        assert event is not None, "what is not over has something to come"
        now, attempt = when, due.index((when, event))
        due[attempt] = math.inf, None
        if isinstance(event, PieceArrived):
            due[attempt] = now + STREAM, AttemptFinished(race=number, attempt=attempt)
        actions = race.receive(event, now)


def moment(one: tuple[float, RaceEvent | None]) -> float:
    """The instant of an event."""
    return one[0]


def fact(race: int, attempt: int, now: float, ttft: float, error: float) -> tuple[float, RaceEvent]:
    """The first event of an attempt started now, and its instant."""
    if error < math.inf:
        failed = AttemptFailed(race=race, attempt=attempt, reason=AttemptFailure.SERVER)
        return now + error, failed
    return now + ttft, PieceArrived(race=race, attempt=attempt, piece=WORD)


# --- the rivals -----------------------------------------------------------------------------------


def rivals(drawn: World, kind: str) -> dict[str, float]:
    """Figures of the other policies in one world."""
    a, b, error = drawn.a, drawn.b, drawn.error_a
    p95 = float(np.percentile(a[np.isfinite(a)], 95))
    delays = {
        "failover": np.full(a.size, np.inf),
        "fixed": np.full(a.size, p95),
        "bucket": strict(drawn),
        "race": np.zeros(a.size),
    }
    figures: dict[str, float] = {}
    for name, delay in delays.items():
        start = np.minimum(delay, error)
        sent = a > start
        ttft = np.minimum(np.where(sent, np.minimum(a, start + b), a), NEVER)
        figures |= summary(f"{name}_{kind}", ttft, 100 * float(sent[WARM:].mean()))
        tokens = wasted(drawn, start)[WARM:].mean()
        figures[f"{name}_{kind}_extra_tokens"] = round(float(tokens), 1)
    return figures


def strict(drawn: World, budget: float = 0.10, depth: float = 20.0) -> Floats:
    """Delay of each call under an adaptive delay and a strict token bucket; infinite: none."""
    delays = np.full(drawn.a.size, np.inf)
    aim = budget - 0.005
    tokens, delay = depth, 300.0
    settled = np.minimum(drawn.a, drawn.error_a).tolist()
    for number, (when, error) in enumerate(zip(settled, drawn.error_a.tolist(), strict=True)):
        silent = when > delay
        tokens = min(depth, tokens + aim)
        if silent and tokens >= 1:
            delays[number] = delay
            tokens -= 1
        elif error < math.inf:
            tokens -= 1  # the failover is always allowed
        delay = min(5000.0, max(20.0, delay * math.exp(0.02 * (silent - aim))))
    return delays


def wasted(drawn: World, start: Floats) -> Floats:
    """Tokens billed for answers not used, if B was asked at ``start``: A runs on when it is cut
    and bills all of its answer, B stops; what failed by itself is not billed."""
    a, b = drawn.a, start + drawn.b
    b_cut = (a > start) & (a <= b) & (start + drawn.error_b > a)
    a_cut = (b < a) & np.isfinite(a)
    return np.where(b_cut, SIZE.prompt, 0.0) + np.where(a_cut, SIZE.prompt + SIZE.answer, 0.0)
