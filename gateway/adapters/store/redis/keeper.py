"""The work that keeps a serving replica's copy whole and Redis mended, in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between two rounds."""


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
