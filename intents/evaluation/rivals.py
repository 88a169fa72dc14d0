"""Build time: how semantic caches and routers decide, as rules over the same embeddings.

Each rule restates what a product's code does with the similarities it finds; the product itself,
with its own encoder, storage and defaults, is not run. Thresholds are the products' own numbers
applied to our encoder, and beside each way of scoring stands its best threshold for the error
budget, chosen on the very test queries: generous to it, and nothing anybody could ship.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from intents.evaluation.evaluate import Scores
from intents.evaluation.queries import Query
from intents.learning.background import background
from intents.learning.calibration import SHARES
from intents.learning.knowledge import Item
from intents.models.classifier import Floats, Labels
from intents.models.encoder import Encoder, Vectors
from intents.text.spoken import canonical

Score = Callable[[Vectors, Labels, int], tuple[Floats, Labels]]
"""Cosines ``[queries, questions]``, the entry number of each question and the number of entries,
to the score of each query's best entry and that entry's number."""

TOP = 5
IN_RANGE = 0.5
AT_ONCE = 1000
"""Queries scored at a time: bounds memory."""


@dataclass(frozen=True, slots=True)
class Seeds:
    """The questions of a catalogue with their vectors."""

    ids: tuple[str, ...]
    vectors: Vectors
    labels: Labels
    """Entry number of each question."""

    @staticmethod
    def of(items: Sequence[Item], encoder: Encoder) -> Seeds:
        """The questions of the items, in the canonical form in which the matcher has them too."""
        texts = [canonical(text) for item in items for text in item.questions]
        labels = np.repeat(np.arange(len(items)), [len(item.questions) for item in items])
        return Seeds(tuple(item.id for item in items), encoder.embed(texts), labels)


def nearest(cosines: Vectors, labels: Labels, count: int) -> tuple[Floats, Labels]:
    """The nearest question: caches."""
    best = cosines.argmax(axis=1)
    return cosines.max(axis=1).astype(np.float64), labels[best]


def top_mean(cosines: Vectors, labels: Labels, count: int) -> tuple[Floats, Labels]:
    """The best mean per route among the five nearest questions: semantic-router."""
    few = min(TOP, cosines.shape[1])
    rows = np.argpartition(-cosines, few - 1, axis=1)[:, :few]
    near = np.take_along_axis(cosines, rows, axis=1).astype(np.float64)
    return _best_mean(near, labels[rows], count)


def range_mean(cosines: Vectors, labels: Labels, count: int) -> tuple[Floats, Labels]:
    """The best mean per route of the questions within cosine 0.5: redisvl's router."""
    near = np.where(cosines >= IN_RANGE, cosines, np.nan).astype(np.float64)
    return _best_mean(near, np.broadcast_to(labels, near.shape), count)


def _best_mean(near: Floats, routes: Labels, count: int) -> tuple[Floats, Labels]:
    """The route with the highest mean of each row; NaN is left out; -1 where all are."""
    sums, numbers = np.zeros((len(near), count)), np.zeros((len(near), count))
    row = np.broadcast_to(np.arange(len(near))[:, None], near.shape)
    there = ~np.isnan(near)
    np.add.at(sums, (row[there], routes[there]), near[there])
    np.add.at(numbers, (row[there], routes[there]), 1)
    means = np.divide(sums, numbers, out=np.full_like(sums, -1.0), where=numbers > 0)
    return means.max(axis=1), means.argmax(axis=1)


SCORES: Mapping[str, Score] = {
    "nearest": nearest,
    "top_mean": top_mean,
    "range_mean": range_mean,
}
TITLES: Mapping[str, str] = {
    "nearest": "nearest question (caches)",
    "top_mean": "mean of the top 5 per route (semantic-router)",
    "range_mean": "mean per route (redisvl router)",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A way of scoring at a threshold."""

    name: str
    title: str
    score: str
    """Name in ``SCORES``."""
    threshold: float | None
    """None: the best one for the budget, chosen on the test queries."""


RULES = (
    Rule("gptcache", "GPTCache, default: nearest >= 0.6", "nearest", 0.6),
    Rule("gptcache_oracle", "GPTCache, best threshold", "nearest", None),
    Rule("litellm", "LiteLLM: nearest >= 0.8", "nearest", 0.8),
    Rule("redisvl_cache", "redisvl cache: nearest >= 0.9", "nearest", 0.9),
    Rule("redisvl_router", "redisvl router: mean per route >= 0.5", "range_mean", 0.5),
    Rule("redisvl_router_oracle", "redisvl router, best threshold", "range_mean", None),
    Rule("semantic_router", "semantic-router: mean of top 5 >= 0.5", "top_mean", 0.5),
    Rule("semantic_router_oracle", "semantic-router, best threshold", "top_mean", None),
)
"""GPTCache: similarity 0.8 on a scale from 4 (squared distance of unit vectors) to 0, which is
cosine 0.6. redisvl: distances 0.1 and 0.5. semantic-router: the default of its Hugging Face
encoders; its ``fit`` searches thresholds at random, so the best one bounds it."""


def scored(seeds: Seeds, vectors: Vectors, queries: Sequence[Query]) -> dict[str, Scores]:
    """For each way of scoring, the best guess about every query."""
    known = np.array([bool(query.entry) for query in queries])
    numbers = {entry: number for number, entry in enumerate(seeds.ids)}
    meant = np.array([numbers.get(query.entry, -1) for query in queries], np.intp)
    found = {}
    for name, score in SCORES.items():
        parts = [
            score(vectors[at : at + AT_ONCE] @ seeds.vectors.T, seeds.labels, len(seeds.ids))
            for at in range(0, len(vectors), AT_ONCE)
        ]
        guess = np.concatenate([part[1] for part in parts])
        strength = np.concatenate([part[0] for part in parts])
        found[name] = Scores(strength, known & (guess == meant), known)
    return found


def figures(
    found: Mapping[str, Scores], max_wrong_rate: float, calibrated: float
) -> dict[str, dict[str, Any]]:
    """Every rule by name, and ``cosine``: the nearest question at a ``calibrated`` threshold."""
    title = "Cosine, threshold from the seeds: nearest"
    rules = (*RULES, Rule("cosine", title, "nearest", calibrated))
    table = {}
    for rule in rules:
        own = found[rule.score]
        if rule.threshold is None:
            threshold, result = own.oracle(max_wrong_rate)
        else:
            threshold, result = rule.threshold, own.at(rule.threshold)
        table[rule.name] = {
            "title": rule.title,
            "oracle": rule.threshold is None,
            "threshold": round(threshold, 4),
            **{name: v for name, v in result.figures().items() if not name.startswith("clarified")},
        }
    return table


def calibrated_threshold(seeds: Seeds, encoder: Encoder, max_wrong_rate: float) -> float:
    """Threshold for the nearest question from the seeds alone, weighted as assumed traffic.

    Each question is hidden in turn (known), then all of its entry (near misses), and general talk
    is asked (far misses). The lowest threshold within the budget; 1.01 if there is none.
    """
    cosines = seeds.vectors @ seeds.vectors.T
    np.fill_diagonal(cosines, -1.0)
    best = cosines.argmax(axis=1)
    same = seeds.labels[:, None] == seeds.labels[None, :]
    _, others = background(encoder, seeds.vectors)
    far = (others @ seeds.vectors.T).max(axis=1)
    parts = [cosines.max(axis=1), np.where(same, -1.0, cosines).max(axis=1), far]
    score = np.concatenate(parts).astype(np.float64)
    weight = np.repeat(np.divide(SHARES, [len(part) for part in parts]), [len(p) for p in parts])
    wrong = weight.copy()
    wrong[: len(best)][seeds.labels[best] == seeds.labels] = 0.0
    order = np.argsort(-score, kind="stable")
    over = np.cumsum(wrong[order]) > max_wrong_rate * np.cumsum(weight[order])
    within = np.flatnonzero(~over)
    return float(score[order][within[-1]]) if len(within) else 1.01
