"""Another number, date or unit, or one that a question of fact depends on."""

from __future__ import annotations

from intents.decision import Objection
from intents.grammar import slots
from intents.grammar.features import Features
from intents.guards.entry.guard import TOLD, Entry, Guard, Scope, objection


def against(query: Features, question: Features, entry: Entry) -> Objection | None:
    """The objection that the query has another number, date or unit."""
    reason = slots.differ(
        query.words, query.amounts, question.words, question.amounts, entry.known.values
    )
    return objection(reason, told=True)


GUARD = Guard("numbers", against, Scope.WORDING, excusable=TOLD, rank=30)
