"""The one place where words lose their endings.

``root`` is one form for the forms of a word: "cancelled" and "cancels", "paid" and "pays".
``stem`` is one for the words made of one: "renew" and "renewal". ``singular`` takes off nothing
but the s of a noun.

No library does it, since the figures said no: Snowball for English (snowballstemmer 3.1.1, after
our irregular forms) forbids two of 4,388 paraphrases more than ``root`` does, as it takes
"vaccinated" for "vaccine" and "assistant" for "assist", stops no look-alike of 4,389 more, and
takes 0.1 s to import.
"""

from __future__ import annotations

from functools import lru_cache

from intents.text import lexicon


def _table() -> dict[str, str]:
    """Returns irregular forms with the word that each is a form of."""
    return {
        form: base
        for base, _, forms in (row.partition(":") for row in lexicon.rows("irregular"))
        for form in forms.split()
    }


STEM = 5
"""Letters of a stem. With fewer other words fall together, with more "renewal" stays apart."""
_BASE = _table()
_ENDINGS = (("ing", 2), ("ed", 2), ("es", 3), ("s", 3))
"""With the least letters that must be left."""
_VOWELS = frozenset("aeiouy")


@lru_cache(maxsize=16384)
def root(word: str) -> str:
    """The word without its ending. Not always a word: "expire" and "expires" give "expir"."""
    word = _BASE.get(word, word)
    for ending, least in _ENDINGS:
        if word.endswith(ending) and _added(word, ending, least):
            word = word[: -len(ending)]
            break
    if len(word) > 2:
        word = word.removesuffix("e")
    if word.endswith("i"):  # "tries", "tried", "movie"
        word = f"{word[:-1]}y"
    while len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word


def _added(word: str, ending: str, least: int) -> bool:
    """Return whether the word is another with this ending: not "bring", "need", "pass"; nor is
    "fees" made with es."""
    rest = word[: -len(ending)]
    if len(rest) < least or word.endswith(("ss", "eed")):
        return False
    if ending == "es":
        return not rest.endswith("e")
    return ending == "s" or not _VOWELS.isdisjoint(rest)


def singular(word: str) -> str:
    """Returns a noun without the s of its plural: "bags" is a bag, but "training" is no train."""
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def stem(word: str) -> str:
    """Returns the first letters of the root, at most ``STEM``: one for "renew" and "renewal", whose
    roots differ. Words that merely begin alike share it too ("account", "accounting")."""
    return root(word)[:STEM]


def participle(word: str) -> bool:
    """Return whether it may be the past of a verb: "booked", "taught"."""
    return word.endswith("ed") or word in _BASE
