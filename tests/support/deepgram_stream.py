"""A call's stream to the local Deepgram, and what was heard on it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

from gateway.adapters.stt.deepgram import DeepgramTranscriber
from gateway.adapters.stt.deepgram_link import DeepgramTranscription
from gateway.adapters.stt.tape import RATE
from gateway.ports.speech_in import Heard
from tests.providers.behaviour import Behaviour, Mix
from tests.providers.deepgram import Deepgram
from tests.providers.hearing import Script
from tests.providers.server import Server
from tests.providers.wire import Request
from tests.support.hearing import words

SECOND = bytes(32_000)


class Ear:
    """A stream, and what came of it."""

    def __init__(self, call: DeepgramTranscription) -> None:
        self.call = call
        self.heard: list[Heard] = []
        self.presence: list[bool] = []
        self._source = words(call, self.presence)

    def feed(self, seconds: float) -> None:
        """Sound in frames of 20 ms, all at once."""
        for _ in range(round(seconds / 0.02)):
            self.call.feed(SECOND[:640])

    async def next(self) -> Heard:
        self.heard.append(await anext(self._source))
        return self.heard[-1]

    async def final(self) -> Heard:
        while not (await self.next()).final:
            pass
        return self.heard[-1]

    async def until(self, text: str) -> Heard:
        while (await self.next()).text != text:
            pass
        return self.heard[-1]

    async def reported(self, seconds: float) -> None:
        """Wait until there is a result of so much sound."""
        for _ in itertools.count():
            if self.call._reported >= seconds * RATE - 1:
                return
            await asyncio.sleep(0)

    @property
    def finals(self) -> list[str]:
        return [one.text for one in self.heard if one.final]


@contextlib.asynccontextmanager
async def listening(
    script: Script,
    kind: type[DeepgramTranscriber] = DeepgramTranscriber,
    *,
    behaviours: Sequence[Behaviour] = (),
    behaviour: Behaviour | Mix | None = None,
    keyterms: Sequence[str] = (),
    locale: str = "en-US",
    provider: Deepgram | None = None,
    **options: Any,
) -> AsyncIterator[tuple[Server, Ear]]:
    """``behaviours``: of the connections, one after the other; then ``behaviour``."""
    calls: list[DeepgramTranscription] = []

    def rest(request: Request) -> Script:
        """What is said after the sound that the connection is not sent."""
        at = max(calls[0]._settled, calls[0]._tape.begin) / RATE if calls else 0.0
        words = [w for w in script.words if w.end > at]
        return Script(tuple(replace(w, start=w.start - at, end=w.end - at) for w in words))

    async with Server(provider or Deepgram(rest, key="good"), behaviour=behaviour) as server:
        server.next(*behaviours)
        transcriber = kind("good", base_url=server.http, **options)
        try:
            async with asyncio.timeout(20):
                call = await transcriber.open(locale, "call", keyterms)
                calls.append(call)
                yield server, Ear(call)
        finally:
            await transcriber.close()
