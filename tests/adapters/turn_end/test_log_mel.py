"""Our spectra, against the reference that comes with the network."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from gateway.adapters.turn_end.log_mel import BANDS, RATE, Floats, log_mel
from gateway.adapters.turn_end.smart_turn import SAMPLES, model_file
from gateway.errors import ProviderFailed
from tests.support.speech import say


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    """The package's own features, loaded without the package."""
    try:
        path = model_file().parents[1] / "_whisper_features.py"
    except ProviderFailed as missing:
        pytest.skip(str(missing))
    return loaded(path)


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference_features", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def padded(sound: Floats) -> Floats:
    filled = np.zeros(SAMPLES, np.float32)
    filled[-len(sound) :] = sound
    return filled


def speech() -> Floats:
    pcm = np.frombuffer(say("when do you open on sundays").pcm, "<i2")
    return padded((pcm / 32_768).astype(np.float32))


def noise() -> Floats:
    return np.random.default_rng(5).normal(0, 0.1, SAMPLES).astype(np.float32)


@pytest.mark.parametrize("sound", [speech, noise], ids=["speech", "noise"])
def test_they_are_those_of_the_reference(reference: ModuleType, sound: object) -> None:
    assert callable(sound)
    heard = sound()
    wanted = reference.compute_whisper_log_mel_features(heard)
    found = log_mel(heard)
    assert found.shape == wanted.shape == (BANDS, 800)
    assert found.dtype == np.float32
    assert float(np.abs(found - wanted).max()) < 1e-4


def test_a_tone_is_in_its_band() -> None:
    time = np.arange(SAMPLES) / RATE
    low, high = (np.sin(2 * np.pi * hertz * time).astype(np.float32) for hertz in (440, 3000))
    bands = [int(log_mel(tone).mean(axis=1).argmax()) for tone in (low, high)]
    assert 8 < bands[0] < 14 < 45 < bands[1] < 60


def test_loudness_does_not_matter() -> None:
    assert float(np.abs(log_mel(noise()) - log_mel(noise() * np.float32(0.5))).max()) < 1e-3
