"""Personal data taken out of what is kept: what a caller says is not ours to store.

A list of what is forbidden has no end, so redaction works the other way round: a word stays if it
is known to be harmless, one of the commonest of English or of the catalogue that answers, and if
nothing around it says that it is personal. The rest becomes ``[word]``; where the kind is known,
``[name]``, ``[number]``, ``[code]``, ``[email]``, ``[url]``, ``[address]``, ``[postcode]``,
``[date]`` or ``[health]``. Every rule looks at a bounded number of words around each: the time is
proportional to the text's length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from gateway.privacy.addresses import mark_addresses
from gateway.privacy.dates import mark_dates
from gateway.privacy.frames import mark_frames
from gateway.privacy.links import mark_links
from gateway.privacy.lists import (
    COMMON,
    FAMILY,
    FIRST,
    HARMLESS,
    MONTHS,
    NATO,
    ORDINALS,
    OURS,
    PARTICLES,
    PLACES,
    SHORT,
    STOP,
    UNITS,
    WIDTHS,
)
from gateway.privacy.names import mark_names, ordinary
from gateway.privacy.numbers import mark_numbers, mark_rests
from gateway.privacy.said import KNOWN, SpokenWords

UNKNOWN = "word"
"""The kind of a word of which nothing is known."""
_USUAL = COMMON | OURS | STOP | SHORT | MONTHS | PLACES | UNITS | WIDTHS.keys() - PARTICLES
_USUAL |= {one + "s" for one in COMMON}
"""Words that are none of a name even beside one that is unknown."""
LONGEST = 20_000
"""Characters that are looked at; what is beyond them is not kept."""


class Redactor:
    """Redaction for one catalogue."""

    def __init__(self, public: Iterable[str] = ()) -> None:
        """``public``: texts that anybody may read, such as the questions and answers of a
        catalogue: their words stay. About 20 us a text."""
        words: set[str] = set()
        pairs: set[tuple[str, str]] = set()
        for text in public:
            said = SpokenWords(text)
            words.update(said.bases)
            pairs.update(zip(said.bases, said.bases[1:], strict=False))
        self._words = frozenset(words)
        self._pairs = frozenset(pairs)

    def redact(self, text: str) -> str:
        """The text without what could name a person: fit for a record."""
        return self._marked(text).text()

    def names_somebody(self, text: str) -> bool:
        """Return whether the text holds something known to be personal; an unknown word does not
        count.
        """
        return any(mark not in ("", UNKNOWN) for mark in self._marked(text).marks)

    def _marked(self, text: str) -> SpokenWords:
        said = SpokenWords(text[:LONGEST])
        mark_links(said)
        mark_dates(said)
        mark_addresses(said)
        mark_numbers(said, self._pairs)
        mark_frames(said, self._words)
        mark_rests(said)
        mark_names(said, self._pairs)
        for place, word in enumerate(said.bases):
            if not said.marks[place] and not self._harmless(said, place, word):
                said.marks[place] = UNKNOWN
        self._beside_unknown(said)
        return said

    def _beside_unknown(self, said: SpokenWords) -> None:
        """Less common words beside an unknown one, and particles, are part of it: "hyeon woo"."""
        for place, mark in enumerate(said.marks):
            if mark not in (UNKNOWN, "name"):
                continue
            for beside, joined in ((place - 1, place), (place + 1, place + 1)):
                word = said.bases[beside] if said.free(beside) else ""
                if word and said.joined(joined) and word not in _USUAL and word not in self._words:
                    said.marks[beside] = mark

    def _harmless(self, said: SpokenWords, place: int, word: str) -> bool:
        if word in HARMLESS or len(word) < 2:
            return True
        if word[0].isnumeric() or word in WIDTHS:
            return True  # a number that is no more than that: the rules have looked at it
        if word in FIRST:  # "john" may be a shop's, where the catalogue says so
            before, after = said.word(place - 1), said.word(place + 1)
            return (before, word) in self._pairs or (word, after) in self._pairs
        if word in self._words or said.words[place] in self._words:
            return True
        several = word.endswith("s") and word not in FAMILY
        return several and (word[:-1] in HARMLESS or word[:-1] in self._words)

    def __contains__(self, word: str) -> bool:
        """Return whether a single word, in lower case, is known to be harmless."""
        return word in HARMLESS or word in self._words


@lru_cache(maxsize=1)
def general() -> Redactor:
    """The redactor for texts that belong to no catalogue; made once."""
    return Redactor()


def redact(text: str) -> str:
    """The text without what could name a person, where no catalogue's words are known."""
    return general().redact(text)


_COUNTED = (frozenset(WIDTHS) | ORDINALS | NATO) - {"one", "oh", "o", "first", "second"}
"""Numbers in words. "One moment" and "just a second" are none."""


def impersonal(text: str) -> bool:
    """Return whether a written text can be said to anybody: it holds no number, no name, nothing
    that ``redact`` would take out, and only common words. In doubt it is personal."""
    if any(map(str.isnumeric, text)) or not ordinary(text):
        return False
    if not _COUNTED.isdisjoint(SpokenWords(text).words):
        return False
    return redact(text) == " ".join(text.split())


_FRAMES = re.compile(
    r"(?:\b(?:hi|hello|hey)\b,? ?)?\b(?:(?:my|the) (?:[\w']{1,20} ){0,2}(?:is|was)|"
    r"my name['’]s|this is|i am|i['’]m|it['’]s|it is) (?:for )?(?:\[\w{1,20}\] ?){1,3}"
    r"(?:\b(?:speaking|calling|here)\b ?)?(?:\b(?:and|from|,)\b ?)?",
    re.IGNORECASE,
)


_TAIL = re.compile(
    r"(?:\b(?:in|at|on|to|from|for|of|near|by|with|about|the|a|an|this|that|my|your) )+"
    r"(?:\[\w{1,20}\][ ?.!]*)+$",
    re.IGNORECASE,
)
"""The end of a question of which only small words would be left ("a good dentist in [word]")."""


def wording(text: str) -> str:
    """A redacted text as it can be a question of an entry: without placeholders, and without the
    phrases that only held one ("my name is [name] and")."""
    return " ".join(KNOWN.sub(" ", _TAIL.sub(" ", _FRAMES.sub(" ", text))).split())
