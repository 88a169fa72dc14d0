"""A caller's end of ``WS /v1/call``, as a test wants it: said this, expect that.

    async with Line.dial(gateway.address, tenant="house", stt="client") as line:
        await line.send("final", text="when do you open")
        decision = await line.expect("decision", path="cache")
        generation = await line.heard_out()         # until audio.end
        assert line.sound(generation) == clip

Every kind of message is taken in order, each once; a test that waits in vain fails with the whole
conversation.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Literal

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from gateway.ports import AudioFormat, Encoding

PATIENCE = 20.0
"""Seconds to wait for what should come at once, on a machine that may be busy."""

Echo = Literal["at once", "when played", "never"]


class Line:
    """One call."""

    def __init__(self, socket: ClientConnection, form: AudioFormat, echo: Echo) -> None:
        self._socket = socket
        self._form = form
        self._echo = echo
        self._news = asyncio.Condition()
        self._taken: dict[str, int] = {}  # kind -> place in ``messages`` after the last one taken
        self._generation = 0
        self._head = 0.0  # when what was received so far will have been played
        self._tasks: asyncio.TaskGroup | None = None
        self._echoes: set[asyncio.Task[None]] = set()
        self.messages: list[dict[str, Any]] = []
        self.audio: dict[int, list[bytes]] = {}
        """Generation -> its binary messages."""
        self.cleared: set[int] = set()
        self.late = 0
        """Binary messages that came for a generation after its clear."""
        self.call_id = ""

    @staticmethod
    @contextlib.asynccontextmanager
    async def dial(
        address: str,
        *,
        form: AudioFormat | None = None,
        echo: Echo = "at once",
        headers: dict[str, str] | None = None,
        **start: Any,
    ) -> AsyncIterator[Line]:
        """Open a call and wait until it has started; hung up at the end."""
        form = form or AudioFormat(Encoding.PCM, 16_000)
        audio = {"encoding": form.encoding.value, "sample_rate": form.sample_rate}
        async with Line.connect(address, form=form, echo=echo, headers=headers) as line:
            await line.send("start", audio=audio, **start)
            line.call_id = (await line.expect("started"))["call_id"]
            yield line

    @staticmethod
    @contextlib.asynccontextmanager
    async def connect(
        address: str,
        *,
        form: AudioFormat | None = None,
        echo: Echo = "at once",
        headers: dict[str, str] | None = None,
        subprotocols: Sequence[str] | None = None,
    ) -> AsyncIterator[Line]:
        """Open the socket only."""
        async with connect(
            f"ws://{address}/v1/call",
            compression=None,
            max_size=None,
            ping_interval=None,
            open_timeout=PATIENCE,
            close_timeout=PATIENCE,
            additional_headers=headers,
            subprotocols=[Subprotocol(one) for one in subprotocols or ()] or None,
        ) as socket:
            line = Line(socket, form or AudioFormat(Encoding.PCM, 16_000), echo)
            failure: Exception | None = None
            async with asyncio.TaskGroup() as tasks:
                line._tasks = tasks
                reading = tasks.create_task(line._read())
                try:
                    yield line
                except Exception as error:  # noqa: BLE001 - raised below, and not in a group
                    failure = error
                finally:
                    await socket.close()
                    await reading
                    for waiting in line._echoes:
                        waiting.cancel()
            if failure is not None:
                raise failure

    # --- what we do ------------------------------------------------------------------------------

    async def send(self, kind: str, **fields: Any) -> None:
        """Send a message."""
        await self._socket.send(json.dumps({"type": kind, **fields}))

    async def raw(self, frame: str | bytes, *, text: bool | None = None) -> None:
        """Send anything; ``text`` says of bytes that they are text."""
        await self._socket.send(frame, text=text)

    async def say(self, text: str) -> None:
        """Say it word by word, as fast as the socket takes it, and be done."""
        words = text.split()
        for count in range(1, len(words)):
            await self.send("partial", text=" ".join(words[:count]))
        await self.send("final", text=text)

    async def speak(self, frames: Iterable[bytes], every: float = 0.02) -> None:
        """Send sound, a frame every so many seconds."""
        loop = asyncio.get_running_loop()
        at = loop.time()
        for frame in frames:
            await self._socket.send(frame)
            at += every
            await asyncio.sleep(max(0.0, at - loop.time()))

    def abort(self) -> None:
        """Pull the plug: no closing handshake."""
        self._socket.transport.abort()

    async def close(self) -> None:
        """Hang up by closing the socket."""
        await self._socket.close()

    # --- what we expect --------------------------------------------------------------------------

    async def expect(self, kind: str, within: float = PATIENCE, **fields: Any) -> dict[str, Any]:
        """The next message of that kind that has these fields."""
        try:
            async with asyncio.timeout(within), self._news:
                while True:
                    if (found := self._next(kind, fields)) is not None:
                        return found
                    if self._socket.close_code is not None:
                        break
                    await self._news.wait()
        except TimeoutError:
            pass
        raise AssertionError(f"no {kind} {fields} came:\n{self}")

    def _next(self, kind: str, fields: dict[str, Any]) -> dict[str, Any] | None:
        for place in range(self._taken.get(kind, 0), len(self.messages)):
            message = self.messages[place]
            if message["type"] == kind and fields.items() <= message.items():
                self._taken[kind] = place + 1
                return message
        return None

    def of(self, kind: str) -> list[dict[str, Any]]:
        """All messages of that kind so far."""
        return [message for message in self.messages if message["type"] == kind]

    async def heard_out(self, **fields: Any) -> int:
        """Wait until a generation has been sent whole; its number."""
        generation: int = (await self.expect("audio.end", **fields))["generation"]
        return generation

    async def some_sound(self, generation: int, messages: int = 1) -> None:
        """Wait until so many binary messages of a generation have come."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: len(self.audio.get(generation, ())) >= messages)

    async def played_out(self) -> None:
        """Wait until all that came so far has been played, and its marks have been echoed."""
        while self._echoes:
            await asyncio.wait(self._echoes, timeout=PATIENCE)

    def sound(self, generation: int) -> bytes:
        """What came of a generation."""
        return b"".join(self.audio.get(generation, ()))

    async def closed(self, within: float = PATIENCE) -> tuple[int, str]:
        """Wait for the gateway to close; the code and the reason."""
        async with asyncio.timeout(within):
            await self._socket.wait_closed()
        return self._socket.close_code or 0, self._socket.close_reason or ""

    def __repr__(self) -> str:
        kinds = [json.dumps(message) for message in self.messages]
        sizes = {generation: len(pieces) for generation, pieces in self.audio.items()}
        code = self._socket.close_code
        return "\n".join([*kinds, f"sound {sizes}, closed with {code}"])

    # --- what comes ------------------------------------------------------------------------------

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for message in self._socket:
                async with self._news:
                    if isinstance(message, bytes):
                        self._hear(message)
                    else:
                        self._take(json.loads(message))
                    self._news.notify_all()
        async with self._news:
            self._news.notify_all()

    def _hear(self, message: bytes) -> None:
        if self._generation in self.cleared:
            self.late += 1
        self.audio.setdefault(self._generation, []).append(message)
        per_ms = self._form.bytes_per_ms
        seconds = len(message) / per_ms / 1000 if per_ms else 0.02
        self._head = max(self._head, asyncio.get_running_loop().time()) + seconds

    def _take(self, message: dict[str, Any]) -> None:
        self.messages.append(message)
        match message["type"]:
            case "audio.start":
                self._generation = message["generation"]
            case "clear":
                self.cleared.add(message["generation"])
                self._head = 0.0
            case "mark":
                self._mark(message["name"])

    def _mark(self, name: str) -> None:
        assert self._tasks is not None
        if self._echo == "never":
            return
        at = self._head if self._echo == "when played" else 0.0
        task = self._tasks.create_task(self._echo_at(at, name, self._generation))
        self._echoes.add(task)
        task.add_done_callback(self._echoes.discard)

    async def _echo_at(self, at: float, name: str, generation: int) -> None:
        await asyncio.sleep(max(0.0, at - asyncio.get_running_loop().time()))
        if generation not in self.cleared:
            with contextlib.suppress(ConnectionClosed):
                await self.send("mark", name=name)
