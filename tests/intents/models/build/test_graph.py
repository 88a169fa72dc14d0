"""Graphs written node by node compute what the layers in torch do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from intents.models.build import graph, verifier
from intents.models.build.layers import Shape

SHAPE = Shape(layers=2, heads=2, width=8, epsilon=1e-12)


def layers(seed: int = 0) -> dict[str, Any]:
    """Random weights of small layers."""
    chance = torch.Generator().manual_seed(seed)
    found: dict[str, Any] = {}
    for number in range(SHAPE.layers):
        own = f"{number}.attention"
        for name, out, into in (
            *((f"{own}.self.{one}", 8, 8) for one in ("query", "key", "value")),
            (f"{own}.output.dense", 8, 8),
            (f"{number}.intermediate.dense", 16, 8),
            (f"{number}.output.dense", 8, 16),
        ):
            found[f"{name}.weight"] = torch.randn(out, into, generator=chance) * 0.5
            found[f"{name}.bias"] = torch.randn(out, generator=chance) * 0.1
        for name in (f"{own}.output.LayerNorm", f"{number}.output.LayerNorm"):
            found[f"{name}.weight"], found[f"{name}.bias"] = torch.ones(8), torch.zeros(8)
    return found


def test_a_verifier_reads_several_questions_of_any_lengths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph, "quantised", lambda source, target: source.rename(target))
    weights = verifier.begun(layers())
    arrays = {name: value.detach().numpy() for name, value in weights.items()}
    path = tmp_path / "verifier.onnx"
    graph.write_verifier(path, arrays, SHAPE)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    chance = np.random.default_rng(3)
    for length, lengths in ((3, [4]), (5, [2, 6, 1])):
        said = chance.normal(size=(1, length, 8)).astype(np.float32)
        questions = np.zeros((len(lengths), max(lengths), 8), np.float32)
        there = np.zeros((len(lengths), max(lengths)), bool)
        for row, long in enumerate(lengths):
            questions[row, :long], there[row, :long] = chance.normal(size=(long, 8)), True
        inputs = {"said": said, "questions": questions, "there": there}
        (found,) = session.run(None, inputs)
        tokens = np.concatenate([np.repeat(said, len(lengths), 0), questions], 1)
        side = np.concatenate([np.zeros((len(lengths), length)), np.ones(there.shape)], 1)
        seen = np.concatenate([np.ones((len(lengths), length), bool), there], 1)
        with torch.no_grad():
            wanted = verifier.log_odds(
                weights,
                SHAPE,
                torch.from_numpy(tokens),
                torch.from_numpy(side),
                torch.from_numpy(seen),
                0.0,
            )
        assert np.allclose(found, wanted.numpy(), atol=1e-5)
