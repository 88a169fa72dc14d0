"""Deepgram's Flux (``/v2/listen``) through its own SDK: a recogniser that knows turns.

It hears pauses too: what the detector leaves out is sent as silence, by which Flux notices that
the turn is over. It then says first that it believes so (``Heard.eager``), and later that it is
sure, or that the caller goes on. When the local detector is first, Flux is told to end the turn.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

from gateway.adapters.stt.deepgram import DeepgramTranscriber
from gateway.adapters.stt.deepgram_link import (
    PIECE,
    SILENCE,
    SLACK,
    ConnectionLost,
    DeepgramTranscription,
)
from gateway.adapters.stt.tape import RATE
from gateway.adapters.stt.utterance import SpeechReport, Word

MODEL, MODEL_MULTI = "flux-general-en", "flux-general-multi"
EAGER = 0.4
"""The confidence at which Flux says that the turn may be over (0.3 to 0.9). Deepgram finds 0.3 to
0.5 the fast half: more false starts, and each costs one answer that is thrown away."""
ONSET = RATE
"""Samples before now that may hold the beginning of a word not recognised yet."""


class FluxTranscription(DeepgramTranscription):
    """One call's stream (``ports.Transcription``)."""

    _eager = False  # until it resumes the turn or ends it; updates come in between

    def skip(self, samples: int) -> None:
        """Pauses are sound to Flux."""
        while samples > 0:
            self.feed(SILENCE[: min(samples, PIECE) * 2])
            samples -= PIECE

    def _read(self, message: Any) -> SpeechReport | None:
        kind = getattr(message, "type", None)
        if kind == "Error":  # the connection ends
            raise ConnectionLost(f"error {str(message.code)[:60]}")
        return turn_info(message, self._base) if kind == "TurnInfo" else None

    def _heard(self, report: SpeechReport) -> None:
        self._eager = report.event == "EagerEndOfTurn" or (self._eager and report.event == "Update")
        self._utterance.hear(report.words, final=report.final)
        if report.ends:
            self._settle(report.end)
            if self._finishes:
                self._finish_next(report.end)
                self._finish_covered(report.end)
            elif self._utterance.words:
                self._out.put(self._utterance.final(report.end))
            return
        if report.event == "StartOfTurn" and self._finishes:
            self._asked = 0  # asked while no turn was open, which Flux ignores
        if not report.words:
            self._settle(report.end - ONSET)
            if self._finishes and report.end + SLACK >= self._finishes[0].at:
                self._finish_next(report.end)
        partial = self._utterance.partial(eager=self._eager)
        self._out.put(replace(partial, over=report.over) if partial is not None else None)

    async def _ask_final(self, socket: Any) -> None:
        await socket.send_force_end_turn()

    async def _keep_alive(self, socket: Any) -> None:
        """Flux knows no such message; whether it closes idle connections is not documented."""
        self.feed(SILENCE)


def turn_info(message: Any, base: int) -> SpeechReport:
    """A ``TurnInfo`` message; ``base`` is where its connection's time began. Raises
    ``AttributeError``, ``TypeError`` or ``ValueError``."""
    start = base + float(message.audio_window_start) * RATE
    end = base + float(message.audio_window_end) * RATE
    words = [
        Word(
            str(one.word),
            start if one.start is None else base + float(one.start) * RATE,
            end if one.end is None else base + float(one.end) * RATE,
            float(one.confidence),
        )
        for one in message.words or ()
    ]
    if message.transcript and not words:
        words = [Word(str(message.transcript), start, end)]
    over = message.event == "EndOfTurn"
    sure = getattr(message, "end_of_turn_confidence", None)
    believed = None if sure is None else min(max(float(sure), 0.0), 1.0)
    return SpeechReport(str(message.event), words, end, final=over, ends=over, over=believed)


class FluxTranscriber(DeepgramTranscriber):
    """Streams to Flux (``ports.Transcriber``)."""

    transcription = FluxTranscription

    def connect(self, locale: str, keyterms: list[str]) -> AbstractAsyncContextManager[Any]:
        """The SDK's connection, not made yet."""
        language = locale.replace("_", "-").partition("-")[0].lower()
        model = self._model or (MODEL if language == "en" else MODEL_MULTI)
        connection: AbstractAsyncContextManager[Any] = self._client.listen.v2.connect(
            model=model,
            encoding="linear16",
            sample_rate=RATE,
            eager_eot_threshold=EAGER,
            keyterm=keyterms or None,
            language_hint=[language] if model == MODEL_MULTI else None,
        )
        return connection
