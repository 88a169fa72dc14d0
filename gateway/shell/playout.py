"""A generation on its way to the caller: paced, marked, and stopped at once.

Nobody knows how much a client buffers, so it gets a lead (``playout.lead_ms``) at once and the
rest in real time: enough against jitter, little to throw away at a barge-in. Marks follow the
audio every ``playout.mark_every_ms``; a client that echoes them tells what was heard. For one
that never does, the clock stands in.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from gateway.core.actions import Play
from gateway.core.events import AudioStarted, Event, MarkReached, PlaybackDone
from gateway.shell.clips import LoadedClip
from gateway.shell.outbox import Item, Outbox


@dataclass(frozen=True, slots=True)
class Pacing:
    """How sound is sent; seconds."""

    lead: float = 0.4
    mark_every: float = 0.25
    echo_wait: float = 1.0
    """A client that has not echoed its first mark this long after the sound should have been
    heard does not echo marks."""


class Playout:
    """The sound of one call. Timers, no task: nothing to cancel and await."""

    def __init__(self, outbox: Outbox, pacing: Pacing, emit: Callable[[Event], None]) -> None:
        self._outbox = outbox
        self._pacing = pacing
        self._emit = emit
        self._order: Play | None = None
        self._queue: deque[tuple[bytes, float]] = deque()  # message, its length in seconds
        self._began = 0.0  # when the first message was queued
        self._sent = 0.0  # seconds queued so far
        self._marked = 0.0  # seconds at the last mark
        self._pending: deque[tuple[str, float]] = deque()  # marks sent, not echoed
        self._echoes = False  # this client echoes marks
        self._clock = False  # it has shown that it does not
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def start(self, order: Play, clips: list[LoadedClip], text: str) -> None:
        """Begin sending; the first messages are queued before this returns."""
        self._end()  # the core is done with it, even if its last mark never came
        self._order = order
        skip = order.offset
        for clip in clips:
            step = clip.message_ms / 1000
            self._queue.extend((message, step) for message in clip.from_offset(skip))
            skip = max(0.0, skip - clip.duration_ms / 1000)
        self._began, self._sent, self._marked = self._loop.time(), 0.0, 0.0
        if not self._queue:  # resumed at its very end
            self._end()
            self._emit(PlaybackDone(generation=order.generation))
            return
        head = {
            "type": "audio.start",
            "turn": order.turn,
            "generation": order.generation,
            "source": order.source.value,
        }
        self._tell({**head, "text": text} if text else head)
        generation = order.generation
        first = True
        while self._queue and (first or self._sent < self._pacing.lead):
            self._send_next(
                (lambda: self._emit(AudioStarted(generation=generation))) if first else None
            )
            first = False
        self._schedule()

    def stop(self, generation: int) -> None:
        """Drop what is queued and have the client drop what it holds."""
        self._outbox.drop(generation)
        if self._order is not None and self._order.generation == generation:
            self._end()
        self._tell({"type": "clear", "generation": generation}, tagged=False)

    def close(self) -> None:
        """The call is over."""
        self._end()

    def echoed(self, name: str) -> None:
        """The client has played everything before that mark."""
        names = [sent for sent, _ in self._pending]
        if name not in names:
            return  # of a generation that was cleared, or made up
        self._echoes, self._clock = True, False
        for _ in range(names.index(name)):  # it stands for those before it
            self._pending.popleft()
        self._heard(self._pending.popleft()[1])

    # --- sending ---------------------------------------------------------------------------

    def _send_next(self, written: Callable[[], None] | None = None) -> None:
        assert self._order is not None, "sending without an order"
        message, seconds = self._queue.popleft()
        self._outbox.put(Item(message, self._order.generation, written))
        self._sent += seconds
        last = not self._queue
        if last or self._sent - self._marked >= self._pacing.mark_every - 1e-9:
            self._marked = self._sent
            name = f"g{self._order.generation}:{round(self._sent * 1000)}"
            self._pending.append((name, self._sent))
            self._tell({"type": "mark", "name": name})
        if last:
            head = {"turn": self._order.turn, "generation": self._order.generation}
            self._tell({"type": "audio.end", **head})

    def _tell(self, message: dict[str, object], *, tagged: bool = True) -> None:
        generation = self._order.generation if self._order and tagged else 0
        self._outbox.put(Item(json.dumps(message), generation))

    def _schedule(self) -> None:
        """Wake up when the next message is due, or the next mark should have been heard."""
        if self._queue:
            at = self._began + self._sent - self._pacing.lead
        else:  # the last mark stays pending until the end
            at = self._expected(self._pending[0][1])
        self._timer = self._loop.call_at(at, self._tick)

    def _expected(self, position: float) -> float:
        """When the clock stands in for a mark."""
        return self._began + position + (0.0 if self._clock else self._pacing.echo_wait)

    def _tick(self) -> None:
        now = self._loop.time()
        while self._queue and self._began + self._sent - self._pacing.lead <= now + 1e-4:
            self._send_next()
        if not self._echoes:
            self._by_the_clock(now)
        if self._order is not None and (self._queue or not self._echoes):
            self._schedule()

    def _by_the_clock(self, now: float) -> None:
        """No mark has ever come back: what should have been heard by now was heard."""
        while self._pending and self._expected(self._pending[0][1]) <= now + 1e-4:
            _, position = self._pending.popleft()
            self._clock = True
            self._heard(position)

    def _heard(self, position: float) -> None:
        order = self._order
        assert order is not None, "marks are pending only while something plays"
        self._emit(MarkReached(generation=order.generation, position=position))
        if not self._queue and not self._pending and self._order is order:
            self._end()
            self._emit(PlaybackDone(generation=order.generation))

    def _end(self) -> None:
        self._order = None
        self._queue.clear()
        self._pending.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
