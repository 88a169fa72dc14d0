"""The odds that words are a turn's last, learnt from turns as callers speak them.

``completeness`` knows which sentences can be over; most of them can go on all the same ("i was
charged twice | for the same thing"). Which of them do is a matter of habit: of how the last three
words, the beginning and the length go together in 120,000 turns of ``training``, each against the
same turn broken off at some word (``training.finality``). A logistic regression over hashed
features, 32 KB of weights; about 20 us a text.
"""

from __future__ import annotations

import zlib
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from intents.text.spoken import canonical
from intents.turns.completeness import complete

BUCKETS = 1 << 15
WEIGHTS = Path(__file__).parents[1] / "data" / "finality.npz"
LONG = 14
"""Words from which on a turn is only long."""


@lru_cache(maxsize=8192)
def finality(text: str) -> float:
    """Return the logarithm of the odds that nothing follows; 0 for silence."""
    if not canonical(text):
        return 0.0
    weights, scale, bias = _weights()
    return bias + scale * sum(weights[one] for one in features(text))


def features(text: str) -> set[int]:
    """Return the buckets of what the text has."""
    said = canonical(text).split() or ["_"]
    words = ["^", "^", *said]
    third, second, last = words[-3:]
    done = f"{complete(text):.2f}"
    begins, length = said[0], len(said)
    named = (
        *(f"1 {last}", f"2 {second}", f"3 {third}", f"12 {second} {last}", f"23 {third} {second}"),
        *(f"1s3 {last[-3:]}", f"1s2 {last[-2:]}", f"2s2 {second} {last[-2:]}"),
        *(f"b {begins}", f"bb {begins} {' '.join(said[1:2])}", f"bd {begins} {done}"),
        *(f"n {min(length, LONG)}", f"d {done}", f"dn {done} {min(length // 3, 5)}"),
    )
    return {zlib.crc32(one.encode()) % BUCKETS for one in named}


@cache
def _weights() -> tuple[list[int], float, float]:
    with np.load(WEIGHTS) as kept:
        return kept["weights"].tolist(), float(kept["scale"]), float(kept["bias"])
