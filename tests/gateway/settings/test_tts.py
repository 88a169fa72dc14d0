"""The section of the voices."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import SettingsError
from gateway.settings.whole import Settings, load


def test_by_default_nobody_needs_a_key() -> None:
    tts = Settings().tts
    assert (tts.provider, tts.fallback) == ("espeak", ())


def test_fallbacks_are_known_providers() -> None:
    tts = load(None, {"FRONTLINE_TTS__FALLBACK": "openai, edge"}).tts
    assert tts.fallback == ("openai", "edge")
    with pytest.raises(SettingsError, match="a list of providers: espeak, elevenlabs"):
        load(None, {"FRONTLINE_TTS__FALLBACK": "siri"})


@pytest.mark.parametrize("key", ["elevenlabs_key", "openai_key", "deepgram_key"])
def test_keys_come_from_the_environment_alone(tmp_path: Path, key: str) -> None:
    tts = load(None, {f"FRONTLINE_TTS__{key}".upper(): "sk-x"}).tts
    assert getattr(tts, key) == "sk-x"
    assert "sk-x" not in repr(tts)
    path = tmp_path / "frontline.toml"
    path.write_text(f'[tts]\n{key} = "sk-x"\n')
    with pytest.raises(SettingsError, match=rf"tts\.{key} is a secret") as caught:
        load(path, {})
    assert "sk-x" not in str(caught.value)


def test_voices_by_language_have_names(tmp_path: Path) -> None:
    path = tmp_path / "frontline.toml"
    path.write_text('[voices]\nde = "hanna"\n"pt-BR" = "rosa"\n')
    read = load(path, {"FRONTLINE_VOICES__FR_CA": "luc"})
    assert read.voices.entries == {"de": "hanna", "pt-BR": "rosa", "fr_ca": "luc"}
    path.write_text('[voices]\nde = " "\n')
    with pytest.raises(SettingsError, match=r"voices\.de: a voice has a name"):
        load(path, {})


def test_chunks_that_cannot_be_are_refused() -> None:
    with pytest.raises(SettingsError, match="CHUNK_CHARACTERS is in characters"):
        load(None, {"FRONTLINE_TTS__CHUNK_CHARACTERS": "5"})
