"""Callers who hang up, in every state of a call: nothing of them stays behind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from gateway.audio import slice_messages
from tests.support.house_server import PCM, TENANT, Gateway, eventually
from tests.support.line import Line
from tests.support.speech import say, silence

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

SETTINGS = {"FRONTLINE_PLAYOUT__LEAD_MS": "10000"}
"""Answers come at once, as to a carrier that buffers."""

AUDIO = {"encoding": "pcm_s16le", "sample_rate": 16_000}


async def connected(line: Line) -> None:
    """Before the start."""


async def started(line: Line, stt: str = "client") -> None:
    await line.send("start", tenant=TENANT, stt=stt, audio=AUDIO)
    await line.expect("started")


async def hearing(line: Line) -> None:
    await started(line)
    await line.send("partial", text="when do you")


async def deciding(line: Line) -> None:
    await started(line)
    await line.send("final", text="when do you open")


async def speaking(line: Line) -> None:
    await deciding(line)
    await line.some_sound(1)


async def interrupted(line: Line) -> None:
    await speaking(line)
    await line.send("partial", text="no wait")
    await line.expect("clear")


async def asked_back(line: Line) -> None:
    await started(line)
    await line.send("final", text="i have a question about my card")
    await line.expect("audio.start", source="clarify")


async def leaving(line: Line) -> None:
    await started(line)
    await line.send("final", text="goodbye")
    await line.expect("audio.start")


async def listening(line: Line) -> None:
    """While the recogniser is at work."""
    await started(line, stt="server")
    await line.speak(slice_messages(silence(200) + say("when do you open").pcm, PCM, 20), 0.001)
    await line.expect("speech", state="started")


STATES = (connected, started, hearing, deciding, speaking, interrupted, asked_back, leaving)
CALLS = 50


async def hang_up_in(
    gateway: Gateway, state: Callable[[Line], Awaitable[None]], at_once: int
) -> None:
    """``CALLS`` calls that end there: politely, by closing, or by a line that is cut. If only one
    is there ``at_once``, it begins when nothing of the one before is left."""
    room = asyncio.Semaphore(at_once)

    async def one(number: int) -> None:
        async with room:
            if at_once == 1:
                await eventually(lambda: gateway.calls() == 0)
            async with Line.connect(gateway.address, echo="never") as line:
                await state(line)
                match number % 3:
                    case 0:
                        line.abort()
                    case 1:
                        await line.close()
                    case 2 if state is not connected:
                        await line.send("end")
                        await line.closed()

    async with asyncio.TaskGroup() as tasks:
        for number in range(CALLS):
            tasks.create_task(one(number))


@pytest.mark.parametrize("state", [*STATES, listening], ids=lambda state: state.__name__)
async def test_hanging_up_leaves_nothing_behind(
    gateway: Gateway, state: Callable[[Line], Awaitable[None]]
) -> None:
    # Of two recognisers a line that is cut may hold one a little longer than its caller.
    at_once = 1 if state is listening else 10
    await hang_up_in(gateway, state, at_once)  # the first fifty warm up pools and caches
    await eventually(lambda: gateway.calls() == 0)
    files, threads = gateway.open_files(), gateway.threads()
    await hang_up_in(gateway, state, at_once)
    await eventually(lambda: gateway.calls() == 0)
    # Pools may still grow where the machine is busy; a file or a thread a call would be fifty.
    await eventually(lambda: gateway.open_files() <= files + 12)
    assert gateway.threads() <= threads + 6
    assert "went wrong" not in gateway.output
    assert "Traceback" not in gateway.output
    async with Line.dial(gateway.address, tenant=TENANT, stt="client") as line:
        await line.send("final", text="i want to complain")
        await line.heard_out()
        assert line.sound(1) == gateway.house.clip("complaint")
