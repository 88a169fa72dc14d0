"""A turn with an agent: its reply cut into what a voice can say, and turned into sound.

Three things go on at the same time: the reply is read as fast as it comes, the voice speaks the
first sentence while the next is written, and what is heard makes room for more. Every queue is
bounded: an agent that writes faster than the caller hears is read more slowly.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

from gateway.core.chunking import Chunker, Chunking
from gateway.core.events import AgentAudio, AgentDone, AgentEvent, AgentFailed, AgentText, AgentTool
from gateway.core.speakable import speakable
from gateway.errors import FrontlineError
from gateway.ports import Agent, AgentPiece, AgentRequest, AudioFormat
from gateway.shell.feeds import Stream
from gateway.shell.observe import Records
from gateway.speech import SpokenPiece, StreamingVoice

log = logging.getLogger("frontline.agent")

WAITING = 64
"""Pieces of a reply that wait for the voice."""


class Asking:
    """One reply. ``run`` it in a task; cancelling that stops the agent and the voice."""

    def __init__(
        self,
        request: AgentRequest,
        agent: Agent,
        voice: StreamingVoice,
        records: Records,
        form: AudioFormat,
        message_ms: int,
        emit: Callable[[AgentEvent], None],
    ) -> None:
        self.turn = request.turn
        self.stream = Stream(form, message_ms)
        self._request = request
        self._agent = agent
        self._voice = voice
        self._records = records
        self._form = form
        self._emit = emit
        self._pieces: asyncio.Queue[AgentPiece | None] = asyncio.Queue(WAITING)
        self._texts: list[str] = []  # given to the voice
        self._spoken = 0  # of those, spoken to their end
        self._told = -1  # the last of those whose sound was told of
        self._length = 0.0  # seconds of sound that were told of
        self._untold = ""  # text of which no sound was
        self._failure = ""
        self._loop = asyncio.get_running_loop()

    async def run(self) -> None:
        """From the question to the last sound. Tells how it ended; only cancelling raises."""
        reading = self._loop.create_task(self._read(), name=f"read the agent {self.turn}")
        preparing = self._loop.create_task(self._voice.prepare(self._form), name="prepare a voice")
        try:
            await self._speak()
        finally:
            reading.cancel()
            preparing.cancel()
            await asyncio.gather(reading, preparing, return_exceptions=True)
        if self._failure:
            log.warning("the agent's reply is not whole: %s", self._failure)
            self._emit(AgentFailed(turn=self.turn, reason=self._failure))
        else:
            self._emit(AgentDone(turn=self.turn))
        self.stream.end()

    # --- the agent -------------------------------------------------------------------------

    async def _read(self) -> None:
        """Take the reply in until its end; a failure is noted, and what came before it is said."""
        turn_id = f"{self._request.call_id}-{self.turn}"
        try:
            reply = self._records.heard(turn_id, self._agent.reply(self._request))
            async with aclosing(reply) as pieces:
                async for piece in pieces:
                    await self._pieces.put(piece)
        except FrontlineError as error:
            self._failure = str(error)
        except Exception as mistake:
            log.exception("the agent of turn %s went wrong", turn_id)
            self._failure = type(mistake).__name__
        await self._pieces.put(None)

    # --- the voice -------------------------------------------------------------------------

    async def _speak(self) -> None:
        try:
            async with aclosing(self._voice.speak(self._chunks(), self._form)) as sounds:
                async for sound in sounds:
                    self._sounded(sound)
                    await self.stream.room()
        except FrontlineError as error:
            self._failure = str(error)
        except Exception as mistake:
            log.exception("the voice went wrong")
            self._failure = type(mistake).__name__

    async def _chunks(self) -> AsyncIterator[str]:
        """The reply's words, as the voice is given them. Tools and sound are dealt with."""
        chunker = Chunker(Chunking())
        ended = worded = False
        while not ended:
            try:
                async with asyncio.timeout_at(chunker.deadline):
                    piece = await self._pieces.get()
            except TimeoutError:
                chunks = chunker.expire(self._loop.time())
            else:
                ended = piece is None
                if piece is None:
                    chunks = chunker.finish()
                else:
                    if piece.tool:
                        self._emit(AgentTool(turn=self.turn, name=piece.tool))
                    if piece.audio:
                        await self._heard(piece)
                    words = "" if piece.audio else piece.text
                    if words.strip() and not worded:
                        worded = True
                        self._emit(AgentText(turn=self.turn))
                    chunks = chunker.feed(words, self._loop.time()) if words else []
            for chunk in chunks:
                if said := speakable(chunk):
                    self._texts.append(chunk)
                    yield said

    async def _heard(self, piece: AgentPiece) -> None:
        """Sound that the agent made itself."""
        self.stream.append(piece.audio)
        self._tell(piece.text)
        await self.stream.room()

    def _sounded(self, piece: SpokenPiece) -> None:
        """More sound of the text that is being spoken."""
        number, self._spoken = self._spoken, piece.finished
        if not piece.audio:
            return
        self.stream.append(piece.audio)
        new = number > self._told and number < len(self._texts)
        self._told = max(self._told, number)
        self._tell(self._texts[number] if new else "")

    def _tell(self, text: str) -> None:
        """Less than a message of sound is not told of yet, and its text goes with the rest."""
        self._untold = f"{self._untold} {text}".strip()
        if self.stream.length > self._length:
            self._length, text, self._untold = self.stream.length, self._untold, ""
            self._emit(AgentAudio(turn=self.turn, length=self._length, text=text))
