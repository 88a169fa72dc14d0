"""A child process seen from the event loop: what it says, and that its end is always noticed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from gateway.adapters.stt.pocketsphinx_process import Process
from gateway.adapters.stt.pocketsphinx_worker import (
    AUDIO,
    BEGIN,
    DONE,
    FINAL,
    FINISH,
    READY,
    Frame,
    pack,
)
from tests.support.recogniser import command

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]


@dataclass
class Log:
    """What a process did; ``until`` waits for a frame."""

    frames: list[Frame] = field(default_factory=list)
    ends: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def on_frame(self, kind: bytes, call: int, payload: bytes) -> None:
        self.frames.append((kind, call, payload))
        self.changed.set()

    def on_gone(self) -> None:
        self.ends += 1

    async def until(self, kind: bytes) -> None:
        async with asyncio.timeout(20):
            while not self.told(kind):
                self.changed.clear()
                await self.changed.wait()

    def told(self, kind: bytes) -> list[int]:
        """The calls of the frames of that kind."""
        return [call for one, call, _ in self.frames if one == kind]


def begun(kind: str) -> tuple[Process, Log]:
    log = Log()
    return Process(command(kind), log.on_frame, log.on_gone), log


async def ended(process: Process) -> None:
    async with asyncio.timeout(20):
        await process.gone


async def test_frames_go_both_ways_and_it_leaves_when_told() -> None:
    process, log = begun("normal")
    process.send(pack(BEGIN, 1) + pack(AUDIO, 1, bytes(3200)))
    await log.until(DONE)
    assert log.frames == [(READY, 0, b""), (DONE, 1, b"")]
    process.leave()
    await ended(process)
    assert log.ends == 1
    process.send(b"to nobody")
    process.kill()


async def test_more_than_the_pipe_holds_arrives_whole_and_in_order() -> None:
    process, log = begun("normal")
    for call in range(100):
        process.send(pack(AUDIO, call, bytes(16_000)))
    assert process._unsent
    process.send(pack(FINISH, 100))
    await log.until(FINAL)
    assert log.told(DONE) == list(range(100))
    assert log.told(FINAL) == [100]
    process.leave()
    await ended(process)


@pytest.mark.parametrize("kind", ["normal", "hangs"])
async def test_a_killed_process_is_noticed(kind: str) -> None:
    process, log = begun(kind)
    await log.until(READY)
    process.kill()
    await ended(process)
    assert log.ends == 1


@pytest.mark.parametrize("kind", ["crashes", "babbles", "stays"])
async def test_a_process_that_misbehaves_ends(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    process, log = begun(kind)
    await ended(process)
    assert log.ends == 1
    assert ("no frame" in caplog.text) == (kind == "babbles")


async def test_a_process_that_says_nothing_in_time_is_killed() -> None:
    process, log = begun("hangs")
    await log.until(READY)
    process.watch(60.0)
    process.watch(0.0)
    await ended(process)
    assert log.ends == 1


async def test_a_watch_can_be_taken_back() -> None:
    process, log = begun("normal")
    process.watch(0.0)
    process.unwatch()
    await log.until(READY)
    process.leave()
    await ended(process)


async def test_a_process_that_cannot_be_started_is_told_at_once() -> None:
    log = Log()
    with pytest.raises(OSError, match="no-such-program"):
        Process(["/no-such-program"], log.on_frame, log.on_gone)
