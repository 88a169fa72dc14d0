"""Words of the catalogue that sound like others of it: was another entry asked for?

"cancer my reservation" may be answered by the entry that confirms reservations, "where is my
baggage" in place of "package" by the one for lost luggage. Before an answer is spoken the matcher
hears each word again as a word that a recogniser is known to take for it (``confusions``), if a
likely rival holds that word; where the rival would then be answered, or nearly, nothing is spoken,
but it may be asked which is meant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from intents.hearing.confusions import table
from intents.hearing.mishearing import Change
from intents.text.lexicon.contrasts import FUNCTION

LIKELY = 0.02
"""Least probability of an entry whose words are heard."""
NEARLY = 0.05
"""The margin by which the rival may score below its threshold, and below the first entry's score.

Of CLINC150's training part, less what entries were seeded with (10 questions an intent, two draws),
6 of 99 wrong answers to misheard texts are not spoken, and 4 of 7,853 right ones; of those to texts
as written none of 31 and of 3,036. For that half a text is embedded for each answer. Were words of
an entry heard from a probability of 0.01 on, it would be twice the texts for no more; without a
bound by the first entry's score, "the time" would not be answered: it sounds like "the timer"."""
MOST = 5
"""Texts that are tried; each takes an embedding, about 1.5 ms."""

Heard = tuple[str, Change]
"""A text with one word exchanged, and which for which."""


class SoundAlikes:
    """Which entries use which words that may be misheard. Immutable."""

    def __init__(self, questions: Iterable[tuple[str, int]]) -> None:
        """``questions``: canonical question and the number of its entry."""
        used: dict[str, set[int]] = defaultdict(set)
        for text, entry in questions:
            for word in text.split():
                used[word].add(entry)
        sounds = table()
        heard_well = sorted((used.keys() & sounds.keys()) - FUNCTION)
        self._used = {word: frozenset(used[word]) for word in heard_well}
        self._meant: dict[str, list[str]] = {}
        for word in heard_well:
            for heard, _ in sounds[word]:
                self._meant.setdefault(heard, []).append(word)

    def others(self, text: str, rivals: Mapping[int, float]) -> list[Heard]:
        """Return what else the canonical text may have been, the likeliest first, ``MOST`` at most.

        ``rivals``: probabilities of the entries whose words count.
        """
        words = text.split()
        found: list[tuple[float, Heard]] = []
        for at in range(len(words)):
            for taken in (1, 2):
                heard = " ".join(words[at : at + taken])
                if at + taken > len(words):
                    continue
                for word in self._meant.get(heard, ()):
                    entries = self._used[word]  # thousands perhaps, of few rivals
                    chance = max((rivals[rival] for rival in rivals if rival in entries), default=0)
                    if chance >= LIKELY:
                        other = " ".join([*words[:at], word, *words[at + taken :]])
                        found.append((chance, (other, (heard, word))))
        found.sort(key=lambda one: -one[0])
        return [heard for _, heard in found[:MOST]]
