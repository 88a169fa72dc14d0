"""The process that runs Whisper for one call at a time; spoken to as ``pocketsphinx_worker`` says.

BEGIN carries JSON: ``{"language", "keyterms"}``. Sound is taken as it comes and answered with DONE;
a partial is only made when no more waits to be read, so that nothing stands behind it.
"""

from __future__ import annotations

import json
import math
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from gateway.adapters.stt import pocketsphinx_worker as wire

PARTIAL_BYTES = wire.RATE * 2 // 2
"""A partial is made after each half second of new sound at the soonest."""
SHORTEST_BYTES = wire.RATE * 2 // 10
"""Less than 100 ms is no word: Whisper makes one up."""
WINDOW_BYTES = 24 * wire.RATE * 2
"""Whisper hears 30 s at once. Of a longer utterance all but the last segment is settled."""
NO_SPEECH = 0.6
UNSURE = -1.0
"""A segment that is probably no speech, and of which the words are unlikely (mean log probability),
is made up. The numbers are Whisper's own."""
KEYTERMS = 30
"""Whisper takes them as text said before, and its memory for that is short (224 tokens)."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the utterance; times in seconds of the sound it was made of."""

    text: str
    start: float
    sure: float
    tokens: int


Transcribe = Callable[[bytes, str, str, bool], list[Segment]]
"""(PCM16, language, words to expect, final?) -> segments."""


def load(model: str, threads: int) -> Transcribe:
    """The model, fetched first if it is a name and not there."""
    from faster_whisper import WhisperModel

    whisper = WhisperModel(model, device="auto", compute_type="int8", cpu_threads=threads)

    def transcribe(pcm: bytes, language: str, expect: str, final: bool) -> list[Segment]:
        sound = np.frombuffer(pcm, np.int16).astype(np.float32) / 32768
        found, _ = whisper.transcribe(
            sound,
            language=language,
            beam_size=5 if final else 1,
            temperature=0.0,  # trying again at higher ones multiplies the time
            condition_on_previous_text=False,
            hotwords=expect or None,
        )
        return [read(one) for one in found if not made_up(one)]

    return transcribe


def made_up(segment: Any) -> bool:
    """Return whether Whisper invented the segment, as it does in silence."""
    return bool(segment.no_speech_prob > NO_SPEECH and segment.avg_logprob < UNSURE)


def read(segment: Any) -> Segment:
    """The segment in our terms, from one of faster-whisper's."""
    sure = min(1.0, math.exp(segment.avg_logprob))
    return Segment(segment.text.strip(), segment.start, sure, len(segment.tokens))


class WhisperRecogniser:
    """A model minding one call's utterance."""

    def __init__(self, transcribe: Transcribe, clock: Callable[[], float] = time.monotonic) -> None:
        self._transcribe = transcribe
        self._clock = clock
        self.begin(b"")

    def begin(self, hello: bytes) -> None:
        """A call begins: nothing of the one before is left."""
        told = json.loads(hello or b"{}")
        self._language: str = told.get("language", "en")
        self._expect = ", ".join(told.get("keyterms", [])[:KEYTERMS])
        self._cost = 0.0  # seconds the last partial took
        self._reset()

    def _reset(self) -> None:
        self._sound = bytearray()
        self._settled: list[Segment] = []  # of sound that is let go
        self._new = 0  # bytes since the last partial
        self._told = ""

    def feed(self, pcm: bytes) -> None:
        self._sound += pcm
        self._new += len(pcm)

    @property
    def due(self) -> bool:
        """Return whether there is enough new sound for a partial: as long again as the last one
        took, so that partials take no more than half of the time."""
        new_s = self._new / (wire.RATE * 2)
        return self._new >= PARTIAL_BYTES and new_s >= 2 * self._cost

    def partial(self) -> str | None:
        """The transcript as it stands, if it has changed and says something."""
        began = self._clock()
        found = self._hear(final=False)  # it may settle some
        text = text_of([*self._settled, *found])
        self._cost = self._clock() - began
        self._new = 0
        if not text or text == self._told:
            return None
        self._told = text
        return text

    def finish(self) -> tuple[str, float]:
        """The final transcript and its confidence: the mean probability of its tokens."""
        segments = [*self._settled, *self._hear(final=True)]
        tokens = sum(one.tokens for one in segments)
        sure = sum(one.sure * one.tokens for one in segments) / tokens if tokens else 0.0
        self._reset()
        return text_of(segments), round(sure, 3)

    def _hear(self, *, final: bool) -> list[Segment]:
        if len(self._sound) < SHORTEST_BYTES:
            return []
        sound = bytes(self._sound)
        found = self._transcribe(sound, self._language, self._expect, final)
        if len(sound) < WINDOW_BYTES or final or not found:
            return found
        last = found[-1]
        cut = round(last.start * wire.RATE) * 2
        if len(found) == 1 or not 0 < cut < len(sound):
            self._settled += found
            self._sound.clear()
            return []
        self._settled += found[:-1]
        del self._sound[:cut]
        return [last]


def text_of(segments: list[Segment]) -> str:
    return " ".join(one.text for one in segments if one.text)


def serve(source: int, sink: BinaryIO, recogniser: WhisperRecogniser) -> None:
    """Answer frames until the input ends."""
    unpacker = wire.Unpacker()
    call = 0
    while data := os.read(source, 65_536):
        for kind, number, payload in unpacker.feed(data):
            call = number
            if kind == wire.AUDIO:
                recogniser.feed(payload)
                sink.write(wire.pack(wire.DONE, call))
            elif kind == wire.FINISH:
                text, confidence = recogniser.finish()
                made = json.dumps({"text": text, "confidence": confidence})
                sink.write(wire.pack(wire.FINAL, call, made.encode()))
            elif kind in (wire.BEGIN, wire.END):
                recogniser.begin(payload)
            else:
                raise ValueError(f"a frame of kind {kind!r}")
            sink.flush()
        if recogniser.due and not select.select([source], [], [], 0)[0]:
            text_now = recogniser.partial()
            if text_now is not None:
                sink.write(wire.pack(wire.TEXT, call, text_now.encode()))
                sink.flush()


def main(model: str, threads: int) -> int:
    """Load, say so, serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to handle
    os.nice(5)  # the event loop of the calls comes first
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints does not become a frame
    try:
        recogniser = WhisperRecogniser(load(model, threads))
    except (ImportError, RuntimeError, OSError, ValueError) as error:
        sink.write(wire.pack(wire.FAILED, 0, f"{type(error).__name__}: {error}".encode()[:500]))
        sink.flush()
        return 1
    sink.write(wire.pack(wire.READY, 0))
    sink.flush()
    try:
        serve(0, sink, recogniser)
    except BrokenPipeError:
        return 1  # the server is gone
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
