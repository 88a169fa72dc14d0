"""Smart Turn v3.2, a small network that hears whether a turn is over.

It takes the last 8 s of the caller's sound and was trained on people in 23 languages. On speech by
espeak-ng it is no better than chance (``frontline bench turn-end``): what it is worth must be seen
on people. The weights come inside the ``pipecat-ai`` package (BSD-2); nothing of the package is
imported.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gateway.adapters.turn_end.log_mel import HOP, RATE, Floats, log_mel
from gateway.errors import ProviderFailed

PACKAGE, FILE = "pipecat-ai", "smart-turn-v3.2-cpu.onnx"
SECONDS = 8.0
SAMPLES = int(SECONDS * RATE)


class SmartTurn:
    """``ports.turn_end.TurnEnd``, on one thread."""

    seconds = SECONDS

    def __init__(self, model: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )

    def judge(self, turns: Sequence[bytes]) -> list[float]:
        """See ``TurnEnd``. About 50 ms a turn on one core."""
        features = np.stack([log_mel(_last(pcm)) for pcm in turns])
        (found,) = self._session.run(None, {"input_features": features})
        return [float(one) for one in found.ravel()]


def _last(pcm: bytes) -> Floats:
    """The last ``SECONDS``, with silence before it where there is less."""
    sound = np.frombuffer(pcm[len(pcm) % 2 :][-SAMPLES * 2 :], "<i2")
    filled = np.zeros(SAMPLES, np.float32)
    if len(sound):
        np.divide(sound, 32_768, out=filled[-len(sound) :], casting="unsafe")
    return filled


def model_file() -> Path:
    """The package's own file. Raises ``ProviderFailed`` if the package is not installed, or holds
    none."""
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for one in files:
        if one.name == FILE and (path := Path(str(one.locate()))).is_file():
            return path
    raise ProviderFailed(
        f"the turn-end model {FILE} is missing: pip install --no-deps {PACKAGE}==1.14.0"
    )


assert SAMPLES % HOP == 0, "a whole number of spectra"
