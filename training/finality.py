"""Teaches ``intents.turns.finality`` which words are a turn's last: ``make finality``.

Every text of ``training/entries`` and ``training/pairs`` of four words or more is a turn, and is
broken off at up to four places, which are none. One turn in ``ASIDE`` is kept out, and how well the
ends of these are told from their breaks is printed. Nothing of CLINC150, none of ``bench/data``,
and none of what the speech set's callers say is learnt. The same texts give the same weights.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from intents.turns.finality import BUCKETS, WEIGHTS, features
from tests.support.spoken.texts import LONG, SHORT

ROOT = Path(__file__).parents[1]
FOLDERS = ("entries", "pairs")
GARBLED = frozenset({"terse.txt", "misheard.txt"})
"""Files whose texts are no sentences."""
FEWEST = 4
"""Words of a turn."""
BREAKS = 4
ASIDE = 40
PASSES, BATCH, RATE, DECAY = 6, 4096, 0.15, 2e-6

Rows = list[tuple[NDArray[np.int64], float]]


def texts() -> list[str]:
    """Return all turns, in an order of chance."""
    found = set[str]()
    for folder in FOLDERS:
        for path in sorted((ROOT / "training" / folder).glob("*.txt")):
            if path.name not in GARBLED:
                found.update(_turns(path))
    turns = sorted(found - {*SHORT, *LONG})
    random.Random(1).shuffle(turns)
    return turns


def _turns(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        for text in re.split(r"\|+", line):
            if len(text.split()) >= FEWEST:
                yield text.strip()


def rows(turns: Sequence[str], seed: int = 2) -> Rows:
    """Return the buckets of each turn with 1, and of its breaks with 0."""
    rng = random.Random(seed)
    found: Rows = []
    for turn in turns:
        words = turn.split()
        places = range(2, len(words))
        broken = rng.sample(places, min(len(places), BREAKS))
        found.append((_buckets(turn), 1.0))
        found += [(_buckets(" ".join(words[:place])), 0.0) for place in broken]
    return found


def _buckets(text: str) -> NDArray[np.int64]:
    return np.fromiter(features(text), np.int64)


def taught(examples: Rows, passes: int = PASSES) -> tuple[NDArray[np.float64], float]:
    """Return the weights and the bias: logistic regression, each weight with a rate of its own
    (Adagrad)."""
    rng = np.random.default_rng(3)
    weights, seen, bias = np.zeros(BUCKETS), np.full(BUCKETS, 1e-6), 0.0
    for _ in range(passes):
        order = rng.permutation(len(examples))
        for start in range(0, len(order), BATCH):
            batch = [examples[number] for number in order[start : start + BATCH]]
            flat = np.concatenate([buckets for buckets, _ in batch])
            of = np.repeat(np.arange(len(batch)), [len(buckets) for buckets, _ in batch])
            score = np.bincount(of, weights[flat], len(batch)) + bias
            error = 1 / (1 + np.exp(-score)) - np.array([end for _, end in batch])
            slope = np.bincount(flat, error[of], BUCKETS) / len(batch) + DECAY * weights
            seen += slope**2
            weights -= RATE * slope / np.sqrt(seen)
            bias -= RATE * float(error.mean())
    return weights, bias


def right(weights: NDArray[np.float64], examples: Rows) -> float:
    """Return the percent of all pairs in which an end has higher odds than a break."""
    scores = np.array([weights[buckets].sum() for buckets, _ in examples])
    ends = np.array([end for _, end in examples]) > 0
    ranks = np.empty(len(scores))
    ranks[np.argsort(scores)] = np.arange(1, len(scores) + 1)
    many, few = int(ends.sum()), int((~ends).sum())
    return float(100 * (ranks[ends].sum() - many * (many + 1) / 2) / (many * few))


def save(weights: NDArray[np.float64], bias: float, path: Path) -> None:
    """Write them, in steps of a 127th of the largest."""
    scale = float(np.abs(weights).max()) / 127
    steps = np.round(weights / scale).astype(np.int8)
    np.savez(path, weights=steps, scale=np.float64(scale), bias=np.float64(bias))


def main() -> None:
    """Teach, tell how well, and write the weights."""
    turns = texts()
    aside, learnt = turns[: len(turns) // ASIDE], turns[len(turns) // ASIDE :]
    weights, bias = taught(rows(learnt))
    print(f"{len(learnt)} turns; of those kept out {right(weights, rows(aside)):.1f} % are right")
    save(weights, bias, WEIGHTS)


if __name__ == "__main__":
    main()
