"""The agent's session as the recogniser: what OpenAI Realtime understands of the caller.

The caller's sound goes into the session of the call; what is committed is written down there, and
then taken out of its conversation again, which holds what was said as the call has it: in words,
joined over pauses, and with what the cache has answered. A session that is lost or replaced ends
the transcription, and whoever reads it opens another and feeds again what is still owed.
"""

from __future__ import annotations

import asyncio
import base64
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.agents.speaking import RATE
from gateway.audio import CALL_RATE, Resampler
from gateway.errors import ProviderFailed
from gateway.ports.speech_in import Heard, Presence
from gateway.shell.process.background import start

log = logging.getLogger("frontline.stt")

MODEL = "gpt-transcribe"
MOST_KEYTERMS = 100
PIECE = RATE * 2 // 10
"""Bytes of sound sent at once, at most: 100 ms."""
LEAST = PIECE
"""Bytes that a commit must hold; the vendor refuses less."""
BEHIND = RATE * 2 * 15
"""Bytes of sound that wait to be sent, at most: 15 s; the oldest is dropped."""
LATE = 1.4
"""Seconds after which a final that is late is made of what is known, if that is anything."""
MOST = 64
"""Results kept for a call that does not read; the oldest are dropped."""


class Line(Protocol):
    """The session that is listened through."""

    async def tell(self, **event: Any) -> None:
        """Send an event. Raises ``ProviderFailed``."""

    def drop(self, item: str) -> None:
        """Take an item out of the conversation, soon."""


@dataclass(slots=True)
class _Committed:
    """An utterance that is being written down."""

    item: str
    text: str = ""
    done: bool = False


class AgentTranscription:
    """One call's stream (``ports.Transcription``)."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._resampler = Resampler(CALL_RATE, RATE)
        self._waiting: deque[bytes | None] = deque()  # None: the utterance is over
        self._size = 0
        self._held = 0  # bytes sent since the last commit
        self._work = asyncio.Event()
        self._owed: deque[_Committed] = deque()
        self._results: deque[Heard] = deque(maxlen=MOST)
        self._news = asyncio.Event()
        self._error: ProviderFailed | None = None
        self._closed = False
        self._sending = start(self._send(), name="send sound to the agent")
        self.dropped = 0
        """Pieces of sound that were not sent in time."""

    # --- the caller's sound ------------------------------------------------------------------

    def feed(self, pcm: bytes) -> None:
        """See ``gateway.ports.speech_in``."""
        sound = self._resampler.feed(pcm)
        self._waiting.append(sound)
        self._size += len(sound)
        while self._size > BEHIND and (oldest := self._waiting.popleft()) is not None:
            self._size -= len(oldest)
            self.dropped += 1
        self._work.set()

    def skip(self, samples: int) -> None:
        """Nothing to do: no time is kept by the sound."""

    def finish_utterance(self) -> None:
        """See ``gateway.ports.speech_in``."""
        self._waiting.append(None)
        self._work.set()

    async def _send(self) -> None:
        try:
            while True:
                while self._waiting:
                    await self._send_some()
                self._work.clear()
                await self._work.wait()
        except ProviderFailed as error:
            self.fail(error)

    async def _send_some(self) -> None:
        sound = bytearray()
        while len(sound) < PIECE and self._waiting and self._waiting[0] is not None:
            sound += self._waiting.popleft() or b""
        if sound:
            self._size -= len(sound)
            await self._append(bytes(sound))
        elif self._waiting:
            self._waiting.popleft()
            await self._commit()

    async def _append(self, sound: bytes) -> None:
        self._held += len(sound)
        audio = base64.b64encode(sound).decode()
        await self._line.tell(type="input_audio_buffer.append", audio=audio)

    async def _commit(self) -> None:
        if not self._held:
            self._put(Heard("", final=True))
            return
        if self._held < LEAST:
            await self._append(bytes(LEAST - self._held))
        self._held = 0
        await self._line.tell(type="input_audio_buffer.commit")

    # --- what is understood ------------------------------------------------------------------

    def take(self, event: Any) -> None:
        """One of the session's events."""
        kind = "conversation.item.input_audio_transcription"
        if event.type == "input_audio_buffer.committed":
            one = _Committed(event.item_id)
            self._owed.append(one)
            asyncio.get_running_loop().call_later(LATE, self._late, one)
        elif event.type in (f"{kind}.completed", f"{kind}.failed"):
            self._line.drop(event.item_id)
            if (owed := self._of(event.item_id)) is not None:
                owed.text = getattr(event, "transcript", None) or owed.text
                owed.done = True
                self._finals()
        elif event.type == f"{kind}.delta" and (owed := self._of(event.item_id)) is not None:
            owed.text += event.delta or ""
            if owed is self._owed[0] and owed.text.strip():
                self._put(Heard(owed.text.strip(), final=False))

    def _of(self, item: str) -> _Committed | None:
        return next((one for one in self._owed if one.item == item), None)

    def _late(self, one: _Committed) -> None:
        if one.text.strip() and not one.done:
            one.done = True
            self._finals()

    def _finals(self) -> None:
        while self._owed and self._owed[0].done:
            self._put(Heard(self._owed.popleft().text.strip(), final=True))

    def _put(self, heard: Heard) -> None:
        if self._results and not self._results[-1].final:
            self._results.pop()  # was not read in time
        self._results.append(heard)
        self._news.set()

    def fail(self, error: ProviderFailed) -> None:
        """Nothing more comes."""
        self._error = error
        self._news.set()

    async def __aiter__(self) -> AsyncIterator[Heard | Presence]:
        """See ``gateway.ports.speech_in``. Raises ``ProviderFailed`` when the session is lost."""
        while not self._closed:
            if self._results:
                yield self._results.popleft()
            elif self._error is not None:
                raise self._error
            else:
                self._news.clear()
                await self._news.wait()

    async def close(self) -> None:
        """See ``gateway.ports.speech_in``."""
        if self.dropped:
            log.warning("an agent's session took no sound in time: %d pieces lost", self.dropped)
        self._closed = True
        self._news.set()
        self._sending.cancel()


def hearing(locale: str, keyterms: Sequence[str], model: str) -> dict[str, Any]:
    """Return what a session is told, so that it writes down what it hears, once told that the
    utterance is over."""
    told: dict[str, Any] = {"model": model or MODEL}
    if language := locale.replace("_", "-").partition("-")[0].lower():
        told["language"] = language
    if keyterms:
        told["prompt"] = ", ".join(keyterms[:MOST_KEYTERMS])
    return {
        "type": "realtime",
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": RATE},
                "transcription": told,
                "turn_detection": None,
            }
        },
    }


class AgentTranscriber:
    """A recogniser that is an agent's session (``ports.Transcriber``)."""

    def __init__(
        self, listen: Callable[[str, dict[str, Any]], Awaitable[AgentTranscription]], model: str
    ) -> None:
        """``listen``: opens the transcription of a call; ``model``: empty for the usual one."""
        self._listen = listen
        self._model = model

    async def open(
        self, locale: str, call_id: str, keyterms: Sequence[str] = ()
    ) -> AgentTranscription:
        """See ``gateway.ports.speech_in``."""
        return await self._listen(call_id, hearing(locale, keyterms, self._model))

    async def close(self) -> None:
        """Nothing to do: sessions are the agent's to close."""
