"""The caller's own data, where the question asks for what is so for everybody."""

from __future__ import annotations

from intents.decision import Objection
from intents.grammar.features import Features
from intents.grammar.personal import OWN, own_fact, same_own, same_state, same_trouble, same_way
from intents.guards.entry.guard import TOLD, Entry, Guard, Scope


def against(query: Features, question: Features, entry: Entry) -> Objection | None:
    """The objection that only the query asks about the caller's own data."""
    if not query.personal or question.personal or entry.known.personal:
        return None
    if any(same(query.text, question.text) for same in (same_trouble, same_state, same_way)):
        return None
    if query.roots & question.roots and own_fact(question.text):
        return None
    alike = query.quantity.asked == question.quantity.asked != ""
    if alike and same_own(query.text, question.text):
        return None
    return Objection(query.personal, told=query.personal not in OWN)


GUARD = Guard("personal", against, Scope.WORDING, excusable=TOLD, rank=90)
