"""The caller's own data, where the question asks for what is so for everybody."""

from __future__ import annotations

from intents.decision import Objection
from intents.grammar.features import Features
from intents.grammar.personal import same_trouble
from intents.guards.entry.guard import Entry, Guard, Scope, objection


def against(query: Features, question: Features, entry: Entry) -> Objection | None:
    """The objection that only the query asks about the caller's own data."""
    if question.personal or entry.known.personal or same_trouble(query.text, question.text):
        return None
    return objection(query.personal)


GUARD = Guard("personal", against, Scope.WORDING, rank=90)
