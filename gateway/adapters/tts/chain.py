"""Several voices as one that does not fall silent: when one fails, the next goes on.

Before the first sound the next voice simply speaks instead. In the middle of a sentence it goes on
after the last word that is known to have been spoken whole; where the voice does not tell words'
times, with the beginning of the text that was not finished, so that nothing is lost. A voice fails
by an error, by saying nothing for too long while it owes something, or by next to no sound for its
words. One that fails often is left alone for a while (``core.breaker``), but for the last, which is
always asked.

All of an attempt's sound comes through a queue of its own, which dies with it: nothing of a voice
that was given up, or of a reply that was interrupted, can be heard later.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gateway.adapters.tts.script import Script
from gateway.adapters.tts.sound import sound_ms
from gateway.core.race.attempts import AttemptFailure, Hedging
from gateway.core.race.breaker import Breaker, Fitness
from gateway.errors import GatewayBug
from gateway.ports.live_speech import SpokenPiece, StreamingVoice, VoiceFailed
from gateway.ports.records import FirstPiece
from gateway.ports.sound import AudioFormat
from gateway.shell.process.background import start

log = logging.getLogger(__name__)

READ_AHEAD = 64
"""Pieces of a voice's sound that wait for the listener: some 6 s. A voice then waits itself."""
LEAST_MS = 20.0
"""The least sound for a word in ms; quick speech takes 100. With less, a text was not spoken."""
CLOSE_S = 0.08
"""Seconds an interruption waits for a voice to let go; then it does so by itself, unheard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """The longest silences of a voice that owes sound, in seconds."""

    first_s: float = 1.5
    """Before its first sound. Good ones take 0.1 to 0.4 s."""
    between_s: float = 1.0
    """After it: what was sent ahead is soon heard out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginnings:
    """The way to tell of a voice that it has begun to speak."""

    told: Callable[[FirstPiece], None] = lambda _: None
    titles: Mapping[str, str] = field(default_factory=dict)
    """Voices' names -> the same with their models."""


class VoiceChain:
    """``gateway.ports.live_speech.StreamingVoice`` of an ordered list of them."""

    def __init__(
        self,
        links: Sequence[StreamingVoice],
        patience: Patience | None = None,
        breaking: Hedging | None = None,
        failed: Callable[[str, str], None] | None = None,
        begun: Beginnings | None = None,
    ) -> None:
        """``links``: the last one should need no network. ``breaking``: when a voice is left
        alone, and for how long. ``failed``: called with a voice's name and the reason;
        ``begun``: how those are told that have begun to speak. Voices' names in ``speak`` are the
        first link's; the others speak with their usual ones."""
        if not links:
            raise GatewayBug("a chain of no voices")
        self._links = [(link, Breaker(breaking or Hedging())) for link in links]
        self._patience = patience or Patience()
        self._failed = failed
        self._begun = begun or Beginnings()
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def name(self) -> str:
        """All of them, in order."""
        return ", ".join(link.name for link, _ in self._links)

    async def speak(
        self,
        texts: AsyncIterator[str],
        audio_format: AudioFormat,
        voice: str = "",
        locale: str = "",
    ) -> AsyncGenerator[SpokenPiece, None]:
        """Implement ``StreamingVoice.speak``. Raises the last voice's ``VoiceFailed`` if all fail.
        When ``texts`` fails, what it gave before is spoken first."""
        script = Script(texts)
        pump = start(script.pump(), name="voice texts")
        try:
            if await script.has_more():
                async with contextlib.aclosing(
                    self._spoken(script, audio_format, voice, locale)
                ) as pieces:
                    async for piece in pieces:
                        yield piece
            if script.error is not None:
                raise script.error
        finally:
            await self._leave(pump)

    async def prepare(self, audio_format: AudioFormat, voice: str = "", locale: str = "") -> None:
        """Implement ``StreamingVoice.prepare`` for the voice that would speak now."""
        now = asyncio.get_running_loop().time()
        for number, (link, breaker) in enumerate(self._links):
            if breaker.fitness(now) is not Fitness.UNFIT:
                await link.prepare(audio_format, "" if number else voice, locale)
                return

    async def close(self) -> None:
        """Implement ``StreamingVoice.close``."""
        for link, _ in self._links:
            await link.close()

    async def _spoken(
        self, script: Script, audio_format: AudioFormat, voice: str, locale: str
    ) -> AsyncGenerator[SpokenPiece, None]:
        loop = asyncio.get_running_loop()
        last = len(self._links) - 1
        for number, (link, breaker) in enumerate(self._links):
            if number < last and breaker.fitness(loop.time()) is Fitness.UNFIT:
                continue
            breaker.started()
            attempt = VoiceAttempt(link, script, self._patience, audio_format)
            reader = start(attempt.read("" if number else voice, locale), name=f"voice {link.name}")
            try:
                while (piece := await attempt.pieces.get()) is not None:
                    script.spoken(piece, sound_ms(piece.audio, audio_format))
                    piece = self._titled(piece)
                    yield piece
                attempt.check()
                breaker.answered()
                return
            except (GeneratorExit, asyncio.CancelledError):
                if attempt.has_sounded:
                    breaker.answered()
                else:
                    breaker.inconclusive(loop.time())
                raise
            except VoiceFailed as failure:
                breaker.failed(failure.reason, failure.retry_after, loop.time())
                log.warning("%s", failure)
                if self._failed is not None:
                    self._failed(link.name, failure.reason.value)
                script.interrupted()
                if not await script.has_more():
                    return
                if number == last:
                    raise
            finally:
                attempt.disarm()
                await self._leave(reader)

    def _titled(self, piece: SpokenPiece) -> SpokenPiece:
        """The piece, with the model of the voice that begins with it."""
        if piece.first is None:
            return piece
        first = replace(piece.first, by=self._begun.titles.get(piece.by, piece.by))
        self._begun.told(first)
        return replace(piece, first=first)

    async def _leave(self, task: asyncio.Task[None]) -> None:
        """Cancel it; it has ``CLOSE_S`` to let go of what it holds."""
        task.cancel()
        _, slow = await asyncio.wait([task], timeout=CLOSE_S)
        for one in slow:
            self._leaving.add(one)
            one.add_done_callback(self._leaving.discard)


class VoiceAttempt:
    """One voice at a script."""

    def __init__(
        self,
        link: StreamingVoice,
        script: Script,
        patience: Patience,
        audio_format: AudioFormat,
    ) -> None:
        self.pieces: asyncio.Queue[SpokenPiece | None] = asyncio.Queue(READ_AHEAD)
        """Pieces in the reply's own times and numbers; None: no more."""
        self._link = link
        self._script = script
        self._patience = patience
        self._format = audio_format
        self._part = script.part()
        self._error: VoiceFailed | None = None
        self._texts: list[str] = []  # given
        self._finished = 0
        self._ms = 0.0  # sound since the last text that was finished
        self._asked: float | None = None  # when it took its first text
        self.has_sounded = False
        """True once the voice has made some sound."""
        self._is_full = False
        self._limit = asyncio.timeout(None)
        self._is_listening = False

    def check(self) -> None:
        """Raise what the voice failed with, if it did."""
        if self._error is not None:
            raise self._error

    async def read(self, voice: str, locale: str) -> None:
        """Have it speak, to the end or until it fails."""
        try:
            async with self._limit:
                self._is_listening = True
                self._arm()
                try:
                    await self._listen(voice, locale)
                finally:
                    self._is_listening = False
            if not self._script.is_over(self._part, self._finished):
                why = "it stopped before the end"
                self._error = VoiceFailed(self._link.name, AttemptFailure.BROKEN, why)
        except TimeoutError:
            why = "it said nothing for too long"
            self._error = VoiceFailed(self._link.name, AttemptFailure.SILENT, why)
        except VoiceFailed as error:
            self._error = error
        except Exception as error:  # noqa: BLE001 - a mistake of ours is no reason for silence
            why = f"a mistake of ours ({type(error).__name__})"
            self._error = VoiceFailed(self._link.name, AttemptFailure.BROKEN, why)
        await self.pieces.put(None)

    async def _listen(self, voice: str, locale: str) -> None:
        speaking = self._link.speak(self, self._format, voice, locale)
        async with contextlib.aclosing(speaking) as pieces:
            async for piece in pieces:
                self._weigh(piece)
                self._finished = piece.finished
                first = self._first() if piece.audio and not self.has_sounded else None
                self.has_sounded = self.has_sounded or bool(piece.audio)
                self._limit.reschedule(None)
                self._is_full = True
                placed = self._part.placed(piece)
                await self.pieces.put(replace(placed, by=self._link.name, first=first))
                self._is_full = False
                await asyncio.sleep(0)  # what came with it is read once this is on its way
                self._arm()

    def _first(self) -> FirstPiece | None:
        """The delay of its first sound, from its first text."""
        if self._asked is None:
            return None
        return FirstPiece(self._link.name, asyncio.get_running_loop().time() - self._asked)

    def _weigh(self, piece: SpokenPiece) -> None:
        """Raise ``VoiceFailed`` if texts are said to be spoken that cannot have been."""
        self._ms += sound_ms(piece.audio, self._format)
        if piece.finished > self._finished:
            texts = self._texts[self._finished : piece.finished]
            if self._ms < LEAST_MS * sum(map(_words, texts)):
                raise VoiceFailed(self._link.name, AttemptFailure.EMPTY, "it made next to no sound")
            self._ms = 0.0

    def __aiter__(self) -> VoiceAttempt:
        """The texts of its part, as the voice takes them."""
        return self

    async def __anext__(self) -> str:
        given = len(self._texts)
        text = await self._script.text(self._part.first + given)
        if text is None:
            raise StopAsyncIteration
        if self._asked is None:
            self._asked = asyncio.get_running_loop().time()
        self._texts.append(text if given else text[self._part.skipped :])
        if self._limit.when() is None and not self._is_full:
            self._arm()
        return self._texts[-1]

    def disarm(self) -> None:
        """Stop the timer, as the listener has gone and the voice owes no sound while it closes."""
        if self._is_listening and not self._limit.expired():
            self._limit.reschedule(None)
            self._is_listening = False

    def _arm(self) -> None:
        """Begin to wait, if sound is owed. Before the first text it is: one is there."""
        if not self._is_listening or self._limit.expired():
            return
        owes = len(self._texts) > self._finished or not self._texts
        seconds = self._patience.between_s if self.has_sounded else self._patience.first_s
        now = asyncio.get_running_loop().time()
        self._limit.reschedule(now + seconds if owes else None)


def _words(text: str) -> int:
    """The number of audible words: a dash is none."""
    return sum(any(map(str.isalnum, word)) for word in text.split())
