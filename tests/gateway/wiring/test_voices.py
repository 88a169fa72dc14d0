"""Settings as seeding takes them."""

from __future__ import annotations

import pickle
import sys

import pytest

from gateway.core.speech.chunking import Chunking
from gateway.errors import ProviderFailed, SettingsError
from gateway.settings.fillers import FillerSettings, IntentFillers, ToolFillers
from gateway.settings.lines import LinesSettings
from gateway.settings.match import MatchSettings
from gateway.settings.sound import RenderSettings
from gateway.settings.tts import TtsSettings, VoiceSettings
from gateway.settings.whole import Settings
from gateway.shell.reply.voice_style import VoiceStyle
from gateway.wiring.voices import (
    _order,
    lines_of,
    manners_of,
    near_share_of,
    recipe_of,
    speaker_of,
    voicing_of,
)
from intents.learning.calibration import NEAR_SHARE
from tests.support.shelf import Watched


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


@pytest.mark.parametrize(("told", "share"), [("auto", NEAR_SHARE), (0.2, 0.2), (0.0, 0.0)])
def test_catalogues_are_published_with_the_share_that_is_told_or_the_usual_one(
    told: float | str, share: float
) -> None:
    settings = Settings(match=MatchSettings(near_share=told))
    assert near_share_of(settings) == share
    assert recipe_of(settings, "default").near_share == share


def test_lines_have_the_names_of_their_settings() -> None:
    lines = lines_of(Settings(lines=LinesSettings(greeting="Hello.")))
    assert lines["greeting"] == "Hello."
    assert lines["clarify_or"] == "or"
    assert all(isinstance(text, str) for text in lines.values())


def test_fillers_are_lines_too() -> None:
    lines = lines_of(
        Settings(
            fillers=FillerSettings(
                hums=("Hm.",), texts=("One.", "Two."), more=("And.",), bridges=("Three.",)
            ),
            intent_fillers=IntentFillers({"Mortgage advice": "Four."}),
            tool_fillers=ToolFillers({"my-balance": "Five."}),
        )
    )
    fillers = {name: text for name, text in lines.items() if ":" in name}
    assert fillers == {
        "hum:1": "Hm.",
        "filler:1": "One.",
        "filler:2": "Two.",
        "more:1": "And.",
        "bridge:1": "Three.",
        "intent:mortgage_advice": "Four.",
        "tool:my_balance": "Five.",
    }


# --- how replies are spoken -----------------------------------------------------------------------


def test_by_default_replies_are_cut_as_the_core_does() -> None:
    usual = manners_of(Settings(), None).usual
    assert usual == VoiceStyle(), "and of an unknown voice nothing is kept"


def test_chunks_are_those_of_the_settings() -> None:
    tts = TtsSettings(
        chunk_first_words=1, chunk_words=2, chunk_characters=30, chunk_wait_ms=250, repeats=False
    )
    chunking = manners_of(Settings(tts=tts), Watched()).usual.chunking
    assert chunking == Chunking(first_words=1, later_words=2, longest=30, patience=0.25)


def test_what_repeats_is_kept_as_the_settings_say() -> None:
    tts = TtsSettings(repeats_after=7, repeats_mib=2, speed_wpm=330)
    repeats = manners_of(Settings(tts=tts), Watched()).usual.repeats
    assert repeats is not None
    assert (repeats._after, repeats._limit) == (7, 2 << 20)
    maker = repeats.maker
    assert (maker.name, maker.voice, maker.settings) == ("espeak", "en-us", '{"speed": 2.0}')


def test_or_not_at_all() -> None:
    assert manners_of(Settings(tts=TtsSettings(repeats=False)), Watched()).usual.repeats is None


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("elevenlabs", "elevenlabs/eleven_flash_v2_5"),
        ("openai", "openai/gpt-4o-mini-tts"),
        ("deepgram", "deepgram/aura"),
        ("edge", "edge"),
    ],
)
def test_only_the_first_choices_sound_is_kept(provider: str, model: str) -> None:
    tts = TtsSettings(provider=provider, fallback=("openai",))
    repeats = manners_of(Settings(tts=tts), Watched()).usual.repeats
    assert repeats is not None
    assert (repeats.maker.name, repeats.maker.model) == (provider, model)
    assert repeats.maker.voice == getattr(tts, f"{provider}_voice")


def test_other_languages_have_their_voices() -> None:
    voices = VoiceSettings({"de": "hanna"})
    manner = manners_of(Settings(voices=voices), None).of("de-DE", frozenset())
    assert (manner.voice, manner.locale) == ("hanna", "de-DE")


def test_espeak_is_the_last_only_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    tts = TtsSettings(provider="deepgram", fallback=("edge",), deepgram_key="k")
    assert speaker_of(Settings(tts=tts)).name == "deepgram, edge"
    for named in (TtsSettings(), TtsSettings(provider="deepgram", fallback=("espeak",))):
        assert _order(named)[-1] == "espeak", "who asks for it is told that it is missing"
