"""The first phrase of an answer that is not wanted yet, spoken already and held back.

While an agent's answer is kept back until the caller's turn is over, its voice begins on the first
phrase, so that it is there when the turn is. Where the reply then begins with just that phrase it
takes the sound up and goes on in the same run of the voice. Else the sound is dropped. What is
spent on those that are dropped is bounded as the answers themselves are (``llm.speculate``).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress

from gateway.core.speech.chunking import Chunker
from gateway.core.speech.speakable import speakable
from gateway.errors import FrontlineError
from gateway.ports.live_speech import SpokenPiece, StreamingVoice
from gateway.ports.sound import AudioFormat
from gateway.shell.process.background import Background
from gateway.shell.reply.voice_style import VoiceStyle

log = logging.getLogger("frontline.agent")

LOOK = 0.02
"""Seconds between two looks at what the agent has said so far."""
WITHIN = 3.0
"""Seconds after which nobody looks any more: the turn is long over."""
PIECES = 64
"""Pieces of sound that are held back; then the voice waits."""


class EarlyVoice:
    """One phrase. Made on the event loop; ``drop`` it if it is not taken."""

    def __init__(
        self,
        words: Callable[[], str],
        voice: StreamingVoice,
        form: AudioFormat,
        manner: VoiceStyle,
        background: Background,
        known: Callable[[str], bool] = lambda phrase: False,
    ) -> None:
        """``words``: what the agent has said so far; ``known``: whether a phrase's sound is there
        already."""
        self.phrase = ""
        """The phrase, once the agent has said it whole."""
        self._words = words
        self._voice = voice
        self._form = form
        self._manner = manner
        self._known = known
        self._loop = asyncio.get_running_loop()
        self._rest: asyncio.Future[AsyncIterator[str]] = self._loop.create_future()
        self._sound: asyncio.Queue[SpokenPiece | Exception | None] = asyncio.Queue(PIECES)
        self._task = background.spawn(self._run(), name="speak early")

    def drop(self) -> None:
        """The phrase is not wanted."""
        self._task.cancel()

    async def taken(self, texts: AsyncIterator[str]) -> AsyncGenerator[SpokenPiece, None]:
        """The sound of these texts, of which the phrase is the first, as ``StreamingVoice.speak``
        yields it."""
        try:
            await anext(texts)
            self._rest.set_result(texts)
            while (piece := await self._sound.get()) is not None:
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.drop()
            await asyncio.wait((self._task,))

    async def _run(self) -> None:
        phrase = await self._first()
        if not phrase or self._known(phrase):
            return
        self.phrase = phrase
        manner = self._manner
        try:
            speaking = self._voice.speak(self._texts(), self._form, manner.voice, manner.locale)
            async with aclosing(speaking) as pieces:
                async for piece in pieces:
                    await self._sound.put(piece)
        except FrontlineError as error:
            await self._sound.put(error)
        except Exception as mistake:
            log.exception("a voice that spoke early went wrong")
            await self._sound.put(mistake)
        else:
            await self._sound.put(None)

    async def _first(self) -> str:
        """The first phrase, as the reply would cut it; empty if none comes in time."""
        chunker, read = Chunker(self._manner.chunking), 0
        with suppress(TimeoutError):
            async with asyncio.timeout(WITHIN):
                while True:
                    said = self._words()
                    for chunk in chunker.feed(said[read:], self._loop.time()):
                        if phrase := speakable(chunk):
                            return phrase
                    read = max(read, len(said))
                    await asyncio.sleep(LOOK)
        return ""

    async def _texts(self) -> AsyncIterator[str]:
        yield self.phrase
        async for text in await self._rest:
            yield text
