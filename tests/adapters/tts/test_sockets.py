"""Sockets that are opened ahead. What is said over them is in tests/contracts/test_voices.py."""

from __future__ import annotations

import asyncio

import pytest

from gateway.adapters.tts import sockets
from gateway.adapters.tts.deepgram import DeepgramSocketVoice
from tests.providers.behaviour import Behaviour
from tests.providers.deepgram import Deepgram
from tests.providers.server import Server
from tests.support.speaking import MULAW, PCM16, listen, texts

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]


def voice_of(server: Server) -> DeepgramSocketVoice:
    return DeepgramSocketVoice(key="k", voice="aura-2-thalia-en", base_url=server.http)


async def test_a_spare_serves_one_reply_of_its_format() -> None:
    async with asyncio.timeout(20), Server(Deepgram()) as server:
        voice = voice_of(server)
        await voice.prepare(PCM16, "", "en-US")
        await voice.prepare(MULAW, "", "en-US")
        for connections in (2, 3):
            await listen(voice, texts("Hello."))
            assert len(server.journal) == connections
        assert server.journal[0].texts
        await voice.close()
        assert (await server.journal.closed(1)).texts == []


async def test_a_spare_that_was_closed_meanwhile_is_not_used() -> None:
    async with asyncio.timeout(20), Server(Deepgram()) as server:
        voice = voice_of(server)
        await voice.prepare(PCM16, "", "en-US")
        (spare,) = (one for spares in voice._spares.values() for _, one in spares)
        await spare.close()
        await listen(voice, texts("Hello."))
        assert len(server.journal) == 2


async def test_a_spare_that_is_too_old_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with asyncio.timeout(20), Server(Deepgram()) as server:
        voice = voice_of(server)
        await voice.prepare(PCM16, "", "en-US")
        monkeypatch.setattr(sockets, "SPARE_S", 0.0)
        await listen(voice, texts("Hello."))
        assert len(server.journal) == 2
        assert (await server.journal.closed(0)).texts == []


async def test_one_that_is_being_opened_is_waited_for() -> None:
    async with asyncio.timeout(20), Server(Deepgram()) as server:
        voice = voice_of(server)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(voice.prepare(PCM16, "", "en-US"))
            await asyncio.sleep(0)  # it has begun
            await listen(voice, texts("Hello."))
        assert len(server.journal) == 1
        assert (voice._coming, any(voice._spares.values())) == ({}, False)


async def test_two_replies_do_not_wait_for_the_same() -> None:
    async with asyncio.timeout(20), Server(Deepgram()) as server:
        voice = voice_of(server)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(voice.prepare(PCM16, "", "en-US"))
            await asyncio.sleep(0)
            for _ in range(2):
                tasks.create_task(listen(voice, texts("Hello.")))
        assert len(server.journal) == 2
        assert (voice._coming, any(voice._spares.values())) == ({}, False)


async def test_who_waited_for_one_that_is_given_up_opens_another() -> None:
    async with asyncio.timeout(20), Server(Deepgram()) as server:
        voice = voice_of(server)
        async with asyncio.TaskGroup() as tasks:
            preparing = tasks.create_task(voice.prepare(PCM16, "", "en-US"))
            await asyncio.sleep(0)
            tasks.create_task(listen(voice, texts("Hello.")))
            await asyncio.sleep(0)  # it waits
            preparing.cancel()
        assert voice._coming == {}
        assert [entry.texts for entry in server.journal if entry.texts]


async def test_one_that_nobody_waits_for_any_more_is_kept() -> None:
    async with asyncio.timeout(20), Server(Deepgram()) as server:
        voice = voice_of(server)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(voice.prepare(PCM16, "", "en-US"))
            await asyncio.sleep(0)
            speaking = tasks.create_task(listen(voice, texts("Hello.")))
            await asyncio.sleep(0)
            speaking.cancel()
        assert sum(len(spares) for spares in voice._spares.values()) == 1
        await listen(voice, texts("Hello."))
        assert len(server.journal) == 1


async def test_spares_are_few() -> None:
    async with asyncio.timeout(20), Server(Deepgram()) as server:
        voice = voice_of(server)
        for _ in range(sockets.SPARES + 2):
            await voice.prepare(PCM16)
        await server.journal.closed(1)
        assert sum(len(spares) for spares in voice._spares.values()) == sockets.SPARES
        await voice.close()


async def test_preparing_never_raises() -> None:
    async with asyncio.timeout(20), Server(Deepgram(), behaviour=Behaviour(status=500)) as server:
        voice = voice_of(server)
        await voice.prepare(PCM16)
        assert not any(voice._spares.values())
        await server.refuse()
        await voice.prepare(PCM16)
        await voice.close()
