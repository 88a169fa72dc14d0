"""Build time: torch modules become int8 ONNX graphs, without a word from the libraries."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator
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
    module: Any, examples: tuple[Any, ...], path: Path, names: tuple[str, ...], *results: str
) -> None:
    """Write a torch module of inputs ``[1, n...]`` as an int8 ONNX graph.

    Results that begin with ``hidden`` are ``[1, n, width]``, others ``[1...]``.
    """
    import torch

    dynamic = {name: {1: f"tokens of {name}"} for name in names}
    dynamic |= {name: {1: "tokens"} for name in results if name.startswith("hidden")}
    whole = path.with_suffix(".fp32")
    with quiet(), torch.no_grad():
        torch.onnx.export(
            module,
            examples,
            str(whole),
            input_names=list(names),
            output_names=list(results),
            opset_version=17,
            # The newer exporter is five times slower and its graph no faster.
            dynamo=False,
            dynamic_axes=dynamic,
        )
        _quantise(whole, path)


def _quantise(source: Path, target: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(source, target, weight_type=QuantType.QInt8, per_channel=True)
    source.unlink()
