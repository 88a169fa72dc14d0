"""The section ``[tts]``: who speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from gateway.settings.schema.reading import Table, setting

KEY = {"pattern": r"[\x21-\x7e]*", "says": "printable ASCII without spaces", "secret": True}
NAME = {"pattern": r"\S.*", "says": "a voice's name"}
MODEL = {"pattern": r"\S+", "says": "a model's name"}
URL = {"pattern": r"(https?://[^/\s]+\S*)?", "says": 'a URL such as "http://127.0.0.1:8000"'}
PROVIDERS = ("espeak", "elevenlabs", "openai", "deepgram", "edge")
USUAL_WPM = 165
"""The usual speed of vendors' voices, about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TtsSettings:
    """Text to speech: for clips when seeding, and for what the agent says."""

    provider: str = setting("espeak", choices=PROVIDERS)
    """The voice that speaks."""
    fallback: tuple[str, ...] = setting(
        (), pattern="|".join(PROVIDERS), says="providers: " + ", ".join(PROVIDERS)
    )
    """The voices that go on when that one fails in a call, in order; espeak is always the last, if
    it is installed."""
    first_sound_s: float = setting(1.5, unit="seconds", low=0.1, high=20)
    """Silence before its first sound after which the next voice speaks instead."""
    stall_s: float = setting(1.0, unit="seconds", low=0.1, high=20)
    """Silence in the middle after which the next voice goes on."""
    # Speech of 3 words takes about 1 s: long enough to make what follows.
    chunk_first_words: int = setting(3, unit="words", low=1, high=50)
    """Words of a clause that is long enough to be spoken first, while the answer is written."""
    chunk_words: int = setting(4, unit="words", low=1, high=50)
    """Words of what is spoken at a time afterwards, by the sentence; shorter ones go together."""
    chunk_characters: int = setting(280, unit="characters", low=20, high=2000)
    """The most that is spoken at a time: it is said again if a voice fails in the middle."""
    chunk_wait_ms: int = setting(600, unit="milliseconds", low=50, high=5000)
    """The time that words wait for the end of their sentence before they are spoken."""
    repeats: bool = setting(True)
    """Play what an agent says again and again, such as "Is there anything else?", from sound that
    was made before. Nothing with names or numbers; for each tenant alone; in memory only."""
    repeats_after: int = setting(3, unit="times", low=1, high=1000)
    """Times that the same words must have been spoken; the last of them is kept."""
    repeats_mib: int = setting(16, unit="MiB", low=1, high=4096)
    """Room for it; when it is full, what was not used for the longest time goes. A minute is 0.2
    to 5.5 MiB, by the call's format."""
    voice: str = setting("en-us", **NAME)
    """Voice of espeak, for entries that name none."""
    speed_wpm: int = setting(USUAL_WPM, unit="words per minute", low=80, high=400)
    """The speed of speech; people on a telephone follow about 150 to 180."""
    elevenlabs_key: str = setting("", **KEY)
    """ElevenLabs' API key."""
    elevenlabs_voice: str = setting("JBFqnCBsd6RMkjVDRZzb", **NAME)
    """Id of its voice."""
    elevenlabs_model: str = setting("eleven_flash_v2_5", **MODEL)
    """ElevenLabs' model: flash is the quickest."""
    elevenlabs_base_url: str = setting("", **URL)
    """The address of ElevenLabs' API; empty: its own."""
    openai_key: str = setting("", **KEY)
    """OpenAI's API key."""
    openai_voice: str = setting("alloy", **NAME)
    """OpenAI's voice."""
    openai_model: str = setting("gpt-4o-mini-tts", **MODEL)
    """OpenAI's model."""
    openai_base_url: str = setting("", **URL)
    """The address of OpenAI's API, with /v1; empty: its own."""
    deepgram_key: str = setting("", **KEY)
    """Deepgram's API key."""
    deepgram_voice: str = setting("aura-2-thalia-en", **NAME)
    """Deepgram's voice, which is a model."""
    deepgram_base_url: str = setting("", **URL)
    """The address of Deepgram's API; empty: its own."""
    edge_voice: str = setting("en-US-EmmaMultilingualNeural", **NAME)
    """Voice of Edge, which needs no key but the extra "edge", and promises nothing."""


@dataclass(frozen=True, slots=True)
class VoiceSettings(Table):
    """The voices of replies in other languages: voices of tts.provider, by a call's whole locale or
    by its language. For all others, and for clips, the usual one speaks."""

    example: ClassVar[Mapping[str, str]] = {"de": "a voice's name or id"}

    @classmethod
    def wrong(cls, value: str) -> str:
        """See ``Table.wrong``."""
        return "" if value.strip() and value.isprintable() else "a voice has a name"
