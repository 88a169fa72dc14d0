"""A reply alone, in virtual time: an agent, a voice, and what is told of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any, cast

from gateway.core.events import AgentAudio, AgentEvent
from gateway.ports.agents import AgentRequest
from gateway.ports.live_speech import SpokenPiece, SpokenWord
from gateway.ports.sound import AudioFormat
from gateway.ports.store import RecordStore
from gateway.shell.call.observe import RecordWriter
from gateway.shell.reply.reply import AgentReply
from gateway.shell.reply.voice_style import VoiceStyle
from tests.support.fakes import FakeAgent, FakeObserver, FakeVoice
from tests.support.house import PCM16K
from tests.support.shelf import Shelf

REQUEST = AgentRequest(call_id="c1", tenant="default", turn=3, text="why", history=())
Timed = list[tuple[float, AgentEvent]]


def now() -> float:
    return asyncio.get_running_loop().time()


class Desk:
    """An asking, and when what came of it."""

    def __init__(
        self, *pieces: Any, voice: FakeVoice | None = None, manner: VoiceStyle | None = None
    ) -> None:
        self.agent = FakeAgent(*pieces)
        self.voice = voice or FakeVoice()
        self.records = RecordWriter(cast(RecordStore, None), FakeObserver())
        self.events: Timed = []
        self.asking = AgentReply(
            *(REQUEST, self.agent, self.voice, self.records, PCM16K, 40),
            lambda event: self.events.append((now(), event)),
            manner,
        )

    @property
    def kinds(self) -> list[tuple[float, str]]:
        return [(round(at, 3), type(event).__name__) for at, event in self.events]

    @property
    def chunks(self) -> list[tuple[str, float]]:
        audio = [event for _, event in self.events if isinstance(event, AgentAudio)]
        return [(event.text, round(event.length, 3)) for event in audio]

    @property
    def end(self) -> AgentEvent:
        return self.events[-1][1]


class Speaker(FakeVoice):
    """Says who it is, when its words end (a text of n words: each takes an nth), and how it was
    asked; each run is a list of texts."""

    def __init__(self, by: str = "fake", **more: Any) -> None:
        super().__init__(**more)
        self.by = by
        self.asked: list[tuple[str, str]] = []
        self.runs: list[list[str]] = []

    async def speak(
        self,
        texts: AsyncIterator[str],
        audio_format: AudioFormat,
        voice: str = "",
        locale: str = "",
    ) -> AsyncGenerator[SpokenPiece, None]:
        self.asked.append((voice, locale))
        run: list[str] = []
        self.runs.append(run)

        async def noted() -> AsyncIterator[str]:
            async for text in texts:
                run.append(text)
                yield text

        at = 0.0
        async with aclosing(super().speak(noted(), audio_format)) as pieces:
            async for piece in pieces:
                if not piece.audio:
                    yield replace(piece, by=self.by)
                    continue
                end = at + len(piece.audio) / audio_format.bytes_per_ms
                words = self.words(run, piece.finished)
                yield replace(
                    piece,
                    by=self.by,
                    words=tuple(one for one in words if at < one.end_ms <= end),
                )
                at = end

    def words(self, run: list[str], number: int) -> list[SpokenWord]:
        text, found, at = run[number], [], 0
        begun, each = number * self.lasts * 1000, self.lasts * 1000 / len(run[number].split())
        for count, word in enumerate(text.split()):
            at = text.index(word, at)
            start = begun + count * each
            found.append(
                SpokenWord(text=word, chunk=number, at=at, start_ms=start, end_ms=start + each)
            )
            at += len(word)
        return found

    async def prepare(self, audio_format: AudioFormat, voice: str = "", locale: str = "") -> None:
        await super().prepare(audio_format, voice, locale)
        self.asked.append((voice, locale))


class Odd(FakeVoice):
    """Yields just these pieces."""

    def __init__(self, *pieces: SpokenPiece) -> None:
        super().__init__()
        self.given = pieces

    async def speak(
        self, texts: AsyncIterator[str], *args: Any, **more: Any
    ) -> AsyncGenerator[SpokenPiece, None]:
        self.texts = [text async for text in texts]
        for piece in self.given:
            yield piece


def said(desk: Desk) -> list[tuple[float, str]]:
    """The reply's text up to the end of each word, and when that is heard."""
    audio = [event for _, event in desk.events if isinstance(event, AgentAudio)]
    text = " ".join(event.text for event in audio if event.text)
    ends = [end for event in audio for end in event.words]
    return [(round(end.at, 3), text[: end.said]) for end in ends]


async def reply(
    shelf: Shelf,
    *pieces: Any,
    voice: FakeVoice | None = None,
    heard: float = 1e9,
    manner: VoiceStyle | None = None,
) -> Desk:
    """A whole one, of which so many seconds were heard."""
    manner = replace(manner or VoiceStyle(), repeats=shelf)
    desk = Desk(*pieces, voice=voice or Speaker(), manner=manner)
    await desk.asking.run()
    desk.asking.stream.heard(min(heard, desk.asking.stream.length))
    desk.asking.close()
    return desk


def runs(desk: Desk) -> list[list[str]]:
    assert isinstance(desk.voice, Speaker)
    return desk.voice.runs
