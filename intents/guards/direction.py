"""The direction of things, and who does what to whom: "from savings to checking"."""

from __future__ import annotations

from intents.decision import Objection
from intents.grammar import transfers
from intents.grammar.features import Features
from intents.grammar.roles import reversed_roles
from intents.guards.entry.guard import Entry, Guard, Scope, objection


def against(query: Features, question: Features, entry: Entry) -> Objection | None:
    """The objection that a thing goes the other way, or somebody else does it."""
    reason = transfers.opposite(query.words, question.words) or reversed_roles(
        query.words, question.words
    )
    if reason and entry.known.either_way(query.words, question.words):
        return None
    return objection(reason)


GUARD = Guard("direction", against, Scope.MEANING, rank=70)
