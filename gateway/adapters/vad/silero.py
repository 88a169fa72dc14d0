"""Silero's voice detector, run with numpy.

The weights are those of the package's ONNX file, and so is the network: a short-time spectrum, four
convolutions, a recurrent cell, one probability. As a graph blocks of several calls share little,
since its convolutions cost the same for each, and it has branches for shapes that never come. As
products of matrices a run finds the same to a millionth. Microseconds of a 2-core AMD EPYC for a
block, one thread, by turns:

    ==============  =====  =====  =====  =====  =====
    blocks at once      1      2      4      8     16
    ==============  =====  =====  =====  =====  =====
    onnxruntime       110     84     68     61     57
    here               61     39     29     27     21
    ==============  =====  =====  =====  =====  =====
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gateway.adapters.vad.weights import initial_tensors
from gateway.errors import ProviderFailed

Floats = NDArray[np.float32]

BLOCK = 512
"""Samples that are scored at once at 16 kHz: 32 ms, preceded by ``CONTEXT`` of the block before."""
CONTEXT = 64
WINDOW = CONTEXT + BLOCK
_SPECTRUM, _HOP, _PAD = 256, 128, 64
_TIMES = (WINDOW + _PAD - _SPECTRUM) // _HOP + 1
"""Spectra of a window: 4."""
_BINS = _SPECTRUM // 2 + 1
STATE = 128
"""Numbers in each of the two halves of the memory."""


class Silero:
    """The network; any thread may use it."""

    def __init__(self, weights: Mapping[str, Floats]) -> None:
        """``weights``: by the names in the package's file. Raises ``KeyError`` where one is
        missing."""
        self._basis = np.ascontiguousarray(weights["model.stft.forward_basis_buffer"][:, 0].T)
        layers = [f"model.encoder.{number}.reparam_conv" for number in range(4)]
        first, second, third, fourth = (
            np.ascontiguousarray(weights[f"{one}.weight"].transpose(2, 1, 0)) for one in layers
        )
        # [tap and channel, channel out], without the taps that only ever meet the padding
        self._convolutions = (
            first.reshape(-1, first.shape[2]),
            second.reshape(-1, second.shape[2]),
            third[1:].reshape(-1, third.shape[2]),
            np.ascontiguousarray(fourth[1]),
        )
        self._offsets = tuple(weights[f"{one}.bias"] for one in layers)
        # A sigmoid is a hyperbolic tangent of half its argument: that of all gates is one call.
        half = np.repeat(np.array([0.5, 0.5, 1.0, 0.5], np.float32), STATE)  # in, forget, cell, out
        cell = [weights[f"model.decoder.rnn.weight_{one}"] for one in ("ih", "hh")]
        offsets = [weights[f"model.decoder.rnn.bias_{one}"] for one in ("ih", "hh")]
        self._cell = np.ascontiguousarray((np.hstack(cell) * half[:, None]).T)
        self._cell_offset = (offsets[0] + offsets[1]) * half
        self._last = weights["model.decoder.decoder.2.weight"][0, :, 0].copy()
        self._last_offset = weights["model.decoder.decoder.2.bias"][0]

    def score(self, windows: Floats, states: Floats) -> tuple[Floats, Floats]:
        """(the probability of speech in each window, 0 to 1; the states after them).

        ``windows``: [n, 576] samples of -1 to 1; ``states``: [2, n, 128], zeros at a beginning.
        """
        seen = self._seen(self._spectra(windows))
        gates = np.dot(np.concatenate((seen, states[0]), axis=1), self._cell)
        gates += self._cell_offset
        np.tanh(gates, out=gates)
        new = gates[:, 2 * STATE : 3 * STATE].copy()
        sigmoids = _sigmoid_of(gates)
        entering, forgetting = sigmoids[:, :STATE], sigmoids[:, STATE : 2 * STATE]
        after = np.empty_like(states)
        after[1] = forgetting * states[1] + entering * new
        after[0] = sigmoids[:, 3 * STATE :] * np.tanh(after[1])
        last = np.maximum(after[0], 0) @ self._last + self._last_offset
        return _sigmoid_of(np.tanh(last / 2)), after

    def _spectra(self, windows: Floats) -> Floats:
        """The magnitudes [n, 6, 129]: of four instants, and a row of zeros on either side."""
        count = len(windows)
        sound = np.empty((count, WINDOW + _PAD), np.float32)
        sound[:, :WINDOW] = windows
        sound[:, WINDOW:] = windows[:, -2 : -2 - _PAD : -1]  # mirrored at its end
        parts = np.dot(_rows(sound, _TIMES, _SPECTRUM, _HOP), self._basis)
        parts *= parts
        found = np.zeros((count, _TIMES + 2, _BINS), np.float32)
        power = (parts[:, :_BINS] + parts[:, _BINS:]).reshape(count, _TIMES, _BINS)
        np.sqrt(power, out=found[:, 1:-1])
        return found

    def _seen(self, spectra: Floats) -> Floats:
        """The four convolutions: [n, 128], one instant of the four is left."""
        count, channels = len(spectra), self._offsets[0].size
        every = _rows(spectra.reshape(count, -1), _TIMES, 3 * _BINS, _BINS)
        padded = np.zeros((count, _TIMES + 2, channels), np.float32)
        padded[:, 1:-1] = self._convolved(0, every).reshape(count, _TIMES, channels)
        second = _rows(padded.reshape(count, -1), _TIMES // 2, 3 * channels, 2 * channels)
        found = self._convolved(1, second).reshape(count, -1)
        return self._convolved(3, self._convolved(2, found))

    def _convolved(self, number: int, rows: Floats) -> Floats:
        found: Floats = np.dot(rows, self._convolutions[number])
        found += self._offsets[number]
        np.maximum(found, 0, out=found)
        return found


def _rows(values: Floats, count: int, width: int, step: int) -> Floats:
    """Overlapping stretches of each row, ``step`` apart, one below the other."""
    size = values.itemsize
    strides = (values.strides[0], step * size, size)
    seen: Floats = np.ndarray((len(values), count, width), np.float32, values, strides=strides)
    return seen.reshape(-1, width)


def _sigmoid_of(tanh: Floats) -> Floats:
    """The sigmoid, from the hyperbolic tangent of half the argument, which is overwritten."""
    tanh *= 0.5
    tanh += 0.5
    return tanh


class SileroMemory:
    """The network's memory of one stretch of sound."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin another stretch."""
        self.state = np.zeros((2, 1, STATE), np.float32)
        self._before = np.zeros(CONTEXT, np.float32)

    def window(self, block: NDArray[np.int16]) -> Floats:
        """The network's input for these 512 samples. Without the context the probability would be
        0 for any speech."""
        window = np.empty((1, WINDOW), np.float32)
        window[0, :CONTEXT] = self._before
        np.divide(block, 32_768, out=window[0, CONTEXT:], casting="unsafe")
        self._before = window[0, -CONTEXT:]
        return window


_lock = threading.Lock()


def shared_model() -> Silero:
    """The network, loaded once per process (5 ms, 1.2 MiB).

    Products of matrices get one thread from then on, in the whole process: eight blocks take 209 us
    with one and 252 with two, which spend twice the processor time. Raises ``ProviderFailed`` if
    the silero_vad package is not installed, or has another model.
    """
    with _lock:
        return _loaded()


@cache
def _loaded() -> Silero:
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1, user_api="blas")
    path = model_file()
    try:
        return Silero(initial_tensors(path))
    except (KeyError, ValueError, IndexError) as error:
        text = f"{path.name} is not the voice detector's model that is known: silero-vad 6 has it"
        raise ProviderFailed(text) from error


def model_file() -> Path:
    """The package's own file. The package is never imported: importing it loads torch."""
    found = importlib.util.find_spec("silero_vad")
    for folder in (found.submodule_search_locations or []) if found else []:
        if (path := Path(folder) / "data" / "silero_vad_16k_op15.onnx").is_file():
            return path
    raise ProviderFailed("the voice detector's model is missing: install the silero-vad package")
