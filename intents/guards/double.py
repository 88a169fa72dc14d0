"""Two questions at once."""

from __future__ import annotations

from intents.decision import Objection
from intents.grammar.clauses import goes_on
from intents.grammar.features import Features
from intents.guards.entry.guard import TOLD, Entry, Guard, Scope, objection


def against(query: Features, question: Features, _: Entry) -> Objection | None:
    """The objection that the query asks two things."""
    if question.double:
        return None
    return query.double or objection(goes_on(query.text, question.text))


GUARD = Guard("double", against, Scope.MEANING, excusable=TOLD, rank=110)
