"""A written text beside the same as it is spoken: how much of the one is said with so much of the
other.

``core.speakable`` puts symbols into words, so words of the two need not pair up. Those that are
equal do, in order; what stands between two pairs is said only when all that is spoken between them
is. In doubt less is said: a word that was only added in speaking belongs to the word before it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from difflib import SequenceMatcher

_WORD = re.compile(r"\S+")
_EDGES = ".,;:!?\"'“”‘’()[]*_`~…"
"""Marks at a word's edges, which are not spoken; a sign that is spoken makes another word of it."""
MOST_PAIRS = 2000
"""Pairs of equal words that are looked through: of 280 characters of speech there are some 150, and
so many take 1 ms. Where it is the same words over and over, only the whole text is said."""


class Alignment:
    """The alignment of one text, a few hundred characters at most: it takes 0.1 to 0.8 ms of a
    core."""

    def __init__(self, written: str, spoken: str) -> None:
        words = list(_WORD.finditer(written))
        said = list(_WORD.finditer(spoken))
        self._ends = [one.end() for one in words]
        # where each spoken word is over, marks that follow it left out
        self._over = [one.start() + len(one[0].rstrip(_EDGES) or one[0]) for one in said]
        self._needed = _needed([_bare(one[0]) for one in words], [_bare(one[0]) for one in said])

    def said(self, position: int) -> int:
        """Characters of the written text that are said once the spoken one is up to there. It
        grows with the position; 0 before the first word is whole, all at the end."""
        spoken = bisect_right(self._over, position)
        whole = bisect_right(self._needed, spoken) if spoken else 0
        return self._ends[whole - 1] if whole else 0


def _bare(word: str) -> str:
    return word.strip(_EDGES).casefold() or word


def _needed(written: list[str], spoken: list[str]) -> list[int]:
    """Return how many spoken words must have been heard for each written one; the numbers never
    fall."""
    counts = Counter(spoken)
    if sum(counts[word] for word in written) > MOST_PAIRS:
        return [len(spoken)] * len(written)
    needed: list[int] = []
    pairs = SequenceMatcher(None, written, spoken, autojunk=False).get_opcodes()
    for kind, first, last, begin, end in pairs:
        if kind == "equal":
            needed += range(begin + 1, end + 1)
        elif first < last:  # said in other words, or not at all
            needed += [end] * (last - first)
        elif needed:
            needed[-1] = end
    return needed
