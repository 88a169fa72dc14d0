"""One call over one WebSocket, whatever its door: opened, read, and given back whole.

The reader never waits for anything but the client: what it reads goes into the call at once, what
the call says goes into the outbox. Sound does not even wait for the reader, where the server can
hand it over straight (``StraightWay``). A client that sends faster than ``FLOOD`` is read more
slowly, which its own socket makes it feel; nothing is lost and no other call notices.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.audio import WireDecoder
from gateway.core.events import KeyPressed
from gateway.errors import ClientError, ProviderFailed
from gateway.ports.bots import BotCall
from gateway.ports.sound import AudioFormat
from gateway.ports.speech_in import Transcription
from gateway.shell.call.observe import LiveCall
from gateway.shell.call.orders import CallAccepted, Complaint, Control, Order
from gateway.shell.call.runner import Runner
from gateway.shell.call.services import Services
from gateway.shell.sound.caller_audio import BYTES_PER_SECOND, Ears
from gateway.shell.standin.front import Front
from gateway.transports.door import (
    INTERNAL,
    MALFORMED,
    OVER_CAPACITY,
    REFUSED,
    Door,
    SocketWire,
    shut,
    straight_way,
)
from gateway.transports.facts import (
    CallDialect,
    CallerLeft,
    Fact,
    Ignored,
    KeyStruck,
    MarkPlayed,
    Opening,
    SoundHeard,
    TextHeard,
)

MALFORMED_IN_A_ROW = 3
START_WITHIN = 10.0
"""Seconds a client has to say what opens the call."""
FLOOD = 200
"""Messages a client may send in ``FLOOD_WINDOW``: 20 times what 20 ms frames need."""
FLOOD_WINDOW = 0.2
PATIENCE = 5.0
"""Seconds a flood is put up with; 5,000 messages are a stalled line's two minutes of frames."""
PIECE_MS = 60
"""Sound decoded and listened to in one go: under a millisecond of the event loop."""
AHEAD = 10.0
"""Seconds of audio a client may send faster than real time before its rate cannot be right."""


class Carrier(Protocol):
    """The carrier behind a call's wire: it carries out what the wire has no words for."""

    def taken(self, end: Callable[[str], None]) -> None:
        """The call has begun; ``end`` ends it, with a reason."""

    def obey(self, order: Control) -> None:
        """Begin to carry out an order that changes the call itself."""

    async def settled(self) -> None:
        """Wait until what was begun has been carried out: the socket is closed after that."""


async def take(
    socket: WebSocket,
    services: Services,
    door: Door,
    dialect: CallDialect,
    carrier: Carrier | None = None,
) -> None:
    """Take an accepted WebSocket to its close, if there is room for another call."""
    busy = services.admission.refusal(services.calls.values(), door.max_calls)
    if busy is not None:
        await shut(socket, OVER_CAPACITY, busy.words)
        return
    session = Session(socket, services, door, dialect, carrier)
    try:
        await session.run()
    except Exception:
        session.failed()
        raise
    finally:
        await session.close()


class Session:
    """One call."""

    def __init__(
        self,
        socket: WebSocket,
        services: Services,
        door: Door,
        dialect: CallDialect,
        carrier: Carrier | None,
    ) -> None:
        self._socket = socket
        self._services = services
        self._door = door
        self._dialect = dialect
        self._carrier = carrier
        self._id = uuid.uuid4().hex
        self._transcription: Transcription | None = None
        self._ears: Ears | None = None
        self._runner: Runner | None = None
        self._front: Front | None = None
        self._reading: asyncio.Task[None] | None = None
        self._code = 1000
        self._reason = ""
        self._bad = 0  # malformed messages in a row
        self._warned: set[str] = set()
        self._heard = 0.0  # seconds of audio received
        self._piece = 0  # bytes of sound heard in one go; 0: a whole message (opus: one packet)
        self._since = 0.0
        self._window, self._count = 0.0, 0
        self._waits = False  # the reader has done with all that came, and waits for more
        self._wrong: Exception | None = None  # with the message that was to be taken straight
        self._loop = asyncio.get_running_loop()
        self._calm = self._loop.time()  # when the client last kept to the rate
        # the place is taken before the call is opened, so that a burst cannot overfill the house
        self._live = LiveCall(self._id, "", dialect.name, time.time(), state="opening")
        services.calls[self._id] = self._live

    async def run(self) -> None:
        """Run the call from its first message to its last byte."""
        opening = await self._await_opening()
        if opening is None or not await self._open(opening):
            return
        assert self._runner is not None, "an opened call has a runner"
        async with asyncio.TaskGroup() as tasks:
            self._reading = tasks.create_task(self._read(), name=f"read {self._id[:8]}")
            tasks.create_task(self._runner.outbox.run(), name=f"write {self._id[:8]}")
            tasks.create_task(self._runner.listen(), name=f"listen {self._id[:8]}")
            self._runner.say(CallAccepted(call_id=self._id))
            self._runner.start()
            if self._front is not None:
                tasks.create_task(self._front.run(), name=f"bot {self._id[:8]}")

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
        if self._carrier is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._services.send_timeout):
                    await self._carrier.settled()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._services.send_timeout):
                await shut(self._socket, self._code, self._reason)

    # --- before the call -------------------------------------------------------------------

    async def _await_opening(self) -> Opening | None:
        try:
            async with asyncio.timeout(START_WITHIN):
                while True:
                    frame = await self._receive()
                    if frame is None:
                        return None
                    try:
                        opening = await self._opening_in(self._dialect.read(frame))
                    except _Left:
                        return None
                    except ClientError as error:
                        if not await self._complain(error):
                            return None
                        continue
                    if opening is not None:
                        self._bad = 0
                        return opening
        except TimeoutError:
            self._code, self._reason = MALFORMED, "no start message"
            return None

    async def _opening_in(self, facts: Sequence[Fact]) -> Opening | None:
        """The fact that opens the call, if that was told."""
        for fact in facts:
            match fact:
                case Opening():
                    return fact
                case Ignored(code=code, message=message):
                    await self._ignore(code, message)
                case SoundHeard():
                    raise ClientError("not_started", "audio before the start message")
                case _:
                    raise ClientError("not_started", "the first message of a call is start")
        return None

    async def _ignore(self, code: str, message: str) -> None:
        """Something left out before the start: said once, and not as fast as it comes."""
        if code not in self._warned:
            self._warned.add(code)
            await self._say(Complaint(code=code, message=message))
        await self._floods()

    async def _open(self, opening: Opening) -> bool:
        """Make the call ready; False if it was refused and told why."""
        tenant = self._door.tenant(opening.tenant)
        serving = self._services.tenants.get(tenant)
        if serving is None or not self._door.opens(tenant):
            return await self._refuse("unknown_tenant", f"no catalogue is live for {tenant!r}")
        busy = self._services.admission.refusal_of(tenant, self._services.calls.values())
        if busy is not None:
            self._code = OVER_CAPACITY
            return await self._refuse(busy.value, busy.words)
        self._live.tenant = tenant  # from here on the call counts as its own
        try:
            form = self._dialect.form
        except ClientError as error:
            return await self._refuse(error.code, str(error))
        if not opening.own_text:
            try:
                if self._services.transcriber is None:
                    raise ProviderFailed("no recogniser is configured (stt.provider)")
                locale = opening.locale or "en-US"
                transcriber, terms = self._services.transcriber, serving.keyterms
                self._transcription = await transcriber.open(locale, self._id, terms)
            except ProviderFailed as error:
                self._code = OVER_CAPACITY
                return await self._refuse("stt_unavailable", str(error))
        bots = self._services.bots
        if bots is not None and form != bots.form:
            told = f"{bots.form.encoding.value} at {bots.form.sample_rate}"
            return await self._refuse("unsupported_audio", f"the bot behind takes {told} alone")
        self._live.locale = opening.locale
        self._live.caller = opening.caller
        self._services.observer.call_started()
        self._runner = Runner(
            self._services,
            self._live,
            SocketWire(self._socket),
            self._dialect,
            self._transcription,
            self._ended,
        )
        if bots is not None:
            policy = self._services.standin
            if self._services.modes.get(tenant, "live") != "live":
                policy = replace(policy, withhold=False)  # nothing will be answered
            call = _told_to_bot(self._id, tenant, opening)
            self._front = Front(self._services, bots, self._runner, self._dialect, policy, call)
        if self._carrier is not None:
            self._carrier.taken(self._runner.end)
            self._runner.obeyed_by(self._carrier.obey)
        if self._transcription is not None:
            await self._listen_to(form, self._transcription, self._runner)
        return True

    async def _listen_to(
        self, form: AudioFormat, transcription: Transcription, runner: Runner
    ) -> None:
        # in a thread: the first opus decoder of a process loads a large library
        decoder = await asyncio.to_thread(WireDecoder, form)
        self._piece = form.bytes_per_ms * PIECE_MS
        self._ears = Ears(decoder, self._services.detector(), transcription, runner.receive)

    async def _refuse(self, code: str, message: str) -> bool:
        await self._say(Complaint(code=code, message=message))
        self._reason = code
        if self._code == 1000:
            self._code = REFUSED  # policy violation: the start asks for what we do not offer
        return False

    async def _say(self, order: Order) -> None:
        """Before the outbox exists."""
        wire = SocketWire(self._socket)
        with contextlib.suppress(RuntimeError, OSError, WebSocketDisconnect):
            async with asyncio.timeout(self._services.send_timeout):
                for message in self._dialect.write(order):
                    await wire.send(message)

    async def _complain(self, error: ClientError) -> bool:
        """Tell what was wrong; False if that was once too often."""
        await self._say(Complaint(code=error.code, message=str(error)))
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
        if (way := straight_way(self._socket)) is not None:
            way.taker = self._take_straight
        try:
            while (frame := await self._next()) is not None:
                if await self._floods():
                    text = f"more than {FLOOD / FLOOD_WINDOW:.0f} messages a second for too long"
                    self._runner.complain("flood", text)
                    self._code, self._reason = REFUSED, "flood"
                    break
                try:
                    self._raise_wrong()
                    for fact in self._dialect.read(frame):
                        await self._take(fact, self._runner)
                except _Left:
                    break
                except ClientError as error:
                    self._runner.complain(error.code, str(error))
                    if self._too_bad(error):
                        break
                else:
                    self._bad = 0
        finally:
            self._reading = None  # from here on it must not be cancelled
            if way is not None:
                way.taker = None
            self._runner.hang_up()
            await self._close_parts()

    async def _next(self) -> str | bytes | None:
        """The next message that is not taken straight."""
        self._waits = True
        frame = await self._receive()
        self._waits = False
        return frame

    def _raise_wrong(self) -> None:
        """Raise what went wrong when this was to be taken straight; it is not heard twice."""
        wrong, self._wrong = self._wrong, None
        if wrong is not None:
            raise wrong

    def _take_straight(self, frame: str | bytes) -> bool:
        """Hear a message of sound that is nothing out of the ordinary, before the reader would."""
        if not self._waits or self._ears is None or self._count >= FLOOD:
            return False
        now = self._services.clock()
        if self._is_ahead(now):
            return False
        sound = self._dialect.sound(frame)
        if sound is None or len(sound) > self._piece or self._rushes():
            return False
        try:
            if self._front is not None:
                self._front.sound(sound)
            self._heard += self._ears.hear(sound, now) / BYTES_PER_SECOND
        except Exception as error:  # noqa: BLE001 - the reader raises it, as if it had heard it
            self._wrong = error
            return False
        self._bad = 0
        return True

    async def _close_parts(self) -> None:
        if self._ears is not None:
            self._ears.close()
        if self._front is not None:
            self._front.close()
        if self._transcription is not None:
            await self._transcription.close()

    async def _floods(self) -> bool:
        """Read a flood at ``FLOOD`` messages a window; True once it has lasted ``PATIENCE``: its
        backlog would hold the call's place long after the client has gone."""
        if not self._rushes():
            return False
        now = self._loop.time()
        if self._count > FLOOD:
            await asyncio.sleep(self._window + FLOOD_WINDOW - now)
        return now - self._calm > PATIENCE

    def _rushes(self) -> bool:
        """Count a message, and return whether it is part of a flood."""
        now = self._loop.time()
        if now - self._window >= FLOOD_WINDOW:
            if self._count <= FLOOD:
                self._calm = now
            self._window, self._count = now, 0
        self._count += 1
        return self._count > FLOOD or now - self._calm > PATIENCE

    async def _take(self, fact: Fact, runner: Runner) -> None:
        """Do what a fact calls for. Raises ``ClientError`` for one that is out of place."""
        match fact:
            case SoundHeard(payload=payload):
                if self._front is not None:  # first: what goes through need not wait for our ears
                    self._front.sound(payload)
                await self._hear(payload)
            case TextHeard() if self._transcription is not None:
                text = 'this call\'s text is ours: start it with "stt":"client" to send your own'
                raise ClientError("unexpected", text)
            case TextHeard(text=text, final=False):
                runner.partial(text)
            case TextHeard(text=text, confidence=confidence, ended_ago=ago):
                runner.final(text, confidence, ended_ago=ago)
            case MarkPlayed(name=name):
                runner.playout.echoed(name)
                if self._front is not None:
                    self._front.echoed(name)
            case KeyStruck(digit=digit):
                if self._front is not None:
                    self._front.key(digit)
                runner.receive(KeyPressed(digit=digit))
            case CallerLeft():
                raise _Left
            case Opening():
                raise ClientError("unexpected", "the call has started already")
            case Ignored(code=code, message=message):
                self._warn(code, message)

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
            if self._is_ahead(now):
                text = "audio comes faster than real time: is the declared sample_rate right?"
                raise ClientError("audio_too_fast", text)
            heard = self._ears.hear(frame[start : start + (self._piece or whole)], now)
            self._heard += heard / BYTES_PER_SECOND

    def _is_ahead(self, now: float) -> bool:
        """Return whether more sound has come than can have been said."""
        return self._heard - (now - self._since) > AHEAD

    def _ended(self, reason: str) -> None:
        """The call ended itself, or its client cannot be written to."""
        self._reason = self._reason or reason[:100]
        self._waits = False
        if self._reading is not None:
            self._reading.cancel()


def _told_to_bot(call_id: str, tenant: str, opening: Opening) -> BotCall:
    """The call as a bot behind is told of it: what the door was told, and nothing of our own."""
    given = {"tenant": opening.tenant, "locale": opening.locale}
    told = {**opening.caller, **{name: value for name, value in given.items() if value}}
    return BotCall(call_id=call_id, tenant=tenant, caller=told, ids=opening.ids)


class _Left(Exception):
    """The caller has hung up in so many words."""
