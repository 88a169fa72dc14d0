"""BERT's layers: what the library they come from computes."""

from __future__ import annotations

import numpy as np
import torch

from intents.models.build import adapting
from intents.models.build.layers import through
from intents.models.encoder import Encoder


def test_they_compute_what_the_served_graph_does(encoder: Encoder) -> None:
    """Four layers, the mean over tokens and normalising: the int8 graph within its rounding."""
    upper = adapting.loaded(encoder.folder)
    heads, width = upper.shape.heads, upper.shape.width
    text = "where can i park near your branch"
    tokens = torch.from_numpy(encoder.hidden(text))
    count = tokens.shape[1]
    found = through(
        upper.weights,
        upper.shape,
        tokens,
        by_head=lambda values: values.view(1, count, heads, width // heads).transpose(1, 2),
        together=lambda seen: seen.transpose(1, 2).reshape(1, count, width),
    )
    mean = found[0].mean(0).numpy()
    assert float(mean / np.linalg.norm(mean) @ encoder.embed([text])[0]) > 0.98


def test_values_are_dropped_in_training_only(encoder: Encoder) -> None:
    upper = adapting.loaded(encoder.folder)
    heads, width = upper.shape.heads, upper.shape.width
    tokens = torch.ones(1, 3, width)

    def run(drop: float) -> torch.Tensor:
        found: torch.Tensor = through(
            upper.weights,
            upper.shape,
            tokens,
            by_head=lambda values: values.view(1, 3, heads, width // heads).transpose(1, 2),
            together=lambda seen: seen.transpose(1, 2).reshape(1, 3, width),
            drop=drop,
        )
        return found

    assert torch.equal(run(0.0), run(0.0))
    assert not torch.equal(run(0.5), run(0.5))
