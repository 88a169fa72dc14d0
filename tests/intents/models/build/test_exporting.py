"""Exporting: an int8 graph that computes what the module did, and nobody hears of it."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from intents.models.build.exporting import export, quiet


class Sum(torch.nn.Module):
    """Two inputs of any length, each through one layer."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.layer = torch.nn.Linear(16, 8)

    def forward(self, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.layer(torch.cat([one, other], 1)).sum(1)
        return found


def test_the_graph_computes_the_module_for_any_lengths(tmp_path: Path) -> None:
    module, path = Sum().eval(), tmp_path / "sum.onnx"
    inputs = {"one": {1: "ones"}, "other": {1: "others"}}
    export(module, (torch.ones(1, 3, 16), torch.ones(1, 2, 16)), path, inputs, "sum")
    one, other = torch.rand(1, 5, 16), torch.rand(1, 4, 16)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"one": one.numpy(), "other": other.numpy()})
    with torch.no_grad():
        assert np.allclose(found, module(one, other).numpy(), atol=0.2)
    assert [file.name for file in tmp_path.iterdir()] == ["sum.onnx"], "no fp32 graph stays"


def test_advice_is_kept_back_and_levels_restored(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = root.level
    with quiet():
        assert root.level == logging.ERROR
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    assert root.level == before
    assert capsys.readouterr().err == ""
