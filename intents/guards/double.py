"""Two questions in one breath: an answer to one of them would leave the other unanswered."""

from __future__ import annotations

from intents.decision import Objection
from intents.grammar.clauses import goes_on
from intents.grammar.features import Features
from intents.guards.entry.guard import Entry, Guard, Scope, objection


def against(query: Features, question: Features, _: Entry) -> Objection | None:
    """The objection that the query asks two things."""
    if question.double:
        return None
    return objection(query.double or goes_on(query.text, question.text))


GUARD = Guard("double", against, Scope.MEANING, rank=110)
