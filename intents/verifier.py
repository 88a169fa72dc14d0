"""Build time: the layers that read two texts together, to tell whether they ask for the same.

One vector a text puts "book a window seat" beside "book an aisle seat". The verifier sees the
words: what the encoder's lower layers make of either text is laid end to end, and two layers
attend over both. They begin as the encoder's own upper layers; what was learnt on top, from pairs
of our own writing (``intents.verifier_training``), is in ``data/verifier.npz``: two narrow matrices
for each wide one (LoRA: Hu et al., ICLR 2022), and a head. Lower layers are computed once a text,
as for the vector, so that a pair costs the two layers only.

torch is imported inside functions: the serving process never loads it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from intents import adapting, model
from intents.encoder import ModelError

RANK = 16
"""Width of the narrow matrices."""
HEAD = 128
"""Width of the layer between what the two layers see and the answer."""
FEATURES = 4

Weights = Mapping[str, Any]
"""torch tensors by name."""


def begun(base: Weights, seed: int = 0) -> dict[str, Any]:
    """What is to be learnt, as it begins: it changes nothing but for the head, which is random."""
    import torch

    torch.manual_seed(seed)
    width = len(base["0.attention.self.query.weight"])
    found: dict[str, Any] = {}
    for name, value in base.items():
        if value.ndim == 2:
            wide, narrow = value.shape
            found[f"{name}.down"] = torch.randn(RANK, narrow) / math.sqrt(narrow)
            found[f"{name}.up"] = torch.zeros(wide, RANK)
        else:
            found[name] = value.clone()
    found["side"] = torch.stack([torch.zeros(width), torch.randn(width) * 0.02])
    for name, wide, narrow in (("head.0", HEAD, FEATURES * width), ("head.1", 1, HEAD)):
        layer = torch.nn.Linear(narrow, wide)
        found[f"{name}.weight"] = layer.weight.detach().clone()
        found[f"{name}.bias"] = layer.bias.detach().clone()
    return found


def merged(base: Weights, learnt: Weights) -> dict[str, Any]:
    """All weights as ``log_odds`` needs them."""
    found = {name: value for name, value in learnt.items() if not name.endswith((".down", ".up"))}
    for name, value in base.items():
        if value.ndim == 2:
            found[name] = value + learnt[f"{name}.up"] @ learnt[f"{name}.down"]
    return found


def log_odds(
    weights: Weights, shape: tuple[int, int, float], tokens: Any, side: Any, there: Any, drop: float
) -> Any:
    """Log-odds ``[n]`` that the two texts of each of n pairs ask for the same.

    ``shape``: layers, heads and the epsilon of normalising. ``tokens``: ``[n, t, width]``, both
    texts of a pair one after the other; ``side``: ``[n, t]``, 0 where the first's are and 1 where
    the second's; ``there``: ``[n, t]``, False for padding, or None without any. ``drop``: share
    of values dropped, in training.
    """
    import torch
    from torch.nn import functional

    layers, heads, epsilon = shape
    width = weights["side"].shape[1]
    count, longest = tokens.shape[0], tokens.shape[1]

    def linear(values: Any, name: str) -> Any:
        return functional.linear(values, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def added(values: Any, more: Any, name: str) -> Any:
        if drop:
            more = functional.dropout(more, drop)
        scale, shift = weights[f"{name}.weight"], weights[f"{name}.bias"]
        return functional.layer_norm(values + more, (width,), scale, shift, epsilon)

    def by_head(values: Any) -> Any:
        return values.view(count, longest, heads, width // heads).transpose(1, 2)

    mask = None if there is None else there[:, None, None, :]
    second = side[:, :, None].to(tokens.dtype)
    tokens = tokens + weights["side"][0] * (1 - second) + weights["side"][1] * second
    for number in range(layers):
        own = f"{number}.attention.self"
        query, key, value = (
            by_head(linear(tokens, f"{own}.{n}")) for n in ("query", "key", "value")
        )
        seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        seen = seen.transpose(1, 2).reshape(count, longest, width)
        out = f"{number}.attention.output"
        tokens = added(tokens, linear(seen, f"{out}.dense"), f"{out}.LayerNorm")
        wide = functional.gelu(linear(tokens, f"{number}.intermediate.dense"))
        out = f"{number}.output"
        tokens = added(tokens, linear(wide, f"{out}.dense"), f"{out}.LayerNorm")
    first = 1 - second
    if there is not None:
        first, second = first * there[:, :, None], second * there[:, :, None]
    one = (tokens * first).sum(1) / first.sum(1)
    other = (tokens * second).sum(1) / second.sum(1)
    most = torch.maximum((tokens * first).abs().amax(1), (tokens * second).abs().amax(1))
    seen = torch.cat([4 * one * other, (one - other).abs(), one + other, most], 1)
    seen = functional.gelu(linear(seen, "head.0"))
    if drop:
        seen = functional.dropout(seen, drop)
    return linear(seen, "head.1")[:, 0]


def base(folder: Path) -> tuple[dict[str, Any], tuple[int, int, float]]:
    """The encoder's upper layers in a model folder, and their shape as ``log_odds`` takes it."""
    upper = adapting.loaded(folder)
    return upper.weights, (upper.layers, upper.heads, upper.epsilon)


def save(learnt: Weights, path: Path) -> None:
    """Write what was learnt, in 16-bit floats."""
    arrays = {name: value.detach().numpy().astype(np.float16) for name, value in learnt.items()}
    np.savez_compressed(path, **arrays)


def load(path: Path = model.LEARNT) -> dict[str, Any]:
    """The inverse of ``save``. Raises ``ModelError``."""
    import torch

    try:
        with np.load(path, allow_pickle=False) as stored:
            return {
                name: torch.from_numpy(stored[name].astype(np.float32)) for name in stored.files
            }
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} does not load ({error}): install frontline again") from error


def export(folder: Path, target: Path, learnt: Weights | None = None) -> None:
    """Write the verifier of the model in ``folder`` as an int8 ONNX graph.

    Inputs ``said`` and ``question``: ``[1, tokens, width]`` each; output: log-odds ``[1]``. Raises
    ``ModelError`` if what was learnt does not fit the model.
    """
    import torch

    upper, shape = base(folder)
    try:
        weights = merged(upper, learnt or load())
    except (KeyError, RuntimeError) as error:
        raise ModelError(f"the verifier's weights do not fit this model ({error})") from error

    class Pair(torch.nn.Module):
        """Hidden states of two texts to log-odds."""

        def __init__(self) -> None:
            super().__init__()
            plain = {name: torch.nn.Parameter(value) for name, value in weights.items()}
            self.held = torch.nn.ParameterList(plain.values())
            self.served = plain

        def forward(self, said: Any, question: Any) -> Any:
            side = torch.cat(
                [torch.zeros_like(said[:, :, 0]), torch.ones_like(question[:, :, 0])], 1
            )
            tokens = torch.cat([said, question], 1)
            return log_odds(self.served, shape, tokens, side, None, 0.0)

    width = weights["side"].shape[1]
    examples = torch.zeros(1, 9, width), torch.zeros(1, 7, width)
    model.export(Pair().eval(), examples, target, ("said", "question"), "log_odds")
