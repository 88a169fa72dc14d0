"""A client that does not read what it is sent loses its call; the others do not notice."""

from __future__ import annotations

import asyncio
import json
import socket

import pytest

from gateway.shell.sound.playout import Pacing
from tests.support.house import catalogue
from tests.support.serving import real_house, serving

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

SMALL = 4096
FACTS = {"type": "start", "stt": "client", "audio": {"encoding": "pcm_s16le", "sample_rate": 48000}}


async def test_it_is_closed_after_the_send_timeout() -> None:
    # 8 s of sound are sent at once, 768 kB, of which the kernel takes a few
    house = real_house(pacing=Pacing(lead=8.0), send_timeout=0.2)
    house.publish(catalogue(2, hours=8000))
    async with serving(house, buffer=SMALL) as gateway:
        loop = asyncio.get_running_loop()
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        deaf.setblocking(False)
        await loop.sock_connect(deaf, ("127.0.0.1", gateway.port))
        with deaf:
            async with gateway.connect(sock=deaf) as call:
                await call.say(json.dumps(FACTS))
                await call.until("started")
                call.connection.transport.pause_reading()
                await call.send(type="final", text="when do you open")
                async with gateway.dial() as other:
                    began = loop.time()
                    while len(house.services.calls) == 2:
                        await other.send(type="final", text="when are holidays")
                        await other.until("decision")
                        await other.until("audio")
                    assert loop.time() - began < 2.0
                    await other.send(type="final", text="when do you open")
                    await other.until("audio.start")
                call.abort()
            await gateway.quiet()
    assert house.observer.started == len(house.observer.ended) == 2


async def test_one_that_reads_again_in_time_is_kept() -> None:
    house = real_house(pacing=Pacing(lead=4.0), send_timeout=5.0)
    house.publish(catalogue(2, hours=4000))
    async with serving(house, buffer=8 * SMALL) as gateway, gateway.connect() as call:
        await call.say(json.dumps(FACTS))
        await call.until("started")
        call.connection.transport.pause_reading()
        await call.send(type="final", text="when do you open")
        async with gateway.dial() as other:
            await other.send(type="final", text="when are holidays")
            await other.until("audio")
        call.connection.transport.resume_reading()
        await call.until("audio.end")
        assert sum(len(one["data"]) for one in call.of("audio")) == 4 * 96_000
