"""Nearer to a counter-example of the entry than to its questions."""

from __future__ import annotations

from intents.decision import Objection
from intents.guards.entry.guard import Contender, Guard, Scope

ROUNDING = 1e-5
"""The difference that two cosines of the same text may have: a matrix product of another shape adds
up in another order, as the processor likes it."""


def against(contender: Contender) -> Objection | None:
    """The objection that a counter-example is at least as near as the nearest question."""
    counter, cosine = contender.counter_example()
    if not counter or cosine < contender.similarity - ROUNDING:
        return None
    return Objection(f"nearer to the counter-example {counter!r}")


GUARD = Guard(
    "counter_example",
    against,
    Scope.CANDIDATE,
    rank=130,
    mend="reword or remove that counter-example",
)
