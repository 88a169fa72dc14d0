"""Settings turned into who speaks, clips and replies, and what the gateway itself says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import partial

from cache_seed.recipe import Recipe
from cache_seed.remake import Remaker
from cache_seed.render import Voicing
from cache_seed.sound import Treatment
from cache_seed.workers import Factory
from gateway.adapters.tts.by_text import LocalVoice
from gateway.adapters.tts.chain import Beginnings, Patience, VoiceChain
from gateway.adapters.tts.deepgram import DeepgramSocketVoice, DeepgramVoice
from gateway.adapters.tts.edge import EdgeVoice
from gateway.adapters.tts.elevenlabs import ElevenLabsSocketVoice, ElevenLabsVoice
from gateway.adapters.tts.espeak import EspeakSynthesizer, is_installed
from gateway.adapters.tts.openai import OpenAIVoice
from gateway.adapters.tts.seeding import VendorSynthesizer
from gateway.core.race.attempts import Hedging
from gateway.core.reply.fillers import key
from gateway.core.reply.lines import LineKind, SystemLine
from gateway.core.speech.chunking import Chunking
from gateway.errors import SettingsError
from gateway.ports.live_speech import StreamingVoice
from gateway.ports.records import FirstPiece
from gateway.settings.schema.reading import variable
from gateway.settings.tts import USUAL_WPM, TtsSettings
from gateway.settings.whole import Settings
from gateway.shell.reply.phrase_cache import Maker, PhraseWatcher, Repeats
from gateway.shell.reply.voice_style import Manners, VoiceStyle
from intents.learning.calibration import NEAR_SHARE

ESPEAK_RATE = 22_050
"""Samples per second of all its sound."""
WITHOUT_SOCKETS = ("eleven_v3", "eleven_v4")
"""ElevenLabs' models that its WebSockets do not take."""
BREAKING = Hedging(breaker_failures=2, breaker_open=10.0)
"""A voice that fails twice running is left alone: each time the caller has heard the gap."""

Make = Callable[[], StreamingVoice]


def voicing_of(settings: Settings) -> Voicing:
    """Return who renders clips: the configured voice alone, since a catalogue has one voice
    throughout. Raises ``SettingsError`` if its key is missing."""
    tts, render = settings.tts, settings.render
    factory: Factory
    if tts.provider == "espeak":
        factory = partial(EspeakSynthesizer, tts.voice, tts.speed_wpm)
    else:
        make = _maker(tts.provider, tts, for_clips=True)
        factory = partial(VendorSynthesizer, make, _model(tts.provider, tts), _settings(tts))
    return Voicing(
        factory=factory,
        voice=_usual(tts.provider, tts),
        treatment=Treatment(loudness_lufs=render.loudness_lufs),
        workers=render.workers,
    )


def near_share_of(settings: Settings) -> float:
    """Return the share of near misses that catalogues are published with: the one that is assumed
    of any line where it is to be estimated."""
    told = settings.match.near_share
    return told if isinstance(told, float) else NEAR_SHARE


def recipe_of(settings: Settings, tenant: str) -> Recipe:
    """The recipe of the tenant's catalogues. Raises ``SettingsError`` as ``voicing_of`` does."""
    return Recipe(
        tenant=tenant,
        voicing=voicing_of(settings),
        lines=lines_of(settings),
        max_wrong_rate=settings.match.max_wrong_rate,
        near_share=near_share_of(settings),
        adapt=settings.match.train != "never",
        behind=settings.match.train == "behind",
        values={name: tuple(one.values) for name, one in settings.tools.entries.items()},
    )


def remaker_of(settings: Settings) -> Remaker | None:
    """Return who makes lost clips again while calls are taken: only a voice of this machine, which
    says the same for nothing. With a vendor's, seeding again does it."""
    return Remaker(voicing_of(settings)) if settings.tts.provider == "espeak" else None


def speaker_of(
    settings: Settings,
    failed: Callable[[str, str], None] | None = None,
    sounded: Callable[[FirstPiece], None] = lambda _: None,
) -> VoiceChain:
    """Return who speaks replies: the configured voice, its fallbacks, and last espeak, if it is
    installed. ``failed``: told of each that fails, its name and why; ``sounded``: of each that
    begins to speak. Imports their clients, which takes a second each. Raises ``SettingsError`` if a
    key is missing, ``ProviderFailed`` if something is not installed. Close it when serving ends."""
    tts = settings.tts
    order = _order(tts)
    return VoiceChain(
        [_maker(one, tts, for_clips=False)() for one in order],
        Patience(first_s=tts.first_sound_s, between_s=tts.stall_s),
        BREAKING,
        failed,
        Beginnings(told=sounded, titles={one: _model(one, tts) for one in order}),
    )


def clip_voice_of(settings: Settings) -> StreamingVoice:
    """Return who speaks live values: the voice that renders clips, and no other. Raises as
    ``speaker_of``. Close it when serving ends."""
    return _maker(settings.tts.provider, settings.tts, for_clips=True)()


def manners_of(settings: Settings, watcher: PhraseWatcher | None) -> Manners:
    """Return how they speak, and what they need not say again; ``watcher`` counts that. None:
    somebody else speaks, of whom nothing is kept."""
    tts = settings.tts
    first = _order(tts)[0]
    maker = Maker(
        name=first, voice=_usual(first, tts), model=_model(first, tts), settings=_settings(tts)
    )
    chunking = Chunking(
        first_words=tts.chunk_first_words,
        later_words=tts.chunk_words,
        longest=tts.chunk_characters,
        patience=tts.chunk_wait_ms / 1000,
    )
    repeats: Repeats | None = None
    if tts.repeats and watcher is not None:
        room = tts.repeats_mib << 20
        repeats = Repeats(maker, after=tts.repeats_after, limit_bytes=room, watcher=watcher)
    return Manners(VoiceStyle(chunking=chunking, repeats=repeats), settings.voices.entries)


def _order(tts: TtsSettings) -> list[str]:
    """Return who speaks replies, the first choice first. Espeak is the last, wherever it is named;
    where it is not, only if it is installed."""
    named = (tts.provider, *tts.fallback)
    others = list(dict.fromkeys(one for one in named if one != "espeak"))
    return [*others, "espeak"] if "espeak" in named or is_installed() else others


def _usual(name: str, tts: TtsSettings) -> str:
    """A provider's voice where none is named."""
    voice: str = tts.voice if name == "espeak" else getattr(tts, f"{name}_voice")
    return voice


def _model(name: str, tts: TtsSettings) -> str:
    """The provider with its model, where it has several."""
    models = {
        "elevenlabs": f"elevenlabs/{tts.elevenlabs_model}",
        "openai": f"openai/{tts.openai_model}",
        "deepgram": "deepgram/aura",
    }
    return models.get(name, name)


def _settings(tts: TtsSettings) -> str:
    """Return what else changes a vendor's sound, as canonical JSON."""
    return json.dumps({"speed": _speed(tts)})


def _speed(tts: TtsSettings) -> float:
    """1 is a vendor's usual one."""
    return round(tts.speed_wpm / USUAL_WPM, 2)


def _maker(name: str, tts: TtsSettings, *, for_clips: bool) -> Make:
    """Return what makes the voice of a provider: over HTTP for clips, over sockets for replies
    where there are any."""
    speed = _speed(tts)
    match name:
        case "elevenlabs":
            no_socket = for_clips or tts.elevenlabs_model.startswith(WITHOUT_SOCKETS)
            return partial(
                ElevenLabsVoice if no_socket else ElevenLabsSocketVoice,
                key=_key(tts, name),
                voice=tts.elevenlabs_voice,
                model=tts.elevenlabs_model,
                base_url=tts.elevenlabs_base_url,
                speed=speed,
            )
        case "openai":
            return partial(
                OpenAIVoice,
                key=_key(tts, name),
                voice=tts.openai_voice,
                model=tts.openai_model,
                base_url=tts.openai_base_url,
                speed=speed,
            )
        case "deepgram":
            return partial(
                DeepgramVoice if for_clips else DeepgramSocketVoice,
                key=_key(tts, name),
                voice=tts.deepgram_voice,
                base_url=tts.deepgram_base_url,
            )
        case "edge":
            return partial(EdgeVoice, voice=tts.edge_voice, speed=speed)
    return partial(_espeak, tts.voice, tts.speed_wpm)


def _espeak(voice: str, speed_wpm: int) -> LocalVoice:
    return LocalVoice("espeak", EspeakSynthesizer(voice, speed_wpm), ESPEAK_RATE)


def _key(tts: TtsSettings, name: str) -> str:
    """The provider's key; a server of one's own may need none."""
    key: str = getattr(tts, f"{name}_key")
    if not key and not getattr(tts, f"{name}_base_url"):
        raise SettingsError(f"tts: {name} needs a key: set {variable('tts', f'{name}_key')}")
    return key


def lines_of(settings: Settings) -> dict[str, str]:
    """Return what the system lines say, fillers among them, each under the line as text
    (``gateway.core.reply.lines``); an empty one is not spoken."""
    counted = {
        LineKind.HUM: settings.fillers.hums,
        LineKind.FILLER: settings.fillers.texts,
        LineKind.MORE: settings.fillers.more,
        LineKind.BRIDGE: settings.fillers.bridges,
    }
    named = {
        LineKind.INTENT: settings.intent_fillers.entries,
        LineKind.TOOL: settings.tool_fillers.entries,
    }
    phrases = asdict(settings.lines).items()
    says = {SystemLine(LineKind.PHRASE, name): text for name, text in phrases}
    for kind, texts in counted.items():
        says |= {SystemLine(kind, str(number)): text for number, text in enumerate(texts, 1)}
    for kind, entries in named.items():
        says |= {SystemLine(kind, key(name)): text for name, text in entries.items()}
    return {str(line): text for line, text in says.items()}
