"""Build time: BERT's layers in torch, with weights by the names of the published model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Weights = Mapping[str, Any]
"""torch tensors by name, as in the model folder's ``top.npz``."""
Turn = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape of the layers, which the weights do not tell."""

    layers: int
    heads: int
    width: int
    epsilon: float
    """The epsilon of normalising."""


@dataclass(frozen=True)
class Layers:
    """Some layers of a model, one after the other, numbered from 0."""

    shape: Shape
    weights: Weights


def stored(arrays: Mapping[str, Any]) -> Layers:
    """The layers of what ``arrays_of`` gave."""
    import torch

    heads, epsilon = int(arrays["heads"]), float(arrays["epsilon"])
    weights = {name: torch.from_numpy(value.copy()) for name, value in arrays.items() if value.ndim}
    layers = 1 + max(int(name.partition(".")[0]) for name in weights)
    width = len(weights["0.attention.self.query.weight"])
    return Layers(Shape(layers, heads, width, epsilon), weights)


def arrays_of(layers: Sequence[Any], config: Any) -> dict[str, Any]:
    """Weights of torch layers as arrays, by the names of the published model, and their shape."""
    found = {"heads": np.array(getattr(config, "num_attention_heads", 0))}
    found["epsilon"] = np.array(getattr(config, "layer_norm_eps", 0.0))
    for number, layer in enumerate(layers):
        for name, value in layer.state_dict().items():
            found[f"{number}.{name}"] = value.numpy()
    return found


def linear(weights: Weights, values: Any, name: str) -> Any:
    """The named linear layer of the values."""
    from torch.nn import functional

    return functional.linear(values, weights[f"{name}.weight"], weights[f"{name}.bias"])


def through(
    weights: Weights,
    shape: Shape,
    tokens: Any,
    *,
    by_head: Turn,
    together: Turn,
    mask: Any = None,
    drop: float = 0.0,
) -> Any:
    """The tokens after all layers (post-norm), in the form they came in, width last.

    ``by_head`` makes ``[n, heads, t, width / heads]`` of that form, as attention takes it, and
    ``together`` turns what comes out of it back; ``mask`` is for there: False where nothing is.
    ``drop``: share of values dropped, in training.
    """
    from torch.nn import functional

    def added(values: Any, more: Any, name: str) -> Any:
        if drop:
            more = functional.dropout(more, drop)
        scale, shift = weights[f"{name}.weight"], weights[f"{name}.bias"]
        return functional.layer_norm(values + more, (shape.width,), scale, shift, shape.epsilon)

    for number in range(shape.layers):
        own = f"{number}.attention.self"
        query, key, value = (
            by_head(linear(weights, tokens, f"{own}.{n}")) for n in ("query", "key", "value")
        )
        seen = _attended(query, key, value, mask)
        out = f"{number}.attention.output"
        seen = linear(weights, together(seen), f"{out}.dense")
        tokens = added(tokens, seen, f"{out}.LayerNorm")
        wide = functional.gelu(linear(weights, tokens, f"{number}.intermediate.dense"))
        out = f"{number}.output"
        tokens = added(tokens, linear(weights, wide, f"{out}.dense"), f"{out}.LayerNorm")
    return tokens


def _attended(query: Any, key: Any, value: Any, mask: Any) -> Any:
    """Attention in 32-bit floats, of 16-bit ones too: those take ten times as long for it."""
    import torch
    from torch.nn import functional

    if not torch.is_autocast_enabled("cpu"):
        return functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    with torch.autocast("cpu", enabled=False):
        whole = query.float(), key.float(), value.float()
        return functional.scaled_dot_product_attention(*whole, attn_mask=mask)
