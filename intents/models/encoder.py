"""The sentence encoder: ONNX Runtime and a tokenizer, no torch.

A model folder holds ``trunk.onnx`` (lower layers), ``top.onnx`` (upper layers, pooling and
normalising), ``top.npz`` (the upper layers' weights, to train a catalogue's own from),
``tokenizer.json`` and ``manifest.json``, and for the packaged model ``verifier.onnx`` (layers that
read two texts together: ``intents.models.build.verifier``); ``intents.models.build.model.build``
writes it. Files whose hash differs from the manifest are refused.
"""

from __future__ import annotations

import copy
import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
States = npt.NDArray[np.float16]
"""The states of one text, ``[tokens, width]``."""

MAX_TOKENS = 96
"""Tokens of a text that count, about 75 words: beyond that a turn is no FAQ, and time grows."""
CACHE_SIZE = 4096
"""Texts remembered: partials repeat within a call and questions across calls. 384 floats each,
6 MiB in all."""
SAID_SIZE, ASKED_SIZE = 128, 1024
"""Texts whose states before the upper layers are remembered, for the verifier: what was just said,
and the questions that are read beside it, apart, since a hundred calls say a thousand partials in a
few seconds. 9 KiB each for ten words."""
READ_SIZE = 4096
"""Texts remembered as read beside their questions: a final text is mostly the partial before it,
and callers share wordings. 0.5 KiB each."""
MANIFEST_VERSION = 5
FILES = ("trunk.onnx", "top.onnx", "top.npz", "tokenizer.json")
VERIFIER = "verifier.onnx"
"""Only in folders of the packaged model: its weights were trained for that one."""


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
    for name in {**dict.fromkeys(FILES), **files}:
        try:
            found = file_hash(folder / name)
        except OSError:
            raise ModelError(f"{folder / name} is missing: {mend}") from None
        if found != files.get(name):
            raise ModelError(f"{folder / name} is not what its manifest says (hash): {mend}")
    return dict(manifest)


T = TypeVar("T")


class _Recent(Generic[T]):
    """The values kept last, by text; bounded, thread-safe."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[str, T] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, text: str) -> T | None:
        with self._lock:
            if (found := self._kept.get(text)) is not None:
                self._kept.move_to_end(text)
            return found

    def keep(self, text: str, value: T) -> None:
        with self._lock:
            self._kept[text] = value
            if len(self._kept) > self._size:
                self._kept.popitem(last=False)


class _Trunk:
    """The parts that all encoders of one model folder share: tokenizer and lower layers."""

    def __init__(self, folder: Path, manifest: dict[str, Any], threads: int) -> None:
        from tokenizers import Tokenizer

        self.threads = threads
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # the library raises bare exceptions
            raise ModelError(f"{folder / 'tokenizer.json'} does not load ({error})") from error
        self._session = _session(folder / "trunk.onnx", threads)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(min(MAX_TOKENS, int(manifest["max_tokens"])))
        there = VERIFIER in manifest["files"]
        self.verifier = _session(folder / VERIFIER, threads) if there else None
        self.said: _Recent[States] = _Recent(SAID_SIZE)
        self.asked: _Recent[States] = _Recent(ASKED_SIZE)
        self.read: _Recent[list[float]] = _Recent(READ_SIZE)

    def tokens(self, text: str) -> list[int]:
        """Numbers of its pieces, between those that begin and end a text."""
        ids: list[int] = self._tokenizer.encode(text).ids
        return ids

    def hidden(self, text: str) -> Vectors:
        """Return the same as ``Encoder.hidden``."""
        ids = np.array([self.tokens(text)], np.int64)
        states: Vectors = self._session.run(None, {"input_ids": ids})[0]
        return states


class Encoder:
    """Text to unit vectors. Thread-safe; inference releases the GIL.

    Each sentence is its own run: int8 scales are taken per run, so a sentence's vector would
    otherwise depend on its neighbours (cosine down to 0.977 between alone and in a batch of 32).
    """

    def __init__(self, folder: Path, threads: int = 1) -> None:
        """Load and verify. Raises ``ModelError``."""
        manifest = read_manifest(folder)
        self.folder = folder
        self.dimension: int = int(manifest["dimension"])
        self.name: str = str(manifest["name"])
        self.adaptable: int = int(manifest["adaptable_layers"])
        """Layers that ``intents.models.build.adapting`` can train; 0 if the model is of another
        kind."""
        files = manifest["files"]
        self.fingerprint: str = _hash([*(files[name] for name in sorted(files)), MAX_TOKENS])
        """Changes whenever vectors may change; knowledge built with another is refused."""
        self._trunk = _Trunk(folder, manifest, threads)
        self._begin(folder / "top.onnx")

    def _begin(self, top: Path | bytes) -> None:
        self._top = _session(top, self._trunk.threads)
        self._cache: _Recent[Vectors] = _Recent(CACHE_SIZE)

    def adapted(self, top: bytes) -> Encoder:
        """An encoder that shares all but the upper layers, which are the ONNX graph ``top``.

        Its vectors are of a space of their own. Raises ``ModelError``.
        """
        other = copy.copy(self)
        Encoder._begin(other, top)
        other.fingerprint = _hash([self.fingerprint, hashlib.sha256(top).hexdigest()])
        return other

    def pieces(self, word: str) -> int:
        """Return how many pieces a word is read in: one if it is common in the model's language."""
        return len(self._trunk.tokens(word)) - 2  # less those that begin and end a text

    def hidden(self, text: str) -> Vectors:
        """Return what the lower layers make of a text, for the upper ones and for a verifier:
        ``[1, tokens, width]``, width as the model's."""
        return self._trunk.hidden(text)

    def lower(self, text: str) -> States:
        """``hidden`` of one text that was just said, as it is remembered for the verifier."""
        return self._states(text, self._trunk.said)

    def _states(self, text: str, kept: _Recent[States]) -> States:
        if (states := kept.get(text)) is None:
            kept.keep(text, states := _coarse(self.hidden(text)))
        return states

    @property
    def verifies(self) -> bool:
        """Is there a verifier for this model?"""
        return self._trunk.verifier is not None

    def likeness(self, said: str, questions: Sequence[str]) -> list[float]:
        """Does the text ask for the same as each of the questions (at least one; all canonical)?

        Log-odds, about -8 to 8; 0 without a verifier. They are read together, word by word
        (``intents.models.build.verifier``), all in one run: for each question about as long as
        ``embed`` takes for the text, and a third of that for each that was not read lately. What
        was asked before takes nothing.
        """
        if self._trunk.verifier is None:
            return [0.0] * len(questions)
        asked = "\n".join((said, *questions))  # there is no such sign in a canonical text
        if (known := self._trunk.read.get(asked)) is None:
            self._trunk.read.keep(asked, known := self._read_together(said, questions))
        return list(known)

    def _read_together(self, said: str, questions: Sequence[str]) -> list[float]:
        assert self._trunk.verifier is not None, "who asks has looked"
        states = [self._states(text, self._trunk.asked) for text in questions]
        longest = max(map(len, states))
        padded = np.zeros((len(states), longest, states[0].shape[1]), np.float32)
        there = np.zeros((len(states), longest), bool)
        for row, one in enumerate(states):
            padded[row, : len(one)], there[row, : len(one)] = one, True
        inputs = {"said": self.lower(said).astype(np.float32)[None], "questions": padded}
        found = self._trunk.verifier.run(None, inputs | {"there": there})[0]
        return [float(one) for one in found]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit rows, float32 ``[len(texts), dimension]``. About 1.4 ms for ten new words."""
        rows = np.empty((len(texts), self.dimension), np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[:] = self._one(text)
        return rows

    def _one(self, text: str) -> Vectors:
        if (known := self._cache.get(text)) is not None:
            return known
        hidden = self.hidden(text)
        vector: Vectors = self._top.run(None, {"hidden": hidden})[0][0]
        self._cache.keep(text, vector)
        if self.verifies:
            self._trunk.said.keep(text, _coarse(hidden))
        return vector


def _coarse(hidden: Vectors) -> States:
    states: States = hidden[0].astype(np.float16)  # int8 made them: half the bytes will do
    return states


def _session(model: Path | bytes, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Warnings of the runtime are about graph details nobody can act on at serving time.
    options.log_severity_level = 3
    source = str(model) if isinstance(model, Path) else model
    try:
        return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library raises bare exception types of its own
        what = model if isinstance(model, Path) else "the catalogue's encoder"
        raise ModelError(f"{what} does not load ({error})") from error


def _hash(parts: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(list(parts)).encode()).hexdigest()[:32]
