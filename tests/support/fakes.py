"""Fakes of what surrounds a call: the wire, the recogniser, the detector, whoever counts."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from gateway.core.felt import Felt
from gateway.ports.agents import AgentPiece, AgentRequest
from gateway.ports.live_speech import SpokenPiece
from gateway.ports.records import TurnRecord
from gateway.ports.sound import AudioFormat
from gateway.ports.speech_in import Heard, Presence, VoiceChange


@dataclass
class FakeObserver:
    """Counts."""

    started: int = 0
    ended: list[float] = field(default_factory=list)
    matches: list[tuple[float, bool]] = field(default_factory=list)
    turns: list[TurnRecord] = field(default_factory=list)
    losses: list[tuple[str, int]] = field(default_factory=list)
    feelings: list[Felt] = field(default_factory=list)
    clips: list[tuple[str, ...]] = field(default_factory=list)
    """Lost and mended: tenant, kind, how many."""

    shares: list[tuple[str, float, float]] = field(default_factory=list)
    """Tenant, share of near misses, share of look-alikes."""

    def expected(self, tenant: str, near_share: float, look_alikes: float) -> None:
        self.shares.append((tenant, near_share, look_alikes))

    def call_started(self) -> None:
        self.started += 1

    def call_ended(self, seconds: float) -> None:
        self.ended.append(seconds)

    def matched(self, seconds: float, *, final: bool) -> None:
        self.matches.append((seconds, final))

    def turn_closed(self, record: TurnRecord) -> None:
        self.turns.append(record)

    def felt(self, felt: Felt) -> None:
        self.feelings.append(felt)

    def lost(self, what: str, count: int) -> None:
        self.losses.append((what, count))

    def clips_lost(self, tenant: str, kind: str, count: int) -> None:
        self.clips.append((tenant, kind, str(count)))

    def clips_mended(self, tenant: str, count: int) -> None:
        self.clips.append((tenant, "mended", str(count)))


class FakeTranscription:
    """``ports.Transcription`` that says what ``say`` is told."""

    def __init__(self) -> None:
        self.fed = bytearray()
        self.skipped = 0
        self.finished = 0
        self.closing = self.closed = 0
        self.takes = 0.0
        """Seconds that closing takes."""
        self._out: asyncio.Queue[Heard | Presence | Exception | None] = asyncio.Queue()

    def say(self, heard: Heard | Presence | Exception) -> None:
        self._out.put_nowait(heard)

    def feed(self, pcm: bytes) -> None:
        self.fed += pcm

    def skip(self, samples: int) -> None:
        self.skipped += samples

    def finish_utterance(self) -> None:
        self.finished += 1

    async def __aiter__(self) -> AsyncIterator[Heard | Presence]:
        while (heard := await self._out.get()) is not None:
            if isinstance(heard, Exception):
                raise heard
            yield heard

    async def close(self) -> None:
        self.closing += 1
        self._out.put_nowait(None)
        await asyncio.sleep(self.takes)
        self.closed += 1


class FakeTranscriber:
    """Hands out ``FakeTranscription``; ``refuses`` is raised instead."""

    def __init__(self) -> None:
        self.opened: list[FakeTranscription] = []
        self.locales: list[str] = []
        self.keyterms: list[tuple[str, ...]] = []
        self.refuses: Exception | None = None

    async def open(
        self, locale: str, call_id: str, keyterms: Sequence[str] = ()
    ) -> FakeTranscription:
        if self.refuses is not None:
            raise self.refuses
        self.locales.append(locale)
        self.keyterms.append(tuple(keyterms))
        self.opened.append(FakeTranscription())
        return self.opened[-1]

    async def close(self) -> None:
        """Nothing is shared."""


class FakeAgent:
    """``ports.Agent`` that says the same to everybody. Of its pieces a text is said, a number is
    waited for, in seconds, and an exception is raised."""

    def __init__(self, *pieces: AgentPiece | str | float | Exception) -> None:
        self.pieces = pieces
        self.asked: list[AgentRequest] = []
        self.stopped = 0

    async def reply(self, request: AgentRequest) -> AsyncIterator[AgentPiece]:
        self.asked.append(request)
        try:
            for piece in self.pieces:
                if isinstance(piece, Exception):
                    raise piece
                if isinstance(piece, float | int):
                    await asyncio.sleep(piece)
                    continue
                yield AgentPiece(text=piece) if isinstance(piece, str) else piece
        finally:
            self.stopped += 1


class FakeVoice:
    """``speech.StreamingVoice``: a text takes ``takes`` seconds and then sounds for ``lasts``, in
    ``pieces`` pieces."""

    name = "fake"

    def __init__(self, takes: float = 0.05, lasts: float = 1.0, pieces: int = 2) -> None:
        self.takes = takes
        self.lasts = lasts
        self.pieces = pieces
        self.texts: list[str] = []
        self.broken: Exception | None = None
        """Raised in place of the next text's sound."""
        self.prepared = 0
        self.stopped = 0

    async def speak(
        self,
        texts: AsyncIterator[str],
        audio_format: AudioFormat,
        voice: str = "",
        locale: str = "",
    ) -> AsyncGenerator[SpokenPiece, None]:
        finished = 0
        size = audio_format.bytes_per_ms * round(self.lasts * 1000) // self.pieces
        try:
            async for text in texts:
                self.texts.append(text)
                await asyncio.sleep(self.takes)
                if self.broken is not None:
                    raise self.broken
                for _ in range(self.pieces):
                    yield SpokenPiece(audio=bytes([len(self.texts)]) * size, finished=finished)
                finished += 1
                yield SpokenPiece(finished=finished)
        finally:
            self.stopped += 1

    async def prepare(self, audio_format: AudioFormat, voice: str = "", locale: str = "") -> None:
        self.prepared += 1

    async def close(self) -> None:
        """Nothing is open."""


class FakeDetector:
    """Reports ``changes``, each once the sound has come to its ``known_ms``."""

    def __init__(self, *changes: VoiceChange) -> None:
        self.changes = list(changes)
        self.heard_ms = 0.0

    def feed(self, pcm: bytes) -> list[VoiceChange]:
        self.heard_ms += len(pcm) / 32
        known = [change for change in self.changes if change.known_ms <= self.heard_ms]
        self.changes = [change for change in self.changes if change.known_ms > self.heard_ms]
        return known


class FakeWire:
    """A connection that notes what was written and when. ``takes``: seconds a write takes."""

    def __init__(self, takes: float = 0.0) -> None:
        self.takes = takes
        self.broken: Exception | None = None
        self.sent: list[tuple[float, str | bytes]] = []

    async def send(self, message: str | bytes) -> None:
        if self.takes:
            await asyncio.sleep(self.takes)
        if self.broken is not None:
            raise self.broken
        self.sent.append((asyncio.get_running_loop().time(), message))

    def told(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Text messages, each with ``at``; only of that type if one is given."""
        texts = [(at, json.loads(one)) for at, one in self.sent if isinstance(one, str)]
        return [{"at": at, **one} for at, one in texts if kind in (None, one["type"])]

    def kinds(self) -> list[str]:
        """What was sent, in order; runs of sound as one ``audio``."""
        kinds: list[str] = []
        for _, message in self.sent:
            kind = json.loads(message)["type"] if isinstance(message, str) else "audio"
            if kind != "audio" or kinds[-1:] != ["audio"]:
                kinds.append(kind)
        return kinds

    def audio(self) -> list[float]:
        """When each sound message was written."""
        return [at for at, message in self.sent if isinstance(message, bytes)]


@contextlib.contextmanager
def threads_in_virtual_time(patch: Any, takes: float = 0.002) -> Iterator[SimpleNamespace]:
    """``asyncio.to_thread`` without threads, whose readiness virtual time cannot see."""
    told = SimpleNamespace(takes=takes)

    async def to_thread(function: Callable[..., Any], *args: Any) -> Any:
        await asyncio.sleep(told.takes)
        return function(*args)

    patch.setattr(asyncio, "to_thread", to_thread)
    yield told
