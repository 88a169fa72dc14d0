"""The network in numpy finds what the package's own graph finds."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from gateway.adapters.vad import silero
from gateway.adapters.vad.silero import (
    BLOCK,
    CONTEXT,
    STATE,
    WINDOW,
    Silero,
    model_file,
    shared_model,
)
from gateway.errors import ProviderFailed
from tests.support.speech import say

CLOSE = 1e-4
"""Of probabilities over a sentence; a run by itself agrees to 1e-6, and the memory adds up."""


@pytest.fixture(scope="module")
def packaged() -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(model_file()))


def both(
    packaged: onnxruntime.InferenceSession, sounds: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The probabilities of every block of these sounds [calls, samples], by our network and by the
    package's, each with its own memory."""
    calls = len(sounds)
    sounds = np.hstack([np.zeros((calls, CONTEXT), np.float32), sounds])
    ours = theirs = np.zeros((2, calls, STATE), np.float32)
    found = []
    for at in range(0, sounds.shape[1] - WINDOW + 1, BLOCK):
        window = sounds[:, at : at + WINDOW]
        mine, ours = shared_model().score(window, ours)
        rate = np.array(16_000, np.int64)
        its, theirs = packaged.run(None, {"input": window, "state": theirs, "sr": rate})
        assert np.abs(ours - theirs).max() < 10 * CLOSE
        found.append((mine, its[:, 0]))
    scores: NDArray[np.float32] = np.array(found, np.float32)
    return scores[:, 0], scores[:, 1]


def spoken(text: str) -> NDArray[np.float32]:
    return np.frombuffer(say(text).pcm, "<i2").astype(np.float32) / np.float32(32_768)


def test_on_speech_from_its_beginning_to_its_end(packaged: onnxruntime.InferenceSession) -> None:
    for text in ("What are your opening hours?", "Is there a fee for a second card?", "Stop."):
        mine, its = both(packaged, spoken(text)[None])
        assert np.abs(mine - its).max() < CLOSE
        assert mine.max() > 0.9, "it is speech"


@pytest.mark.parametrize("calls", [2, 3, 8, 32])
def test_on_many_calls_at_once(packaged: onnxruntime.InferenceSession, calls: int) -> None:
    """Each is scored as if it were alone."""
    voice = spoken("I lost my debit card, can you send me a new one?")
    sounds = np.array([np.roll(voice, 977 * n) * (n + 1) / calls for n in range(calls)])
    mine, its = both(packaged, sounds.astype(np.float32))
    assert np.abs(mine - its).max() < CLOSE
    alone, _ = both(packaged, sounds[-1:].astype(np.float32))
    assert np.abs(mine[:, -1:] - alone).max() < CLOSE


@pytest.mark.parametrize("loud", [0.0, 1e-6, 0.01, 1.0])
def test_on_what_is_no_speech(packaged: onnxruntime.InferenceSession, loud: float) -> None:
    rng = np.random.default_rng(5)
    noise = rng.uniform(-loud, loud, (2, 32 * BLOCK)).astype(np.float32)
    noise[1] = np.sign(noise[1]) * loud  # a square of full scale: nothing overflows
    mine, its = both(packaged, noise)
    assert np.abs(mine - its).max() < CLOSE


def test_all_calls_share_one_network() -> None:
    silero._loaded.cache_clear()
    found: list[Silero] = []
    threads = [threading.Thread(target=lambda: found.append(shared_model())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({id(model) for model in found}) == 1


def test_a_missing_model_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    silero._loaded.cache_clear()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ProviderFailed, match="silero-vad"):
        shared_model()


def test_another_model_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for content in (b"", b"no model", model_file().read_bytes()[:5000]):
        silero._loaded.cache_clear()
        path = tmp_path / "x.onnx"
        path.write_bytes(content)
        monkeypatch.setattr(silero, "model_file", lambda path=path: path)
        with pytest.raises(ProviderFailed, match="not the voice detector's model"):
            shared_model()
