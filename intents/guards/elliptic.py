"""Texts that lean on what was said before: "and on sundays", "how much is it"."""

from __future__ import annotations

from intents.decision import Objection
from intents.grammar.features import Features
from intents.grammar.phrasing import FRAGMENTS, points_at_object
from intents.guards.entry.guard import TOLD, Entry, Guard, Scope
from intents.guards.entry.meaning import covers
from intents.guards.entry.topics import named


def against(query: Features, question: Features, entry: Entry) -> Objection | None:
    """The objection that the query leans on what was said before."""
    if not query.elliptic or (question.elliptic and query.elliptic not in FRAGMENTS):
        return None
    if query.elliptic not in FRAGMENTS and (
        covers(query.words, question.words) or named(query, entry.known.questions)
    ):
        return None
    # "can i return it without the box" says enough; "when does it expire" does not
    if (
        points_at_object(query.words)
        and len(query.content) > 1
        and query.content & question.content
    ):
        return None
    return Objection(query.elliptic, told=query.elliptic not in FRAGMENTS)


GUARD = Guard("elliptic", against, Scope.WORDING, excusable=TOLD, rank=100)
