"""Three simulated worlds of two providers, for the ``hedge`` benchmark.

A: median 90 ms to the first token, p99 600 ms. B: median 150, p99 1,200. Both log-normal. 0.5 %
of the calls stall (10 s more), 0.5 % fail after 20 to 200 ms, independently.

* ``iid``: everything is independent.
* ``corr``: one log-normal factor (sigma 0.45) multiplies both: a long prompt, a bad network.
* ``drift``: ``corr``, and each provider has bad spells of its own: 3 % of its calls, 1,500 calls
  long on average, six times slower, 5 % stalls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

KINDS = ("iid", "corr", "drift")
P99 = 2.3263478740408408
"""The standard normal's 99th percentile."""
STALL = 10_000.0


@dataclass(frozen=True, slots=True)
class World:
    """Every call as both providers would answer it. Milliseconds."""

    a: Floats
    b: Floats
    """TTFT; infinite if the call fails."""
    error_a: Floats
    error_b: Floats
    """The moment of failure; infinite if the call succeeds."""


def world(kind: str, calls: int, seed: int) -> World:
    """Draw a world; the same for the same arguments."""
    rng = np.random.default_rng(seed)

    def draw(p50: float, p99: float) -> Floats:
        return np.asarray(p50 * (p99 / p50) ** (rng.standard_normal(calls) / P99))

    a, b = draw(90, 600), draw(150, 1200)
    stall_a, stall_b, fails_a, fails_b = (rng.random(calls) < 0.005 for _ in range(4))
    if kind != "iid":
        size = np.exp(0.45 * rng.standard_normal(calls))
        a, b = a * size, b * size
    if kind == "drift":
        for x, stall in ((a, stall_a), (b, stall_b)):
            bad = _spells(rng, calls)
            x[bad] *= 6
            stall[bad & (rng.random(calls) < 0.05)] = True
    a[stall_a] += STALL
    b[stall_b] += STALL
    error_a = np.where(fails_a, rng.uniform(20, 200, calls), np.inf)
    error_b = np.where(fails_b, rng.uniform(20, 200, calls), np.inf)
    a[fails_a], b[fails_b] = np.inf, np.inf
    return World(a, b, error_a, error_b)


def _spells(rng: np.random.Generator, calls: int) -> NDArray[np.bool_]:
    """Which calls are in a bad spell: 1,500 bad, 48,500 good on average."""
    bad, done, is_bad = np.zeros(calls, bool), 0, False
    while done < calls:
        length = int(rng.geometric(1 / 1500 if is_bad else 0.03 / 0.97 / 1500))
        bad[done : done + length] = is_bad
        done, is_bad = done + length, not is_bad
    return bad
