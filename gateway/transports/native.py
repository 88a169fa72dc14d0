"""``WS /v1/call``: the native call.

The reader never waits for anything but the client: what it reads goes into the call at once, what
the call says goes into the outbox. A client that sends faster than ``FLOOD`` is read more slowly,
which its own socket makes it feel; nothing is lost and no other call notices.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.audio import WireDecoder
from gateway.core.events import KeyPressed
from gateway.errors import ClientError, ProviderFailed
from gateway.ports.speech_in import Transcription
from gateway.shell.call.observe import LiveCall
from gateway.shell.call.runner import Runner
from gateway.shell.call.services import Services
from gateway.shell.sound.caller_audio import BYTES_PER_SECOND, Ears
from gateway.transports import access, messages

log = logging.getLogger("frontline.call")

UNAUTHORISED, OVER_CAPACITY, MALFORMED, INTERNAL = 4401, 1013, 1007, 1011
REFUSED = 1008
MALFORMED_IN_A_ROW = 3
START_WITHIN = 10.0
"""Seconds a client has to send its ``start``."""
FLOOD = 200
"""Messages a client may send in ``FLOOD_WINDOW``: 20 times what 20 ms frames need."""
FLOOD_WINDOW = 0.2
PATIENCE = 5.0
"""Seconds a flood is put up with; 5,000 messages are a stalled line's two minutes of frames."""
PIECE_MS = 60
"""Sound decoded and listened to in one go: under a millisecond of the event loop."""
UNKNOWN = "a message of unknown type is ignored"
AHEAD = 10.0
"""Seconds of audio a client may send faster than real time before its rate cannot be right."""


@dataclass(frozen=True, slots=True)
class Door:
    """The rules of admission: the call token, the allowed origins, the most calls at once and the
    default tenant.
    """

    call_token: str
    allowed_origins: tuple[str, ...]
    max_calls: int
    default_tenant: str


class SocketWire:
    """A WebSocket as the outbox sees it."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    async def send(self, message: str | bytes) -> None:
        """Write one message; raises ``RuntimeError`` or ``OSError`` once the socket is closed."""
        try:
            if isinstance(message, str):
                await self._socket.send_text(message)
            else:
                await self._socket.send_bytes(message)
        except WebSocketDisconnect as error:
            raise OSError("closed") from error


async def accept(socket: WebSocket) -> None:
    """Take the handshake."""
    await socket.accept(subprotocol=access.chosen(socket))


async def refuse(socket: WebSocket, reason: str) -> None:
    """Accept the handshake only to close the socket, as there is no room for this call."""
    await accept(socket)
    await shut(socket, OVER_CAPACITY, reason)


async def shut(socket: WebSocket, code: int, reason: str) -> None:
    """Close it, whether or not the client is still there."""
    with contextlib.suppress(RuntimeError, OSError, WebSocketDisconnect):
        await socket.close(code, reason)


async def answer(socket: WebSocket, services: Services, door: Door) -> None:
    """Take one WebSocket from its handshake to its close."""
    await accept(socket)
    if not access.allowed_origin(socket, door.allowed_origins) or (
        door.call_token and not access.same(access.call_token(socket), door.call_token)
    ):
        await shut(socket, UNAUTHORISED, "unauthorised")
        return
    if len(services.calls) >= door.max_calls:
        await shut(socket, OVER_CAPACITY, "over capacity, try again later")
        return
    session = NativeCall(socket, services, door)
    try:
        await session.run()
    except Exception:
        session.failed()
        raise
    finally:
        await session.close()


class NativeCall:
    """One native call."""

    def __init__(self, socket: WebSocket, services: Services, door: Door) -> None:
        self._socket = socket
        self._services = services
        self._door = door
        self._id = uuid.uuid4().hex
        self._transcription: Transcription | None = None
        self._ears: Ears | None = None
        self._runner: Runner | None = None
        self._reading: asyncio.Task[None] | None = None
        self._code = 1000
        self._reason = ""
        self._bad = 0  # malformed messages in a row
        self._warned: set[str] = set()
        self._heard = 0.0  # seconds of audio received
        self._piece = 0  # bytes of sound heard in one go; 0: a whole message (opus: one packet)
        self._since = 0.0
        self._window, self._count = 0.0, 0
        self._calm = asyncio.get_running_loop().time()  # when the client last kept to the rate
        # the place is taken before the start is read, so that a burst cannot overfill the house
        self._live = LiveCall(self._id, "", "native", time.time(), state="opening")
        services.calls[self._id] = self._live

    async def run(self) -> None:
        """Run the call from its start message to its last byte."""
        start = await self._await_start()
        if start is None or not await self._open(start):
            return
        assert self._runner is not None, "an opened call has a runner"
        async with asyncio.TaskGroup() as tasks:
            self._reading = tasks.create_task(self._read(), name=f"read {self._id[:8]}")
            tasks.create_task(self._runner.outbox.run(), name=f"write {self._id[:8]}")
            tasks.create_task(self._runner.listen(), name=f"listen {self._id[:8]}")
            form = {"encoding": start.audio.encoding, "sample_rate": start.audio.form().sample_rate}
            self._runner.tell({"type": "started", "call_id": self._id, "audio": form})
            self._runner.start()

    def failed(self) -> None:
        """Our own mistake: the client is told that it was not its own."""
        self._code, self._reason = INTERNAL, "internal error"

    async def close(self) -> None:
        """Give everything back. Called once, whatever happened."""
        if self._runner is not None:
            self._runner.hang_up()
        try:
            if self._transcription is not None:
                await self._transcription.close()
        finally:
            self._services.calls.pop(self._id, None)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._services.send_timeout):
                await shut(self._socket, self._code, self._reason)

    # --- before the call -------------------------------------------------------------------

    async def _await_start(self) -> messages.Start | None:
        try:
            async with asyncio.timeout(START_WITHIN):
                while True:
                    frame = await self._receive()
                    if frame is None:
                        return None
                    try:
                        if isinstance(frame, bytes):
                            raise ClientError("not_started", "audio before the start message")
                        message = messages.decode(frame)
                    except ClientError as error:
                        if not await self._complain(error):
                            return None
                        continue
                    if isinstance(message, messages.Start):
                        self._bad = 0
                        return message
                    if message is None:
                        await self._ignore()
                        continue
                    early = ClientError("not_started", "the first message of a call is start")
                    if not await self._complain(early):
                        return None
        except TimeoutError:
            self._code, self._reason = MALFORMED, "no start message"
            return None

    async def _ignore(self) -> None:
        """A message of unknown type before the start: said once, and not as fast as they come."""
        if "unknown_type" not in self._warned:
            self._warned.add("unknown_type")
            await self._say({"type": "error", "code": "unknown_type", "message": UNKNOWN})
        await self._floods()

    async def _open(self, start: messages.Start) -> bool:
        """Make the call ready; False if it was refused and told why."""
        tenant = start.tenant or self._door.default_tenant
        serving = self._services.tenants.get(tenant)
        if serving is None:
            return await self._refuse("unknown_tenant", f"no catalogue is live for {tenant!r}")
        try:
            form = start.audio.form()
        except ClientError as error:
            return await self._refuse(error.code, str(error))
        if start.stt == "server":
            try:
                if self._services.transcriber is None:
                    raise ProviderFailed("no recogniser is configured (stt.provider)")
                locale = start.locale or "en-US"
                transcriber, terms = self._services.transcriber, serving.keyterms
                self._transcription = await transcriber.open(locale, self._id, terms)
            except ProviderFailed as error:
                self._code = OVER_CAPACITY
                return await self._refuse("stt_unavailable", str(error))
        self._live.tenant, self._live.locale = tenant, start.locale
        self._live.caller = start.said_of_caller()
        self._services.observer.call_started()
        self._runner = Runner(
            self._services,
            self._live,
            SocketWire(self._socket),
            form,
            self._transcription,
            self._ended,
        )
        if self._transcription is not None:
            # in a thread: the first opus decoder of a process loads a large library
            decoder = await asyncio.to_thread(WireDecoder, form)
            self._piece = form.bytes_per_ms * PIECE_MS
            detector = self._services.detector()
            self._ears = Ears(decoder, detector, self._transcription, self._runner.receive)
        return True

    async def _refuse(self, code: str, message: str) -> bool:
        await self._say({"type": "error", "code": code, "message": message})
        self._reason = code
        if self._code == 1000:
            self._code = REFUSED  # policy violation: the start asks for what we do not offer
        return False

    async def _say(self, message: dict[str, object]) -> None:
        """Before the outbox exists."""
        with contextlib.suppress(RuntimeError, OSError, WebSocketDisconnect):
            async with asyncio.timeout(self._services.send_timeout):
                await self._socket.send_json(message)

    async def _complain(self, error: ClientError) -> bool:
        """Tell what was wrong; False if that was once too often."""
        await self._say({"type": "error", "code": error.code, "message": str(error)})
        return not self._too_bad(error)

    def _too_bad(self, error: ClientError) -> bool:
        self._bad += 1
        if self._bad < MALFORMED_IN_A_ROW:
            return False
        self._code, self._reason = MALFORMED, error.code
        return True

    # --- the call --------------------------------------------------------------------------

    async def _receive(self) -> str | bytes | None:
        """The next message; None when the client is gone."""
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            return None
        text: str | None = message.get("text")
        if text is not None:
            return text
        data: bytes = message.get("bytes") or b""
        return data

    async def _read(self) -> None:
        assert self._runner is not None, "reading begins after opening"
        self._since = self._services.clock()
        try:
            while (frame := await self._receive()) is not None:
                if await self._floods():
                    text = f"more than {FLOOD / FLOOD_WINDOW:.0f} messages a second for too long"
                    self._runner.complain("flood", text)
                    self._code, self._reason = REFUSED, "flood"
                    break
                try:
                    if isinstance(frame, bytes):
                        await self._hear(frame)
                    elif not self._take(frame):
                        break
                except ClientError as error:
                    self._runner.complain(error.code, str(error))
                    if self._too_bad(error):
                        break
                else:
                    self._bad = 0
        finally:
            self._reading = None  # from here on it must not be cancelled
            self._runner.hang_up()
            if self._transcription is not None:
                await self._transcription.close()

    async def _floods(self) -> bool:
        """Read a flood at ``FLOOD`` messages a window; True once it has lasted ``PATIENCE``: its
        backlog would hold the call's place long after the client has gone."""
        now = asyncio.get_running_loop().time()
        if now - self._window >= FLOOD_WINDOW:
            if self._count <= FLOOD:
                self._calm = now
            self._window, self._count = now, 0
        self._count += 1
        if self._count > FLOOD:
            await asyncio.sleep(self._window + FLOOD_WINDOW - now)
        return now - self._calm > PATIENCE

    def _take(self, frame: str) -> bool:
        """Do what a message says; False if it ends the call."""
        message = messages.decode(frame)
        assert self._runner is not None, "messages are taken by an open call"
        match message:
            case messages.Partial() | messages.Final() if self._transcription is not None:
                text = 'this call\'s text is ours: start it with "stt":"client" to send your own'
                raise ClientError("unexpected", text)
            case messages.Partial():
                self._runner.partial(message.text)
            case messages.Final():
                ago = message.speech_ended_ms_ago
                ended = None if ago is None else ago / 1000
                self._runner.final(message.text, message.confidence, ended_ago=ended)
            case messages.Mark():
                self._runner.playout.echoed(message.name)
            case messages.Dtmf():
                self._runner.receive(KeyPressed(digit=message.digit))
            case messages.End():
                return False
            case messages.Start():
                raise ClientError("unexpected", "the call has started already")
            case None:
                self._warn("unknown_type", UNKNOWN)
        return True

    def _warn(self, code: str, text: str) -> None:
        """Warn the client, once a call for each kind of fault."""
        if code not in self._warned and self._runner is not None:
            self._warned.add(code)
            self._runner.complain(code, text)

    async def _hear(self, frame: bytes) -> None:
        """Sound, in pieces: seconds of it in one message must not hold up the other calls."""
        if self._ears is None:
            self._warn("unexpected", "this call brings its own text: its audio is ignored")
            return
        whole = max(1, len(frame))  # an empty message is looked at too: it is no opus packet
        for start in range(0, whole, self._piece or whole):
            if start:
                await asyncio.sleep(0)
            now = self._services.clock()
            if self._heard - (now - self._since) > AHEAD:
                text = "audio comes faster than real time: is the declared sample_rate right?"
                raise ClientError("audio_too_fast", text)
            heard = self._ears.hear(frame[start : start + (self._piece or whole)], now)
            self._heard += heard / BYTES_PER_SECOND

    def _ended(self, reason: str) -> None:
        """The call ended itself, or its client cannot be written to."""
        self._reason = self._reason or reason[:100]
        if self._reading is not None:
            self._reading.cancel()
