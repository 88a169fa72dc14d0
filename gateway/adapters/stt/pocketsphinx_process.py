"""One recogniser process as the event loop sees it: frames in, frames out, and its end.

Callbacks only: no task waits on a process, so none can be forgotten. Starting one holds the loop
for 0.3 ms, up to 5 ms on an overloaded machine (vfork waits for the child to be scheduled);
everything else takes microseconds.
"""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
from collections.abc import Callable, Sequence

from gateway.adapters.stt.pocketsphinx_worker import Unpacker

log = logging.getLogger(__name__)

_REAP_S = 0.01


class Process:
    """A running child speaking the worker's protocol.

    ``on_frame(kind, call, payload)`` for each frame it sends; ``on_gone()`` once, when it has
    ended, whoever ended it. Raises ``OSError`` if it cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        on_frame: Callable[[bytes, int, bytes], None],
        on_gone: Callable[[], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_frame = on_frame
        self._on_gone = on_gone
        self._unpacker = Unpacker()
        self._unsent = bytearray()
        self._watch: asyncio.TimerHandle | None = None
        self._child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._stdin, self._stdout = self._child.stdin, self._child.stdout
        os.set_blocking(self._stdin.fileno(), False)
        os.set_blocking(self._stdout.fileno(), False)
        self._loop.add_reader(self._stdout.fileno(), self._readable)
        self.pid = self._child.pid
        self.gone: asyncio.Future[None] = self._loop.create_future()

    def send(self, data: bytes) -> None:
        """Send, or keep until the pipe takes it. To a process that is gone: nothing."""
        if self._stdin.closed:
            return
        self._unsent += data
        if len(self._unsent) == len(data):
            self._writable()

    def watch(self, seconds: float) -> None:
        """Kill it unless ``unwatch`` comes in time."""
        self.unwatch()
        self._watch = self._loop.call_later(seconds, self._give_up, seconds)

    def unwatch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def leave(self) -> None:
        """End its input: it leaves when it has read all of it."""
        self.unwatch()
        self._close_input()

    def kill(self) -> None:
        """End it now; ``on_gone`` follows."""
        if self._child.poll() is None:
            self._child.kill()

    def _give_up(self, seconds: float) -> None:
        log.warning("recogniser process %d said nothing for %.0f s: killed", self.pid, seconds)
        self.kill()

    def _writable(self) -> None:
        try:
            sent = os.write(self._stdin.fileno(), self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError:  # the other end is closed; the end of its output says the rest
            self._close_input()
            return
        del self._unsent[:sent]
        if self._unsent:
            self._loop.add_writer(self._stdin.fileno(), self._writable)
        else:
            self._loop.remove_writer(self._stdin.fileno())

    def _readable(self) -> None:
        try:
            data = os.read(self._stdout.fileno(), 65_536)
        except BlockingIOError:
            return
        if not data:
            self._end()
            return
        try:
            for frame in self._unpacker.feed(data):
                self._on_frame(*frame)
        except ValueError:
            log.exception("recogniser process %d sent what is no frame: killed", self.pid)
            self.kill()

    def _close_input(self) -> None:
        if not self._stdin.closed:
            self._loop.remove_writer(self._stdin.fileno())
            self._stdin.close()

    def _end(self) -> None:
        self._loop.remove_reader(self._stdout.fileno())
        self._stdout.close()
        self.leave()
        self.kill()  # if it only closed its output
        self._reap()

    def _reap(self) -> None:
        if self._child.poll() is None:
            self._loop.call_later(_REAP_S, self._reap)
            return
        if not self.gone.done():
            self.gone.set_result(None)
        self._on_gone()
