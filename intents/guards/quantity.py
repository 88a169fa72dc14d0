""" "more than" and "less than", "first" and "last", "how long" and "how much"."""

from __future__ import annotations

from intents.decision import Objection
from intents.grammar.aspect import AHEAD, LEFT
from intents.grammar.features import Features
from intents.grammar.quantity import unequal
from intents.guards.entry.guard import TOLD, Entry, Guard, Scope, objection


def against(query: Features, question: Features, entry: Entry) -> Objection | None:
    """The objection that the two do not speak of the same quantity."""
    known = entry.known
    side = query.aspect.side
    other = question.aspect
    # "how often can i" asks for what is left
    ahead = {query.aspect.when, other.when} == {"", AHEAD} and LEFT in (side, other.side)
    reason = unequal(
        query.quantity,
        question.quantity,
        known.quantity,
        known.asked,
        same_side=ahead or side == other.side != "",
    )
    return objection(reason, told=True)


GUARD = Guard("quantity", against, Scope.WORDING, excusable=TOLD, rank=40)
