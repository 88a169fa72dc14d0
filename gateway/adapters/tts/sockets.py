"""Voices that take a reply over a WebSocket while it is being written: a socket for each reply.

``prepare`` opens one ahead, so that the first words need not wait for the handshakes. A socket of
its own makes an interruption simple: it is closed, and nothing late can come of it.
"""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.protocol import State

from gateway.adapters.tts.failures import failed
from gateway.adapters.tts.sound import Converter, nearest
from gateway.core.race.attempts import AttemptFailure
from gateway.ports.live_speech import SpokenPiece, SpokenWord, VoiceFailed
from gateway.ports.sound import AudioFormat
from gateway.shell.process.background import start

CONNECT_S = 3.0
"""A handshake takes 0.1 to 0.3 s."""
CLOSE_S = 0.05
"""Seconds a goodbye may take: an interruption has 100 ms."""
SPARES = 8
"""Sockets held open ahead for one voice and format; a further one closes the oldest."""
SPARE_S = 15.0
"""Seconds a spare may be used: vendors close idle ones after 20 s or more."""
LARGEST = 1 << 22
"""Bytes of one message; 3 s of sound in base64 are 200 KB."""

Key = tuple[AudioFormat, str, str]
"""The parameters a socket is opened with: format, voice, locale."""


class ReplyReader(ABC):
    """The state of one reply, read from its messages."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        """Sent so far."""
        self.is_complete = False
        """No more texts come."""

    def sent(self, text: str) -> None:
        """Just before it is."""
        self.texts.append(text)

    @property
    @abstractmethod
    def is_over(self) -> bool:
        """Return whether every text sent has been spoken."""

    @abstractmethod
    def take(self, message: str | bytes, at_ms: float) -> tuple[bytes, tuple[SpokenWord, ...], int]:
        """Sound, words and how many texts are finished, of a message whose sound begins at
        ``at_ms``. Raises ``VoiceFailed``; ``ValueError`` and the like for what is unreadable."""


UNREADABLE = (ValueError, TypeError, AttributeError, LookupError)


class BySocket(ABC):
    """``gateway.ports.live_speech.StreamingVoice`` over one WebSocket per reply."""

    name: str
    offered: tuple[AudioFormat, ...]

    def __init__(self) -> None:
        self._spares: dict[Key, deque[tuple[float, ClientConnection]]] = {}
        self._coming: dict[Key, deque[asyncio.Future[ClientConnection | None]]] = {}
        """The sockets that are being opened ahead and that nobody waits for yet."""

    # --- what vendors do differently ------------------------------------------------------------

    @abstractmethod
    def address(self, native: AudioFormat, voice: str, locale: str) -> str:
        """The URL to connect to."""

    @abstractmethod
    def headers(self) -> dict[str, str]:
        """The handshake's headers, with the key."""

    async def greet(self, socket: ClientConnection) -> None:
        """Send the opening message, if the vendor wants one."""
        return

    @abstractmethod
    def reading(self) -> ReplyReader:
        """The state of a new reply."""

    @abstractmethod
    async def send(self, socket: ClientConnection, reading: ReplyReader, text: str) -> None:
        """Send one text, to be spoken at once."""

    @abstractmethod
    async def end(self, socket: ClientConnection, reading: ReplyReader) -> None:
        """Tell the vendor that no more texts come."""

    # --- the port -------------------------------------------------------------------------------

    async def speak(
        self,
        texts: AsyncIterator[str],
        audio_format: AudioFormat,
        voice: str = "",
        locale: str = "",
    ) -> AsyncGenerator[SpokenPiece, None]:
        """Implement ``StreamingVoice.speak``."""
        native = nearest(audio_format, self.offered)
        socket = await self._take((native, voice, locale))
        reading, stream = self.reading(), Converter(native, audio_format)
        failures: list[Exception] = []
        # Not in a TaskGroup: it must not stay open over a yield.
        sender = start(self._send_all(socket, reading, texts, failures), name=f"{self.name} send")
        finished = 0
        try:
            while not reading.is_over:
                message = await self._next(socket, reading, failures)
                if message is None:
                    break
                data, words, finished = self._read(reading, message, stream.ms)
                yield SpokenPiece(audio=stream.feed(data), words=words, finished=finished)
            if rest := stream.flush():
                yield SpokenPiece(audio=rest, finished=finished)
        finally:
            sender.cancel()
            await asyncio.wait([sender])
            await _hang_up(socket)

    async def prepare(self, audio_format: AudioFormat, voice: str = "", locale: str = "") -> None:
        """Implement ``StreamingVoice.prepare``."""
        key = (nearest(audio_format, self.offered), voice, locale)
        coming: asyncio.Future[ClientConnection | None] = asyncio.get_running_loop().create_future()
        self._coming.setdefault(key, deque()).append(coming)
        socket = None
        try:
            with contextlib.suppress(VoiceFailed):
                socket = await self._open(key)
        finally:  # also where it is given up: who waits for it opens one of their own
            if self._is_awaited(key, coming) and not coming.done():
                coming.set_result(socket)
                socket = None
        if socket is not None:
            await self._keep(key, socket)

    async def close(self) -> None:
        """Implement ``StreamingVoice.close``."""
        for spares in self._spares.values():
            while spares:
                await _hang_up(spares.popleft()[1])
        self._spares.clear()

    # --- sockets --------------------------------------------------------------------------------

    async def _take(self, key: Key) -> ClientConnection:
        """A spare if there is a good one, the freshest first, one that is being opened ahead, or a
        new one."""
        spares = self._spares.pop(key, deque())
        try:
            while spares:
                since, socket = spares.pop()
                is_fresh = asyncio.get_running_loop().time() - since < SPARE_S
                if is_fresh and socket.state is State.OPEN:
                    return socket
                await _hang_up(socket)
        finally:
            if spares:
                self._spares[key] = spares
        coming = await self._await_coming(key)
        if coming is not None and coming.state is State.OPEN:
            return coming
        return await self._open(key)

    async def _keep(self, key: Key, socket: ClientConnection) -> None:
        spares = self._spares.setdefault(key, deque())
        spares.append((asyncio.get_running_loop().time(), socket))
        while len(spares) > SPARES:
            await _hang_up(spares.popleft()[1])

    async def _await_coming(self, key: Key) -> ClientConnection | None:
        """The one that was begun first; its handshakes are ahead of any that began now."""
        waiting = self._coming.get(key)
        if not waiting:
            return None
        coming = waiting.popleft()
        if not waiting:
            del self._coming[key]
        try:
            return await coming
        except asyncio.CancelledError:
            if not coming.cancelled() and (socket := coming.result()) is not None:
                await self._keep(key, socket)  # it came in the same instant
            raise

    def _is_awaited(self, key: Key, coming: asyncio.Future[ClientConnection | None]) -> bool:
        """Return whether somebody waits for it; from now on nobody else can."""
        waiting = self._coming.get(key, deque())
        if coming not in waiting:
            return True
        waiting.remove(coming)
        if not waiting:
            del self._coming[key]
        return False

    async def _open(self, key: Key) -> ClientConnection:
        """Raises ``VoiceFailed``."""
        try:
            socket = await connect(
                self.address(*key),
                additional_headers=self.headers(),
                open_timeout=CONNECT_S,
                close_timeout=CLOSE_S,
                ping_interval=None,
                max_size=LARGEST,
                max_queue=16,  # beyond it, the vendor waits for whoever listens
                compression=None,
                proxy=None,
            )
        except (WebSocketException, OSError, TimeoutError) as error:
            raise failed(self.name, error) from None
        try:
            await self.greet(socket)
        except ConnectionClosed as error:
            raise failed(self.name, error) from None
        return socket

    # --- one reply ------------------------------------------------------------------------------

    async def _send_all(
        self,
        socket: ClientConnection,
        reading: ReplyReader,
        texts: AsyncIterator[str],
        failures: list[Exception],
    ) -> None:
        """Whatever goes wrong is left in ``failures``, and the reader woken up."""
        try:
            async for text in texts:
                await self.send(socket, reading, text)
            reading.is_complete = True
            await self.end(socket, reading)
        except ConnectionClosed:
            return  # the reader sees it too, and what came before
        except Exception as error:  # noqa: BLE001 - the reader raises it
            failures.append(error)
            await _hang_up(socket)

    async def _next(
        self, socket: ClientConnection, reading: ReplyReader, failures: list[Exception]
    ) -> str | bytes | None:
        """None if nothing more is to come."""
        try:
            return await socket.recv()
        except ConnectionClosed as error:
            if failures:
                raise failures[0] from None
            if reading.is_over:
                return None
            raise failed(self.name, error) from None

    def _read(
        self, reading: ReplyReader, message: str | bytes, at_ms: float
    ) -> tuple[bytes, tuple[SpokenWord, ...], int]:
        try:
            return reading.take(message, at_ms)
        except UNREADABLE:
            why = "it sent what cannot be read"
            raise VoiceFailed(self.name, AttemptFailure.BROKEN, why) from None


async def _hang_up(socket: ClientConnection) -> None:
    """Say goodbye; whoever does not answer in ``CLOSE_S`` is cut off."""
    try:
        with contextlib.suppress(WebSocketException, OSError):
            await socket.close()
    finally:
        # In a task that is being cancelled, before Python 3.11.3, an expired timeout ends in
        # ``CancelledError``: the library does not see it, and would leave the connection open.
        socket.transport.abort()
