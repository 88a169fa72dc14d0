"""The doorman: takes connections from the socket that all workers listen on, so that each has
about as many as the others.

Whoever wakes first would take all that wait. A doorman whose worker has more connections than
another leaves the next one to that one for a moment, and takes it if nobody did.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
from collections.abc import Callable

from gateway.shell.process.background import start
from gateway.workers.board import Board

A_MOMENT = 0.02
"""Seconds that a connection is left to somebody with fewer; it waits no longer than this once."""
WITHOUT_FILES = 0.1
"""Seconds until the next try where the system has no more open files to give."""

log = logging.getLogger("frontline.workers")


class Doorman:
    """One worker's. ``held``: how many connections it has now."""

    def __init__(
        self, sock: socket.socket, board: Board, number: int, held: Callable[[], int]
    ) -> None:
        self._sock = sock
        self._board = board
        self._number = number
        self._held = held
        self._opening: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._left_at = 0.0
        self._make: Callable[[], asyncio.Protocol] | None = None
        self._ssl: ssl.SSLContext | None = None

    def open(self, make: Callable[[], asyncio.Protocol], context: ssl.SSLContext | None) -> None:
        """Begin to take connections; ``make`` makes the protocol of each."""
        self._make, self._ssl = make, context
        self._sock.setblocking(False)
        self.note()
        self._watch()

    def close(self) -> None:
        """Take no more."""
        self._board.write(self._number, 0, 0)
        if self._timer is not None:
            self._timer.cancel()
        asyncio.get_running_loop().remove_reader(self._sock)

    def note(self) -> None:
        """Write on the board what this worker has."""
        held = self._held() + len(self._opening)
        self._board.write(self._number, os.getpid(), held)

    def _watch(self) -> None:
        self._timer = None
        asyncio.get_running_loop().add_reader(self._sock, self._someone_waits)

    def _someone_waits(self) -> None:
        self.note()
        now = asyncio.get_running_loop().time()
        if now - self._left_at > 3 * A_MOMENT and self._has_most():
            self._left_at = now
            self._pause(A_MOMENT)
            return
        try:
            connection, _ = self._sock.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # somebody else was quicker, or it has gone
        except OSError as error:
            log.error("connections cannot be taken (%s)", error.strerror)
            self._pause(WITHOUT_FILES)
            return
        self._left_at = 0.0  # once, for one
        task = start(self._serve(connection), "accept")
        self._opening.add(task)
        task.add_done_callback(self._opened)

    def _has_most(self) -> bool:
        fewest = self._board.fewest(self._number)
        return fewest is not None and self._held() + len(self._opening) > fewest

    def _pause(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._sock)
        self._timer = loop.call_later(seconds, self._watch)

    def _opened(self, task: asyncio.Task[None]) -> None:
        self._opening.discard(task)
        if not task.cancelled():
            task.exception()  # a handshake that failed is the client's business
        self.note()

    async def _serve(self, connection: socket.socket) -> None:
        assert self._make is not None, "opened before anybody comes"
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.connect_accepted_socket(self._make, connection, ssl=self._ssl)
