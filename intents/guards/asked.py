"""Another question word, such as who and when; all of the things and one of them."""

from __future__ import annotations

from intents.decision import Objection
from intents.grammar.asked import CONTRASTS
from intents.grammar.features import Features
from intents.guards.entry.guard import TOLD, Entry, Guard, Scope, objection


def against(query: Features, question: Features, _: Entry) -> Objection | None:
    """The objection that another thing is asked for, or of another number of things."""
    if frozenset((query.asks, question.asks)) in CONTRASTS:
        return objection(f"asks '{query.asks}', the question '{question.asks}'", told=True)
    if query.extents and question.extents and query.extents.isdisjoint(question.extents):
        said, meant = min(query.extents), min(question.extents)
        return objection(f"is about {said}, the question about {meant}", told=True)
    return None


GUARD = Guard("asked", against, Scope.WORDING, excusable=TOLD, rank=40)
