"""Words that mean the same in a request, for ``wording``: one group a line.

A plus joins the words of a phrase. Words are canonical and stand for their forms: "change" for
"changes", "changed" and "changing".
"""

from __future__ import annotations

from intents.text.lexicon import classes, entities

SYNONYMS = classes.rows("synonyms")


def groups() -> dict[str, frozenset[int]]:
    """Word or phrase to the numbers of its groups; names of one thing are a group too."""
    lines = [*SYNONYMS, *(name.replace("/", " ") for name in entities.NAMES)]
    found: dict[str, set[int]] = {}
    for number, line in enumerate(lines):
        for word in line.split():
            found.setdefault(word, set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}
