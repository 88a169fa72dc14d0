"""espeak-ng: a synthesizer that needs no key, no network and no model.

The library comes with the package ``espeakng-loader`` (GPL-3 code: it stays replaceable, nothing
else in the gateway knows it). It is **one global state per process**: every use holds one lock.
A text is spoken in pieces of at most ``LONGEST_PIECE`` characters, cut at sentence ends, so the
lock is held for milliseconds: 300 characters, 20 s of speech, take about 20 ms (2-core AMD EPYC
VM). For clips in bulk, ``cache_seed.render`` runs a process per core.

The library's oscillators run on from text to text: the same text twice differs by some samples in
20,000, which nobody hears, but is not equal byte for byte.
"""

from __future__ import annotations

import ctypes as c
import importlib.util
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, ClassVar

from gateway.errors import ProviderFailed
from gateway.ports.speech_out import Speech

LONGEST_PIECE = 300
"""Characters spoken at a time. Cutting changes the melody, so most answers are one piece."""

PIECE_MS = 250
"""Sound in one ``Speech``."""

_SYNCHRONOUS = 2  # espeak_AUDIO_OUTPUT: AUDIO_OUTPUT_SYNCHRONOUS
_DONT_EXIT = 0x8000  # espeakINITIALIZE_DONT_EXIT
_BY_CHARACTER = 1  # espeak_POSITION_TYPE: POS_CHARACTER
_UTF8 = 1  # espeakCHARS_UTF8
_RATE = 1  # espeak_PARAMETER: espeakRATE, words per minute
SLOWEST, FASTEST = 80, 450
"""Words per minute that espeak-ng takes."""

_lock = threading.Lock()

_Callback = c.CFUNCTYPE(c.c_int, c.POINTER(c.c_short), c.c_int, c.c_void_p)


class _VoiceRecord(c.Structure):
    """``espeak_VOICE`` of speak_lib.h."""

    _fields_: ClassVar[Any] = (
        ("name", c.c_char_p),
        ("languages", c.c_void_p),
        ("identifier", c.c_char_p),
        ("gender", c.c_ubyte),
        ("age", c.c_ubyte),
        ("variant", c.c_ubyte),
        ("reserved", c.c_ubyte),
        ("score", c.c_int),
        ("spare", c.c_void_p),
    )


def is_installed() -> bool:
    """Return whether the library's package is there; it is not loaded."""
    return importlib.util.find_spec("espeakng_loader") is not None


@dataclass(frozen=True, slots=True)
class EspeakVoice:
    """A voice of the library."""

    identifier: str
    """The library's own name for the voice: ``gmw/en-US``."""
    name: str
    """``English (America)``."""
    languages: tuple[str, ...]
    """Tags, most specific first: ``en-us``, ``en``."""

    def is_called(self, name: str) -> bool:
        """Return whether a name, in small letters, means this voice."""
        file = self.identifier.lower()
        return name in {file, file.rpartition("/")[2], self.name.lower(), *self.languages[:1]}


class _Library:
    """The loaded library; the caller holds the lock."""

    def __init__(self) -> None:
        try:
            import espeakng_loader

            data = Path(espeakng_loader.get_data_path())
            self._lib = c.CDLL(espeakng_loader.get_library_path())
        except (ImportError, OSError, RuntimeError) as error:
            raise ProviderFailed(
                f"espeak-ng cannot be loaded ({error}); install the package espeakng-loader, or "
                "name another voice in tts.provider"
            ) from error
        self._variants = data / "voices" / "!v"
        self._declare()
        self.rate: int = self._lib.espeak_Initialize(
            _SYNCHRONOUS, 0, str(data).encode(), _DONT_EXIT
        )
        if self.rate <= 0:
            raise ProviderFailed("espeak-ng did not start; its data may be damaged, reinstall it")
        self.version = self._lib.espeak_Info(None).decode()
        self.voices = self._list_voices()
        self._sound: list[bytes] = []
        self._callback = _Callback(self._take)  # the library keeps no reference: we must
        self._current = ("", 0)

    def _declare(self) -> None:
        lib = self._lib
        lib.espeak_Synth.argtypes = [
            *(c.c_char_p, c.c_size_t, c.c_uint, c.c_int),
            *(c.c_uint, c.c_uint, c.c_void_p, c.c_void_p),
        ]
        lib.espeak_Info.argtypes, lib.espeak_Info.restype = [c.c_void_p], c.c_char_p
        lib.espeak_ListVoices.argtypes = [c.c_void_p]
        lib.espeak_ListVoices.restype = c.POINTER(c.POINTER(_VoiceRecord))

    def _list_voices(self) -> tuple[EspeakVoice, ...]:
        return tuple(
            EspeakVoice(one.identifier.decode(), one.name.decode(), _tags(one.languages))
            for one in _each(self._lib.espeak_ListVoices(None))
        )

    def _take(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            self._sound.append(c.string_at(samples, count * 2))  # a copy: the buffer is reused
        return 0

    def has_variant(self, variant: str) -> bool:
        return bool(re.fullmatch(r"[\w-]+", variant)) and (self._variants / variant).is_file()

    def speak(self, text: str, voice: str, speed_wpm: int) -> bytes:
        """PCM16 of the text. ``voice`` is an identifier, with ``+variant`` if any."""
        lib = self._lib
        if self._current != (voice, speed_wpm):
            self._current = ("", 0)
            if lib.espeak_SetVoiceByName(voice.encode()) != 0:
                raise ProviderFailed(f"espeak-ng cannot use its voice {voice}")
            lib.espeak_SetParameter(_RATE, speed_wpm, 0)
            self._current = (voice, speed_wpm)
        lib.espeak_SetSynthCallback(self._callback)
        self._sound = []
        data = text.encode()
        status = lib.espeak_Synth(data, len(data) + 1, 0, _BY_CHARACTER, 0, _UTF8, None, None)
        sound, self._sound = b"".join(self._sound), []
        if status != 0:
            raise ProviderFailed(f"espeak-ng failed with code {status}")
        return sound


def _each(records: Any) -> Iterator[Any]:
    index = 0
    while records[index]:
        yield records[index].contents
        index += 1


def _tags(address: int | None) -> tuple[str, ...]:
    """Language tags of a voice record: each a priority byte and a C string; a zero byte ends."""
    tags = []
    while address and c.string_at(address, 1) != b"\0":
        tag = c.string_at(address + 1)
        tags.append(tag.decode().lower())
        address += len(tag) + 2
    return tuple(tags)


@cache
def _loaded() -> _Library:
    """The library, loaded on first use: it is global to the process. The lock is held."""
    return _Library()


class EspeakSynthesizer:
    """``gateway.ports.speech_out.Synthesizer``. Thread-safe; picklable by its arguments."""

    def __init__(self, voice: str = "en-us", speed_wpm: int = 165) -> None:
        """``voice``: who speaks if a text names none: a language tag (``en-us``), a file name
        or a full name of the library's list, with ``+f3`` and the like for a variant.

        Raises ``ProviderFailed`` if the library or the voice is not there.
        """
        if not SLOWEST <= speed_wpm <= FASTEST:
            raise ProviderFailed(
                f"espeak-ng speaks {SLOWEST} to {FASTEST} words a minute, not {speed_wpm}"
            )
        self._voice = voice
        self._speed_wpm = speed_wpm
        self._resolve(voice, "")

    def __repr__(self) -> str:
        return f"<EspeakSynthesizer {self._voice} {self._speed_wpm} wpm>"

    @cached_property
    def model(self) -> str:
        """``espeak-ng/1.52.0``."""
        with _lock:
            return f"espeak-ng/{_loaded().version}"

    @property
    def settings(self) -> str:
        """Speed, as canonical JSON."""
        return json.dumps({"speed_wpm": self._speed_wpm})

    def voices(self, locale: str = "") -> tuple[EspeakVoice, ...]:
        """Voices of a locale's language; all of them without a locale."""
        with _lock:
            every = _loaded().voices
        language = _language(locale)
        return tuple(v for v in every if not language or language in map(_language, v.languages))

    def stream(self, text: str, voice: str, locale: str) -> Iterator[Speech]:
        """PCM16 at 22,050 Hz in pieces of 250 ms; closing the iterator stops the work.

        An empty ``voice`` is the default one where it speaks the locale's language, else the
        locale's. Raises ``ProviderFailed`` for a voice or locale that is not there.
        """
        chosen = self._resolve(voice, locale)
        for piece in _pieces(text.replace("\0", " ")):
            with _lock:
                library = _loaded()
                sound = library.speak(piece, chosen, self._speed_wpm)
                rate = library.rate
            size = rate * PIECE_MS // 1000 * 2
            for at in range(0, len(sound), size):
                yield Speech(sound[at : at + size], rate)

    def _resolve(self, voice: str, locale: str) -> str:
        """Identifier, with its variant, of the voice to speak with."""
        base, plus, variant = (voice or self._voice).partition("+")
        with _lock:
            library = _loaded()
            found = _named(library.voices, base)
            known = not plus or library.has_variant(variant)
        if not voice and locale and (found is None or not _speaks(found, locale)):
            found = _for_locale(library.voices, locale)
            if found is None:
                raise ProviderFailed(f"espeak-ng has no voice for the locale {locale!r}")
        if found is None:
            raise ProviderFailed(
                f"espeak-ng has no voice {base!r}; it has {_some(library.voices, locale or base)}"
            )
        if not known:
            raise ProviderFailed(
                f"espeak-ng has no variant {variant!r}; such are f1 to f5, m1 to m8"
            )
        return found.identifier + plus + variant


def _language(tag: str) -> str:
    return tag.lower().replace("_", "-").partition("-")[0]


def _named(voices: tuple[EspeakVoice, ...], name: str) -> EspeakVoice | None:
    name = name.strip().lower().replace("_", "-")
    return next((v for v in voices if v.is_called(name)), None)


def _speaks(voice: EspeakVoice, locale: str) -> bool:
    return _language(locale) in map(_language, voice.languages)


def _for_locale(voices: tuple[EspeakVoice, ...], locale: str) -> EspeakVoice | None:
    """The voice of the very locale, else of its language, the plainest tag first."""
    tag = locale.lower().replace("_", "-")
    fitting = sorted(
        (v for v in voices if _speaks(v, locale)),
        key=lambda v: (tag not in v.languages, min(map(len, v.languages))),
    )
    return fitting[0] if fitting else None


def _some(voices: tuple[EspeakVoice, ...], like: str) -> str:
    """Names of a few voices for an error text: those of the language that was asked for."""
    fitting = [v for v in voices if _speaks(v, like)] or [v for v in voices if _speaks(v, "en")]
    return ", ".join(sorted(v.languages[0] for v in fitting)[:12])


def _pieces(text: str) -> Iterator[str]:
    """The text in parts to be spoken one by one, cut at sentence ends, else at spaces."""
    text = text.strip()
    while len(text) > LONGEST_PIECE:
        # Four letters before the full stop: not after "Dr.", "St." or "e.g.".
        ends = [m.end() for m in re.finditer(r"\w{4}[.!?]+(?=\s)", text[: LONGEST_PIECE + 1])]
        end = ends[-1] if ends else text.rfind(" ", 1, LONGEST_PIECE + 1)
        if end <= 0:
            end = LONGEST_PIECE
        yield text[:end].strip()
        text = text[end:].strip()
    if text:
        yield text
