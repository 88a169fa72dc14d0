"""Deepgram's Nova (``/v1/listen``) through its own SDK.

Results are plain words: no punctuation, capitals or digits, which ``intents.text.spoken`` would
take out again, and which Deepgram holds results back for. The local voice detector ends utterances,
and Deepgram is then asked to finalise; its own endpointing tells of those that the detector has not
ended.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from itertools import count
from typing import TYPE_CHECKING, Any

from gateway.adapters.stt.deepgram_link import SLACK, DeepgramTranscription
from gateway.adapters.stt.tape import RATE
from gateway.adapters.stt.utterance import SpeechReport, Word
from gateway.errors import ProviderFailed

if TYPE_CHECKING:
    from deepgram import AsyncDeepgramClient

MODEL = "nova-3"
ENDPOINTING_MS = 500
"""Silence in the sound sent after which Deepgram takes the utterance for over. The detector sends
0.2 to 0.3 s of silence, so this is for what it takes for voice and Deepgram does not."""
UTTERANCE_END_MS = 1000
"""The same by the times of the words, for noise in which it never hears silence; the least."""
REGIONS = {"en-US", "en-GB", "en-AU", "en-IN", "en-NZ", "pt-BR", "pt-PT", "fr-CA", "de-CH"}
REGIONS |= {"es-419", "nl-BE", "zh-CN", "zh-TW", "zh-HK"}
"""Locales that Nova-3 has; of others the language alone."""
MOST_KEYTERMS = 100
KEYTERM_TOKENS = 400
"""Deepgram takes 500, of about three letters in rare words. Over that it stops hearing, and closes
after half a minute."""


class NovaTranscription(DeepgramTranscription):
    """One call's stream (``ports.Transcription``)."""

    def skip(self, samples: int) -> None:
        """Nothing to do: what was left out is not sent, and Deepgram's time stands still."""

    def _read(self, message: Any) -> SpeechReport | None:
        kind = getattr(message, "type", None)
        if kind == "UtteranceEnd":
            known = message.last_word_end >= 0  # without words it is -1, and means nothing
            return SpeechReport(kind, [], 0.0, ends=True) if known else None
        return results(message, self._base) if kind == "Results" else None

    def _heard(self, report: SpeechReport) -> None:
        if report.event == "UtteranceEnd":
            if not self._finishes and (words := self._utterance.words):
                self._out.put(self._utterance.final(words[-1].end))
            return
        self._utterance.hear(report.words, final=report.final)
        if report.final:
            self._settle(report.end)
        if self._finishes and self._answers(report):
            self._finish_next(report.end)
            self._finish_covered(report.end)
        elif report.ends and not self._finishes and self._utterance.words:
            self._out.put(self._utterance.final(report.end))
        else:
            self._out.put(self._utterance.partial())

    def _answers(self, report: SpeechReport) -> bool:
        """Return whether this is the final that was asked for: Deepgram usually marks it as
        flushed, otherwise it reaches far enough. One that reaches no further than the previous
        utterance is the late answer to that."""
        asked_for = report.flushed and report.end > self._utterance.told + SLACK
        return report.final and (asked_for or report.end + SLACK >= self._finishes[0].at)

    async def _ask_final(self, socket: Any) -> None:
        await socket.send_finalize()

    async def _keep_alive(self, socket: Any) -> None:
        await socket.send_keep_alive()


def results(message: Any, base: int) -> SpeechReport:
    """A ``Results`` message; ``base`` is where its connection's time began. Raises
    ``AttributeError``, ``TypeError``, ``ValueError`` or ``IndexError``."""
    best = message.channel.alternatives[0]
    start = base + float(message.start) * RATE
    end = start + float(message.duration) * RATE
    words = [
        Word(
            str(one.punctuated_word or one.word),
            base + float(one.start) * RATE,
            base + float(one.end) * RATE,
            float(one.confidence),
        )
        for one in best.words or ()
    ]
    if best.transcript and not words:
        words = [Word(str(best.transcript), start, end, float(best.confidence))]
    return SpeechReport(
        "Results",
        words,
        end,
        final=bool(message.is_final),
        ends=bool(message.speech_final),
        flushed=bool(message.from_finalize),
    )


def language_of(locale: str) -> str:
    """The locale as Nova knows it: with its region only where there is a model of it."""
    language, _, region = locale.replace("_", "-").partition("-")
    full = f"{language.lower()}-{region.upper()}"
    return full if full in REGIONS else language.lower()


def trimmed(keyterms: Sequence[str]) -> list[str]:
    """The first keyterms, as many as Deepgram accepts."""
    kept: list[str] = []
    left = KEYTERM_TOKENS
    for term in keyterms[:MOST_KEYTERMS]:
        left -= sum(len(word) // 3 + 1 for word in term.split())
        if left < 0:
            break
        kept.append(term)
    return kept


class DeepgramTranscriber:
    """Streams to Deepgram (``ports.Transcriber``). Making one imports the SDK: 0.4 s.

    ``base_url``: of another region, or an installation of one's own. ``reconnected``: called when
    a call tries a connection after its first. Raises ``ProviderFailed`` without a key.
    """

    transcription: type[DeepgramTranscription] = NovaTranscription

    def __init__(
        self,
        api_key: str,
        *,
        model: str = "",
        base_url: str = "",
        reconnected: Callable[[], None] = lambda: None,
    ) -> None:
        if not api_key:
            raise ProviderFailed("Deepgram needs a key: set FRONTLINE_STT__API_KEY")
        self._key = api_key
        self._reconnected = reconnected
        self._model = model
        self._base_url = base_url.rstrip("/") or "https://api.deepgram.com"
        self._open: set[DeepgramTranscription] = set()
        import httpx

        self._http = httpx.AsyncClient()  # the SDK would make one and never close it
        self._client = self._made()

    def _made(self) -> AsyncDeepgramClient:
        from deepgram import AsyncDeepgramClient
        from deepgram.environment import DeepgramClientEnvironment

        http = re.sub(r"^ws", "http", self._base_url)
        ws = re.sub(r"^http", "ws", self._base_url)
        place = DeepgramClientEnvironment(base=http, production=ws, agent=ws, agent_rest=http)
        return AsyncDeepgramClient(api_key=self._key, environment=place, httpx_client=self._http)

    async def open(
        self, locale: str, call_id: str, keyterms: Sequence[str] = ()
    ) -> DeepgramTranscription:
        """Connect. Raises ``ProviderFailed``: at once when the key or the model is refused, else
        after five tries or five seconds."""

        tries = count()

        def connect() -> AbstractAsyncContextManager[Any]:
            if next(tries):
                self._reconnected()
            return self.connect(locale, trimmed(keyterms))

        call = self.transcription(connect, self._open.discard)
        self._open.add(call)
        await call.start()
        return call

    def connect(self, locale: str, keyterms: list[str]) -> AbstractAsyncContextManager[Any]:
        """The SDK's connection, not made yet."""
        model = self._model or MODEL
        connection: AbstractAsyncContextManager[Any] = self._client.listen.v1.connect(
            model=model,
            language=language_of(locale),
            encoding="linear16",
            sample_rate=RATE,
            interim_results=True,
            endpointing=ENDPOINTING_MS,
            utterance_end_ms=UTTERANCE_END_MS,
            # the models before know no keyterms
            keyterm=keyterms if keyterms and model.startswith("nova-3") else None,
        )
        return connection

    async def close(self) -> None:
        """End every call."""
        calls = list(self._open)
        for call in calls:
            await call.close()
        await asyncio.gather(*(call.gone() for call in calls))
        await self._http.aclose()
