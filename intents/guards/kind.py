"""Two things of one kind: a debit card and a credit card, an adult and a child.

The kinds are in ``contrasts``. Which of them it is does not matter to an entry of which few
questions say it, or that has other names in the same place, unless just that tells another entry
from it.
"""

from __future__ import annotations

from functools import lru_cache

from intents.decision import Objection
from intents.grammar.clauses import asking
from intents.grammar.features import Features, Words
from intents.grammar.phrasing import DETERMINERS
from intents.guards.entry.evidence import Evidence, word_for
from intents.guards.entry.guard import TOLD, Entry, Guard, Scope, objection
from intents.guards.entry.naming import Names
from intents.guards.entry.open_slots import places
from intents.text.lexicon import contrasts

NONE: frozenset[int] = frozenset()


def another(query: Features, question: Features, known: Evidence, names: Names) -> str:
    """Why the query speaks of another thing of a kind; empty if it does not."""
    for kind, values in query.kinds.items():
        others = question.kinds.get(kind, NONE)
        odd = values - others - known.kinds.get(kind, NONE)
        if not others or not odd:
            continue
        said = [i for i, word in enumerate(query.words) if word in _words(kind, odd)]
        if others <= values and all(_told(query, i) for i in said):
            continue
        free = known.few(known.kind_of[kind]) or any(
            not known.places.isdisjoint(places(query.words, i)) for i in said
        )
        if free and not any(
            names.told_apart(query.words, question.words, query.words[i]) for i in said
        ):
            continue
        return f"'{word_for(kind, odd)}' against '{word_for(kind, others)}'"
    return ""


def _told(query: Features, i: int) -> bool:
    """Return whether the word is told beside what is asked: "i do not like the aisle can i sit at
    the window", "from checking into my savings"."""
    before = [word for word in query.words[max(0, i - 2) : i] if word not in DETERMINERS]
    asked = len(asking(query.text).split())
    return i < len(query.words) - asked or before[-1:] == ["from"]


@lru_cache(maxsize=1024)
def _words(kind: str, values: frozenset[int]) -> frozenset[str]:
    """Return the words that name one of these values."""
    found: Words = tuple(
        part
        for word, sides in contrasts.KIND_INDEX.items()
        if any(name == kind and value in values for name, value in sides)
        for part in word.split("+")
    )
    return frozenset(found) - contrasts.FUNCTION


def against(query: Features, question: Features, entry: Entry) -> Objection | None:
    """The objection that the query speaks of another thing of a kind."""
    return objection(another(query, question, entry.known, entry.names), told=True)


GUARD = Guard("kind", against, Scope.MEANING, excusable=TOLD, rank=20)
