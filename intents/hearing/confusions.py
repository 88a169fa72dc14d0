"""Words that a recogniser takes for one another, from how they sound: ``data/confusions.txt``.

The table is built once, offline (``python -m intents.hearing.confusions >
intents/data/confusions.txt``), from the pronouncing dictionary and the word frequencies that
pocketsphinx brings, and is read by ``noise``. A confusion is likelier the nearer its sound and the
commoner the word heard: that is how a recogniser's language model errs. Weights are ours, not
measured on recordings.

A line is ``word heard weight heard weight ...``; ``_`` in what is heard stands for a space
("account" as "a_count"). No line holds a word that is ``kept``, on either side.
"""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from intents.text import lexicon
from intents.text.cardinals import ONES, SCALES, TEENS, TENS
from intents.text.dates import MONTHS, ORDINALS
from intents.text.english import FILLERS, words

TABLE = Path(__file__).parents[1] / "data" / "confusions.txt"
SOURCES = 9000
"""Commonest words that get a line."""
HEARD = 12000
"""Commonest words that may be heard."""
SPLIT_INTO = 3000
"""Commonest words that two may be heard for one: rarer ones never win against the whole word."""
PER_WORD = 4
"""Confusions kept per word."""
COMMONNESS = 0.6
"""Weight of a word's log frequency against its distance."""
NEAR = 0.34
"""Greatest distance per sound. A third: one sound in three may differ by a whole step."""
FARTHEST = 1.6
"""Greatest distance whatever the length."""

KEPT: frozenset[str] = frozenset(
    {*ONES, *TEENS, *TENS, *SCALES, *ORDINALS, *MONTHS} | lexicon.words("never-misheard") | FILLERS
)
"""Words that carry the meaning: negations, numbers, days, directions; see ``kept``."""
_RUDE = lexicon.words("rude")
"""Left out on both sides: this table ends up in examples."""

_TURNING = ("un", "in", "im", "il", "ir", "dis", "mis", "non", "de", "off")
"""Beginnings that turn a word round."""

Sounds = tuple[str, ...]
Options = tuple[tuple[str, int], ...]

_VOWELS = frozenset(words("aa ae ah ao aw ay eh er ey ih iy ow oy uh uw"))
_ALIKE: tuple[tuple[float, str], ...] = (
    (0.4, "p b"), (0.4, "t d"), (0.4, "k g"), (0.4, "s z"), (0.4, "f v"), (0.4, "sh zh"),
    (0.4, "ch jh"), (0.4, "th dh"), (0.4, "f th"), (0.5, "m n ng"), (0.6, "p t k"),
    (0.6, "b d g"), (0.6, "s sh th"), (0.6, "z dh"), (0.6, "t ch"), (0.6, "d jh dh"),
    (0.7, "l r w"), (0.7, "b v"), (0.4, "aa ao ah"), (0.4, "ih iy"), (0.4, "ih eh ah"),
    (0.4, "ae eh"), (0.4, "uh uw"), (0.4, "uh ah"), (0.5, "er ah"), (0.6, "ey eh"),
    (0.6, "ow ao"), (0.6, "aw aa"), (0.6, "ay aa"), (0.7, "oy ao"), (0.7, "ow uw"),
)  # fmt: skip
"""Sounds alike in place or manner, with how far apart they are; a voicing pair is 0.4."""
_OTHER_VOWEL, _OTHER_CONSONANT, _OTHER = 0.9, 1.1, 2.0
_LOST: dict[str, float] = {
    **dict.fromkeys(words("hh t d"), 0.5),
    **dict.fromkeys(words("s z ah ih"), 0.6),
    **dict.fromkeys(words("n l r y w dh v er"), 0.8),
}
"""Price of a sound dropped or added; any other costs 1."""
_COST: dict[tuple[str, str], float] = {
    (a, b): price
    for price, group in reversed(_ALIKE)
    for a in group.split()
    for b in group.split()
    if a != b
}


def kept(word: str) -> bool:
    """Return whether the word carries so much meaning that it is neither misheard nor heard in
    another's place: the question would no longer be the one with that label."""
    return word in KEPT or word.endswith("n't") or any(sign.isdigit() for sign in word)


class Confusions(Mapping[str, Options]):
    """For each word what may be heard in its place, with weights.

    A line is taken apart when its word is asked for: 45,000 tuples would be looked through by
    every full garbage collection, and take 20 ms to make for each catalogue.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        parts = (line.partition(" ") for line in lines if line and not line.startswith("#"))
        self._rest = {word: rest for word, _, rest in parts}

    def __getitem__(self, word: str) -> Options:
        rest = self._rest[word].split()
        heard = (one.replace("_", " ") for one in rest[::2])
        return tuple(zip(heard, map(int, rest[1::2]), strict=True))

    def __contains__(self, word: object) -> bool:
        return word in self._rest

    def __iter__(self) -> Iterator[str]:
        return iter(self._rest)

    def __len__(self) -> int:
        return len(self._rest)


@lru_cache(maxsize=1)
def table() -> Confusions:
    """The table, read once."""
    return Confusions(TABLE.read_text("utf-8").splitlines())


@lru_cache(maxsize=1)
def joins() -> Mapping[tuple[str, str], str]:
    """Two words that may be heard as one: ``table`` read backwards."""
    return {
        (first, second): word
        for word, heard in table().items()
        for first, space, second in (one.partition(" ") for one, _ in heard)
        if space
    }


def distance(a: Sounds, b: Sounds) -> float:
    """Return how far apart two pronunciations are: 0 for homophones, about 1 for a sound that
    differs."""
    row = [0.0]
    for sound in b:
        row.append(row[-1] + _LOST.get(sound, 1.0))
    for sound in a:
        row = _next_row(row, sound, b)
    return row[-1]


def _next_row(row: list[float], sound: str, other: Sounds) -> list[float]:
    lost = _LOST.get(sound, 1.0)
    new = [row[0] + lost]
    for n, heard in enumerate(other):
        new.append(
            min(row[n] + _step(sound, heard), row[n + 1] + lost, new[n] + _LOST.get(heard, 1.0))
        )
    return new


def _step(a: str, b: str) -> float:
    if a == b:
        return 0.0
    if (known := _COST.get((a, b))) is not None:
        return known
    if (a in _VOWELS) != (b in _VOWELS):
        return _OTHER
    return _OTHER_VOWEL if a in _VOWELS else _OTHER_CONSONANT


class Trie:
    """Pronunciations by their sounds, so that a search shares the work of common beginnings."""

    def __init__(self, words_with_sounds: Iterable[tuple[str, Sounds]]) -> None:
        self.words: list[str] = []
        self.after: dict[str, Trie] = {}
        for word, sounds in words_with_sounds:
            node = self
            for sound in sounds:
                node = node.after.setdefault(sound, Trie(()))
            node.words.append(word)

    def near(self, sounds: Sounds, most: float) -> Iterator[tuple[str, float]]:
        """Words at most ``most`` away, each with its distance."""
        first = [0.0]
        for sound in sounds:
            first.append(first[-1] + _LOST.get(sound, 1.0))
        open_nodes = [(self, first)]
        while open_nodes:
            node, row = open_nodes.pop()
            if row[-1] <= most:
                yield from ((word, row[-1]) for word in node.words)
            for sound, child in node.after.items():
                new = _next_row(row, sound, sounds)
                if min(new) <= most:
                    open_nodes.append((child, new))


def build(spoken: Mapping[str, tuple[Sounds, ...]], common: Mapping[str, float]) -> Iterator[str]:
    """The table's lines. ``spoken``: pronunciations; ``common``: natural logs of frequencies."""
    order = sorted((w for w in spoken if not kept(w)), key=lambda w: (-common[w], w))
    heard = Trie((word, sounds) for word in order[:HEARD] for sounds in spoken[word])
    halves: dict[Sounds, list[str]] = defaultdict(list)
    for word in order[:SPLIT_INTO]:
        for sounds in spoken[word]:
            halves[sounds].append(word)
    for word in sorted(order[:SOURCES]):
        weights: dict[str, float] = {}
        for sounds in spoken[word]:
            for other, away in heard.near(sounds, min(FARTHEST, NEAR * len(sounds))):
                if not _same_or_opposite(word, other):
                    weight = math.exp(-2.5 * away + COMMONNESS * common[other])
                    weights[other] = max(weight, weights.get(other, 0.0))
            for pair, weight in _splits(word, sounds, halves, common):
                weights[pair] = max(weight, weights.get(pair, 0.0))
        best = sorted(weights, key=lambda w: (-weights[w], w))[:PER_WORD]
        if best:
            total = sum(weights[one] for one in best)
            parts = [f"{one} {max(1, round(100 * weights[one] / total))}" for one in best]
            yield f"{word} {' '.join(parts)}"


def _same_or_opposite(a: str, b: str) -> bool:
    """ "its" and "it's" are one word here; "like" must not be heard as "unlike"."""
    a, b = a.replace("'", ""), b.replace("'", "")
    return a == b or any(a == prefix + b or b == prefix + a for prefix in _TURNING)


def _splits(
    word: str, sounds: Sounds, halves: Mapping[Sounds, list[str]], common: Mapping[str, float]
) -> Iterator[tuple[str, float]]:
    """Two words that sound as the one does: "account" as "a count"."""
    for cut in range(1, len(sounds)):
        for first in halves.get(sounds[:cut], ()):
            for second in halves.get(sounds[cut:], ()):
                written = first + second == word
                if written or (len(first) > 1 and len(second) > 2) or first in ("a", "i"):
                    rarity = COMMONNESS * (common[first] + common[second]) / 2
                    yield f"{first}_{second}", math.exp(rarity - (0.5 if written else 2.5))


def load() -> tuple[dict[str, tuple[Sounds, ...]], dict[str, float]]:
    """Pronunciations and log frequencies of the words in pocketsphinx's dictionary and model."""
    from pocketsphinx import Config, LogMath, NGramModel, get_model_path

    path = get_model_path("en-us/en-us.lm.bin")
    model = NGramModel(Config(lm=path), LogMath(), path)
    spoken: dict[str, tuple[Sounds, ...]] = {}
    common: dict[str, float] = {}
    unknown = model.prob(["zzzz no such word"])
    for line in Path(get_model_path("en-us/cmudict-en-us.dict")).read_text("utf-8").splitlines():
        written, *sounds = line.lower().split()
        word = written.partition("(")[0]
        if not word.replace("'", "").isalpha() or word.startswith("'") or word.endswith("'"):
            continue
        if word not in common:
            common[word] = model.prob([word]) * math.log(1.0001)  # the model's base of logarithms
        if word not in _RUDE and model.prob([word]) > unknown and (len(word) > 1 or word in "ai"):
            spoken[word] = (*spoken.get(word, ()), tuple(sounds))
    return spoken, common


def main() -> None:
    """Write the table to standard output; a few minutes."""
    print("# Words that a recogniser may take for one another, by sound.")
    print("# Derived from the CMU US English dictionary and language model that pocketsphinx")
    print("# brings (BSD licence: see NOTICE).")
    for line in build(*load()):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
