"""The caller hangs up, in every way and at every moment: nothing is left behind."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.events import Event, KeyPressed, VoiceStarted, VoiceStopped
from gateway.ports.speech_in import Heard, VoiceChange
from tests.support.fakes import FakeDetector, threads_in_virtual_time
from tests.support.house import Dialled, open_house
from tests.support.serving import Caller, Gateway, real_house, serving
from tests.support.virtual import VirtualLoop

real = [pytest.mark.anyio, pytest.mark.real_loop]


async def hang_up(call: Caller, how: str) -> None:
    if how == "end":
        await call.send(type="end")
        await call.closed()
    elif how == "close":
        await call.connection.close()
    else:
        call.abort()


@pytest.mark.parametrize("how", ["end", "close", "abort"])
class TestHangUps:
    """After each: no call, no task, no recogniser is left, and the counts agree."""

    pytestmark = real

    async def nothing_is_left(self, gateway: Gateway, before: set[asyncio.Task[Any]]) -> None:
        await gateway.quiet()
        await gateway.house.services.background.close()
        async with asyncio.timeout(5.0):
            while left := names(before):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.005)
        assert left == set()
        house = gateway.house
        assert house.observer.started == len(house.observer.ended)
        assert all(one.closed for one in house.transcriber.opened)
        assert house.services.calls == {}

    async def test_before_the_start(self, how: str) -> None:
        async with serving() as gateway:
            before = asyncio.all_tasks()
            async with gateway.connect() as call:
                if how == "end":
                    await call.connection.close()
                else:
                    await hang_up(call, how)
                await self.nothing_is_left(gateway, before)

    @pytest.mark.parametrize("stt", ["client", "server"])
    async def test_in_the_quiet(self, how: str, stt: str) -> None:
        async with serving() as gateway:
            before = asyncio.all_tasks()
            async with gateway.dial(stt=stt) as call:
                await hang_up(call, how)
                await self.nothing_is_left(gateway, before)

    @pytest.mark.parametrize(
        ("text", "until"),
        [
            ("i want to", None),  # the sentence is broken off
            ("when do you open", "decision"),
            ("when do you open", "audio"),
            ("tell me the times", "audio"),
            ("why is the sky blue", "audio"),
            ("goodbye", "audio"),
            ("when do you open", "audio.end"),
        ],
    )
    async def test_in_a_turn(self, how: str, text: str, until: str | None) -> None:
        async with serving() as gateway:
            before = asyncio.all_tasks()
            async with gateway.dial() as call:
                await call.send(type="partial", text=text)
                await call.send(type="final", text=text)
                if until is not None:
                    await call.until(until)
                await hang_up(call, how)
                await self.nothing_is_left(gateway, before)

    async def test_while_it_is_matched(self, how: str) -> None:
        go_on = threading.Event()
        async with serving() as gateway:
            gateway.house.matcher.before = lambda text: wait_for(go_on)
            before = asyncio.all_tasks()
            async with gateway.dial() as call:
                await call.send(type="final", text="when do you open")
                while not gateway.house.matcher.asked:  # noqa: ASYNC110 - the fake has no event
                    await asyncio.sleep(0.001)
                await hang_up(call, how)
                await self.nothing_is_left(gateway, before)
                go_on.set()

    async def test_while_the_caller_speaks(self, how: str) -> None:
        house = real_house()
        house.services.detector = lambda: FakeDetector(VoiceChange(True, 0, 10))
        async with serving(house) as gateway:
            before = asyncio.all_tasks()
            async with gateway.dial(stt="server") as call:
                await call.say(bytes(6400))
                await call.until("speech")
                await hang_up(call, how)
                await self.nothing_is_left(gateway, before)


@pytest.mark.anyio
@pytest.mark.real_loop
async def test_the_recogniser_is_given_back_whole_though_the_last_words_cannot_be_written() -> None:
    async with serving() as gateway, gateway.dial(stt="server") as call:
        [transcription] = gateway.house.transcriber.opened
        transcription.takes = 0.05
        transcription.say(Heard("when do you open", final=True))
        await call.until("audio")
        call.abort()
        await gateway.quiet()
        assert transcription.closing == transcription.closed, "cut short"


def wait_for(event: threading.Event) -> None:
    assert event.wait(timeout=10)


def names(before: set[asyncio.Task[Any]]) -> set[str]:
    """Tasks that were not there, but for the connection's own."""
    mine = {"read", "write", "listen", "clip", "play", "prefetch", "agent", "prepare"}
    left = {task.get_name().split()[0] for task in asyncio.all_tasks() - before}
    return left & mine


# --- and in virtual time, at moments drawn at random ----------------------------------------------

EVENTS: dict[str, Callable[[Dialled], None]] = {
    "voice": lambda call: call.runner.receive(VoiceStarted(at=now())),
    "silence": lambda call: call.runner.receive(VoiceStopped(at=now())),
    "partial": lambda call: call.runner.partial("when do you open"),
    "final": lambda call: call.runner.final("when do you open"),
    "clarify": lambda call: call.runner.final("tell me the times"),
    "uh huh": lambda call: call.runner.final("uh huh"),
    "nothing": lambda call: call.runner.final(""),
    "key": lambda call: call.runner.receive(KeyPressed(digit="1")),
    "mark": lambda call: call.runner.playout.echoed("g1:280"),
    "bug": lambda call: call.runner.receive(Event()),
    "goodbye": lambda call: call.runner.final("goodbye"),
}


def now() -> float:
    return asyncio.get_running_loop().time()


@given(
    steps=st.lists(st.tuples(st.sampled_from(sorted(EVENTS)), st.floats(0.0, 1.5)), max_size=12),
    disk=st.sampled_from([0.0, 0.05, 5.0]),
    stt=st.booleans(),
)
@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
)
def test_nothing_is_armed_afterwards(
    steps: list[tuple[str, float]], disk: float, stt: bool
) -> None:
    async def play() -> None:
        house = open_house()
        async with house.call(stt=stt) as call:
            for name, pause in steps:
                EVENTS[name](call)
                await asyncio.sleep(pause)
            call.runner.hang_up()
            runner = call.runner
            assert [runner._timer, runner._flush, runner.playout._timer] == [None] * 3
            await asyncio.sleep(1.0)
            sent = len(call.wire.sent)
            for send in EVENTS.values():
                send(call)
            await asyncio.sleep(100.0)
            assert len(call.wire.sent) == sent, "said after the end"
            assert [runner._timer, runner._flush, runner.playout._timer] == [None] * 3
        assert len(house.observer.ended) == 1
        assert len(house.services.background) == 0

    with (
        pytest.MonkeyPatch.context() as patch,
        threads_in_virtual_time(patch, takes=disk),
        asyncio.Runner(loop_factory=VirtualLoop) as runner,
    ):
        logging.disable(logging.CRITICAL)
        try:
            runner.run(play())
        finally:
            logging.disable(logging.NOTSET)
