"""The work that keeps a serving replica's copy whole and Redis mended, in a thread of its own.

Of the processes that share a copy, such as the workers of a machine, one does it.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between two rounds."""


class Lead:
    """The right to keep a folder, which one of the processes that share it has until it ends. The
    system takes the lock away from one that dies, and the next that asks has it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "keeper.lock"
        self._lock: int | None = None

    def held(self) -> bool:
        """Return whether it is this one, which becomes it if nobody else is."""
        if self._lock is not None:
            return True
        lock = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        self._lock = lock
        return True

    def close(self) -> None:
        """Leave it to the others."""
        lock, self._lock = self._lock, None
        if lock is not None:
            with suppress(OSError):
                os.close(lock)


class Keeper:
    """Rounds for as long as the store is open. A round that fails is followed by the next."""

    def __init__(self, round_: Callable[[], None], every: float = EVERY) -> None:
        self._round = round_
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keep the replica", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop after the round that is under way; waits for it, but not for ever."""
        self._stop.set()
        if self._thread is not threading.current_thread():
            self._thread.join(5.0)

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            began = time.monotonic()
            try:
                self._round()
            except Exception:
                log.warning("the replica's copy could not be looked after", exc_info=True)
            log.debug("looked after the copy in %.3f s", time.monotonic() - began)
