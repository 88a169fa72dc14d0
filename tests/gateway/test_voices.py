"""Settings as seeding takes them."""

from __future__ import annotations

import pickle

import pytest

from gateway.errors import ProviderFailed, SettingsError
from gateway.settings import LinesSettings, RenderSettings, Settings
from gateway.settings_fillers import FillerSettings, IntentFillers, ToolFillers
from gateway.settings_tts import TtsSettings
from gateway.voices import lines_of, speaker_of, voicing_of


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


@pytest.mark.parametrize("provider", ["elevenlabs", "openai", "deepgram", "edge"])
def test_a_vendors_voice_renders_clips_too(provider: str) -> None:
    tts = TtsSettings(
        provider=provider,
        speed_wpm=150,
        elevenlabs_key="hunter2",
        openai_base_url="http://127.0.0.1:9/v1",
        deepgram_key="hunter2",
    )
    voicing = voicing_of(Settings(tts=tts))
    assert voicing.voice == getattr(tts, f"{provider}_voice")
    voice = pickle.loads(pickle.dumps(voicing.factory))()
    assert voice.model.partition("/")[0] == provider
    assert voice.settings == '{"speed": 0.91}'


@pytest.mark.parametrize("provider", ["elevenlabs", "openai", "deepgram"])
def test_a_missing_key_is_told_with_its_variable(provider: str) -> None:
    settings = Settings(tts=TtsSettings(provider=provider))
    for build in (voicing_of, speaker_of):
        with pytest.raises(SettingsError, match=f"set FRONTLINE_TTS__{provider.upper()}_KEY"):
            build(settings)


def test_a_reply_is_spoken_by_a_chain_that_ends_with_espeak() -> None:
    tts = TtsSettings(
        provider="deepgram",
        fallback=("openai", "espeak", "deepgram", "elevenlabs"),
        deepgram_key="k",
        openai_key="k",
        elevenlabs_key="k",
    )
    assert speaker_of(Settings(tts=tts)).name == "deepgram, openai, elevenlabs, espeak"
    assert speaker_of(Settings()).name == "espeak"
    with pytest.raises(ProviderFailed, match="no voice 'nobody'"):
        speaker_of(Settings(tts=TtsSettings(voice="nobody")))


def test_lines_have_the_names_of_their_settings() -> None:
    lines = lines_of(Settings(lines=LinesSettings(greeting="Hello.")))
    assert lines["greeting"] == "Hello."
    assert lines["clarify_or"] == "or"
    assert all(isinstance(text, str) for text in lines.values())


def test_fillers_are_lines_too() -> None:
    lines = lines_of(
        Settings(
            fillers=FillerSettings(texts=("One.", "Two."), more=("And.",), bridges=("Three.",)),
            intent_fillers=IntentFillers({"Mortgage advice": "Four."}),
            tool_fillers=ToolFillers({"my-balance": "Five."}),
        )
    )
    fillers = {name: text for name, text in lines.items() if ":" in name}
    assert fillers == {
        "filler:1": "One.",
        "filler:2": "Two.",
        "more:1": "And.",
        "bridge:1": "Three.",
        "intent:mortgage_advice": "Four.",
        "tool:my_balance": "Five.",
    }
