"""Whose a thing is: "what is my address" against "what is your address"."""

from __future__ import annotations

from functools import lru_cache

from intents.text.english import words as split
from intents.text.lexicon.contrasts import FUNCTION

Words = tuple[str, ...]

_OWNERS = {"my": "my", "our": "my", "your": "your"}
LONGEST = 3
"""Most words of a thing after its owner."""
_OF_ANYBODY = frozenset(split("should must if when"))


def another(query: Words, question: Words) -> str:
    """Why a thing of the question is somebody else's in the query; empty if none is."""
    mine, theirs = _owned(query), _owned(question)
    for noun in mine:  # in the query's order, so that the reason is always the same
        if noun in theirs and mine[noun] != theirs[noun]:
            return f"'{mine[noun]} {noun}' against '{theirs[noun]} {noun}'"
    return ""


@lru_cache(maxsize=4096)
def _owned(words: Words) -> dict[str, str]:
    """Words of a thing to its owner. Not what both have, and not what "you" have where "you" is
    anybody: "what do you do if your luggage is gone"."""
    found: dict[str, str] = {}
    both: set[str] = set()
    for i, word in enumerate(words):
        if word not in _OWNERS or (word == "your" and _anybody(words, i)):
            continue
        owner = _OWNERS[word]
        for noun in words[i + 1 : i + 1 + LONGEST]:
            if noun in FUNCTION:
                break
            if found.setdefault(noun, owner) != owner:
                both.add(noun)
    return {noun: owner for noun, owner in found.items() if noun not in both}


def _anybody(words: Words, i: int) -> bool:
    """Return whether "you" is not the one who is asked: "how often do you have to change your
    oil"."""
    for j in range(1, i):
        if words[j] != "you":
            continue
        does = words[j + 1] == "do" or words[j - 2 : j] == ("often", "do")
        if does or words[j - 1] in _OF_ANYBODY or words[j + 1 : j + 3] == ("have", "to"):
            return True
    return words[i + 1 : i + 2] == ("own",) and "you" not in words
