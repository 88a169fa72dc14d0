"""What a scripted recogniser hears: words at their times, counted against the sound it was sent.

It does not listen. A word is heard once as much sound has arrived as there is before its end, at
whatever speed it arrives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from tests.providers.wire import Request

WORD = 0.3
"""Seconds of a word where a script gives only a text."""
GAP = 2.0
"""Seconds of silence between the utterances of such a script."""
STEP_MS = 10
"""How finely time passes."""

BYTES_PER_SAMPLE = {"linear16": 2, "linear32": 4, "mulaw": 1, "alaw": 1}
"""Encodings whose sound can be counted; others are taken for 32 kbit/s."""


@dataclass(frozen=True)
class Word:
    """A word and when it is said, in seconds of sound."""

    text: str
    start: float
    end: float
    at_first: str = ""
    """What interim results take it for until the next word is heard: a partial that is rewound."""
    misheard: str = ""
    """What it is taken for unless a keyterm has it."""
    confidence: float = 0.98


@dataclass(frozen=True)
class Script:
    """All that is said on one connection."""

    words: tuple[Word, ...] = ()

    @classmethod
    def of(cls, *utterances: str, start: float = WORD, gap: float = GAP) -> Script:
        """Utterances of evenly timed words."""
        words, at = [], start
        for utterance in utterances:
            for text in utterance.split():
                words.append(Word(text, at, round(at + WORD, 3)))
                at = words[-1].end
            at = round(at + gap, 3)
        return cls(tuple(words))

    @classmethod
    def timed(cls, words: Iterable[tuple[str, int, int]]) -> Script:
        """Words with their first and last millisecond."""
        return cls(tuple(Word(text, start / 1000, end / 1000) for text, start, end in words))

    def with_keyterms(self, keyterms: Iterable[str]) -> Script:
        """As heard by a recogniser that knows these terms."""
        known = {word.lower() for term in keyterms for word in term.split()}
        return Script(
            tuple(
                replace(one, text=one.misheard, confidence=0.6)
                if one.misheard and one.text.lower() not in known
                else one
                for one in self.words
            )
        )


class Clock:
    """Seconds of sound that have arrived, and what happens as they pass."""

    def __init__(self, request: Request, step: Callable[[float], None]) -> None:
        """``step`` is called at every 10 ms of the sound."""
        size = BYTES_PER_SAMPLE.get(request.option("encoding"), 0)
        rate = int(request.option("sample_rate", "16000"))
        channels = int(request.option("channels", "1"))
        self._bytes_per_second = size * rate * channels or 4_000
        self._bytes = 0
        self._stepped_ms = 0
        self._step = step

    @property
    def now(self) -> float:
        return self._bytes / self._bytes_per_second

    def feed(self, sound: bytes) -> None:
        self._bytes += len(sound)
        while self._stepped_ms + STEP_MS <= self.now * 1000:
            self._stepped_ms += STEP_MS
            self._step(self._stepped_ms / 1000)


def text_of(words: Iterable[Word]) -> str:
    return " ".join(one.text for one in words)
