"""Processes that speak: one text in, one treated clip in every wire format out.

Processes rather than threads, because synthesizers such as espeak-ng are one global state per
process and most of the work holds the interpreter's lock. They are spawned, never forked: the
parent may have threads and a model loaded. Each has one pipe to the parent; when the parent dies,
however it dies, the pipe ends and the worker with it.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Self

from cache_seed.sound import Treatment, clip_audio, treat
from gateway.errors import ProviderFailed
from gateway.ports.sound import AudioFormat, ClipAudio
from gateway.ports.speech_out import Synthesizer

SLOWEST_S = 120.0
"""Seconds a text may take before its worker is given up: a remote voice that hangs."""

Factory = Callable[[], Synthesizer]
"""Makes the synthesizer inside a worker: picklable, such as ``partial(EspeakSynthesizer, ...)``."""

Sound = dict[AudioFormat, ClipAudio]


@dataclass(frozen=True, slots=True)
class Script:
    """A worker's script: the texts it is to say."""

    text: str
    voice: str
    locale: str


def speak(synthesizer: Synthesizer, script: Script, treatment: Treatment) -> Sound:
    """The clip in every wire format. Raises ``ProviderFailed`` if no sound comes out."""
    pieces = list(synthesizer.stream(script.text, script.voice, script.locale))
    rates = {piece.sample_rate for piece in pieces}
    if len(rates) != 1:
        raise ProviderFailed("no sound was made" if not rates else "the sample rate changes inside")
    (rate,) = rates
    pcm = treat(b"".join(piece.samples for piece in pieces), rate, treatment)
    return clip_audio(pcm, rate)


def work(pipe: Connection, factory: Factory, treatment: Treatment) -> None:
    """A worker's life: answers each ``Script`` with a ``Sound`` or the reason why not."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    try:
        synthesizer = None
        while True:
            script: Script = pipe.recv()
            answer: Sound | str
            try:
                synthesizer = synthesizer or factory()
                answer = speak(synthesizer, script, treatment)
            except Exception as error:  # noqa: BLE001 - one bad sentence must not stop the others
                answer = str(error) if isinstance(error, ProviderFailed) else repr(error)
            pipe.send(answer)
    except (EOFError, OSError):
        return  # the parent has finished with us, or is gone


class _Worker:
    """One process and what it is busy with."""

    def __init__(self, factory: Factory, treatment: Treatment) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.pipe, theirs = spawn.Pipe()
        # A daemon: should this process end without closing the pool, it does not wait for it.
        self._process = spawn.Process(
            target=work, args=(theirs, factory, treatment), name="speaker", daemon=True
        )
        self._process.start()
        theirs.close()
        self.busy: int | None = None
        self.since = 0.0

    def begin(self, number: int, script: Script) -> None:
        self.busy, self.since = number, time.monotonic()
        self.pipe.send(script)

    def answer(self) -> Sound | str | None:
        """The worker's answer for its text; None if the process died over it."""
        try:
            made: Sound | str = self.pipe.recv()
        except (EOFError, OSError):
            return None
        return made

    def end(self) -> None:
        self.pipe.close()
        self._process.kill()
        self._process.join()
        self._process.close()


class Workers:
    """A pool of ``size`` speakers; leaving it ends them."""

    def __init__(self, size: int, factory: Factory, treatment: Treatment) -> None:
        self._size = size
        self._factory = factory
        self._treatment = treatment
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def speak(self, scripts: Sequence[Script]) -> Iterator[tuple[int, Sound | str]]:
        """(number of the script, its sound or why there is none), in the order they finish.

        No more than one finished clip per worker is held. A worker that dies or hangs over a
        script is replaced; the script is not tried again.
        """
        waiting = iter(enumerate(scripts))
        for _ in range(min(self._size, len(scripts))):
            self._workers.append(_Worker(self._factory, self._treatment))
        for worker in self._workers:
            self._feed(worker, waiting)
        while busy := [worker for worker in self._workers if worker.busy is not None]:
            for worker, number, answer in self._finished(busy):
                self._feed(worker, waiting)
                yield number, answer

    def _finished(self, busy: list[_Worker]) -> Iterator[tuple[_Worker, int, Sound | str]]:
        """(a worker free again, what it was busy with, what became of that)."""
        oldest = min(worker.since for worker in busy)
        ready = wait(
            [worker.pipe for worker in busy], max(0.0, oldest + SLOWEST_S - time.monotonic())
        )
        for worker in busy:
            number = worker.busy
            assert number is not None
            if worker.pipe in ready:
                answer = worker.answer()
                if answer is None:
                    yield self._replace(worker), number, "the synthesizer's process died over it"
                else:
                    yield worker, number, answer
            elif time.monotonic() - worker.since > SLOWEST_S:
                yield self._replace(worker), number, f"it took more than {SLOWEST_S:g} seconds"

    def _replace(self, worker: _Worker) -> _Worker:
        fresh = _Worker(self._factory, self._treatment)
        self._workers[self._workers.index(worker)] = fresh
        worker.end()
        return fresh

    def _feed(self, worker: _Worker, waiting: Iterator[tuple[int, Script]]) -> None:
        worker.busy = None
        for number, script in waiting:
            with suppress(OSError):  # it died idle: its answer will say so
                worker.begin(number, script)
            return
