"""Build time: the encoder's upper layers, trained on one catalogue's own questions.

Supervised contrastive learning (Khosla et al., NeurIPS 2020): questions of one entry are drawn
together, all others pushed apart, and so are counter-examples and general talk, each a class of
its own. The lower layers stay as they are, so what they give is computed once; sentences are laid
end to end without padding. Deterministic: no dropout, one thread, batches drawn from a fixed seed.

torch is imported inside functions: the serving process never loads it.
"""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from intents.models.build.exporting import quiet
from intents.models.build.graph import write_top
from intents.models.build.layers import Layers, stored, through
from intents.models.classifier import Labels
from intents.models.encoder import Vectors

ENTRIES, QUESTIONS = 32, 3
"""In a batch: so many entries, so many questions of each; and of what nobody answers:"""
OTHERS = 32
PASSES = 1.75
"""The number of times that every sentence is seen, on average; within these numbers of steps:"""
LEAST_STEPS, MOST_STEPS = 30, 120
FEW_STEPS, FEW = 55, 600
"""The least, from so many sentences on; with less there is little to learn, and editors wait."""
TEMPERATURE = 0.07
RATE = 4e-4
WARM = 0.1
"""Share of the steps in which the learning rate rises; afterwards it stays."""
KEPT = 0.35
"""The part of the way from the published weights to the trained ones that is kept in the end. What
is learnt at a high rate and kept by a third tells right from wrong better than what is learnt at a
low one and kept whole (docs/matching.md; of larger models Wortsman et al. found so, arXiv
2109.01903)."""
AT_ONCE = 256

Hidden = Sequence[Vectors]
"""The input of the upper layers for each sentence: ``[tokens, width]``."""


def available() -> bool:
    """Are the libraries there that training needs?"""
    return all(importlib.util.find_spec(name) for name in ("torch", "onnx"))


@dataclass(frozen=True)
class Adapted(Layers):
    """Trained upper layers."""

    def embed(self, hidden: Hidden) -> Vectors:
        """Unit rows ``[n, width]``, in 32-bit floats: what int8 serving gives within 0.01."""
        import torch

        order = sorted(range(len(hidden)), key=lambda row: len(hidden[row]))
        out = np.zeros((len(hidden), self.shape.width), np.float32)
        with torch.no_grad():
            for at in range(0, len(order), AT_ONCE):
                rows = order[at : at + AT_ONCE]
                out[rows] = _vectors(self, *_packed([hidden[row] for row in rows])).numpy()
        return out

    def to_onnx(self) -> bytes:
        """The layers as the int8 graph that ``Encoder.adapted`` serves."""
        arrays = {name: value.detach().numpy() for name, value in self.weights.items()}
        with tempfile.TemporaryDirectory(prefix="frontline-") as folder, quiet():
            path = Path(folder) / "top.onnx"
            write_top(path, arrays, self.shape)
            return path.read_bytes()


def steps_for(questions: int) -> int:
    """Steps of training for so many questions. One takes 0.9 s on one core."""
    wanted = round(PASSES * questions / (ENTRIES * QUESTIONS))
    least = LEAST_STEPS + round((FEW_STEPS - LEAST_STEPS) * min(1.0, questions / FEW))
    return min(max(least, wanted), MOST_STEPS)


def train(
    folder: Path,
    hidden: Hidden,
    labels: Labels,
    others: Hidden,
    progress: Callable[[int, int], None] = lambda done, of: None,
    *,
    steps: int = 0,
) -> Adapted:
    """Train on the questions ``hidden`` with ``labels``, at least two labels.

    ``folder``: of the encoder, whose upper layers are the start. ``others``: what no entry answers.
    ``steps``: 0 for as many as so many questions need.
    """
    import torch

    steps = steps or steps_for(len(hidden))
    chance = np.random.default_rng(0)
    with one_thread():
        adapted = loaded(folder)
        weights = [value.requires_grad_() for value in adapted.weights.values()]
        descent = torch.optim.AdamW(weights, lr=RATE, weight_decay=0.01)
        for step in range(steps):
            descent.param_groups[0]["lr"] = RATE * min(1.0, (step + 1) / (WARM * steps))
            rows, classes, far = _batch(labels, len(others), chance)
            sentences = [hidden[row] for row in rows] + [others[row] for row in far]
            loss = _loss(_vectors(adapted, *_packed(sentences)), classes)
            descent.zero_grad()
            loss.backward()
            descent.step()
            progress(step + 1, steps)
        for value in weights:
            value.requires_grad_(False)
        return _between(loaded(folder), adapted)


def _between(published: Adapted, trained: Adapted) -> Adapted:
    """The weights ``KEPT`` of the way from the first to the second."""
    import torch

    start, end = published.weights, trained.weights
    return replace(trained, weights={n: torch.lerp(start[n], end[n], KEPT) for n in end})


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch and BLAS compute with one thread, as before afterwards.

    Threads that wait for each other on a busy machine take many times as long as one alone, and
    sums would come out otherwise with another number. Where several threads train at the same
    time, the one that started them holds this around them all: else the last to leave would
    restore what the first had set.
    """
    import torch
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(limits=1):
            yield
    finally:
        torch.set_num_threads(before)


def loaded(folder: Path) -> Adapted:
    """The published upper layers of a model folder, as training begins with them."""
    with np.load(folder / "top.npz", allow_pickle=False) as arrays:
        upper = stored({name: arrays[name] for name in arrays.files})
    return Adapted(upper.shape, upper.weights)


def _batch(
    labels: Labels, others: int, chance: np.random.Generator
) -> tuple[Labels, Labels, Labels]:
    """(rows of questions, their labels, rows of others)."""
    entries = np.unique(labels)
    chosen = chance.choice(entries, min(ENTRIES, len(entries)), replace=False)
    rows = []
    for entry in chosen:
        own = np.flatnonzero(labels == entry)
        rows.append(chance.choice(own, min(QUESTIONS, len(own)), replace=False))
    far = chance.choice(others, min(OTHERS, others), replace=False)
    found = np.concatenate(rows)
    return found, labels[found], far.astype(np.intp)


def _loss(vectors: Any, classes: Labels) -> Any:
    """The loss of the first ``len(classes)`` vectors; the rest are nobody's likeness."""
    import torch

    known = len(classes)
    likeness = vectors[:known] @ vectors.T / TEMPERATURE
    itself = torch.eye(known, len(vectors), dtype=torch.bool)
    likeness = likeness.masked_fill(itself, -1e9)
    same = torch.zeros_like(itself)
    same[:, :known] = torch.from_numpy(classes[:, None] == classes[None, :])
    same &= ~itself
    chances = likeness - torch.logsumexp(likeness, dim=1, keepdim=True)
    return (-(chances * same).sum(1) / same.sum(1).clamp(min=1)).mean()


def _packed(sentences: Hidden) -> tuple[Any, list[int]]:
    """All tokens end to end, and how many each sentence has."""
    import torch

    tokens = torch.from_numpy(np.ascontiguousarray(np.concatenate(list(sentences))))
    return tokens, [len(one) for one in sentences]


def _vectors(adapted: Adapted, tokens: Any, lengths: list[int]) -> Any:
    """BERT's layers (post-norm) over packed tokens ``[t, width]``; unit rows, one a sentence."""
    import torch
    from torch.nn import functional

    shape = adapted.shape
    heads, width = shape.heads, shape.width
    count, longest = len(lengths), max(lengths)
    there = torch.arange(longest)[None] < torch.tensor(lengths)[:, None]
    places = there.flatten().nonzero()[:, 0]
    mask = there[:, None, None, :]

    def by_head(values: Any) -> Any:
        padded = torch.zeros(count * longest, width).index_copy(0, places, values)
        return padded.view(count, longest, heads, width // heads).transpose(1, 2)

    def together(seen: Any) -> Any:
        return seen.transpose(1, 2).reshape(-1, width).index_select(0, places)

    tokens = through(adapted.weights, shape, tokens, by_head=by_head, together=together, mask=mask)
    whose = torch.repeat_interleave(torch.arange(count), torch.tensor(lengths))
    sums = torch.zeros(count, width).index_add(0, whose, tokens)
    mean = sums / torch.tensor(lengths, dtype=torch.float32)[:, None]
    return functional.normalize(mean, dim=1)
