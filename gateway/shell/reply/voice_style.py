"""The manner in which replies are spoken to a call: by which voice, in which language, in what
chunks, and which sound is there already.

A call's language is what its client says. Voices are told of it only where the catalogue or the
settings know it: vendors refuse languages they do not have, and one refusal puts a voice aside for
everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gateway.core.speech.chunking import Chunking
from gateway.shell.reply.phrase_cache import Repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceStyle:
    """The manner in which one reply is spoken."""

    voice: str = ""
    """Empty for the usual one."""
    locale: str = ""
    """Language; empty: the voice's own, or as it hears it from the text."""
    chunking: Chunking = field(default_factory=Chunking)
    repeats: Repeats | None = None
    """Sound that is there already; None: the voice is asked for everything."""


def tag_of(locale: str) -> str:
    """A locale as it is compared: ``en_US`` and ``en-us`` are the same."""
    return locale.strip().lower().replace("_", "-")


def language_of(locale: str) -> str:
    """The language of a locale alone: ``en``."""
    return tag_of(locale).partition("-")[0]


class Manners:
    """Chooses the style of every reply."""

    def __init__(
        self, usual: VoiceStyle | None = None, voices: Mapping[str, str] | None = None
    ) -> None:
        """``voices``: who speaks, by locale or by language; the usual voice where none is named."""
        self.usual = usual or VoiceStyle()
        self._voices = {tag_of(locale): voice for locale, voice in (voices or {}).items()}
        self._languages = frozenset(map(language_of, self._voices))

    def of(self, locale: str, languages: frozenset[str]) -> VoiceStyle:
        """For a call in that locale, with a catalogue in those languages."""
        tag, language = tag_of(locale), language_of(locale)
        if not language or language not in languages | self._languages:
            return self.usual
        voice = self._voices.get(tag) or self._voices.get(language) or self.usual.voice
        return replace(self.usual, voice=voice, locale=locale.strip())
