"""WebSockets with limits, over real sockets: frames are counted, slowed down, and read no more."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from gateway.serving.guarded_websocket import PIECE, STEP_FRAMES, GuardedWebSocket
from gateway.serving.rate import CLOSE
from tests.support.besieged import BEGIN, PING, PONG, REST, Line, Server, besieged

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

FLOODS = pytest.mark.parametrize(
    ("begin", "frame"),
    [
        (b"", PING),
        (b"", PONG),
        (BEGIN, REST),
        (b"", BEGIN[:1].replace(b"\x01", b"\x81") + REST[1:]),
    ],
    ids=["pings", "pongs", "continuations", "texts"],
)
MOST = PIECE // len(PING)
"""Frames in one piece."""
CLOSED_1008 = b"\x88\x07\x03\xf0flood"
PINGS = 100_000


def text(said: str) -> bytes:
    """A client's frame, masked with nothing."""
    raw = said.encode()
    assert len(raw) < 126
    return bytes([0x81, 0x80 | len(raw)]) + bytes(4) + raw


async def guest(server: Server) -> GuardedWebSocket:
    """The server's side of the only WebSocket."""
    await server.until(lambda: server.guests)
    found: GuardedWebSocket = server.guests[-1]
    return found


async def pour(line: Line, data: bytes) -> None:
    """As much as is taken."""
    line.writer.transport.set_write_buffer_limits(high=1 << 30)
    await line.say(data)


class TestFloods:
    @FLOODS
    async def test_frames_of_every_kind_are_thrown_out(self, begin: bytes, frame: bytes) -> None:
        limits: dict[str, Any] = {"frames": 100, "patience": 0.15, "window": 0.05}
        async with besieged(**limits, fragments=1 << 20) as server, server.shaken() as line:
            await pour(line, begin + frame * PINGS)
            heard = await line.hears_all()
            assert heard.endswith(CLOSED_1008)
            most = (0.15 / 0.05 + 2) * (100 + MOST)
            assert (await guest(server)).frames_read <= most
            await server.until(lambda: server.messages[-1:] and "code" in server.messages[-1])
            assert server.messages[-1]["code"] == 1008
            assert server.refused == ["flood"]

    @FLOODS
    async def test_they_are_read_at_the_rate_and_nothing_is_lost(
        self, begin: bytes, frame: bytes
    ) -> None:
        async with besieged(frames=100, window=0.05) as server, server.shaken() as line:
            loop = asyncio.get_running_loop()
            began = loop.time()
            await pour(line, begin + frame * 500)
            one = await guest(server)
            await server.until(lambda: one.frames_read >= 500)
            # 500 frames are three windows' worth. The first window may have begun with the
            # handshake, long before the flood; the second is waited for in full.
            assert loop.time() - began >= 0.05 - CLOSE
            if begin:
                await line.say(REST.replace(b"\x00\x80", b"\x80\x80"))
            await line.say(text("after all"))
            await server.until(
                lambda: server.messages and server.messages[-1].get("text") == "after all"
            )

    async def test_no_step_of_the_loop_parses_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """32,000 pings in 64 KiB: a third of a second, in which nobody else got a turn."""
        steps: list[int] = []
        original = GuardedWebSocket._feed

        def feed(self: GuardedWebSocket) -> None:
            before = self.frames_read
            original(self)
            steps.append(self.frames_read - before)

        monkeypatch.setattr(GuardedWebSocket, "_feed", feed)
        limits: dict[str, Any] = {"frames": 1 << 30, "frame_bytes": 1 << 30}
        async with besieged(**limits) as server, server.shaken() as line:
            reading = asyncio.get_running_loop().create_task(line.hears_all())
            await pour(line, PING * 20_000)
            one = await guest(server)
            await server.until(lambda: one.frames_read == 20_001)
            reading.cancel()
        assert max(steps) <= STEP_FRAMES + MOST
        assert len(steps) >= 20_000 / (STEP_FRAMES + MOST)

    async def test_bytes_count_too(self) -> None:
        frame = b"\x82\xfe\xea\x60" + bytes(4) + bytes(60_000)
        limits: dict[str, Any] = {"frame_bytes": 100_000, "patience": 0.15, "window": 0.05}
        async with besieged(**limits) as server, server.shaken() as line:
            await pour(line, frame * 200)
            assert (await line.hears_all()).endswith(CLOSED_1008)
            assert sum(len(one.get("bytes") or b"") for one in server.messages) < 60_000 * 30

    async def test_before_the_application_reads_too(self) -> None:
        limits: dict[str, Any] = {"frames": 100, "patience": 0.1, "window": 0.05}
        async with besieged(**limits) as server, server.shaken(b"/held") as line:
            await pour(line, PONG * PINGS)
            assert (await line.hears_all()).endswith(CLOSED_1008)

    async def test_a_message_has_only_so_many_fragments(self) -> None:
        async with besieged(fragments=50) as server, server.shaken() as line:
            await line.say(BEGIN + REST * 49)
            await line.say(PING)
            assert await line.hears(2) == b"\x8a\x00"
            await line.say(REST)
            heard = await line.hears_all()
            assert heard[2:4] == (1009).to_bytes(2, "big")
            assert b"fragments" in heard


class TestUnread:
    async def test_pongs_that_nobody_reads_do_not_pile_up(self) -> None:
        """95 MB in 3 s."""
        ping = b"\x89\xfd" + bytes(4) + bytes(125)
        limits: dict[str, Any] = {"frames": 1 << 30, "frame_bytes": 1 << 30, "unread": 0.3}
        async with besieged(**limits) as server, server.shaken() as line:
            line.writer.transport.pause_reading()  # type: ignore[attr-defined]
            one = await guest(server)
            pouring = asyncio.get_running_loop().create_task(pour(line, ping * PINGS))
            await server.until(lambda: not one.writable.is_set())
            assert one.transport.get_write_buffer_size() < 200_000
            assert len(one._rest) < 1 << 20
            await server.until(lambda: len(server.places) == 0)
            assert server.refused == ["unread"]
            await pouring

    async def test_whoever_reads_again_is_answered_again(self) -> None:
        ping = b"\x89\xfd" + bytes(4) + bytes(125)
        limits: dict[str, Any] = {"frames": 1 << 30, "frame_bytes": 1 << 30}
        async with besieged(**limits) as server, server.shaken() as line:
            line.writer.transport.pause_reading()  # type: ignore[attr-defined]
            one = await guest(server)
            pouring = asyncio.get_running_loop().create_task(pour(line, ping * PINGS))
            await server.until(lambda: one._clogged)
            line.writer.transport.resume_reading()  # type: ignore[attr-defined]
            heard = await line.hears(127 * PINGS)
            assert heard == (b"\x8a\x7d" + bytes(125)) * PINGS
            await pouring


class TestAfterTheClose:
    async def test_nothing_much_is_parsed(self) -> None:
        """It went on for 10 s after a refusal."""
        limits: dict[str, Any] = {"close_within": 0.3, "after_close": 50}
        async with besieged(**limits) as server, server.shaken(b"/refused") as line:
            one = await guest(server)
            await server.until(lambda: one.close_sent)
            before = one.frames_read
            await pour(line, PONG * PINGS)
            assert b"unauthorised" in await line.hears_all()
            assert one.frames_read - before <= 50 + MOST
            await server.until(lambda: len(server.places) == 0)

    async def test_the_peers_own_close_still_counts(self) -> None:
        async with besieged(close_within=60.0) as server, server.shaken(b"/refused") as line:
            assert b"unauthorised" in await line.hears(16)
            await line.say(PONG * 10 + b"\x88\x82" + bytes(4) + (4401).to_bytes(2, "big"))
            assert await line.hears_all() == b""

    async def test_a_peer_that_never_answers_it_is_dropped(self) -> None:
        async with besieged(close_within=0.1) as server, server.shaken(b"/refused") as line:
            assert b"unauthorised" in await line.hears_all()


async def test_messages_wait_for_the_application_in_the_socket() -> None:
    async with besieged(frames=1 << 30) as server, server.shaken(b"/held") as line:
        one = await guest(server)
        await pour(line, b"".join(text(json.dumps(n)) for n in range(50_000)))
        await server.until(lambda: one._rest)
        for _ in range(20):
            await asyncio.sleep(0.002)
        assert one.queue.qsize() <= MOST
        assert len(one._rest) <= 1 << 20
        server.hold.set()
        await server.until(lambda: len(server.messages) == 50_000)
        assert [json.loads(got["text"]) for got in server.messages] == list(range(50_000))


async def test_a_message_in_single_bytes() -> None:
    async with besieged() as server, server.shaken() as line:
        for byte in text("hello") + text("you"):
            await line.say(bytes([byte]))
            await asyncio.sleep(0)
        await server.until(lambda: len(server.messages) == 2)
        assert [one["text"] for one in server.messages] == ["hello", "you"]


class TestTheStraightWay:
    async def test_messages_pass_the_queue_and_those_not_taken_do_not(self) -> None:
        async with besieged() as server, server.shaken() as line:
            taken: list[str | bytes] = []

            def take(message: str | bytes) -> bool:
                taken.append(message)
                return message != "b"

            one = await guest(server)
            one.taker = take
            for said in ("a", "b", "c"):
                await line.say(text(said))
                await server.until(lambda said=said: taken[-1:] == [said])
            await line.say(b"\x82\x83" + bytes(4) + b"\x01\x02\x03")
            await server.until(lambda: len(taken) == 4)
            one.taker = None
            await line.say(text("d"))
            await server.until(lambda: len(server.messages) == 2)
            assert taken == ["a", "b", "c", b"\x01\x02\x03"]
            assert [one.get("text") for one in server.messages] == ["b", "d"]
            assert one.frames_read == 6, "the handshake is one"

    async def test_nothing_overtakes_a_message_that_waits(self) -> None:
        async with besieged() as server, server.shaken(b"/held") as line:
            taken: list[str | bytes] = []

            def take(message: str | bytes) -> bool:
                taken.append(message)
                return False

            one = await guest(server)
            one.taker = take
            await line.say(text("a"))
            await server.until(lambda: one.frames_read == 2)
            await line.say(text("b"))
            await server.until(lambda: one.read_paused or one.frames_read == 3)
            assert taken == ["a"]
            server.hold.set()
            await server.until(lambda: len(server.messages) == 2)
            assert [one.get("text") for one in server.messages] == ["a", "b"]

    async def test_they_count(self) -> None:
        limits: dict[str, Any] = {"frames": 100, "patience": 0.15, "window": 0.05}
        async with besieged(**limits) as server, server.shaken() as line:
            one = await guest(server)
            one.taker = lambda message: True
            for _ in range(400):
                await line.say(text("a"))
                await asyncio.sleep(0)
            await pour(line, text("a") * PINGS)
            assert (await line.hears_all()).endswith(CLOSED_1008)

    async def test_what_is_written_is_what_the_application_would_write(self) -> None:
        async with besieged() as server, server.shaken() as line:
            one = await guest(server)
            for message in ("short", "é" * 200, b"\x01" * 300, b"", ""):
                assert one.send_now(message)
                raw = message.encode() if isinstance(message, str) else message
                head = 2 if len(raw) < 126 else 4
                heard = await line.hears(head + len(raw))
                assert heard[0] == (0x81 if isinstance(message, str) else 0x82)
                assert heard[head:] == raw

    async def test_nothing_is_written_to_who_does_not_read_or_is_gone(self) -> None:
        async with besieged() as server, server.shaken() as line:
            one = await guest(server)
            one.writable.clear()
            assert not one.send_now("a")
            one.writable.set()
            await line.say(b"\x88\x82" + bytes(4) + b"\x03\xe8")
            await server.until(lambda: server.messages[-1:] and "code" in server.messages[-1])
            assert not one.send_now("a")
            assert await line.hears_all() == b"\x88\x02\x03\xe8"
            await server.until(lambda: one.taker is None)
