"""Settings as seeding takes them."""

from __future__ import annotations

import pickle

from gateway.settings import LinesSettings, RenderSettings, Settings, TtsSettings
from gateway.voices import lines_of, voicing_of


def test_the_voice_is_the_configured_one_and_can_go_to_a_worker() -> None:
    settings = Settings(
        tts=TtsSettings(voice="en-gb", speed_wpm=150),
        render=RenderSettings(loudness_lufs=-23.0, workers=3),
    )
    voicing = voicing_of(settings)
    assert (voicing.voice, voicing.workers) == ("en-gb", 3)
    assert voicing.treatment.loudness_lufs == -23.0
    voice = pickle.loads(pickle.dumps(voicing.factory))()
    assert voice.model.startswith("espeak-ng/")
    assert "150" in voice.settings


def test_lines_have_the_names_of_their_settings() -> None:
    lines = lines_of(Settings(lines=LinesSettings(greeting="Hello.")))
    assert lines["greeting"] == "Hello."
    assert lines["clarify_or"] == "or"
    assert all(isinstance(text, str) for text in lines.values())
