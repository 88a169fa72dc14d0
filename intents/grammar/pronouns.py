"""Pronouns that point at nothing said before: misheard words, and "they" for the company.

A recogniser writes "it" for "i" and "he" for "you". Where grammar allows no such pronoun ("do it
need a visa", "my it request", "can you he help") it is a word misheard, not one to be resolved.
"""

from __future__ import annotations

from intents.text import lexicon
from intents.text.english import words as split

Words = tuple[str, ...]

_SINGULAR = frozenset(split("it he she"))
_NOMINATIVE = frozenset(split("he she they"))
_ARTICLES = lexicon.words("article-or-owner-said")
_INDEFINITE = lexicon.words("indefinite")
_SUBJECTS = frozenset(split("i we it"))
_AFTER_AUXILIARY = lexicon.words("person-pronoun")
_AUXILIARIES = lexicon.words("auxiliary-before-pronoun")
_ASKING = lexicon.words("asks-before-pronoun")
_UNMARKED = lexicon.words("unmarked-verb")
"""Verbs without the ending that "it", "he" and "she" ask for."""
_PERSONS = frozenset(split("know want wish hope"))
_ENDS = lexicon.words("ends-before-pronoun")
_TO = lexicon.words("preposition-before-pronoun")
_OWN = frozenset(split("me my us our"))
_NOT_THEIRS = lexicon.words("not-theirs")
"""Verbs of what things do and companies do not."""
_COMPANY_AFTER = lexicon.words("company-after")
_SAY = frozenset(split("say call"))


def misheard(words: Words, i: int) -> bool:
    """Return whether grammar allows no pronoun such as the one at that position."""
    word = words[i]
    before = words[i - 1] if i else ""
    after = words[i + 1] if i + 1 < len(words) else ""
    if before in _ARTICLES and word != "her":
        return True  # "my it request"
    if word in _NOMINATIVE and before in _TO:
        return True  # "i want to he"
    if word not in _SINGULAR:
        return False
    if before in _SUBJECTS or (before == "you" and i > 1 and words[i - 2] in _AUXILIARIES):
        return True  # "i it need"
    if before in ("am", "are", "were") or (before == "have" and after == "been"):
        return True
    if not after:
        return False
    if before == "do" and after not in _ENDS and (i == 1 or words[i - 2] in _ASKING):
        return True  # "when do it get a day off", not "can i do it at home"
    if before in _AUXILIARIES:
        return after in _AFTER_AUXILIARY or (
            before != "does" and word == "it" and after in _PERSONS
        )
    if before in ("me", "us"):
        return word != "it"
    if i == 0 and (after in _ARTICLES | _AFTER_AUXILIARY | {"me"}):
        return True
    if i == 0 and after == "would" and words[2:3] in (("like",), ("love",), ("to",)):
        return True  # only a person would like to
    return (not before or before in _ASKING) and after in _UNMARKED


def of_company(words: Words, i: int) -> bool:
    """Return whether "they" are those whom the caller deals with: "did they approve my request"."""
    if words[i] != "they" or (i and words[i - 1] not in _COMPANY_AFTER):
        return False
    verb = words[i + 1 : i + 2]
    if not verb or verb[0] in _NOT_THEIRS:
        return False
    return verb[0] in _SAY or not _OWN.isdisjoint(words[i + 2 : i + 3])
