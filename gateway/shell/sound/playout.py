"""Generations on their way to the caller: paced, marked, and stopped at once.

Nobody knows how much a client buffers, so it gets a lead (``playout.lead_ms``) at once and the
rest in real time: enough against jitter, little to throw away at a barge-in. A carrier that is
known to hold what it is sent gets all of it at once, in messages as long as from mark to mark.
Marks follow the audio every ``playout.mark_every_ms``; a client that echoes them tells what was
heard. For one that never does, the clock stands in.

One generation may follow another: it is sent right behind it, as if both were one. Sound that is
made while it plays may run dry: then nothing is sent, and what comes next counts from when it came.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from gateway.core.actions import Play, Source
from gateway.core.events import AudioStarted, Event, MarkReached, PlaybackDone
from gateway.shell.call.orders import (
    ClearSound,
    Dialect,
    Order,
    SoundBegins,
    SoundEnds,
    SoundMark,
    SoundPiece,
)
from gateway.shell.sound.clips import LoadedClip
from gateway.shell.sound.outbox import Item, Outbox
from gateway.shell.sound.sources import ClipFeed, Feed, Stream, StreamFeed

MARK_AHEAD = 0.2
"""The most seconds between two marks in sound that is sent ahead: what was heard is known to that,
and the time of two messages on the way; a word takes a third of a second."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """The pace at which sound is sent, in seconds."""

    lead: float = 0.4
    mark_every: float = 0.25
    echo_wait: float = 1.0
    """A client that has not echoed its first mark this long after the sound should have been
    heard does not echo marks."""


@dataclass(slots=True, eq=False)
class Track:
    """One generation, until all of it was heard."""

    order: Play
    feed: Feed
    text: str
    begun: bool = False
    sent: float = 0.0
    """Seconds queued so far."""
    marked: float = 0.0
    """Seconds at the last mark."""
    all_sent: bool = False

    @property
    def generation(self) -> int:
        """The number of the track's generation."""
        return self.order.generation


@dataclass(frozen=True, slots=True, eq=False)
class SentMark:
    """A mark that was sent and not echoed."""

    name: str
    track: Track
    position: float
    """Seconds of its track before it."""
    head: float
    """Seconds of everything before it, since the playout began."""


class Playout:
    """The sound of one call. Timers, no task: nothing to cancel and await."""

    def __init__(
        self,
        outbox: Outbox,
        pacing: Pacing,
        emit: Callable[[Event], None],
        dialect: Dialect,
    ) -> None:
        ahead = dialect.ahead
        self._outbox = outbox
        self._pacing = pacing
        self._ahead = pacing.lead if ahead is None else ahead
        self._joins = ahead is not None
        every = pacing.mark_every
        self._mark_every = every if ahead is None else min(every, MARK_AHEAD)
        self._emit = emit
        self._dialect = dialect
        self._tracks: deque[Track] = deque()  # in the order they are heard
        self._began = 0.0  # when the first message was queued; later if it ran dry since
        self._sent = 0.0  # seconds queued since then, of all tracks
        self._pending: deque[SentMark] = deque()
        self._echoes = False  # this client echoes marks
        self._clock = False  # it has shown that it does not
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def start(self, order: Play, clips: list[LoadedClip], text: str) -> None:
        """Begin sending clips; the first messages are queued before this returns."""
        self._begin(Track(order, ClipFeed(clips, order.offset), text))

    def stream(self, order: Play, stream: Stream) -> None:
        """Begin sending sound that is made meanwhile."""
        self._begin(Track(order, StreamFeed(stream, order.offset), ""))
        stream.woken = self._woken

    def stop(self, generation: int) -> None:
        """Drop what is queued, of what it follows too, and have the client drop what it holds."""
        playing = [track.generation for track in self._tracks]
        for number in (*(one for one in playing if one < generation), generation):
            self._outbox.drop(number)
            for message in self._dialect.write(ClearSound(generation=number)):
                self._outbox.put(Item(message))
        if playing and playing[-1] <= generation:
            self._end()

    def close(self) -> None:
        """The call is over."""
        self._end()

    def echoed(self, name: str) -> None:
        """The client has played everything before that mark."""
        names = [mark.name for mark in self._pending]
        if name not in names:
            return  # of a generation that was cleared, or made up
        self._echoes, self._clock = True, False
        for _ in range(names.index(name)):  # it stands for those before it
            self._pending.popleft()
        self._heard(self._pending.popleft())

    # --- sending ---------------------------------------------------------------------------

    def _begin(self, track: Track) -> None:
        if track.order.follows and self._tracks:
            if self._tracks[-1].order.source in (Source.FILLER, Source.AGENT):
                self._tracks[-1].feed.cut()
        else:
            self._end()  # the core is done with it, even if its last mark never came
            self._began, self._sent = self._loop.time(), 0.0
        if track.feed.over:  # resumed at its very end
            self._emit(PlaybackDone(generation=track.generation))
            return
        self._tracks.append(track)
        self._pump()

    def _woken(self) -> None:
        """There is more of what is made meanwhile, or no more will come."""
        if self._tracks:
            self._tick()

    def _pump(self) -> None:
        """Send what is due, and wake up when the next is."""
        now = self._loop.time()
        for track in [one for one in self._tracks if not one.all_sent]:
            if track.feed.ready:
                self._began = max(self._began, now - self._sent)  # it ran dry
            while track.feed.ready and self._due_at(track) <= now + 1e-4:
                self._send(track)
            if track.feed.over:
                self._finish(track)
            if not track.all_sent:
                break
        self._schedule()

    def _due_at(self, track: Track) -> float:
        """The time at which the track's next message is due. A filler is not sent far ahead:
        what follows it cuts it short."""
        filler = track.order.source is Source.FILLER
        return self._began + self._sent - (self._pacing.lead if filler else self._ahead)

    def _send(self, track: Track) -> None:
        turn, generation = track.order.turn, track.generation
        if not track.begun:
            track.begun = True
            source = track.order.source
            begins = SoundBegins(turn=turn, generation=generation, source=source, text=track.text)
            self._tell(track, begins)
        message, seconds = self._joined(track) if self._joins else track.feed.take()
        written: Callable[[], None] | None = None
        if not track.sent:
            written = partial(self._emit, AudioStarted(generation=generation))
        self._tell(track, SoundPiece(generation=generation, payload=message), written)
        track.sent += seconds
        self._sent += seconds
        if not track.feed.over and self._mark_is_due(track, 0.0):
            self._mark(track)

    def _joined(self, track: Track) -> tuple[bytes, float]:
        """The messages up to the next mark, as one: what is held anyway need not be written in
        small ones."""
        message, seconds = track.feed.take()
        while track.feed.ready and not self._mark_is_due(track, seconds):
            more, longer = track.feed.take()
            message, seconds = message + more, seconds + longer
        return message, seconds

    def _mark_is_due(self, track: Track, more: float) -> bool:
        return track.sent + more - track.marked >= self._mark_every - 1e-9

    def _mark(self, track: Track) -> None:
        track.marked = track.sent
        name = f"g{track.generation}:{round(track.sent * 1000)}"
        self._pending.append(SentMark(name, track, track.sent, self._sent))
        self._tell(track, SoundMark(generation=track.generation, name=name))

    def _finish(self, track: Track) -> None:
        """All of it is sent."""
        track.all_sent = True
        if track.begun:
            if track.sent > track.marked:
                self._mark(track)
            self._tell(track, SoundEnds(turn=track.order.turn, generation=track.generation))
        self._settle(track)

    def _tell(self, track: Track, order: Order, written: Callable[[], None] | None = None) -> None:
        for message in self._dialect.write(order):
            self._outbox.put(Item(message, track.generation, written))
            written = None

    def _schedule(self) -> None:
        """Wake up when the next message is due, or the next mark should have been heard."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        track = next((one for one in self._tracks if not one.all_sent), None)
        if track is not None and track.feed.ready:
            at = self._due_at(track)
        elif self._pending and not self._echoes:
            at = self._expected(self._pending[0])
        else:
            return
        self._timer = self._loop.call_at(at, self._tick)

    # --- what is heard -----------------------------------------------------------------------

    def _expected(self, mark: SentMark) -> float:
        """Return when the clock stands in for a mark."""
        return self._began + mark.head + (0.0 if self._clock else self._pacing.echo_wait)

    def _tick(self) -> None:
        if not self._echoes:
            self._by_the_clock(self._loop.time())
        self._pump()

    def _by_the_clock(self, now: float) -> None:
        """No mark has ever come back: what should have been heard by now was heard."""
        while self._pending and self._expected(self._pending[0]) <= now + 1e-4:
            self._clock = True
            self._heard(self._pending.popleft())

    def _heard(self, mark: SentMark) -> None:
        mark.track.feed.heard(mark.position)
        self._emit(MarkReached(generation=mark.track.generation, position=mark.position))
        self._settle(mark.track)

    def _settle(self, track: Track) -> None:
        """Return whether all of it was heard."""
        waits = any(mark.track is track for mark in self._pending)
        if not track.all_sent or waits or track not in self._tracks:
            return
        while self._tracks.popleft() is not track:
            pass  # what it followed was heard too
        self._emit(PlaybackDone(generation=track.generation))

    def _end(self) -> None:
        self._tracks.clear()
        self._pending.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
