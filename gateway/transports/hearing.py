"""``WS /admin/v1/hear``: one sentence by microphone, for who tries the catalogue out.

It is no call: nothing is decided, recorded, counted or passed on to an agent. The words go back to
who spoke them and nowhere else. A ticket opens it, which the admin API hands out to who may ask;
each wait has a deadline, and all of it takes ``WHOLE_S`` at most.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.audio import WireDecoder
from gateway.core.events import Event, VoiceStarted, VoiceStopped
from gateway.errors import ProviderFailed
from gateway.ports.sound import AudioFormat, Encoding
from gateway.ports.speech_in import Heard, Presence, Transcription
from gateway.ports.store import Entry
from gateway.shell.call.services import Services
from gateway.shell.process.background import start
from gateway.shell.sound.caller_audio import Ears
from gateway.shell.sound.sentence import Sentence
from gateway.transports import access
from gateway.transports.door import OVER_CAPACITY, REFUSED, UNAUTHORISED, shut
from gateway.transports.tickets import StreamTicket, TicketRefused, Tickets

PROTOCOL = "frontline.hear.v1"
"""The sub-protocol; the browser offers the ticket beside it."""
TICKET = "ticket."
"""The word before the ticket there."""
PURPOSE = "hear"
"""In a ticket, where others have the name of a call."""
FORM = AudioFormat(Encoding.PCM, 16_000)
"""The sound that is taken."""
FRAME = 32_000
"""Bytes of a frame: a second. Clients send a fiftieth of that."""
MOST_S = 30.0
"""Seconds of sound that are heard."""
WHOLE_S = 60.0
"""Seconds from the handshake to the close, whatever comes or does not."""
OPENING_S = 20.0
"""Seconds that a recogniser has to be there: a local one may have its model to load."""
STALLED_S = 5.0
"""Seconds without any frame after which the client counts as gone."""
AT_ONCE = 2
"""Sentences that a process hears at once: each takes a recogniser that a caller may need."""
LOCALE = "en-US"
"""The language that is heard where there is no catalogue, as in a call that names none."""

BUSY = "others try the microphone just now, or the server is shutting down: try again in a moment"
TOO_LARGE = 1009


class Hearings:
    """Hears sentences, a few at once."""

    def __init__(
        self,
        services: Callable[[], Services],
        tickets: Tickets,
        allowed_origins: tuple[str, ...] = (),
        draining: Callable[[], bool] = lambda: False,
    ) -> None:
        self._services = services
        self._tickets = tickets
        self._allowed_origins = allowed_origins
        self._draining = draining
        self._going = 0

    def admit(self, tenant: str) -> str:
        """A ticket for one sentence, to be used soon."""
        return self._tickets.issue(StreamTicket(tenant=tenant, call=PURPOSE))

    async def hear(self, socket: WebSocket) -> None:
        """Take one WebSocket from its handshake to its close."""
        await socket.accept(PROTOCOL if PROTOCOL in access.offered(socket) else None)
        tenant = self._redeemed(socket)
        if tenant is None:
            await shut(socket, UNAUTHORISED, "unauthorised")
            return
        if self._going >= AT_ONCE or self._draining():
            await _refuse(socket, "busy", BUSY, OVER_CAPACITY)
            return
        with self._counted():
            await Hearing(socket, self._services(), tenant).run()

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        self._going += 1
        try:
            yield
        finally:
            self._going -= 1

    def _redeemed(self, socket: WebSocket) -> str | None:
        """The tenant of the ticket that the client shows; None if it shows none that is good."""
        if not access.allowed_origin(socket, self._allowed_origins):
            return None
        shown = next((one for one in access.offered(socket) if one.startswith(TICKET)), "")
        try:
            ticket = self._tickets.redeem(shown.removeprefix(TICKET))
        except TicketRefused:
            return None
        return ticket.tenant if ticket.call == PURPOSE else None


class Hearing:
    """One sentence, from a recogniser that is opened for it to its final."""

    def __init__(self, socket: WebSocket, services: Services, tenant: str) -> None:
        self._socket = socket
        self._services = services
        self._tenant = tenant
        self._clock = asyncio.get_running_loop().time
        self._changed = asyncio.Event()
        self._left = int(MOST_S * FORM.sample_rate * 2)
        self._problem: tuple[str, str, int] | None = None
        self._gone = False

    async def run(self) -> None:
        """Hear it. What fails is told."""
        try:
            async with asyncio.timeout(WHOLE_S):
                transcription = await self._opened()
                try:
                    await self._listen(transcription)
                finally:
                    await transcription.close()
        except TimeoutError:
            await _refuse(self._socket, "too_long", "this took too long: try again", REFUSED)
        except ProviderFailed as error:
            await _refuse(self._socket, "stt_unavailable", str(error), OVER_CAPACITY)

    async def _opened(self) -> Transcription:
        transcriber = self._services.transcriber
        serving = self._services.tenants.get(self._tenant)
        if transcriber is None:
            raise ProviderFailed("no recogniser is configured (stt.provider)")
        terms = serving.keyterms if serving is not None else ()
        locale = LOCALE if serving is None else commonest(serving.catalogue.entries)
        try:
            async with asyncio.timeout(OPENING_S):
                return await transcriber.open(locale, f"hear-{secrets.token_hex(8)}", terms)
        except TimeoutError:
            raise ProviderFailed("the recogniser does not start (stt.provider)") from None

    async def _listen(self, transcription: Transcription) -> None:
        sentence = Sentence(transcription.finish_utterance, self._clock())
        ears = Ears(
            WireDecoder(FORM), self._services.detector(), transcription, self._voice(sentence)
        )
        await self._say({"type": "ready"})
        tasks = [
            start(self._frames(ears, sentence), name="hear: frames"),
            start(self._words(transcription, sentence), name="hear: words"),
        ]
        try:
            await self._until_over(sentence, tasks)
        finally:
            ears.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await self._told(sentence)

    def _voice(self, sentence: Sentence) -> Callable[[Event], None]:
        def voice(event: Event) -> None:
            if isinstance(event, (VoiceStarted, VoiceStopped)):
                sentence.voice(isinstance(event, VoiceStarted), self._clock())
                self._changed.set()

        return voice

    async def _until_over(self, sentence: Sentence, tasks: list[asyncio.Task[None]]) -> None:
        """Wait for the end, whichever it is. Raises what a task has raised."""
        for task in tasks:
            task.add_done_callback(lambda _: self._changed.set())
        while not (sentence.over or self._gone or self._problem):
            for task in tasks:
                if task.done() and not task.cancelled():
                    task.result()  # raises what went wrong
            try:
                async with asyncio.timeout_at(sentence.deadline):
                    await self._changed.wait()
            except TimeoutError:
                sentence.due(self._clock())
            self._changed.clear()

    async def _told(self, sentence: Sentence) -> None:
        if self._gone:
            return
        if self._problem is not None:
            await _refuse(self._socket, *self._problem)
            return
        await self._say({"type": "final", "text": sentence.text})
        await shut(self._socket, 1000, "heard")

    # --- what comes in -----------------------------------------------------------------------

    async def _frames(self, ears: Ears, sentence: Sentence) -> None:
        """Sound until it is enough, or the client says that it is."""
        try:
            while not sentence.over:
                async with asyncio.timeout(STALLED_S):
                    message = await self._socket.receive()
                if message["type"] == "websocket.disconnect":
                    self._gone = True
                    return
                frame = message.get("bytes")
                if frame is None:
                    if _ends(message.get("text") or ""):
                        sentence.stop(self._clock())
                elif len(frame) > FRAME:
                    mend = f"a frame may have {FRAME:,} bytes: send 20 ms at a time"
                    self._problem = ("too_large", mend, TOO_LARGE)
                    return
                else:
                    self._sound(frame, ears, sentence)
                self._changed.set()
        except TimeoutError:
            sentence.stop(self._clock())

    def _sound(self, frame: bytes, ears: Ears, sentence: Sentence) -> None:
        if self._left <= 0:
            return  # still on its way when it was enough
        ears.hear(frame, self._clock())
        self._left -= len(frame)
        if self._left <= 0:
            sentence.stop(self._clock())

    async def _words(self, transcription: Transcription, sentence: Sentence) -> None:
        async for heard in transcription:
            if isinstance(heard, Presence):
                continue  # one that does not come back is told of by the end of this
            await self._take(heard, sentence)
            if sentence.over:
                return
        sentence.end()

    async def _take(self, heard: Heard, sentence: Sentence) -> None:
        before = sentence.text
        sentence.hear(heard)
        self._changed.set()
        if not sentence.over and sentence.text != before:
            await self._say({"type": "partial", "text": sentence.text})

    async def _say(self, message: dict[str, str]) -> None:
        """Write to the client; one that does not read in time is left."""
        try:
            async with asyncio.timeout(self._services.send_timeout):
                await self._socket.send_text(json.dumps(message))
        except (RuntimeError, OSError, WebSocketDisconnect, TimeoutError):
            self._gone = True
            self._changed.set()


def commonest(entries: Sequence[Entry]) -> str:
    """The locale of most of the entries: who asks them speaks that."""
    counted = Counter(entry.locale for entry in entries if entry.locale)
    return max(counted, key=counted.__getitem__, default=LOCALE)


def _ends(text: str) -> bool:
    """Return whether the client says that it has said all; other messages are left out."""
    try:
        message = json.loads(text)
    except ValueError:
        return False
    return isinstance(message, dict) and message.get("type") == "end"


async def _refuse(socket: WebSocket, code: str, message: str, status: int) -> None:
    """Tell what is wrong, and close."""
    with contextlib.suppress(RuntimeError, OSError, WebSocketDisconnect):
        await socket.send_text(json.dumps({"type": "error", "code": code, "message": message}))
    await shut(socket, status, code)
