"""Build time: the packaged model, read from its package's files, without torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from intents.models.build import graph, verifier
from intents.models.build.exporting import quiet
from intents.models.build.layers import Layers, Shape
from intents.models.encoder import VERIFIER, ModelError


def export(source: Path, target: Path, adaptable: int) -> dict[str, int]:
    """Write the graphs, the upper layers' weights and the tokenizer of the model in ``source``;
    the sizes for its manifest. Raises ``ModelError``."""
    try:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        config = json.loads((source / "config.json").read_text("utf-8"))
        sentence = json.loads((source / "sentence_bert_config.json").read_text("utf-8"))
        weights = load_file(source / "model.safetensors")
        tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    except ImportError as error:
        raise ModelError(
            f"building a model needs {error.name}: pip install 'frontline[model]'"
        ) from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{source} cannot be read ({error}): install it again") from error
    layers, below = int(config["num_hidden_layers"]), int(config["num_hidden_layers"]) - adaptable
    heads, width = int(config["num_attention_heads"]), int(config["hidden_size"])
    epsilon = float(config["layer_norm_eps"])

    def shape(count: int) -> Shape:
        return Shape(count, heads, width, epsilon)

    embeddings = _under(weights, "embeddings.")
    upper = _layers(weights, below, layers)
    with quiet():
        lower = _layers(weights, 0, below)
        graph.write_trunk(target / "trunk.onnx", embeddings, lower, shape(below))
        graph.write_top(target / "top.onnx", upper, shape(adaptable))
    read_by_verifier = Layers(
        shape(layers - verifier.BELOW), _layers(weights, verifier.BELOW, layers)
    )
    verifier.export(read_by_verifier, target / VERIFIER)
    kept: dict[str, Any] = {"heads": np.array(heads), "epsilon": np.array(epsilon), **upper}
    np.savez(target / "top.npz", **kept)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    (target / "tokenizer.json").write_text(tokenizer.to_str(pretty=False), "utf-8")
    limit = int(sentence["max_seq_length"])
    return {"dimension": width, "adaptable_layers": adaptable, "max_tokens": limit}


def _layers(weights: Mapping[str, Any], start: int, end: int) -> dict[str, Any]:
    """The weights of some layers, numbered from 0."""
    found = {}
    for number in range(start, end):
        for name, value in _under(weights, f"encoder.layer.{number}.").items():
            found[f"{number - start}.{name}"] = value
    return found


def _under(weights: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {
        name.removeprefix(prefix): value
        for name, value in weights.items()
        if name.startswith(prefix)
    }
