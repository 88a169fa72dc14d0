"""Who does what to whom: "from savings to checking" against "from checking to savings"."""

from __future__ import annotations

from functools import lru_cache

Words = tuple[str, ...]

FROM = frozenset({"from", "off"})
TO = frozenset({"to", "into", "onto", "in", "for", "with", "by", "towards"})
"""Joins two things in an order that matters: "dollars to euros",
"replace the blue with the red"."""
STOP = frozenset(
    {
        "the", "a", "an", "my", "your", "our", "his", "her", "their", "this", "that", "some", "any",
        "account", "accounts", "is", "are", "do", "does", "can", "i", "you", "we", "it", "me",
        "how",
        "what", "when", "where", "much", "money", "will", "to", "be", "of", "one", "and", "or",
    }
)  # fmt: skip
ENDS = FROM | TO | {"and", "or", "if", "on", "at", "when", "before", "after", "using", "via"}
PEOPLE = {"i": "i", "me": "i", "you": "you"}
POSSESSIVES = {"my": "my", "our": "my", "your": "your"}


def reversed_roles(query: Words, question: Words) -> str:
    """Why the query says the question's things the other way round; empty if it does not."""
    if query == question:
        return ""
    said, seeded = _slots(query), _slots(question)
    for role, opposite in (("from", "to"), ("to", "from")):
        moved = (said[role] - seeded[role]) & seeded[opposite] - said[opposite]
        if moved:
            return f"'{min(moved)}' is {role} here, {opposite} there"
    swapped = {(b, a, kind) for a, b, kind in _pairs(query)} & _pairs(question) - _pairs(query)
    if swapped:
        a, b, _ = min(swapped)
        return f"'{a}' and '{b}' the other way round"
    return _people(query, question) or _owners(query, question)


@lru_cache(maxsize=16384)
def _slots(words: Words) -> dict[str, frozenset[str]]:
    """First content words after "from", and after "to" and "into"."""
    slots: dict[str, set[str]] = {"from": set(), "to": set()}
    for i, word in enumerate(words):
        if word in FROM:
            slots["from"].update(_argument(words, i + 1)[:1])
        elif word in ("to", "into", "onto"):
            slots["to"].update(_argument(words, i + 1)[:1])
    return {role: frozenset(found) for role, found in slots.items()}


def _argument(words: Words, i: int) -> list[str]:
    found: list[str] = []
    for word in words[i : i + 4]:
        if word in ENDS:
            break
        if word not in STOP:
            found.append(word)
    return found


@lru_cache(maxsize=16384)
def _pairs(words: Words) -> frozenset[tuple[str, str, str]]:
    """Content words on both sides of a joining word: ("dollars", "euros", "to")."""
    found: set[tuple[str, str, str]] = set()
    for i, word in enumerate(words):
        if word in TO and i and words[i - 1] not in STOP:
            kind = word if word in ("with", "by") else "to"
            found.update((words[i - 1], after, kind) for after in _argument(words, i + 1)[:2])
    return frozenset(found)


def _people(query: Words, question: Words) -> str:
    """ "can i call you" against "can you call me"."""
    mine, theirs = _acts(query), _acts(question)
    for verb in mine.keys() & theirs.keys():
        if mine[verb] == theirs[verb][::-1]:
            return f"who does '{verb}' to whom differs"
    return ""


@lru_cache(maxsize=16384)
def _acts(words: Words) -> dict[str, tuple[str, str]]:
    """Verb to (who, whom), for "i" and "you"."""
    found: dict[str, tuple[str, str]] = {}
    for i in range(1, len(words) - 1):
        who, whom = PEOPLE.get(words[i - 1], ""), PEOPLE.get(words[i + 1], "")
        if words[i + 1 : i + 2] == ("to",) and i + 2 < len(words):
            whom = PEOPLE.get(words[i + 2], "")
        if who and whom and who != whom and words[i] not in STOP:
            found[words[i]] = (who, whom)
    return found


def _owners(query: Words, question: Words) -> str:
    """ "what is my address" against "what is your address"."""
    mine, theirs = _owned(query), _owned(question)
    for noun in mine.keys() & theirs.keys():
        if mine[noun] != theirs[noun]:
            return f"'{mine[noun]} {noun}' against '{theirs[noun]} {noun}'"
    return ""


@lru_cache(maxsize=16384)
def _owned(words: Words) -> dict[str, str]:
    """Thing to its owner: the words after "my" or "your", up to two."""
    found: dict[str, str] = {}
    for i, word in enumerate(words):
        if word in POSSESSIVES:
            for noun in words[i + 1 : i + 2]:
                found[noun] = POSSESSIVES[word]
    return found
