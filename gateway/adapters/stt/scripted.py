"""A recogniser that knows beforehand what will be said, and when.

For tests and benchmarks: recognition without errors, so that what is measured is everything else.
Time is the position in the call's sound, fed or skipped; there is no clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from gateway.errors import ProviderFailed
from gateway.ports.speech_in import Heard

Script = Sequence[tuple[str, float]]
"""(word, ms from the beginning of the call's sound at which it has been said), in order."""

_SAMPLES_PER_MS = 16


class ScriptedTranscription:
    """One call's stream (``ports.Transcription``)."""

    def __init__(
        self,
        script: Script,
        lag_ms: float,
        confidence: float,
        closed: Callable[[ScriptedTranscription], None] = lambda _: None,
    ) -> None:
        self._tell_closed = closed
        self._script = tuple(script)
        self._lag_ms = lag_ms
        self._confidence = confidence
        self._samples = 0
        self._told = 0  # words in partials or finals so far
        self._finished = 0  # words in finals
        self._out: asyncio.Queue[Heard | None] = asyncio.Queue()
        self._closed = False

    @property
    def position_ms(self) -> float:
        """The milliseconds of the call's sound that have gone by."""
        return self._samples / _SAMPLES_PER_MS

    def feed(self, pcm: bytes) -> None:
        """A partial follows for each word whose end plus the lag has gone by."""
        self._advance(len(pcm) // 2)

    def skip(self, samples: int) -> None:
        """Implement ``feed.skip``: left-out sound takes time too."""
        self._advance(samples)

    def finish_utterance(self) -> None:
        """A final of the words said since the last one, be it empty. A word still within the lag
        is in it: a real recogniser flushes what it holds."""
        if self._closed:
            return
        self._told = max(self._told, self._said_by(self.position_ms))
        text = self._text(self._told)
        self._finished = self._told
        self._out.put_nowait(Heard(text, final=True, confidence=self._confidence))

    async def __aiter__(self) -> AsyncIterator[Heard]:
        while not self._closed:
            heard = await self._out.get()
            if heard is None or self._closed:
                return
            yield heard

    async def close(self) -> None:
        """Nothing is yielded afterwards."""
        self._closed = True
        self._out.put_nowait(None)
        self._tell_closed(self)

    def _advance(self, samples: int) -> None:
        if self._closed:
            return
        self._samples += samples
        known = self._said_by(self.position_ms - self._lag_ms)
        while self._told < known:
            self._told += 1
            self._out.put_nowait(Heard(self._text(self._told), final=False))

    def _said_by(self, ms: float) -> int:
        """Return how many words have ended by then."""
        said = self._told
        while said < len(self._script) and self._script[said][1] <= ms:
            said += 1
        return said

    def _text(self, until: int) -> str:
        return " ".join(word for word, _ in self._script[self._finished : until])


class ScriptedTranscriber:
    """Gives each call its script (``ports.Transcriber``).

    ``scripts`` maps call ids to scripts, or is asked for one by call id. Words become partials
    ``lag_ms`` after their end; finals have this ``confidence``.
    """

    def __init__(
        self,
        scripts: Mapping[str, Script] | Callable[[str], Script],
        *,
        lag_ms: float = 0.0,
        confidence: float = 1.0,
    ) -> None:
        self._script_of = scripts if callable(scripts) else scripts.__getitem__
        self._lag_ms = lag_ms
        self._confidence = confidence
        self._open: set[ScriptedTranscription] = set()

    async def open(
        self, locale: str, call_id: str, keyterms: Sequence[str] = ()
    ) -> ScriptedTranscription:
        """Begin the call. Raises ``ProviderFailed`` if there is no script for it."""
        try:
            script = self._script_of(call_id)
        except KeyError:
            raise ProviderFailed(f"no script for call {call_id!r}") from None
        call = ScriptedTranscription(script, self._lag_ms, self._confidence, self._open.discard)
        self._open.add(call)
        return call

    async def close(self) -> None:
        """End every call."""
        for call in list(self._open):
            await call.close()
