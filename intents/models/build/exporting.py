"""Build time: torch modules become int8 ONNX graphs, without a word from the libraries."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence what the exporting libraries say about themselves; errors still come through."""
    root = logging.getLogger()
    level = root.level
    with warnings.catch_warnings():
        for module in ("torch", "transformers", "sentence_transformers", "onnxruntime", "onnx"):
            warnings.filterwarnings("ignore", module=rf"{module}(\.|$)")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", category=FutureWarning)
        root.setLevel(logging.ERROR)  # onnxruntime's quantiser logs advice on the root logger
        try:
            yield
        finally:
            root.setLevel(level)


def export(
    module: Any,
    examples: tuple[Any, ...],
    path: Path,
    inputs: Mapping[str, Mapping[int, str]],
    *results: str,
) -> None:
    """Write a torch module as an int8 ONNX graph.

    ``inputs``: names in order, each with its axes that vary and what they count. Results that begin
    with ``hidden`` are ``[1, n, width]``, others ``[n...]``.
    """
    import torch

    dynamic = {name: dict(axes) for name, axes in inputs.items()}
    dynamic |= {name: {1: "tokens"} for name in results if name.startswith("hidden")}
    whole = path.with_suffix(".fp32")
    with quiet(), torch.no_grad():
        torch.onnx.export(
            module,
            examples,
            str(whole),
            input_names=list(inputs),
            output_names=list(results),
            opset_version=17,
            # The newer exporter is five times slower and its graph no faster.
            dynamo=False,
            dynamic_axes=dynamic,
        )
        quantised(whole, path)


def quantised(source: Path, target: Path) -> None:
    """Write the graph ``source`` with weights of 8 bits, and delete it."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(source, target, weight_type=QuantType.QInt8, per_channel=True)
    source.unlink()
