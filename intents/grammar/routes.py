"""Which way things go: "from savings to checking" against "from checking to savings"."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import combinations, pairwise

from intents.text import lexicon
from intents.text.english import words as split
from intents.text.roots import root

Words = tuple[str, ...]

FROM = frozenset({"from", "off"})
TO = lexicon.words("joins-in-order")
"""Joins two things in an order that matters: "dollars to euros",
"replace the blue with the red"."""
STOP = lexicon.words("ends-place")
LONG_ENOUGH = 3
"""Letters above which an s at the end is an ending."""
ALIKE = 2
"""Most words that only one of two texts has that are otherwise the same."""
ENDS = FROM | lexicon.words("ends-thing-moved")
_TAKES_INFINITIVE = lexicon.words("takes-infinitive")
_HOLDS = frozenset({"many", "much", "there"})
_NO_MOVE = frozenset(split("access entitled thanks according related next close prior similar"))
"""Before "to": nothing goes anywhere."""
_VERBS_OFF = lexicon.words("off-verb")
"""With these "off" is no place: "turn off the mode"."""
_KEPT = frozenset(split("locked blocked shut kept ran run running"))
"""Before "out of"."""
ARTICLES = lexicon.words("article-or-owner")
_VERBS_IN = lexicon.words("in-verb")
"""With these "in" joins nothing: "cash in my points"."""
_ADVERBS = lexicon.words("loose-adverb")
"""Next to another word they may stand on either side: "turn down the heating"."""
HELPS = lexicon.words("helping")
TO_BE = lexicon.words("be-or-get")
SMALL = STOP | ENDS | TO_BE | HELPS


def other_way(query: Words, question: Words) -> str:
    """Why the query says the things of the question the other way round; empty if it does not."""
    return _moved(query, question)[0] or _places(_turned(query, question))


def moved(query: Words, question: Words) -> Words:
    """The things that go another way in the query; none if only people change their parts."""
    return _moved(query, question)[1] or _turned(query, question)


def _moved(query: Words, question: Words) -> tuple[str, Words]:
    """Why things go another way, and which; an empty reason if they do not."""
    said, seeded = _slots(query), _slots(question)
    for role, opposite in (("from", "to"), ("to", "from")):
        gone = (said[role] - seeded[role]) & seeded[opposite] - said[opposite]
        if gone:
            return f"'{min(gone)}' is {role} here, {opposite} there", (min(gone),)
    aim, other = said["to"] - seeded["to"], seeded["to"] - said["to"]
    words, others = frozenset(query), frozenset(question)
    if aim and other and aim <= others and other <= words and len(words ^ others) <= ALIKE:
        one, two = min(aim), min(other)
        if not {(one, two), (two, one)} & {*pairwise(query), *pairwise(question)}:
            return f"to '{one}' here, to '{two}' there", (one, two)
    swapped = {(b, a, kind) for a, b, kind in _pairs(query)} & _pairs(question) - _pairs(query)
    if swapped:
        things = tuple(_said(one, query) for one in min(swapped)[:2])
        return _places(things), things
    return "", ()


def _said(one: str, words: Words) -> str:
    """The word of a text that has this root; what people are shown is a word."""
    return next(word for word in words if root(word) == one)


def _places(things: Words) -> str:
    return f"'{things[0]}' and '{things[1]}' the other way round" if things else ""


def several(questions: Iterable[Words]) -> bool:
    """Return whether what stands after "from" and after "to" differs between the questions."""
    found = [_slots(words) for words in questions]
    return all(
        any(a[role] and b[role] and a[role].isdisjoint(b[role]) for a, b in combinations(found, 2))
        for role in ("from", "to")
    )


@lru_cache(maxsize=4096)
def _slots(words: Words) -> dict[str, frozenset[str]]:
    """First content words after "from", and after "to" and "into"."""
    slots: dict[str, set[str]] = {"from": set(), "to": set()}
    for i, word in enumerate(words):
        before = words[i - 1] if i else ""
        out = word == "of" and before == "out" and words[i - 2] not in _KEPT
        if out or (word in FROM and not (word == "off" and before in _VERBS_OFF)):
            slots["from"].update(_argument(words, i + 1)[:1])
        elif word in ("into", "onto") or (word == "to" and _leads_to(words, i)):
            slots["to"].update(_argument(words, i + 1)[:1])
    return {role: frozenset(found) for role, found in slots.items()}


def _leads_to(words: Words, i: int) -> bool:
    """Return whether that "to" goes somewhere: not "how to pay", "access to", "i want it to use
    the"."""
    if i and words[i - 1] in _TAKES_INFINITIVE | _NO_MOVE:
        return False
    after = words[i + 1 : i + 3]
    verb = len(after) > 1 and after[0] not in ARTICLES and after[1] in ARTICLES
    return not verb and after[:1] != ("do",)


def _argument(words: Words, i: int) -> list[str]:
    found: list[str] = []
    for word in words[i : i + 4]:
        if word in ENDS or word == "of":
            break
        if word not in STOP:
            found.append(word)
    return found


@lru_cache(maxsize=4096)
def _pairs(words: Words) -> frozenset[tuple[str, str, str]]:
    """Content words on both sides of a joining word: ("dollars", "euros", "to")."""
    found: set[tuple[str, str, str]] = set()
    for i, word in enumerate(words):
        if (
            word in TO
            and i
            and words[i - 1] not in STOP
            and not (word == "in" and words[i - 1] in _VERBS_IN)
            and not (word == "to" and not _leads_to(words, i))
        ):
            within = word == "in" and not _HOLDS.isdisjoint(words[:i])  # "is there air in my tires"
            kind = word if word in ("with", "by", "for") or within else "to"
            kinds = (kind, "from") if word in ("to", "into", "onto") else (kind,)
            found.update(
                (root(words[i - 1]), root(after), one)
                for after in _argument(words, i + 1)[:2]
                for one in kinds
            )
        elif word == "from" and i and words[i - 1] not in STOP | ENDS and "far" not in words:
            source = _argument(words, i + 1)[:1]  # "checking from savings"
            found.update((root(one), root(words[i - 1]), "from") for one in source)
    return frozenset(found)


def _turned(query: Words, question: Words) -> Words:
    """Two words that change places in the same text: "swap my aisle seat for a window seat"."""
    said = [word for word in query if word not in ARTICLES]
    mine = [root(word) for word in said]
    theirs = [root(word) for word in question if word not in ARTICLES]
    if "far" in mine or len(mine) != len(theirs) or sorted(mine) != sorted(theirs):
        return ()
    odd = [i for i, (a, b) in enumerate(zip(mine, theirs, strict=True)) if a != b]
    if len(odd) != 2:
        return ()
    first, last = odd
    words, between = (said[first], said[last]), said[first + 1 : last]
    if (between and {"or", "and"}.issuperset(between)) or not first:
        return ()
    if not between and not _ADVERBS.isdisjoint(words):
        return ()  # "when was i last paid"
    return words if SMALL.isdisjoint(words) else ()
