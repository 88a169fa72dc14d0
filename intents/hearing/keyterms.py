"""Words of a catalogue that a recogniser should know: names of products, places and the firm.

A recogniser knows the language, but not the firm's own names. Two signs of such a word: it is
written with a capital or a digit where a sentence would not have one, or it is rare in the
language and the questions of one entry keep using it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from intents.text.lexicon.contrasts import FUNCTION

MOST = 50
"""Recognisers advise 20 to 50 terms: more of them are heard where they are not said."""
LONGEST = 3
"""Most words of a name."""
SEVERAL = 2
"""Least questions that use such a word."""

_WORD = re.compile(r"[^\W_]+(?:['’\-&.][^\W_]+)*")
_END = re.compile(r"[.!?:]\s")


def keyterms(
    entries: Iterable[Sequence[str]], pieces: Callable[[str], int], most: int = MOST
) -> tuple[str, ...]:
    """The key terms of each entry's questions: at most so many, the most telling first. Names come
    as they are written most often, other words in lower case.

    ``pieces``: ``Encoder.pieces``. About 40 us a question.
    """
    names: Counter[str] = Counter()
    used: dict[str, Counter[int]] = {}
    count = 0
    for number, questions in enumerate(entries):
        count += 1
        for question in questions:
            names.update(_names(question))
            for word in {one.lower() for one in _WORD.findall(question)}:
                used.setdefault(word, Counter())[number] += 1
    spelt: dict[str, tuple[int, str]] = {}
    for name, times in sorted(names.items()):
        spelt[name.lower()] = max(spelt.get(name.lower(), (0, "")), (times, name))
    proper = sorted(spelt.values(), key=lambda one: (-names[one[1]], one[1]))
    known = {word for _, name in proper for word in name.lower().split()}
    rest = {
        word: max(by.values()) * (1 + math.log(count / len(by)))
        for word, by in used.items()
        if word not in known
        and sum(by.values()) >= SEVERAL
        and word.isalpha()
        and word not in FUNCTION
        and pieces(word) > 1
    }
    others = sorted(rest, key=lambda word: (-rest[word], word))
    return (*(name for _, name in proper), *others)[:most]


def _names(question: str) -> Iterator[str]:
    """Runs of words that stand out by their spelling."""
    if question.isupper():
        return  # all is written so: nothing stands out
    run: list[str] = []
    for sentence in _END.split(question):
        first = True
        before = 0
        for found in _WORD.finditer(sentence):
            word = found[0]
            apart = sentence[before : found.start()].strip()  # a comma ends a name
            before = found.end()
            if run and (apart or len(run) == LONGEST or not _stands_out(word, first)):
                yield " ".join(run)
                run = []
            if _stands_out(word, first):
                run.append(word)
            first = False
        if run:
            yield " ".join(run)
            run = []


def _stands_out(word: str, first: bool) -> bool:
    """A capital that is not the sentence's own, or letters and digits in one word."""
    bare = re.sub(r"['’]\w{1,2}$", "", word).lower()
    if len(word) < 2 or bare in FUNCTION or bare == "i":
        return False
    mixed = any(one.isdigit() for one in word) and any(one.isalpha() for one in word)
    return any(one.isupper() for one in (word[1:] if first else word)) or (
        mixed and not re.fullmatch(r"\d+(st|nd|rd|th|am|pm|h)", bare)
    )
