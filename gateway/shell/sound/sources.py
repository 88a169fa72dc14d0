"""The sources of a generation: clips, or the sound of a reply that is made while it plays."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from gateway import audio
from gateway.ports.sound import AudioFormat, Encoding
from gateway.shell.sound.clips import OPUS_MS, LoadedClip

AHEAD = 10.0
"""Seconds of a reply that are made before they are heard: more would be thrown away when the caller
cuts in, less would not bridge a slow sentence."""


class Feed(Protocol):
    """Messages ready to send, in order."""

    @property
    def ready(self) -> bool:
        """There is a message to take."""

    @property
    def over(self) -> bool:
        """There is none, and none will come."""

    def take(self) -> tuple[bytes, float]:
        """The next message and its length in seconds; only if ``ready``."""

    def cut(self) -> None:
        """Something is to follow: end at the next pause."""

    def heard(self, position: float) -> None:
        """So many seconds of it were heard."""


class ClipFeed:
    """Clips, one after another."""

    def __init__(self, clips: Sequence[LoadedClip], offset: float) -> None:
        self._left: deque[tuple[bytes, float, bool]] = deque()  # and whether a pause follows
        self._in_pause = False
        for clip in clips:
            first = clip.first(offset)
            step = clip.message_ms / 1000
            self._left.extend(
                (message, step, number in clip.pauses)
                for number, message in enumerate(clip.messages[first:], first)
            )
            offset = max(0.0, offset - clip.duration_ms / 1000)

    @property
    def ready(self) -> bool:
        """See ``Feed``."""
        return bool(self._left)

    @property
    def over(self) -> bool:
        """See ``Feed``."""
        return not self._left

    def take(self) -> tuple[bytes, float]:
        """See ``Feed``."""
        message, seconds, self._in_pause = self._left.popleft()
        return message, seconds

    def cut(self) -> None:
        """See ``Feed``."""
        keep: list[tuple[bytes, float, bool]] = []
        in_pause = self._in_pause
        while self._left and not in_pause:
            keep.append(self._left.popleft())
            in_pause = keep[-1][2]
        self._left = deque(keep)

    def heard(self, position: float) -> None:
        """Clips are kept elsewhere."""


class Stream:
    """The sound of one reply, in messages of equal length but for the last. What was heard is
    forgotten; ``room`` waits while there is much that was not."""

    def __init__(self, form: AudioFormat, message_ms: int) -> None:
        self._form = form
        self._opus = form.encoding is Encoding.OPUS
        self.step = (OPUS_MS if self._opus else message_ms) / 1000
        """Seconds of a message."""
        self._size = form.bytes_per_ms * message_ms
        self._messages: deque[bytes] = deque()
        self._first = 0  # number of the first message that is kept
        self._rest = bytearray()  # not yet a whole message
        self._tail = 0.0  # seconds by which the last message is shorter than the others
        self._heard = 0.0
        self._room = asyncio.Event()
        self.over = False
        """No more will come."""
        self.woken: Callable[[], None] | None = None
        """Called when there is more, or no more will come."""

    @property
    def count(self) -> int:
        """Messages so far, those forgotten included."""
        return self._first + len(self._messages)

    @property
    def length(self) -> float:
        """Seconds of sound that can be played."""
        return self.count * self.step - self._tail

    @property
    def made(self) -> float:
        """The same, with what is not yet a whole message."""
        return self.length + (len(self._rest) / self._size * self.step if self._rest else 0.0)

    @property
    def heard_for(self) -> float:
        """Return how many seconds of it were heard."""
        return self._heard

    @property
    def heard_out(self) -> bool:
        """All of it was heard, and no more will come."""
        return self.over and self._heard >= self.length - 1e-6

    def append(self, payload: bytes) -> None:
        """More sound, laid out as ``ClipAudio.payload``; cut anywhere unless it is opus."""
        if self.over:
            return
        before = len(self._messages)
        if self._opus:
            self._messages.extend(audio.opus_packets(payload))
        else:
            self._rest += payload
            whole = len(self._rest) - len(self._rest) % self._size
            sound, self._rest = bytes(self._rest[:whole]), self._rest[whole:]
            self._messages.extend(audio.slice_messages(sound, self._form, round(self.step * 1000)))
        if len(self._messages) > before:
            self._wake()

    def end(self) -> None:
        """No more will come: what is less than a message is one now."""
        if self.over:
            return
        self.over = True
        if len(self._rest) > len(self._rest) % 2:
            self._tail = self.step * (1 - len(self._rest) / self._size)
            self._messages.append(bytes(self._rest))
        self._rest.clear()
        self._wake()

    def _wake(self) -> None:
        if self.woken is not None:
            self.woken()

    def message(self, number: int) -> tuple[bytes, float]:
        """A message that was not forgotten, and its length in seconds."""
        is_last = self.over and number == self.count - 1
        return self._messages[number - self._first], self.step - (self._tail if is_last else 0.0)

    def heard(self, position: float) -> None:
        """So many seconds of it were heard: they need not be kept."""
        self._heard = max(self._heard, position)
        while self._messages and (self._first + 1) * self.step <= self._heard + 1e-9:
            self._messages.popleft()
            self._first += 1
        self._room.set()

    async def room(self) -> None:
        """Wait until less than ``AHEAD`` was not heard."""
        while self.length - self._heard > AHEAD:
            self._room.clear()
            await self._room.wait()


class StreamFeed:
    """A stream, from a position on: from the beginning of the message that is there."""

    def __init__(self, stream: Stream, offset: float) -> None:
        self._stream = stream
        self._offset = offset
        self._next = int(offset / stream.step + 1e-9)
        self._end: int | None = None  # what comes from there on is another feed's

    @property
    def ready(self) -> bool:
        """See ``Feed``."""
        end = self._stream.count if self._end is None else self._end
        return self._next < end

    @property
    def over(self) -> bool:
        """See ``Feed``."""
        return (self._stream.over or self._end is not None) and not self.ready

    def take(self) -> tuple[bytes, float]:
        """See ``Feed``."""
        self._next += 1
        return self._stream.message(self._next - 1)

    def cut(self) -> None:
        """End the feed with what there is; what comes later is for a feed that begins there."""
        self._end = self._stream.count

    def heard(self, position: float) -> None:
        """See ``Feed``."""
        self._stream.heard(self._offset + position)
