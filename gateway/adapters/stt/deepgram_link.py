"""A call's connection to Deepgram, kept up: what Nova and Flux have in common.

Sound is kept until Deepgram has settled on its words. When the connection is lost, the next one
hears it again from there, so that no word is lost and none comes twice. All else is bounded too:
a connection that says nothing while it owes something is given up, and so is the call's
recognition when connections keep failing.

A task for each call connects, sends and receives; ``feed`` only wakes it (2 us). A result of ten
words costs the event loop 0.2 ms, all but 0.03 ms of it in the SDK.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from math import inf
from typing import Any

from websockets.exceptions import ConnectionClosed, WebSocketException

from gateway.adapters.stt.outlet import Outlet
from gateway.adapters.stt.tape import RATE, Tape
from gateway.adapters.stt.utterance import Finish, HeardUtterance, SpeechReport
from gateway.core.policy import Policy
from gateway.errors import ProviderFailed
from gateway.ports.speech_in import Heard, Presence
from gateway.shell.process.background import start
from gateway.shell.sound.reopening import KEPT_S, STEADY

log = logging.getLogger(__name__)

PIECE = RATE // 10
"""Samples in a message; Deepgram asks for 20 to 250 ms."""
CONNECT_S = 3.0
"""A handshake is a few round trips."""
TRIES = 5
"""Connections in a row that fail, before the call is told: with the pauses between, 3 s or more."""
BACKOFF_S = 0.1
"""The first pause; each is twice the one before, and a random part of it is left out, so that
calls that were cut off together do not come back together."""
STUCK_S = 6.0
"""A connection that owes results and sends nothing for so long is given up."""
OWED = RATE * 3 // 2
"""Samples after which it owes some: results come with each second of sound."""
OPEN_S = 5.0
"""Longer than that nobody waits for a call to begin."""
FINAL_S = Policy().stt_budget - 0.1
"""A final that is not there by then is made of what is known, just before the core's own wait for
it is over."""
UNKNOWN_S = Policy().stt_patience + 0.4
"""Further wait where nothing is known: an empty final would say that the caller said nothing. The
core asks the caller to say it again before that is over."""
KEEP_ALIVE_S = 4.0
"""Deepgram closes after 10 s without a message, and advises 3 to 5 s."""
SILENCE = bytes(PIECE * 2)
CLOSE_S = 0.5
"""A goodbye that takes longer is cut short."""
SLACK = RATE // 10
"""Deepgram counts in frames: a result that ends 100 ms before the sound does covers it."""
FATAL_CLOSE = 1008
"""Deepgram cannot read what it is sent: it will not the next time either."""

REFUSALS = {
    400: "it does not know the model (stt.model), or not for this project or language",
    401: "the key is wrong: set FRONTLINE_STT__API_KEY",
    402: "the project has no credit left",
    403: "the key may not transcribe, or not with this model",
    404: "there is no such service at stt.base_url",
    429: "too many streams at once for the project",
}
FATAL = (400, 401, 402, 403, 404)

Connect = Callable[[], AbstractAsyncContextManager[Any]]


class ConnectionLost(Exception):
    """The connection is over; another may be tried."""


class DeepgramTranscription(ABC):
    """One call's stream (``ports.Transcription``)."""

    def __init__(self, connect: Connect, released: Callable[[DeepgramTranscription], None]) -> None:
        self._connect = connect
        self._released = released
        self._loop = asyncio.get_running_loop()
        self._tape = Tape(KEPT_S)
        self._settled = 0  # before it, words are known for good
        self._sent = 0
        self._base = 0  # position at which the connection's own time began
        self._reported = 0.0  # the sound before it has been in a result
        self._owed_since: float | None = None  # so much was sent that something should come
        self._finishes: deque[Finish] = deque()
        self._asked = 0  # of them, those asked for on this connection
        self._excused = 0.0  # until then an empty final is not told: nobody was there to hear
        self._wake = asyncio.Event()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._task: asyncio.Task[None] | None = None
        self._out = Outlet()
        self._utterance = HeardUtterance()
        self.dropped_bytes = 0
        """Sound that was never sent."""
        self.connections = 0
        self.unreadable = 0
        """Messages that were not what Deepgram documents."""

    # --- the port ---------------------------------------------------------------------------

    async def start(self) -> None:
        """Connect. Raises ``ProviderFailed``."""
        self._task = start(self._run(), name="deepgram")
        self._task.add_done_callback(self._ended)
        try:
            async with asyncio.timeout(OPEN_S):
                await self._ready
        except BaseException as error:
            await self.close()
            if isinstance(error, TimeoutError):
                raise ProviderFailed(f"Deepgram does not answer within {OPEN_S:.0f} s") from None
            raise

    def feed(self, pcm: bytes) -> None:
        """PCM16 at 16 kHz, whole samples."""
        if self._out.closed or not pcm:
            return
        self._tape.append(pcm)
        if (gone := self._tape.begin - self._sent) > 0:
            self._sent += gone
            self._base += gone
            self.dropped_bytes += gone * 2
        self._wake.set()

    @abstractmethod
    def skip(self, samples: int) -> None:
        """So many samples without voice were left out."""

    def finish_utterance(self) -> None:
        """A final follows, be it empty: soon, or after ``FINAL_S`` or ``UNKNOWN_S`` more."""
        if self._out.closed:
            return
        timer = self._loop.call_later(FINAL_S, lambda: self._overdue(finish))
        finish: Finish = Finish(self._tape.end, timer)
        self._finishes.append(finish)
        self._wake.set()
        self._finish_covered(self._settled)

    def __aiter__(self) -> AsyncIterator[Heard | Presence]:
        """Raises ``ProviderFailed`` when recognition is lost for this call."""
        return aiter(self._out)

    async def close(self) -> None:
        """Nothing is yielded any more; goodbye is said behind the back of whoever closes."""
        if self._out.closed:
            return  # a second cancel would cut the goodbye short
        self._out.close()
        while self._finishes:
            self._finishes.popleft().timer.cancel()
        if self._task is not None:
            self._task.cancel()

    async def gone(self) -> None:
        """Wait until it is disconnected: at most ``CLOSE_S`` after ``close``."""
        if self._task is not None:
            await asyncio.wait([self._task])

    # --- what Nova and Flux do differently ------------------------------------------------------

    @abstractmethod
    def _read(self, message: Any) -> SpeechReport | None:
        """The report in a message of the SDK; None if it does not matter. Raises
        ``ConnectionLost``, and ``AttributeError``, ``TypeError``, ``ValueError`` or
        ``IndexError`` for a message unlike the documented ones."""

    @abstractmethod
    def _heard(self, report: SpeechReport) -> None:
        """Take it in."""

    @abstractmethod
    async def _ask_final(self, socket: Any) -> None:
        """Have Deepgram settle on what it has."""

    @abstractmethod
    async def _keep_alive(self, socket: Any) -> None:
        """Nothing has been sent for ``KEEP_ALIVE_S``, but something before."""

    # --- finals -----------------------------------------------------------------------------

    def _finish_covered(self, until: float) -> None:
        """Finals that end before that position are there."""
        while self._finishes and self._finishes[0].at <= until:
            self._finish_next(self._finishes[0].at)

    def _finish_next(self, until: float) -> None:
        """Tell the oldest final that is owed; words before ``until`` are in it."""
        finish = self._finishes.popleft()
        finish.timer.cancel()
        self._asked = max(0, self._asked - 1)
        self._out.put(self._utterance.final(until))

    def _overdue(self, finish: Finish) -> None:
        """Tell what is known. What Deepgram says of that sound later is too late."""
        while self._finishes[0] is not finish:  # it waits for longer, but not for the next one
            self._overdue(self._finishes[0])
        more = not finish.is_late or self._loop.time() < self._excused
        if more and not self._utterance.words:
            finish.is_late = True
            finish.timer = self._loop.call_later(UNKNOWN_S, self._overdue, finish)
            return
        self._settle(finish.at)
        self._finish_next(finish.at)

    def _settle(self, until: float) -> None:
        """The words before that position are known for good."""
        self._settled = max(self._settled, min(round(until), self._tape.end))
        self._tape.forget(min(self._settled, self._sent))

    # --- connections ------------------------------------------------------------------------

    async def _run(self) -> None:
        """Connect until it cannot be helped."""
        failures = 0
        try:
            while True:
                began = self._loop.time()
                try:
                    async with self._connected() as socket:
                        self._begin()
                        await self._talk(socket)
                except ConnectionLost as lost:
                    steady = self._loop.time() - began > STEADY
                    failures = 1 if steady else failures + 1
                    log.warning("deepgram: %s (%d in a row)", lost, failures)
                    self._leave()
                    if failures >= TRIES:
                        raise ProviderFailed(f"Deepgram cannot be reached: {lost}") from None
                pause = BACKOFF_S * 2 ** (failures - 1)
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))
        except ProviderFailed as error:
            self._give_up(error)

    def _begin(self) -> None:
        """Note that a connection is open."""
        self.connections += 1
        if not self._ready.done():
            self._ready.set_result(None)
        elif self._excused == inf:
            self._excused = self._loop.time() + UNKNOWN_S
            self._out.put(Presence(there=True))

    def _leave(self) -> None:
        """Note that the connection is lost."""
        if self._ready.done() and self._excused != inf:
            self._excused = inf
            self._out.put(Presence(there=False))

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Our own mistake is told too, or the call would wait for ever."""
        self._released(self)
        if task.cancelled() or (mistake := task.exception()) is None:
            return
        log.error("a stream to Deepgram went wrong", exc_info=mistake)
        self._give_up(ProviderFailed("the recogniser's adapter failed"))

    def _give_up(self, error: ProviderFailed) -> None:
        if self._ready.done():
            self._out.fail(error)
        else:
            self._ready.set_exception(error)

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[Any]:
        """A connection, closed whatever happens. Raises ``ConnectionLost`` or
        ``ProviderFailed``, without what the SDK puts into its errors: the key is in it."""
        from deepgram.core.api_error import ApiError

        connection = self._connect()
        try:
            async with asyncio.timeout(CONNECT_S):
                socket = await connection.__aenter__()
        except ApiError as error:
            status = error.status_code or 0
            reason = REFUSALS.get(status, "it refuses")
            if status in FATAL:
                raise ProviderFailed(f"Deepgram refuses ({status}): {reason}") from None
            raise ConnectionLost(f"refused with {status}: {reason}") from None
        except TimeoutError:
            raise ConnectionLost(f"no answer within {CONNECT_S:.0f} s") from None
        except (OSError, EOFError, WebSocketException) as error:
            raise ConnectionLost(f"no connection ({type(error).__name__})") from None
        try:
            yield socket
        finally:
            await self._part(socket)
            with contextlib.suppress(WebSocketException, OSError):
                await connection.__aexit__(None, None, None)

    async def _part(self, socket: Any) -> None:
        """Say goodbye if it is we who go, and briefly: Deepgram closes when it has flushed."""
        websocket = vars(socket)["_websocket"]  # the SDK has no way to cut it off
        try:
            if self._out.closed:
                async with asyncio.timeout(CLOSE_S):
                    await socket.send_close_stream()
                    await websocket.wait_closed()
        except (WebSocketException, OSError):
            pass  # it is gone already, or in no hurry
        finally:
            websocket.transport.abort()

    async def _talk(self, socket: Any) -> None:
        """Until the connection is lost: raises ``ConnectionLost``, or ``ProviderFailed``."""
        if self._tape.begin > self._settled:  # what is not kept cannot be heard again
            self._settle(self._utterance.settle(self._tape.begin))
        self._base = self._sent = max(self._settled, self._tape.begin)
        self._asked, self._owed_since, self._reported = 0, None, self._base
        verdict: ConnectionLost | ProviderFailed | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._receive(socket), name="deepgram receive")
                tasks.create_task(self._send(socket), name="deepgram send")
        except* (
            WebSocketException,
            OSError,
            ConnectionLost,
        ) as group:  # TimeoutError is an OSError
            verdict = self._verdict(group.exceptions[0])
        if verdict is not None:  # raised above, Python before 3.11.4 would wrap it in a group
            raise verdict

    def _verdict(self, error: BaseException) -> ConnectionLost | ProviderFailed:
        closed = error.rcvd if isinstance(error, ConnectionClosed) else None
        if closed is not None:
            name = closed.reason[:12].split(":")[0]  # NET-0001; further words might be anything
            what = f"closed with {closed.code} {name if name[-4:].isdigit() else ''}".rstrip()
            if closed.code == FATAL_CLOSE:
                return ProviderFailed(f"Deepgram cannot read what it is sent: {what}")
            return ConnectionLost(what)
        if isinstance(error, ConnectionLost):
            return error
        if isinstance(error, TimeoutError):
            return ConnectionLost(f"it took nothing for {STUCK_S:.0f} s")
        return ConnectionLost(f"cut off ({type(error).__name__})")

    async def _receive(self, socket: Any) -> None:
        while True:
            try:
                report = self._read(await socket.recv())
            except (AttributeError, TypeError, ValueError, IndexError) as error:
                self.unreadable += 1
                if self.unreadable == 1:
                    log.warning("deepgram sent what cannot be read (%s)", type(error).__name__)
                continue
            if report is not None:
                self._reported = max(self._reported, report.end)
            owes = self._sent - self._reported > OWED
            self._owed_since = self._loop.time() if owes else None
            if report is not None:
                self._heard(report)
                self._wake.set()  # perhaps a final must be asked for again

    async def _send(self, socket: Any) -> None:
        while True:
            self._wake.clear()
            async with asyncio.timeout(STUCK_S):
                await self._send_due(socket)
            try:
                async with asyncio.timeout(KEEP_ALIVE_S):
                    await self._wake.wait()
            except TimeoutError:
                await self._idle(socket)
            owed = self._owed_since
            if owed is not None and self._loop.time() - owed > STUCK_S:
                raise ConnectionLost(f"it said nothing for {STUCK_S:.0f} s")

    async def _idle(self, socket: Any) -> None:
        async with asyncio.timeout(STUCK_S):
            if self._sent > self._base:
                await self._keep_alive(socket)
                return
        self.feed(SILENCE)  # before any sound a connection is not kept by messages

    async def _send_due(self, socket: Any) -> None:
        """All sound there is, and in between where finals are to be asked for."""
        while True:
            asked = self._asked
            due = self._finishes[asked].at if asked < len(self._finishes) else None
            until = self._tape.end if due is None else min(due, self._tape.end)
            if self._sent < until:
                piece = self._tape.read(self._sent, min(PIECE, until - self._sent))
                self._sent += len(piece) // 2
                if self._owed_since is None and self._sent - self._reported > OWED:
                    self._owed_since = self._loop.time()
                await socket.send_media(piece)
            elif due is not None:
                self._asked += 1
                await self._ask_final(socket)
            else:
                return
