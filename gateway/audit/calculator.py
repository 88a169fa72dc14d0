"""A calculator of a caller's wait, from figures typed in, and of what it would become here.

Figures are milliseconds: a median, or a median and a p95. Percentiles do not add: the p95 of a sum
is less than the sum of the p95s, since not everything is slow in the same turn. So the sum is
drawn: each stage from a lognormal through its two figures (a stage with one figure always takes
just that), ``DRAWS`` times, always the same ones, in an order of its own, which makes it
independent of the others. Two things are left out: stages that are slow together (a busy machine,
a bad line) make the true tail longer, and a provider that sometimes hangs for seconds is in no p95.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

from gateway.audit.measured import figure as figure_of
from gateway.audit.percentiles import percentile
from gateway.audit.turns import CARRIER
from gateway.core.ledger import Owner

DRAWS = 20_000
"""Turns that are drawn: a p99 has 200 of them above it, and is stable to about 2 %."""
SEED = 7

Z95 = NormalDist().inv_cdf(0.95)

STAGES = (
    Owner.TRANSPORT.value,
    CARRIER,
    Owner.ENDPOINTING.value,
    Owner.STT.value,
    Owner.MATCH.value,
    Owner.AGENT.value,
    Owner.TOOL.value,
    Owner.TTS.value,
    Owner.GATEWAY.value,
)
"""The figures that may be typed in, in the order in which they are waited for."""

LONGEST = 600_000.0
"""Milliseconds that a figure may be: ten minutes."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A stage's time in milliseconds; ``p95`` None: always the same."""

    p50: float
    p95: float | None = None

    @property
    def tail(self) -> float:
        """The 95th percentile in milliseconds."""
        return self.p50 if self.p95 is None else self.p95


OWN = Figure(figure_of("hit", "final_p50_ms"), figure_of("hit", "final_p95_ms"))
"""The time from the final text to the first audio of a cached answer, matching included:
``frontline bench hit`` with 50 calls, decided on the final."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """The figures that settings decide; milliseconds, but ``hedged``."""

    silence: float
    """``turn.silence_confident_ms``."""
    complete: float
    """``turn.silence_complete_ms``."""
    rescue: float
    """``llm.rescue_after_s``."""
    hedged: float
    """``llm.budget``: extra calls for each answer."""
    filler: float
    """``fillers.filler_after_ms``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnPlan:
    """A turn as it is, or as it would be."""

    name: str
    """typed | hit | miss | filler."""
    stages: Mapping[str, Figure]
    """Each stage's p50 and p95, in order."""
    p50: float
    p95: float
    p99: float
    within_human: float
    """Share of turns that are answered within ``gateway.audit.turns.HUMAN``."""
    extra_calls: float = 0.0
    """Second calls to a model, for each answer."""


Draws = dict[str, list[float]]


def figure(text: str) -> Figure:
    """``120`` or ``120/280``, with or without ``ms``. Raises ``ValueError`` that says what for."""
    parts = [part.strip().lower().removesuffix("ms").strip() for part in text.split("/")]
    try:
        values = [float(part) for part in parts]
    except ValueError:
        values = []
    if not 1 <= len(values) <= 2 or not all(0 <= value <= LONGEST for value in values):
        raise ValueError("milliseconds, as 120, or p50 and p95, as 120/280")
    if len(values) == 1 or values[0] == values[1]:
        return Figure(values[0])
    if values[0] == 0 or values[1] < values[0]:
        raise ValueError("p50 before p95: the first is more than 0, the second not less than it")
    return Figure(*values)


def plans(typed: Mapping[str, Figure], ways: Ways, human: float) -> list[TurnPlan]:
    """The turn as typed; then what Frontline makes of it: a hit, a miss, and the first sound of
    whatever kind on a miss. ``typed``: by stage, at least one. ``human``: what feels immediate."""
    draws = {name: _draw(typed[name], name) for name in STAGES if name in typed}
    made = [_plan("typed", draws, human)]
    way: Draws = {name: draws[name] for name in (Owner.TRANSPORT.value, CARRIER) if name in draws}
    own: Draws = {Owner.GATEWAY.value: _draw(OWN, "own")}
    silence = draws.get(Owner.ENDPOINTING.value)
    if silence is not None:
        silence = [min(one, ways.silence) for one in silence]
    made.append(_plan("hit", {**way, **_ending(draws, silence), **own}, human))
    if Owner.AGENT.value not in draws:
        return made
    start = {**way, **_ending(draws, draws.get(Owner.ENDPOINTING.value))}
    agent, extra = _hedged(typed[Owner.AGENT.value], draws[Owner.AGENT.value], ways)
    rest: Draws = {one: draws[one] for one in (Owner.TOOL.value, Owner.TTS.value) if one in draws}
    answer: Draws = {Owner.AGENT.value: agent, **rest}
    made.append(_plan("miss", {**start, **answer, **own}, human, extra))
    waits = [min(sum(turn), ways.filler) for turn in zip(*answer.values(), strict=True)]
    return [*made, _plan("filler", {**start, Owner.FILLER.value: waits, **own}, human)]


def _ending(draws: Draws, silence: list[float] | None) -> Draws:
    """The end of the turn here: the final text is asked for when the silence begins, and only what
    it takes longer is waited for."""
    final = draws.get(Owner.STT.value)
    ending: Draws = {}
    if silence is not None:
        ending[Owner.ENDPOINTING.value] = silence
        final = final and [max(0.0, one - still) for one, still in zip(final, silence, strict=True)]
    if final is not None:
        ending[Owner.STT.value] = final
    return ending


def _hedged(one: Figure, first: list[float], ways: Ways) -> tuple[list[float], float]:
    """A model's time with a second, just as quick one, asked once the first is slower than all but
    the budget's share of its answers, or after the rescue's time; and second calls an answer."""
    second = _draw(one, "second")
    delay = min(percentile(sorted(first), 100 * (1 - ways.hedged)), ways.rescue)
    pairs = zip(first, second, strict=True)
    extra = sum(time > delay for time in first) / len(first)
    return [min(time, delay + other) for time, other in pairs], extra


def _draw(one: Figure, name: str) -> list[float]:
    """The stage's times in all turns: evenly spaced quantiles, shuffled, so that its figures come
    out as they went in. The name keeps stages apart from each other."""
    if one.p95 is None:
        return [one.p50] * DRAWS
    sigma = math.log(one.p95 / one.p50) / Z95
    times = [one.p50 * math.exp(sigma * normal) for normal in _normals()]
    random.Random(f"{SEED} {name}").shuffle(times)
    return times


@cache
def _normals() -> tuple[float, ...]:
    normal = NormalDist()
    return tuple(normal.inv_cdf((number + 0.5) / DRAWS) for number in range(DRAWS))


def _plan(name: str, draws: Draws, human: float, extra: float = 0.0) -> TurnPlan:
    totals = sorted(map(sum, zip(*draws.values(), strict=True)))
    p50, p95, p99 = (percentile(totals, percent) for percent in (50, 95, 99))
    return TurnPlan(
        name=name,
        stages={stage: _of(times) for stage, times in draws.items()},
        p50=p50,
        p95=p95,
        p99=p99,
        within_human=sum(total <= human for total in totals) / len(totals),
        extra_calls=extra,
    )


def _of(times: Sequence[float]) -> Figure:
    ordered = sorted(times)
    return Figure(percentile(ordered, 50), percentile(ordered, 95))


def sums(typed: Mapping[str, Figure]) -> tuple[float, float]:
    """The medians added, and the p95s: what the turn is not, but what everybody adds up."""
    return sum(one.p50 for one in typed.values()), sum(one.tail for one in typed.values())


def notes(typed: Mapping[str, Figure], ways: Ways, made: Sequence[TurnPlan]) -> list[str]:
    """Return what one must know to read the plans, a sentence or a few each."""
    if any(one.p95 is not None for one in typed.values()):
        told = [
            f"Percentiles do not add: the p95s together are {sums(typed)[1]:.0f} ms, but not "
            f"everything is slow in the same turn. The tail is drawn: {DRAWS:,} turns, each stage "
            "lognormal through its p50 and p95, independent of the others. Stages that are slow "
            "together make it longer."
        ]
    else:
        told = ["No spread was given: type p50 and p95, as --llm-ttft 350/900, to see the tail."]
    extra = next((plan.extra_calls for plan in made if plan.name == "miss"), 0.0)
    if extra:
        told.append(
            f"The agent is hedged: a second, just as quick model is asked in {100 * extra:.0f} % "
            f"of turns (llm.budget {ways.hedged:g}, llm.rescue_after_s {ways.rescue / 1000:g})."
        )
    silence = typed.get(Owner.ENDPOINTING.value)
    if silence is not None and len(made) > 2 and silence.p50 != ways.complete:
        told.append(
            "A turn that the agent answers is ended by the silence you typed: set "
            f"turn.silence_complete_ms to it (now {ways.complete:g})."
        )
    return told


def over_budget(
    typed: Mapping[str, Figure], budgets: Mapping[str, float], at: int
) -> list[tuple[str, float]]:
    """(stage, milliseconds beyond its budget), worst first. ``at`` 50: by the median, else by the
    p95."""
    found = [
        (name, (one.p50 if at == 50 else one.tail) - budgets[name]) for name, one in typed.items()
    ]
    return sorted((one for one in found if one[1] > 0), key=lambda one: (-one[1], one[0]))
