"""``frames``: the processor time that a frame of sound costs at the door, before the call sees it.

Calls send Twilio's messages, 50 a second, to an application that takes each and does nothing:
behind our own protocols, with their limits, as a call takes them (``ours``) and as any application
does, from the queue of ASGI (``queued``), and behind uvicorn's as they come (``plain``), by turns.
``us_per_frame``: microseconds of the server's process for one frame, from the kernel to the
application, of all rounds together. ``ratio`` is ours to plain.

Run as ``python -m bench.frames ours``, it is such a server: it prints its port, and after its last
caller has left, the frames and the seconds.
"""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
import time
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.frames import Frame, Opcode

from bench.processes import stop
from gateway.settings.whole import Settings
from gateway.transports.door import straight_way
from gateway.wiring.app import uvicorn_options

SIDES = ("plain", "queued", "ours")
PER_SECOND = 50
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
STREAM = "MZ" + "0" * 32
SECONDS_TO_CONNECT = 30.0


def run(
    settings: Settings, calls: int = 50, seconds: float = 8.0, rounds: int = 2
) -> dict[str, Any]:
    """Measure all sides ``rounds`` times by turns."""
    frames, spent = dict.fromkeys(SIDES, 0), dict.fromkeys(SIDES, 0.0)
    for _ in range(rounds):
        for side in SIDES:
            counted, took = _measured(side, calls, seconds)
            frames[side] += counted
            spent[side] += took
    figures: dict[str, float] = {
        f"us_per_frame_{side}": round(1e6 * spent[side] / frames[side], 1) for side in SIDES
    }
    figures["ratio"] = round(figures["us_per_frame_ours"] / figures["us_per_frame_plain"], 2)
    figures["frames"] = sum(frames.values())
    return {
        "parameters": {"calls": calls, "seconds": seconds, "rounds": rounds},
        "figures": figures,
        "goals": {"ratio": "<= 0.7"},
    }


def _measured(side: str, calls: int, seconds: float) -> tuple[int, float]:
    """(frames taken, processor seconds) of one server."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.frames", side], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None, "it was asked for"
        asyncio.run(_calls(int(process.stdout.readline()), calls, int(seconds * PER_SECOND)))
        counted, took = process.stdout.readline().split()
        return int(counted), float(took)
    finally:
        stop(process)


# --- callers --------------------------------------------------------------------------------------


async def _calls(port: int, calls: int, frames: int) -> None:
    """All connect, then all speak, evenly spread over a frame's time."""
    async with asyncio.timeout(SECONDS_TO_CONNECT):
        lines = [await _connected(port) for _ in range(calls)]
    began = time.monotonic()
    await asyncio.gather(
        *(
            _speak(writer, began + number / calls / PER_SECOND, frames)
            for number, (_, writer) in enumerate(lines)
        )
    )


async def _connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def _speak(writer: asyncio.StreamWriter, due: float, frames: int) -> None:
    frame = media()
    for _ in range(frames):
        await asyncio.sleep(due - time.monotonic())
        writer.write(frame)
        due += 1 / PER_SECOND
    writer.close()
    await writer.wait_closed()


def media() -> bytes:
    """A message of Twilio's with 20 ms of sound, as a client's frame."""
    sound = base64.b64encode(bytes(range(160))).decode()
    told = {"track": "inbound", "chunk": "2", "timestamp": "5", "payload": sound}
    message = {"event": "media", "sequenceNumber": "4", "media": told, "streamSid": STREAM}
    return bytes(Frame(Opcode.TEXT, json.dumps(message).encode()).serialize(mask=True))


# --- the server -----------------------------------------------------------------------------------


class Taker:
    """The application: it takes what comes, and knows what that cost the process."""

    def __init__(self, *, straight: bool) -> None:
        self._straight = straight
        self.frames = 0
        self.spent = 0.0
        self.over = asyncio.Event()
        self._began = 0.0
        self._here = 0

    async def take(self, socket: WebSocket) -> None:
        """One call."""
        await socket.accept()
        self._here += 1
        if self._straight:
            way = straight_way(socket)
            assert way is not None, "our own protocol has one"
            way.taker = self._count
        while (await socket.receive())["type"] != "websocket.disconnect":
            self._count()
        self._here -= 1
        if not self._here:
            self.spent = time.process_time() - self._began
            self.over.set()

    def _count(self, message: str | bytes = "") -> bool:
        if not self.frames:
            self._began = time.process_time()
        self.frames += 1
        return True


async def _serve(side: str) -> None:
    taker = Taker(straight=side == "ours")
    app = Starlette(routes=[WebSocketRoute("/ws", taker.take)])
    options = uvicorn_options(Settings())
    if side == "plain":
        options |= {"http": "httptools", "ws": "websockets-sansio"}
    options |= {"port": 0, "log_level": "warning"}
    server = uvicorn.Server(uvicorn.Config(app, **options))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.02)
        print(server.servers[0].sockets[0].getsockname()[1], flush=True)
        await taker.over.wait()
        print(taker.frames, taker.spent, flush=True)
        server.should_exit = True


if __name__ == "__main__":
    import uvloop

    uvloop.run(_serve(sys.argv[1]))
