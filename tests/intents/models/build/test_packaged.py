"""The packaged model without torch: the same numbers, in a process that has never heard of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from intents.models.build import graph, packaged
from intents.models.build.model import ADAPTABLE, packaged_folder
from intents.models.encoder import Encoder, ModelError

TEXTS = ("when do you open", "i lost my card and need a new one sent abroad", "no")

ALONE = """
import sys
from pathlib import Path

class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "transformers", "sentence_transformers"):
            raise ImportError(f"there is no {name}")

sys.meta_path.insert(0, Nothing())
from intents.models.build.model import build
from intents.models.encoder import Encoder
build(Path(sys.argv[1]))
print(Encoder(Path(sys.argv[1])).verifies)
"""


@pytest.mark.slow
def test_it_is_built_where_there_is_no_torch(tmp_path: Path, encoder: Encoder) -> None:
    command = [sys.executable, "-c", ALONE, str(tmp_path / "model")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
    built = Encoder(tmp_path / "model")
    assert (built.dimension, built.adaptable) == (384, ADAPTABLE)
    cosines = (built.embed(TEXTS) * encoder.embed(TEXTS)).sum(1)
    assert cosines.min() > 0.98  # eight bits: the roundings of either come out otherwise
    own, there = (one.likeness(TEXTS[0], TEXTS) for one in (built, encoder))
    assert np.allclose(own, there, atol=0.5)


@pytest.mark.slow
def test_before_it_is_made_coarse_it_computes_what_torch_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnxruntime
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoModel

    monkeypatch.setattr(graph, "quantised", lambda source, target: source.rename(target))
    packaged.export(packaged_folder(), tmp_path, ADAPTABLE)
    network = AutoModel.from_pretrained(packaged_folder()).eval()
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))

    def run(name: str, **inputs: Any) -> Any:
        path = str(tmp_path / name)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        return session.run(None, inputs)[0]

    for text in TEXTS:
        ids = np.array([tokenizer.encode(text).ids], np.int64)
        found = run("top.onnx", hidden=run("trunk.onnx", input_ids=ids))
        with torch.no_grad():
            mean = network(torch.from_numpy(ids)).last_hidden_state.mean(1)
            wanted = torch.nn.functional.normalize(mean, dim=1).numpy()
        assert np.allclose(found, wanted, atol=1e-5)


def test_a_package_that_is_damaged_or_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        packaged.export(tmp_path, tmp_path, ADAPTABLE)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ModelError, match=r"frontline\[model\]"):
        packaged.export(tmp_path, tmp_path, ADAPTABLE)
