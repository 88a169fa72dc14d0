"""The sentence encoder: ONNX Runtime and a tokenizer, no torch.

A model folder holds ``model.onnx`` (pooling and normalising inside the graph),
``tokenizer.json`` and ``manifest.json``; ``intents.model.build`` writes it. Files whose hash
differs from the manifest are refused.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

MAX_TOKENS = 96
"""Tokens of a text that count, about 75 words: beyond that a turn is no FAQ, and time grows."""
CACHE_SIZE = 4096
"""Texts remembered: partials repeat within a call and questions across calls. 384 floats each,
6 MiB in all."""
MANIFEST_VERSION = 1


class ModelError(Exception):
    """The model folder is missing, incomplete, damaged or not to be trusted; names the mend."""

    exit_code = 2


def file_hash(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(folder: Path) -> dict[str, Any]:
    """The folder's manifest, after checking every file it names.

    Raises ``ModelError`` if anything is missing or altered.
    """
    mend = "run `frontline model build`"
    try:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        files = dict(manifest["files"])
        version = manifest["version"]
    except FileNotFoundError:
        raise ModelError(f"no encoder model in {folder}: {mend}") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise ModelError(f"{folder / 'manifest.json'} is unreadable: {mend}") from None
    if version != MANIFEST_VERSION:
        raise ModelError(f"the model in {folder} has format {version}: {mend}")
    for name in ("model.onnx", "tokenizer.json"):
        try:
            found = file_hash(folder / name)
        except OSError:
            raise ModelError(f"{folder / name} is missing: {mend}") from None
        if found != files.get(name):
            raise ModelError(f"{folder / name} is not what its manifest says (hash): {mend}")
    return dict(manifest)


class Encoder:
    """Text to unit vectors. Thread-safe; inference releases the GIL.

    Each sentence is its own run: int8 scales are taken per run, so a sentence's vector would
    otherwise depend on its neighbours (cosine down to 0.977 between alone and in a batch of 32).
    """

    def __init__(self, folder: Path, threads: int = 1) -> None:
        """Load and verify. Raises ``ModelError``."""
        import onnxruntime
        from tokenizers import Tokenizer

        manifest = read_manifest(folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Warnings of the runtime are about graph details nobody can act on at serving time.
        options.log_severity_level = 3
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._session = onnxruntime.InferenceSession(
                str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # both libraries raise bare exception types of their own
            raise ModelError(f"the model in {folder} does not load ({error})") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(min(MAX_TOKENS, int(manifest["max_tokens"])))
        self.dimension: int = int(manifest["dimension"])
        self.name: str = str(manifest["name"])
        parts = [manifest["files"]["model.onnx"], manifest["files"]["tokenizer.json"], MAX_TOKENS]
        self.fingerprint: str = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
        """Changes whenever vectors may change; knowledge built with another is refused."""
        self._cache: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit rows, float32 ``[len(texts), dimension]``. About 1.4 ms for ten new words."""
        rows = np.empty((len(texts), self.dimension), np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[:] = self._one(text)
        return rows

    def _one(self, text: str) -> Vectors:
        with self._lock:
            if (known := self._cache.get(text)) is not None:
                self._cache.move_to_end(text)
                return known
        ids = np.array([self._tokenizer.encode(text).ids], np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        vector: Vectors = self._session.run(None, feed)[0][0]
        with self._lock:
            self._cache[text] = vector
            if len(self._cache) > CACHE_SIZE:
                self._cache.popitem(last=False)
        return vector
