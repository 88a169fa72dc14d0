"""A call centre with real providers' clients, local providers, and a caller who listens."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.core.policy import Policy
from gateway.ports.agents import Agent
from gateway.ports.live_speech import SpokenPiece, StreamingVoice
from gateway.ports.sound import AudioFormat
from gateway.ports.speech_in import Transcription
from gateway.ports.store import Catalogue
from gateway.shell.call.observe import LiveCall
from gateway.shell.call.runner import Runner
from gateway.shell.sound.playout import Pacing
from gateway.transports.native import NativeDialect
from tests.support.fakes import FakeVoice, FakeWire
from tests.support.house import PCM16K, Dialled, House, catalogue, open_house

QUESTION = "why is the sky blue"
CACHED = "when do you open"
PATIENCE = 30.0
"""Seconds to wait for what must come, on a machine that may be busy."""
LINES = {"filler:1": 400, "more:1": 400, "bridge:1": 800}


class Caller(FakeWire):
    """Hears what is sent, at once, and tells so."""

    def __init__(self) -> None:
        super().__init__()
        self.played: Callable[[str], None] = lambda name: None

    async def send(self, message: str | bytes) -> None:
        await super().send(message)
        if isinstance(message, str) and (told := json.loads(message))["type"] == "mark":
            asyncio.get_running_loop().call_soon(self.played, told["name"])

    def line(self, name: str, number: int = 1) -> bool:
        """Whether that line was said."""
        return f"<line:{name} {number}>" in self.texts()

    def texts(self) -> list[str]:
        """What clips said, in order; fillers are left out."""
        starts = self.told("audio.start")
        return [one["text"] for one in starts if one["source"] not in ("agent", "filler")]

    def sources(self) -> list[str]:
        """Who spoke, in order; fillers, which a slow machine brings, are left out."""
        starts = self.told("audio.start")
        return [one["source"] for one in starts if one["source"] != "filler"]

    def one_voice(self) -> None:
        """Generations come one after another, and nothing of one that was cleared comes later."""
        on_air, cleared = 0, set[int]()
        for _, message in self.sent:
            if isinstance(message, bytes):
                assert on_air and on_air not in cleared
                continue
            told = json.loads(message)
            if told["type"] == "audio.start":
                assert told["generation"] > on_air
                on_air = told["generation"]
            elif told["type"] == "clear":
                cleared.add(told["generation"])


@dataclass
class Overheard:
    """A voice, and what it was heard to say."""

    inner: StreamingVoice
    pieces: list[SpokenPiece] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.inner.name

    async def speak(
        self, texts: AsyncIterator[str], audio_format: AudioFormat, *names: str
    ) -> AsyncGenerator[SpokenPiece, None]:
        speaking = self.inner.speak(texts, audio_format, *names)
        try:
            async for piece in speaking:
                self.pieces.append(piece)
                yield piece
        finally:
            await speaking.aclose()

    async def prepare(self, audio_format: AudioFormat, *names: str) -> None:
        await self.inner.prepare(audio_format, *names)

    async def close(self) -> None:
        await self.inner.close()


def quick_voice() -> FakeVoice:
    """Speaks at once."""
    return FakeVoice(takes=0.0, lasts=0.5, pieces=1)


async def centre(agent: Agent, voice: Any, **policy: Any) -> House:
    """A house where that agent answers, its lines in memory."""
    house = open_house(
        policy=Policy(agent=True, **policy), pacing=Pacing(lead=60.0), agent=agent, voice=voice
    )
    house.publish(with_fillers())
    return house


def with_fillers() -> Catalogue:
    """The house's catalogue, with ``LINES``."""
    one = catalogue()
    lines = {
        f"line:{name}": replace(one.clips["line:handoff"], text=f"<{name}>", duration_ms=length)
        for name, length in LINES.items()
    }
    return replace(one, clips={**one.clips, **lines})


async def eventually(there: Callable[[], object]) -> None:
    """Wait for what comes of tasks and sockets, whatever the machine's speed."""
    async with asyncio.timeout(PATIENCE):
        while not there():  # noqa: ASYNC110 - of many tasks
            await asyncio.sleep(0.005)


async def answered(call: Dialled, house: House, text: str) -> None:
    """Say it, and wait until it was answered and all of that was heard."""
    before = len(house.observer.turns)
    call.runner.final(text)
    await eventually(lambda: len(house.observer.turns) > before and call.state == "QUIET")


@contextlib.asynccontextmanager
async def dial(house: House, transcription: Transcription) -> AsyncIterator[tuple[Dialled, Caller]]:
    """A call whose words a real recogniser hears."""
    caller, reasons = Caller(), list[str]()
    live = LiveCall("c1", "default", "native", 0.0)
    runner = Runner(
        house.services, live, caller, NativeDialect(PCM16K), transcription, reasons.append
    )
    caller.played = runner.playout.echoed
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(runner.outbox.run())
        tasks.create_task(runner.listen())
        runner.start()
        yield Dialled(runner, caller, live, None, reasons), caller
        runner.hang_up()
        await transcription.close()
    await house.services.background.close()
