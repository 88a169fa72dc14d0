"""Words that the catalogue does not know, heard again as words of it that sound alike.

"change my ensuring policy" to an insurer's catalogue is "change my insurance policy". Only words
that neither the questions have, in any form, nor the guards know are exchanged, and only for a word
that a recogniser is known to take for them (``confusions``). That is never a name, a number, a day,
a direction or a negation. The matcher speaks on the mended text only for the entry that came first
without, and must be surer of it than of any other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from intents.guards.entry.naming import NAMING
from intents.hearing.confusions import table
from intents.text.lexicon import contrasts, entities, synonyms
from intents.text.lexicon.contrasts import FUNCTION
from intents.text.roots import root

Change = tuple[str, str]
"""The word or two that were heard, and the words taken to have been said."""

_WRITTEN = re.compile(r"[a-z']+")
_MEANT = (
    FUNCTION
    | NAMING
    | entities.GENERAL
    | frozenset(
        _WRITTEN.findall(
            " ".join(
                (
                    *entities.SYNONYMS,
                    *synonyms.SYNONYMS,
                    *contrasts.POLARITY_INDEX,
                    *contrasts.STATE_INDEX,
                    *contrasts.KIND_INDEX,
                )
            )
        )
    )
)
"""Words that callers of any line may well have said."""


class Mishearing:
    """The words that a catalogue's words may be heard as. Immutable. 20 ms to make for 2,000
    words."""

    def __init__(self, questions: Iterable[str]) -> None:
        """``questions``: all of the catalogue, canonical."""
        count = Counter(word for text in questions for word in text.split())
        self._known = _MEANT | count.keys()
        self._roots = frozenset(root(word) for word in count)
        best: dict[str, tuple[float, str]] = {}
        sounds = table()
        for word in sorted((count.keys() & sounds.keys()) - FUNCTION - NAMING):
            whole = sum(weight for _, weight in sounds[word])
            for heard, weight in sounds[word]:
                chance = weight / whole * count[word]
                if chance > best.get(heard, (0.0, ""))[0]:
                    best[heard] = chance, word
        self._said = {heard: word for heard, (_, word) in best.items()}

    def mended(self, text: str) -> tuple[str, tuple[Change, ...]]:
        """A canonical text with the unknown words exchanged, and which; none if all may stay."""
        words = text.split()
        out: list[str] = []
        changes: list[Change] = []
        at = 0
        while at < len(words):
            found = self._as_one(words[at : at + 2])
            taken = 2 if found else 1
            heard = words[at : at + taken]
            if not found and not self._knows(heard[0]):
                found = self._said.get(heard[0], "")
            if found:
                changes.append((" ".join(heard), found))
            out += [found] if found else heard
            at += taken
        return " ".join(out), tuple(changes)

    def _as_one(self, pair: list[str]) -> str:
        """ "a count" as "account", unless both are words of the catalogue."""
        if all(self._knows(word) for word in pair):
            return ""
        return self._said.get(" ".join(pair), "")

    def _knows(self, word: str) -> bool:
        return word in self._known or root(word) in self._roots
