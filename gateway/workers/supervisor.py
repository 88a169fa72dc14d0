"""The supervisor: starts the workers, and another one wherever one dies.

Workers are forked, so that what was loaded before (libraries, the encoder) is in memory once and a
new worker is there at once. The supervisor has no event loop and takes no calls: it sleeps until a
signal comes, of the system's that a worker has ended, or of whoever wants all of it to stop.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from gateway.workers.board import Board

log = logging.getLogger("frontline.workers")

AGAIN = (0.0, 0.1, 0.5, 1.0)
"""Seconds before a worker is started again, by how many in a row did not live for ``STEADY``."""
STEADY = 10.0
INTERRUPTED = 130
_PR_SET_PDEATHSIG = 1
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)


class Supervisor:
    """The watch over the workers of a board. ``work`` is run in each with its number, and gives the
    worker's exit status."""

    def __init__(
        self,
        board: Board,
        work: Callable[[int], int],
        gone: Callable[[int], None] = lambda _: None,
    ) -> None:
        """``gone``: told the process of each worker that has ended."""
        self._board = board
        self._work = work
        self._gone = gone
        self._numbers: dict[int, int] = {}  # process -> number
        self._born: dict[int, float] = {}  # number -> when
        self._failed: dict[int, int] = {}  # number -> short lives in a row
        self._due: dict[int, float] = {}  # number -> when it is to be started
        self._asked: list[signal.Signals] = []  # to stop
        self._told: dict[int, int] = {}  # process -> how many of these it was sent
        self._status = 0
        self._woken, self._wake = socket.socketpair()

    def run(self) -> int:
        """Keep the workers going until told to stop; the exit status."""
        self._listen_to_signals()
        gc.collect()
        gc.freeze()  # what there is now is shared: a collection would touch, and copy, all of it
        self._due = dict.fromkeys(range(self._board.count), 0.0)
        while True:
            self._reap()
            if not self._asked:
                self._start_those_due()
            self._pass_on()
            if self._asked and not self._numbers:
                break
            self._sleep()
        return INTERRUPTED if signal.SIGINT in self._asked else self._status

    # --- signals -------------------------------------------------------------------------------

    def _listen_to_signals(self) -> None:
        self._woken.setblocking(False)
        self._wake.setblocking(False)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # wakes

    def _sleep(self) -> None:
        pause = None
        if self._due and not self._asked:
            pause = max(0.0, min(self._due.values()) - time.monotonic())
        select.select([self._woken], [], [], pause)
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(4096)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._asked.append(signal.Signals(number))

    def _pass_on(self) -> None:
        """Tell every worker what the supervisor was told, also one that was being started just
        then. A worker that is told twice stops at once, as a server alone does."""
        for process in list(self._numbers):
            for number in self._asked[self._told.get(process, 0) :]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, number)
            self._told[process] = len(self._asked)

    # --- workers -------------------------------------------------------------------------------

    def _reap(self) -> None:
        while self._numbers:
            process, status = os.waitpid(-1, os.WNOHANG)
            if not process:
                return
            number = self._numbers.pop(process, None)
            self._told.pop(process, None)
            if number is not None:
                self._board.write(number, 0, 0)
                self._gone(process)
                self._ended(number, process, os.waitstatus_to_exitcode(status))

    def _ended(self, number: int, process: int, status: int) -> None:
        if self._asked:
            self._status = self._status or max(0, status)
            return
        lived = time.monotonic() - self._born[number]
        self._failed[number] = 0 if lived >= STEADY else self._failed.get(number, 0) + 1
        pause = AGAIN[min(self._failed[number], len(AGAIN)) - 1] if self._failed[number] else 0.0
        how = f"was killed by signal {-status}" if status < 0 else f"ended with {status}"
        log.error("worker %d (process %d) %s: another is started", number, process, how)
        self._due[number] = time.monotonic() + pause
        self._board.restarted()

    def _start_those_due(self) -> None:
        now = time.monotonic()
        for number in [one for one, due in self._due.items() if due <= now]:
            del self._due[number]
            self._born[number] = now
            self._numbers[self._fork(number)] = number

    def _fork(self, number: int) -> int:
        sys.stderr.flush()
        parent = os.getpid()
        kept = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # until they are the worker's own
        process = os.fork()
        if process == 0:
            self._be(number, parent)
        signal.pthread_sigmask(signal.SIG_SETMASK, kept)
        return process

    def _be(self, number: int, parent: int) -> NoReturn:
        """Be that worker, in the process just forked."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for one in (signal.SIGTERM, signal.SIGCHLD):
                signal.signal(one, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            os.setpgid(0, 0)  # Ctrl-C is the supervisor's to pass on, or it would come twice
            _die_with_parent()
            if os.getppid() != parent:
                os._exit(1)
            self._woken.close()
            self._wake.close()
            status = self._work(number)
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else 1
        except KeyboardInterrupt:
            status = INTERRUPTED
        except BaseException:
            log.exception("worker %d failed", number)
        finally:
            with contextlib.suppress(Exception):
                sys.stderr.flush()
            os._exit(status)


def _die_with_parent() -> None:
    """Have SIGTERM come when the supervisor is gone, where the system can: nobody else would ever
    tell this worker to stop."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
