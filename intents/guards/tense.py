"""Another time, "when did i pay" and "when do i pay"; what is used and what is left."""

from __future__ import annotations

from intents.decision import Objection
from intents.grammar.aspect import other_time
from intents.grammar.features import Features
from intents.guards.entry.guard import Entry, Guard, Scope, objection


def against(query: Features, question: Features, entry: Entry) -> Objection | None:
    """The objection that the query asks about another time, or the other side of an account."""
    if {query.aspect.when, query.aspect.side} <= entry.known.times | {""}:
        return None
    return objection(other_time(query.aspect, question.aspect, query.roots, question.roots))


GUARD = Guard("tense", against, Scope.WORDING, rank=80)
