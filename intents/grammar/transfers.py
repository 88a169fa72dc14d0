"""Which way a thing goes: to the caller, or from the caller.

A verb has a direction for whom it is said of: who sells gives, who buys gets. So "can i buy
a ticket" and "do you sell tickets" ask for the same, "can i sell a ticket" for the opposite. Where
a text holds none of the verbs, or several that disagree, nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from intents.text import lexicon
from intents.text.english import words as split
from intents.text.roots import participle, root

Words = tuple[str, ...]

GETS = 1
GIVES = -1
_VERBS = {GETS: lexicon.ordered("gets"), GIVES: lexicon.ordered("gives")}
"""A plus joins a verb and its particle, which may follow after the thing."""
_SIGNS = {root(verb): sign for sign, verbs in _VERBS.items() for verb in verbs if "+" not in verb}
_PARTICLES = {
    (root(verb), part): sign
    for sign, verbs in _VERBS.items()
    for verb, plus, part in (pair.partition("+") for pair in verbs)
    if plus
}
_PARTED = frozenset(verb for verb, _ in _PARTICLES)
REACH = 4
"""Most words between a verb and its particle, and of the thing."""
_DETERMINERS = lexicon.words("determiner-of-thing")
_TOWARD = {("to", "you"): GIVES, ("from", "you"): GETS, ("away", "from"): GETS}
SAME = 2
"""Least roots in common by which both speak of the same thing."""
_ME = frozenset(split("me us"))
_TO_ME = (("to", "me"), ("to", "us"))
_THEM = frozenset(split("him her them"))
_SELF = frozenset(split("i we"))
_OTHERS = frozenset(split("you they"))
_BEFORE_VERB = (
    _SELF
    | _OTHERS
    | lexicon.words("before-verb-of-moving")
    | frozenset(split("can could may will"))
)
_POSSESSES = frozenset(split("have has had"))
_ENDS_THING = lexicon.words("ends-thing")
_NOT_GOT = lexicon.words("not-got")
_ASKED = lexicon.words("asks-to-do")
_WANTED = frozenset(split("want need like"))
"""Before "you": somebody is asked to do it, for whom is not said."""
_ITS_OWN_DOER = lexicon.words("own-doer")
"""Before "to": who is said to want it does it. Else it is what a thing is for: "do you have flats
to rent", "what do you charge to post a letter"."""
_EITHER_SIDE = frozenset(root(verb) for verb in split("rent hire lease"))
"""Verbs that do not say which side does it: "do you rent skis", "can i rent skis"."""
_YOU = frozenset({"you", "they"})
_AM = frozenset(split("am are was were"))


@dataclass(frozen=True, slots=True)
class _Move:
    verb: str
    sign: int
    things: frozenset[str]
    """Roots of the words of what goes."""
    yours: bool
    """Something that "you" do."""


def opposite(query: Words, question: Words) -> str:
    """Why the thing goes the other way in the query; empty if it does not, or nobody knows."""
    if _elsewhere(query, question):
        return "goes to you in one, and away in the other"
    mine, theirs = _move(query), _move(question)
    if mine is None or theirs is None or mine.sign == theirs.sign:
        return ""
    if mine.things.isdisjoint(theirs.things):
        return ""
    if (mine.yours or theirs.yours) and {root(mine.verb), root(theirs.verb)} <= _EITHER_SIDE:
        return ""
    return f"'{mine.verb}' goes the other way than '{theirs.verb}'"


def _elsewhere(query: Words, question: Words) -> bool:
    """Return whether the same thing goes to "you" in one, and away from you in the other."""
    if {_toward(query), _toward(question)} != {GETS, GIVES}:
        return False
    mine, theirs = ({root(word) for word in words if len(word) > 3} for words in (query, question))
    return len(mine & theirs) >= SAME


def _toward(words: Words) -> int:
    """GIVES to "you", GETS from you; 0 if neither or both."""
    found = {_TOWARD[pair] for pair in pairwise(words) if pair in _TOWARD}
    return found.pop() if len(found) == 1 else 0


def same_way(query: Words, question: Words) -> bool:
    """Return whether the thing is known to go the same way in both: "buy" and "sell me"."""
    mine, theirs = _move(query), _move(question)
    return mine is not None and theirs is not None and mine.sign == theirs.sign


@lru_cache(maxsize=4096)
def _move(words: Words) -> _Move | None:
    """Return what goes, and which way; None if nothing does or the verbs disagree."""
    found: _Move | None = None
    for i, word in enumerate(words):
        verb = root(word)
        sign = _SIGNS.get(verb, 0)
        if not sign and verb not in _PARTED:
            continue
        reach = words[i + 1 : i + 1 + REACH]
        parts = [part for part in reach if (verb, part) in _PARTICLES]
        if parts:
            sign = _PARTICLES[verb, parts[0]]
        if not sign or not _is_verb(words, i):
            continue
        if verb == "get" and not parts and not _is_got(reach):
            continue
        sign = _for_caller(words, i, sign)
        if not sign or (found is not None and found.sign != sign):
            return None
        things = _things(words, i) | (found.things if found else frozenset())
        found = _Move(word, sign, things, not _YOU.isdisjoint(words[:i]))
    return found


def _is_verb(words: Words, i: int) -> bool:
    """Not "a return", "the post office", "i have got"."""
    before = words[i - 1] if i else "to"
    if words[i + 1 : i + 3] in _TO_ME and participle(words[i]):  # "get the keys handed to me"
        return True
    if words[i] == "got" and before in _POSSESSES | _SELF | _OTHERS:
        return False
    return before in _BEFORE_VERB or not (_ME | _THEM).isdisjoint(words[i + 1 : i + 2])


def _is_got(after: Words) -> bool:
    """Not "get to the airport", "get paid"."""
    return _NOT_GOT.isdisjoint(after) and not (after and participle(after[0]))


def _things(words: Words, i: int) -> frozenset[str]:
    """The words of the thing after the verb; of all before it if it has none after it."""
    found: list[str] = []
    for word in words[i + 1 : i + 2 + REACH]:
        if (root(words[i]), word) in _PARTICLES or word in _ME or word in _DETERMINERS:
            continue
        if word in _ENDS_THING:
            break
        found.append(root(word))
    return frozenset(found) or frozenset(root(word) for word in words[:i] if len(word) > 3)


def _for_caller(words: Words, i: int, sign: int) -> int:
    """The direction as the caller sees it; 0 if that cannot be told."""
    after = words[i + 1 : i + 2 + REACH]
    if any(word in _ME and (j == 0 or after[j - 1] == "to") for j, word in enumerate(after)):
        return GETS
    if i and (words[i - 1] in ("be", "being", "have") or "by" in after):
        return 0
    if participle(words[i]) and i > 1 and _passive(words[i - 2], words[i - 1]):
        return -sign
    if i > 1 and words[i - 1] == "to" and words[i - 2] not in _ITS_OWN_DOER:
        return sign
    for j in range(i - 1, -1, -1):
        if words[j] in _SELF:
            return sign
        if after[:1] and after[0] in _THEM:
            return GETS
        if words[j] in _OTHERS:
            before = words[j - 1] if words[j] == "you" and j > 0 else ""
            return 0 if before in _ASKED or (before in _WANTED and sign == GIVES) else -sign
    return sign


def _passive(first: str, second: str) -> bool:
    """ "was i sent", "i was sent"."""
    return (first in _AM and second in _SELF) or (first in _SELF and second in _AM)
