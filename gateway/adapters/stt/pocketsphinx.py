"""The local recogniser: pocketsphinx in a bounded pool of processes, one per call.

A call takes a process and gives it back at its end; the decoder then forgets the call, its line's
sound included. Processes are started when needed, one ahead of need, and kept. Nothing here blocks:
the pipes call back, the queues are bounded, and a process that dies or stops answering is replaced
under the call that uses it.

English only; fair on clear 16 kHz speech, poor on telephone audio: for trying things out without a
key, not for callers. A process takes 110 MiB and about a sixth of a core while its caller speaks;
finals come 30 to 200 ms after ``finish_utterance``.
"""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import json
import logging
import sys
from collections import deque
from collections.abc import AsyncIterator, Sequence

from gateway.adapters.stt import pocketsphinx_worker as wire
from gateway.adapters.stt.outlet import Outlet
from gateway.adapters.stt.pocketsphinx_process import Process
from gateway.errors import ProviderFailed
from gateway.ports.speech_in import Heard

log = logging.getLogger(__name__)

QUEUE_BYTES = 4 * wire.RATE * 2
"""Sound waiting for a decoder that lags: 4 s, then the oldest is dropped."""
AHEAD_BYTES = wire.RATE // 2 * 2
"""Sound handed to the process but not yet decoded: 0.5 s; the rest waits here, where it can be
dropped, and where a replacement finds it."""
PIECE_BYTES = wire.RATE // 10 * 2
"""Longer feeds are cut, so that the oldest 100 ms can be dropped."""
START_S = 20.0
"""A process that has not loaded its model by then never will (0.4 s alone, 5 s on a busy disk)."""
STUCK_S = 10.0
"""A process that owes something and has answered nothing for so long is killed."""
REPLACEMENTS = 2
"""Processes a call may lose before it is told that recognition does not work."""

WORKER_COMMAND = (sys.executable, "-P", str(wire.__file__))
"""-P: beside the script lies this module, whose name would hide the library's."""

_FINISH = b""
"""Between pieces of sound: the utterance ends here."""


class PocketsphinxTranscription:
    """One call's stream (``ports.Transcription``); made by ``PocketsphinxTranscriber.open``."""

    def __init__(self, pool: PocketsphinxTranscriber, hello: bytes) -> None:
        self._pool = pool
        self.hello = hello
        """The message that opens the call at the process."""
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._known = ""  # the utterance's last partial
        self._unanswered = 0  # FINISHes the process has, without a final yet
        self._out = Outlet()
        self._closed = False
        self.worker: Worker | None = None
        self.lost = 0
        """Processes that died under this call."""
        self.dropped_bytes = 0
        """Sound the decoder was too late for."""

    def feed(self, pcm: bytes) -> None:
        """PCM16 at 16 kHz, whole samples. Silence before speech may be left out or fed."""
        if self._closed:
            return
        pieces = [pcm[at : at + PIECE_BYTES] for at in range(0, len(pcm), PIECE_BYTES)]
        self._waiting.extend(pieces)
        self._waiting_bytes += len(pcm)
        self.pump()
        while self._waiting_bytes > QUEUE_BYTES:
            self._drop_oldest()

    def skip(self, samples: int) -> None:
        """Nothing to do: utterances are joined from what is fed, whatever lay between."""

    def finish_utterance(self) -> None:
        """A final follows, be it empty."""
        if not self._closed:
            self._waiting.append(_FINISH)
            self.pump()

    async def __aiter__(self) -> AsyncIterator[Heard]:
        """Raises ``ProviderFailed`` when recognition is lost for this call."""
        async for heard in self._out:
            if isinstance(heard, Heard):  # it knows nothing else
                yield heard

    async def close(self) -> None:
        """Give the process back."""
        if not self._closed:
            self._closed = True
            self._waiting.clear()
            self._out.close()
            self._pool.release(self)

    def pump(self) -> None:
        """Hand on what the process may have now."""
        worker = self.worker
        while worker is not None and worker.ready and self._waiting:
            if self._waiting[0] == _FINISH:
                self._waiting.popleft()
                self._unanswered += 1
                worker.finish()
                continue
            if worker.ahead >= AHEAD_BYTES:
                return
            piece = self._waiting.popleft()
            self._waiting_bytes -= len(piece)
            worker.audio(piece)

    def partial(self, text: str) -> None:
        self._known = text
        self._out.put(Heard(text, final=False))

    def final(self, text: str, confidence: float) -> None:
        self._known = ""
        self._unanswered -= 1
        self._out.put(Heard(text, final=True, confidence=confidence))

    def worker_lost(self) -> None:
        """Tell what was known of the utterances the process took along. Confidence 0: nobody
        knows what else was said."""
        self.worker = None
        self.lost += 1
        for _ in range(max(self._unanswered, 1 if self._known else 0)):
            self._out.put(Heard(self._known, final=True, confidence=0.0))
            self._known = ""
        self._unanswered = 0

    def fail(self, error: ProviderFailed) -> None:
        self._out.fail(error)

    def _drop_oldest(self) -> None:
        oldest = next(i for i, piece in enumerate(self._waiting) if piece != _FINISH)
        size = len(self._waiting[oldest])
        del self._waiting[oldest]
        self._waiting_bytes -= size
        self.dropped_bytes += size


def language_of(locale: str) -> str:
    """``en`` of ``en-US`` or ``en_US``."""
    return locale.replace("_", "-").partition("-")[0].lower()


class Worker:
    """A process of the pool: loading, idle, in a call, or gone."""

    def __init__(self, pool: PocketsphinxTranscriber, command: Sequence[str]) -> None:
        self._pool = pool
        self._owed: deque[int] = deque()  # bytes of each AUDIO sent and not yet decoded
        self._finals = 0  # owed too
        self._number = 0
        self.call: PocketsphinxTranscription | None = None
        self.ready = False
        self.reason = ""
        """Why it could not load."""
        self.process = Process(command, self._received, self._gone)
        self.process.watch(pool.start_s)

    @property
    def ahead(self) -> int:
        """Bytes of sound sent and not yet decoded."""
        return sum(self._owed)

    def attach(self, call: PocketsphinxTranscription, number: int) -> None:
        """Serve this call from now on, or from when the model is loaded."""
        self.call, call.worker, self._number = call, self, number
        if self.ready:
            self._begin(call)

    def detach(self) -> None:
        """The call is over; what still comes of it is told by its number and dropped."""
        if self.ready and self.call is not None:
            self.process.unwatch()
            self.process.send(wire.pack(wire.END, self._number))
        self.call = None
        self._number = 0
        self._owed.clear()
        self._finals = 0

    def audio(self, pcm: bytes) -> None:
        self._expect_if_none_owed()
        self._owed.append(len(pcm))
        self.process.send(wire.pack(wire.AUDIO, self._number, pcm))

    def finish(self) -> None:
        self._expect_if_none_owed()
        self._finals += 1
        self.process.send(wire.pack(wire.FINISH, self._number))

    def _expect_if_none_owed(self) -> None:
        if not (self._owed or self._finals):
            self.process.watch(self._pool.stuck_s)

    def _begin(self, call: PocketsphinxTranscription) -> None:
        self.process.send(wire.pack(wire.BEGIN, self._number, call.hello))
        call.pump()

    def _received(self, kind: bytes, number: int, payload: bytes) -> None:
        if kind == wire.READY:
            self.ready = True
            self.process.unwatch()
            if self.call is not None:
                self._begin(self.call)
        elif kind == wire.FAILED:
            self.reason = payload.decode(errors="replace")
        elif self.call is not None and number == self._number:
            self._heard(self.call, kind, payload)

    def _heard(self, call: PocketsphinxTranscription, kind: bytes, payload: bytes) -> None:
        if kind == wire.TEXT:
            call.partial(payload.decode())
        elif kind == wire.FINAL:
            self._finals -= 1
            call.final(**json.loads(payload))
        elif kind == wire.DONE:
            self._owed.popleft()
            call.pump()
        if self._owed or self._finals:
            self.process.watch(self._pool.stuck_s)
        else:
            self.process.unwatch()

    def _gone(self) -> None:
        self.ready = False
        self._pool.worker_gone(self)


class PocketsphinxTranscriber:
    """A pool of at most ``decoders`` recognisers (``ports.Transcriber``).

    ``open`` waits ``wait_s`` for one to come free, else the call has to do without. It does not
    wait for a model to load: sound fed meanwhile is kept (4 s).
    """

    start_s = START_S
    stuck_s = STUCK_S

    def __init__(
        self, decoders: int, *, wait_s: float = 0.25, command: Sequence[str] = WORKER_COMMAND
    ) -> None:
        self._most = decoders
        self._wait_s = wait_s
        self._command = command
        self._numbers = itertools.count(1)
        self._workers: set[Worker] = set()
        self._calls: set[PocketsphinxTranscription] = set()
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._closed = False

    async def open(
        self, locale: str, call_id: str, keyterms: Sequence[str] = ()
    ) -> PocketsphinxTranscription:
        """Begin a call. Raises ``ProviderFailed`` for another language than English, if all are
        busy, or if pocketsphinx is not installed."""
        hello = self._hello(locale, keyterms)
        await self._place()
        call = PocketsphinxTranscription(self, hello)
        self._calls.add(call)
        try:
            self._staff(call)
        except OSError as error:
            self.release(call)
            raise ProviderFailed(f"no recogniser process can be started: {error}") from error
        return call

    def _hello(self, locale: str, keyterms: Sequence[str]) -> bytes:
        """The message that opens a call at the process. Raises ``ProviderFailed`` if it cannot
        serve the call.
        """
        if language_of(locale) != "en":
            raise ProviderFailed(
                f"the local recogniser knows English only, not {locale!r}: let the client send "
                "text, or choose another stt.provider"
            )
        if importlib.util.find_spec("pocketsphinx") is None:
            raise ProviderFailed("the local recogniser needs the pocketsphinx package")
        return b""

    async def close(self) -> None:
        """Shut down: calls end, processes leave, or are killed after a second."""
        self._closed = True
        for call in list(self._calls):
            await call.close()
        processes = [worker.process for worker in self._workers]
        for process in processes:
            process.leave()
        if not processes:
            return
        _, still = await asyncio.wait([process.gone for process in processes], timeout=1.0)
        for process in processes:
            if process.gone in still:
                process.kill()
        await asyncio.wait([process.gone for process in processes])

    def release(self, call: PocketsphinxTranscription) -> None:
        """The call is over: its worker is free."""
        self._calls.discard(call)
        if call.worker is not None:
            call.worker.detach()
            call.worker = None
        self._wake()

    def worker_gone(self, worker: Worker) -> None:
        """A process has ended: the call that used it gets another, or is told."""
        self._workers.discard(worker)
        if self._closed:
            return
        call = worker.call
        log.warning("recogniser process %d ended; %s", worker.process.pid, worker.reason or "why?")
        if call is None:
            return
        call.worker_lost()
        reason = worker.reason or "its processes keep dying"
        if not worker.reason and call.lost <= REPLACEMENTS:
            try:
                self._staff(call)
            except OSError as error:
                reason = str(error)
            else:
                return
        call.fail(ProviderFailed(f"the local recogniser does not work: {reason}"))

    async def _place(self) -> None:
        """Wait until fewer calls than decoders are open."""
        try:
            async with asyncio.timeout(self._wait_s):
                while len(self._calls) >= self._most and not self._closed:
                    waiter = asyncio.get_running_loop().create_future()
                    self._waiters.append(waiter)
                    await waiter
        except asyncio.CancelledError:
            self._wake()  # it may have been this one's turn
            raise
        except TimeoutError:
            self._wake()
            raise ProviderFailed(
                f"all {self._most} recognisers are busy: raise stt.decoders, or let the client "
                "send text"
            ) from None
        if self._closed:
            raise ProviderFailed("the recognisers are shut down")

    def _wake(self) -> None:
        """Let the next that waits look again."""
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def _staff(self, call: PocketsphinxTranscription) -> None:
        """Give the call a worker and see that the next call will find one."""
        idle = self._idle()
        worker = max(idle, key=lambda one: one.ready) if idle else self._start()
        worker.attach(call, next(self._numbers))
        if not self._idle() and len(self._workers) < self._most:
            self._start()

    def _idle(self) -> list[Worker]:
        return [worker for worker in self._workers if worker.call is None]

    def _start(self) -> Worker:
        worker = Worker(self, self._command)
        self._workers.add(worker)
        return worker
