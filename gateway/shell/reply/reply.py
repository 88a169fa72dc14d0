"""A turn with an agent: its reply cut into what a voice can say, and turned into sound.

Three things go on at the same time: the reply is read as fast as it comes, the voice speaks the
first sentence while the next is written, and what is heard makes room for more. Every queue is
bounded: an agent that writes faster than the caller hears is read more slowly.

A voice speaks phrase after phrase in one run. Where the next phrase is kept as sound
(``shell.repeats``) the run ends and that sound follows; then another run begins. A voice makes
sound faster than it is heard, so what it made before covers its new beginning.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial

from gateway.core.events import AgentDone, AgentEvent, AgentFailed, AgentText, AgentTool
from gateway.core.race.attempts import AttemptFailure
from gateway.core.speech.chunking import Chunker
from gateway.core.speech.speakable import speakable
from gateway.errors import FrontlineError
from gateway.ports.agents import Agent, AgentPiece, AgentRequest, SpeakingAgent
from gateway.ports.live_speech import SpokenPiece, SpokenWord, StreamingVoice, VoiceFailed
from gateway.ports.sound import AudioFormat
from gateway.shell.call.observe import RecordWriter
from gateway.shell.process.background import start
from gateway.shell.reply.early_voice import EarlyVoice
from gateway.shell.reply.nearness import used
from gateway.shell.reply.phrase_cache import Repeat, Ticket
from gateway.shell.reply.preconnect import ready
from gateway.shell.reply.reply_progress import ReplyProgress
from gateway.shell.reply.voice_style import VoiceStyle
from gateway.shell.sound.sources import Stream

log = logging.getLogger("frontline.agent")

WAITING = 64
"""Pieces of a reply that wait for the voice."""
BEHIND = 8
"""Turns of the event loop after which a voice begins to connect: by then what the agent asks a
model is on the wire. Made in between, the handshake kept the request for half a millisecond."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A chunk of the reply."""

    written: str
    spoken: str
    kept: Repeat | None = None
    """The kept sound of the text."""
    ticket: Ticket | None = None
    """Set where the sound is to be kept: the text is then spoken alone."""


@dataclass(slots=True)
class VoiceRun:
    """The text that a voice is asked to speak in one go."""

    first: int
    """Number of its first phrase."""
    begun: float
    """Seconds of sound before it."""
    ticket: Ticket | None
    given: int = 0
    finished: int = 0
    sound: bytearray = field(default_factory=bytearray)
    """Kept only with a ticket."""
    words: list[SpokenWord] = field(default_factory=list)

    def takes(self, phrase: Phrase) -> bool:
        """Return whether the phrase belongs to it."""
        if phrase.kept is not None:
            return False
        return not self.given or (self.ticket is None and phrase.ticket is None)


class AgentReply:
    """One reply. ``run`` it in a task; cancelling that stops the agent and the voice. ``close`` it
    when nobody listens any more."""

    def __init__(
        self,
        request: AgentRequest,
        agent: Agent,
        voice: StreamingVoice,
        records: RecordWriter,
        form: AudioFormat,
        message_ms: int,
        emit: Callable[[AgentEvent], None],
        manner: VoiceStyle | None = None,
        early: EarlyVoice | None = None,
    ) -> None:
        """``early``: the voice that has begun on it."""
        self.turn = request.turn
        self._turn_id = f"{request.call_id}-{request.turn}"
        self.stream = Stream(form, message_ms)
        self._request = request
        self._agent = agent
        self._voice = voice
        self._records = records
        self._form = form
        self._emit = emit
        self._manner = manner or VoiceStyle()
        self._early = early
        self._telling = ReplyProgress(self.turn, self.stream, emit)
        self._chunker = Chunker(self._manner.chunking)
        self._pieces: asyncio.Queue[AgentPiece | None] = asyncio.Queue(WAITING)
        self._phrases: deque[Phrase] = deque()  # not yet spoken
        self._read_out = False  # there will be no others
        self._worded = False  # the reply has words
        self._failure = ""
        self._good = False  # it is whole, and nobody else had to speak
        self._made: list[tuple[Ticket, Repeat]] = []
        self._preparing: list[asyncio.Task[None]] = []
        self._stranger = False  # another voice has spoken
        self._loop = asyncio.get_running_loop()

    async def run(self) -> None:
        """Ask, speak, and tell how it ended, up to the last sound. Only cancelling raises."""
        reading = start(self._read(), name=f"read the agent {self.turn}")
        self._prepare()
        try:
            await self._speak()
        finally:
            beside = [reading, *self._preparing]
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
        self._telling.end()
        if self._failure:
            log.warning("the agent's reply is not whole: %s", self._failure)
            self._emit(AgentFailed(turn=self.turn, reason=self._failure))
        else:
            self._good = not self._stranger
            self._emit(AgentDone(turn=self.turn))
        self.stream.end()

    def close(self) -> None:
        """Nobody listens any more. Sound that is wanted is offered if all went well: nothing of a
        reply that failed, was cut short, or was not heard to its end."""
        self._drop_early()
        repeats, (made, self._made) = self._manner.repeats, (self._made, [])
        good = self._good and self.stream.heard_out
        for ticket, repeat in made:
            assert repeats is not None, "tickets are theirs"
            if good:
                repeats.offer(ticket, repeat)
            else:
                repeats.unfit()

    # --- the agent -------------------------------------------------------------------------

    async def _read(self) -> None:
        """Take the reply in until its end; a failure is noted, and what came before it is said."""
        try:
            said = self._agent.reply(self._request)
            reply = self._records.heard(self._turn_id, said, partial(used, near=self._request.near))
            async with aclosing(reply) as pieces:
                async for piece in pieces:
                    await self._pieces.put(piece)
        except FrontlineError as error:
            self._failure = str(error)
        except Exception as mistake:
            log.exception("the agent of turn %s went wrong", self._turn_id)
            self._failure = type(mistake).__name__
        await self._pieces.put(None)

    async def _next(self) -> Phrase | None:
        """The phrase that is to be spoken next, left in its place; None after the last. May be
        cancelled: nothing is lost."""
        while not self._phrases and not self._read_out:
            try:
                async with asyncio.timeout_at(self._chunker.deadline):
                    piece = await self._pieces.get()
            except TimeoutError:
                self._cut(self._chunker.expire(self._loop.time()))
            else:
                await self._take(piece)
        return self._phrases[0] if self._phrases else None

    async def _take(self, piece: AgentPiece | None) -> None:
        """Words are cut into phrases. Tools and sound are dealt with."""
        if piece is None:
            self._read_out = True
            self._cut(self._chunker.finish())
            return
        if piece.tool:
            self._cut(self._chunker.finish())  # what was said before need not wait for more
            self._worded = False
            self._emit(AgentTool(turn=self.turn, name=piece.tool))
        if piece.audio:  # that the agent made itself
            self._telling.said(piece.audio, piece.text)
            await self.stream.room()
        elif piece.text:
            if piece.text.strip() and not self._worded:
                self._worded = True
                self._emit(AgentText(turn=self.turn))
            self._cut(self._chunker.feed(piece.text, self._loop.time()))

    def _cut(self, chunks: list[str]) -> None:
        for chunk in chunks:
            if said := speakable(chunk):
                self._phrases.append(self._phrase(chunk, said))

    def _phrase(self, written: str, spoken: str) -> Phrase:
        """The phrase with its sound, if that is kept."""
        manner, repeats = self._manner, self._manner.repeats
        if repeats is None:
            return Phrase(written, spoken)
        tenant = self._request.tenant
        key = repeats.key(tenant, spoken, manner.voice, manner.locale, self._form)
        kept = repeats.find(key)
        ticket = repeats.wanted(key, spoken) if kept is None else None
        return Phrase(written, spoken, kept, ticket)

    # --- the voice -------------------------------------------------------------------------

    async def _speak(self) -> None:
        try:
            while (phrase := await self._next()) is not None:
                if phrase.kept is None:
                    await self._run(VoiceRun(self._telling.given, self.stream.made, phrase.ticket))
                else:
                    self._repeat(self._phrases.popleft(), phrase.kept)
                    await self.stream.room()
        except FrontlineError as error:
            self._failure = str(error)
        except Exception as mistake:
            log.exception("the voice went wrong")
            self._failure = type(mistake).__name__

    def _repeat(self, phrase: Phrase, kept: Repeat) -> None:
        """Sound that is there already, behind what there is."""
        assert self._manner.repeats is not None, "where there are none, none is kept"
        self._manner.repeats.used(kept)
        number, begun = self._telling.given, self.stream.made
        self._telling.give(phrase.written, phrase.spoken)
        self._telling.sounded(kept.sound, number, number + 1, kept.words, first=number, begun=begun)

    def _prepare(self) -> None:
        """The next run is to find its connection open, unless the agent speaks itself."""
        if isinstance(self._agent, SpeakingAgent):
            return
        self._preparing.append(start(self._ready(), name="prepare a voice"))

    async def _ready(self) -> None:
        for _ in range(BEHIND):
            await asyncio.sleep(0)
        await ready(self._voice, self._form, self._manner)

    async def _run(self, run: VoiceRun) -> None:
        manner = self._manner
        if run.ticket is not None and (len(self._phrases) > 1 or not self._read_out):
            self._prepare()  # a short text would not cover it
        speaking = self._taken_up(run) or self._voice.speak(
            self._texts(run), self._form, manner.voice, manner.locale
        )
        async with aclosing(speaking) as sounds:
            async for sound in sounds:
                self._sounded(run, sound)
                await asyncio.sleep(0)  # its first message is written before more is made of it
                await self.stream.room()
        if not run.given:  # or it would be asked for ever
            raise VoiceFailed(self._voice.name, AttemptFailure.BROKEN, "it took no text")
        if run.ticket is not None:
            seconds = self.stream.made - run.begun
            made = Repeat(bytes(run.sound), seconds, tuple(run.words))
            self._made.append((run.ticket, made))

    def _taken_up(self, run: VoiceRun) -> AsyncGenerator[SpokenPiece, None] | None:
        """The sound of a voice that has begun already with what is next."""
        early = self._early
        if early is None or early.phrase != self._phrases[0].spoken:
            self._drop_early()
            return None
        self._early = None
        return early.taken(self._texts(run))

    def _drop_early(self) -> None:
        """A later phrase is none that it could have begun with."""
        early, self._early = self._early, None
        if early is not None:
            early.drop()

    async def _texts(self, run: VoiceRun) -> AsyncIterator[str]:
        """Return what the voice is given, until something else is to be heard."""
        while (phrase := await self._next()) is not None and run.takes(phrase):
            self._phrases.popleft()
            run.given += 1
            self._telling.give(phrase.written, phrase.spoken)
            yield phrase.spoken
            if run.ticket is not None:
                return

    def _sounded(self, run: VoiceRun, piece: SpokenPiece) -> None:
        """More sound of the phrase that is being spoken."""
        if piece.first is not None:
            self._records.begun(self._turn_id, voice=piece.first)
        number, run.finished = run.first + run.finished, piece.finished
        finished = run.first + piece.finished
        self._telling.sounded(
            piece.audio, number, finished, piece.words, first=run.first, begun=run.begun
        )
        repeats = self._manner.repeats
        if repeats is None:
            return
        self._stranger = self._stranger or (bool(piece.audio) and piece.by != repeats.maker.name)
        if run.ticket is not None and len(run.sound) <= repeats.largest:
            run.sound += piece.audio
            run.words += piece.words
