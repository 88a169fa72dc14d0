"""Build time: the layers that read two texts together, to tell whether they ask for the same.

One vector a text puts "book a window seat" beside "book an aisle seat". The verifier sees the
words: what the encoder's two lowest layers make of either text is laid end to end, and four layers
attend over both. They begin as the encoder's own; what was learnt on top, from pairs of our own
writing (``training.teach``), is in ``data/verifier.npz``: the change of each weight in four bits,
and a head. The lowest layers are computed once a text, on the
way to its vector, so that a pair costs the four only.

torch is imported inside functions: the serving process never loads it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from intents.models.build.exporting import quiet
from intents.models.build.graph import write_verifier
from intents.models.build.layers import Layers, Shape, Weights, linear, through
from intents.models.encoder import ModelError

LEARNT = Path(__file__).parents[2] / "data" / "verifier.npz"
"""The weights that it learnt; only for the packaged model."""
BELOW = 2
"""Layers that read each text alone. With four below and two above, as many pairs taught in the same
time told same from other worse (AUC 0.63, not 0.66); with none below no better (0.66)."""
STEPS = 7
"""Either way, in which the change of a weight is kept: four bits lose nothing that can be measured,
narrow matrices of rank 64, as large a file, 0.4 points of AUC."""
HEAD = 128
"""Width of the layer between what the layers see and the answer."""
FEATURES = 4


def begun(base: Weights, seed: int = 0) -> dict[str, Any]:
    """All weights as ``log_odds`` needs them, before training: the encoder's, and a random head."""
    import torch

    torch.manual_seed(seed)
    width = len(base["0.attention.self.query.weight"])
    found = {name: value.clone() for name, value in base.items()}
    found["side"] = torch.stack([torch.zeros(width), torch.randn(width) * 0.02])
    for name, wide, narrow in (("head.0", HEAD, FEATURES * width), ("head.1", 1, HEAD)):
        layer = torch.nn.Linear(narrow, wide)
        found[f"{name}.weight"] = layer.weight.detach().clone()
        found[f"{name}.bias"] = layer.bias.detach().clone()
    return found


def coarse(base: Weights, weights: Weights) -> dict[str, Any]:
    """Return what was learnt on top of ``base``: of each wide matrix the change, in steps a row."""
    found: dict[str, Any] = {}
    for name, value in weights.items():
        if name not in base or value.ndim != 2:
            found[name] = value
            continue
        change = value - base[name]
        step = change.abs().amax(1, keepdim=True).clamp(min=1e-12) / STEPS
        found[f"{name}.step"], found[f"{name}.change"] = step, (change / step).round().char()
    return found


def merged(base: Weights, learnt: Weights) -> dict[str, Any]:
    """All weights as ``log_odds`` needs them, of what was learnt; tensors or arrays."""
    found = {
        name: value for name, value in learnt.items() if not name.endswith((".change", ".step"))
    }
    for name, value in base.items():
        if value.ndim == 2:
            found[name] = value + learnt[f"{name}.change"] * learnt[f"{name}.step"]
    return found


def log_odds(
    weights: Weights, shape: Shape, tokens: Any, side: Any, there: Any, drop: float
) -> Any:
    """Log-odds ``[n]`` that the two texts of each of n pairs ask for the same.

    ``tokens``: ``[n, t, width]``, both texts of a pair one after the other; ``side``: ``[n, t]``,
    0 where the first's are and 1 where the second's; ``there``: ``[n, t]``, False for padding, or
    None without any. ``drop``: share of values dropped, in training.
    """
    import torch
    from torch.nn import functional

    heads, width = shape.heads, shape.width
    count, longest = tokens.shape[0], tokens.shape[1]
    second = side[:, :, None].to(tokens.dtype)
    tokens = through(
        weights,
        shape,
        tokens + weights["side"][0] * (1 - second) + weights["side"][1] * second,
        by_head=lambda values: values.view(count, longest, heads, width // heads).transpose(1, 2),
        together=lambda seen: seen.transpose(1, 2).reshape(count, longest, width),
        mask=None if there is None else there[:, None, None, :],
        drop=drop,
    )
    first = 1 - second
    if there is not None:
        first, second = first * there[:, :, None], second * there[:, :, None]
    one = (tokens * first).sum(1) / first.sum(1)
    other = (tokens * second).sum(1) / second.sum(1)
    most = torch.maximum((tokens * first).abs().amax(1), (tokens * second).abs().amax(1))
    seen = torch.cat([4 * one * other, (one - other).abs(), one + other, most], 1)
    seen = functional.gelu(linear(weights, seen, "head.0"))
    if drop:
        seen = functional.dropout(seen, drop)
    return linear(weights, seen, "head.1")[:, 0]


def save(learnt: Weights, path: Path) -> None:
    """Write what was learnt, but for the changes in 16-bit floats."""
    arrays = {name: value.detach().numpy() for name, value in learnt.items()}
    for name, value in arrays.items():
        if value.dtype == np.float32 and not name.endswith(".step"):
            arrays[name] = value.astype(np.float16)
    np.savez_compressed(path, **arrays)


def load(path: Path = LEARNT) -> dict[str, Any]:
    """The inverse of ``save``. Raises ``ModelError``."""
    import torch

    return {name: torch.from_numpy(value) for name, value in load_arrays(path).items()}


def load_arrays(path: Path = LEARNT) -> dict[str, Any]:
    """The same as arrays."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name].astype(np.float32) for name in stored.files}
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} does not load ({error}): install frontline again") from error


def export(upper: Layers, target: Path, learnt: Weights | None = None) -> None:
    """Write the verifier of the model whose layers above the lowest these are, as an int8 graph
    (``graph.write_verifier``). Raises ``ModelError`` if what was learnt does not fit the model."""
    try:
        weights = merged(_arrays(upper.weights), _arrays(learnt or load_arrays()))
    except (KeyError, ValueError) as error:
        raise ModelError(f"the verifier's weights do not fit this model ({error})") from error
    with quiet():
        write_verifier(target, weights, upper.shape)


def _arrays(weights: Weights) -> dict[str, Any]:
    """Tensors or arrays, as arrays."""
    return {
        name: value.detach().numpy() if hasattr(value, "detach") else value
        for name, value in weights.items()
    }
