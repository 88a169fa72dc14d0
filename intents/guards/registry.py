"""Guards: reasons why a likely answer must not be spoken, from the words alone.

Embeddings put opposites side by side ("turn on" / "turn off roaming" 0.92), so query and matched
question are compared word by word. A guard can only veto; when in doubt it does. Each is a small
function of the two texts' features, listed in ``GUARDS``.

A guard looks at the query's *difference* from the question: what both say in the same way
("why is my card not working") never vetoes. And what the entry's other questions differ in
(``evidence``) does not matter to it: an entry that holds "send 5 dollars" and "send 20 dollars"
answers any sum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from intents.decision import Objection, Veto
from intents.grammar import slots, transfers
from intents.grammar.aspect import AHEAD, LEFT, other_time
from intents.grammar.clauses import goes_on
from intents.grammar.features import Features, features
from intents.grammar.personal import OWN, own_fact, same_own, same_state, same_trouble, same_way
from intents.grammar.phrasing import FRAGMENTS, points_at_object
from intents.grammar.quantity import unequal
from intents.grammar.roles import reversed_roles
from intents.guards import kinds, polarity, substitution, topics
from intents.guards.evidence import NOTHING, Evidence, evidence
from intents.guards.names import NO_NAMES, Names


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of the entry that would answer."""

    names: Names
    known: Evidence


def veto(
    query: str, question: str, *, entry: str = "", names: Names = NO_NAMES
) -> tuple[Veto, ...]:
    """All reasons against answering ``query`` with the entry of the seeded ``question``.

    ``names``: what the catalogue of the question knows of its names.
    """
    said, seeded = features(query), features(question)
    if said.words == seeded.words:
        return ()
    found = _vetoes(said, seeded, Entry(names, NOTHING), entry)
    if not found:  # evidence only ever allows more, and costs as much as all the guards
        return ()
    siblings = names.siblings(seeded.text)
    return _vetoes(said, seeded, Entry(names, evidence(siblings)), entry) if siblings else found


def _vetoes(said: Features, seeded: Features, known: Entry, entry: str) -> tuple[Veto, ...]:
    found = []
    for name, guard in GUARDS:
        against = guard(said, seeded, known)
        if against is not None:
            found.append(Veto(guard=name, entry=entry, reason=against.reason, told=against.told))
    return tuple(found)


def _against(reason: str, *, told: bool = False) -> Objection | None:
    """The objection with that reason; none without a reason."""
    return Objection(reason, told) if reason else None


# --- opposites ---------------------------------------------------------------------------------


def _polarity(query: Features, question: Features, entry: Entry) -> Objection | None:
    return _against(polarity.turned(query, question, entry.known))


def _kind(query: Features, question: Features, entry: Entry) -> Objection | None:
    return _against(kinds.another(query, question, entry.known, entry.names), told=True)


# --- the rest --------------------------------------------------------------------------------


def _numbers(query: Features, question: Features, entry: Entry) -> Objection | None:
    reason = slots.differ(
        query.words, query.amounts, question.words, question.amounts, entry.known.values
    )
    return _against(reason, told=True)


def _quantity(query: Features, question: Features, entry: Entry) -> Objection | None:
    known = entry.known
    side = query.aspect.side
    other = question.aspect
    # "how often can i" asks for what is left
    ahead = {query.aspect.when, other.when} == {"", AHEAD} and LEFT in (side, other.side)
    reason = unequal(
        query.quantity,
        question.quantity,
        known.quantity,
        known.asked,
        same_side=ahead or side == other.side != "",
    )
    return _against(reason, told=True)


def _names(query: Features, question: Features, entry: Entry) -> Objection | None:
    clash = entry.names.clash(query.words, question.words, entry.known.places)
    return _against(clash, told=True)


def _wording(query: Features, question: Features, entry: Entry) -> Objection | None:
    return _against(substitution.another(query.words, question.words, entry.known, entry.names))


def _direction(query: Features, question: Features, entry: Entry) -> Objection | None:
    reason = transfers.opposite(query.words, question.words) or reversed_roles(
        query.words, question.words
    )
    if reason and entry.known.either_way(query.words, question.words):
        return None
    return _against(reason)


def _tense(query: Features, question: Features, entry: Entry) -> Objection | None:
    if {query.aspect.when, query.aspect.side} <= entry.known.times | {""}:
        return None
    return _against(other_time(query.aspect, question.aspect, query.roots, question.roots))


def _personal(query: Features, question: Features, entry: Entry) -> Objection | None:
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


def _elliptic(query: Features, question: Features, entry: Entry) -> Objection | None:
    if not query.elliptic or (question.elliptic and query.elliptic not in FRAGMENTS):
        return None
    if query.elliptic not in FRAGMENTS and (
        substitution.covers(query.words, question.words)
        or topics.named(query, entry.known.questions)
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


def _double(query: Features, question: Features, _: Entry) -> Objection | None:
    if question.double:
        return None
    return query.double or _against(goes_on(query.text, question.text))


Guard = Callable[[Features, Features, Entry], Objection | None]
GUARDS: tuple[tuple[str, Guard], ...] = (
    ("polarity", _polarity),
    ("kind", _kind),
    ("numbers", _numbers),
    ("quantity", _quantity),
    ("names", _names),
    ("wording", _wording),
    ("direction", _direction),
    ("tense", _tense),
    ("personal", _personal),
    ("elliptic", _elliptic),
    ("double", _double),
)
"""Name of the guard as it appears in a ``Veto``, and its test: an objection, or none."""
