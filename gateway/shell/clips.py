"""Clips in memory, cut into messages ready to send."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from gateway import audio
from gateway.errors import FrontlineError, GatewayBug
from gateway.ports import AudioFormat, ClipStore, Encoding
from gateway.shell.background import Background
from gateway.shell.pauses import pauses

log = logging.getLogger("frontline.clips")

OPUS_MS = 20
"""Sound of an opus packet."""


@dataclass(frozen=True, slots=True)
class LoadedClip:
    """One clip in one wire format."""

    messages: tuple[bytes, ...]
    message_ms: int
    duration_ms: int
    size: int
    pauses: frozenset[int] = frozenset()
    """Numbers of the messages after which it may be ended."""

    def first(self, seconds: float) -> int:
        """Number of the message to begin with at that position, at the message border before it:
        a word begun is heard again rather than cut."""
        return min(int(seconds * 1000 / self.message_ms), len(self.messages))


class ClipCache:
    """Least recently used clips, bounded by bytes. One per process, used from the event loop."""

    def __init__(
        self,
        store: ClipStore,
        background: Background,
        *,
        message_ms: int,
        limit_bytes: int = 48 << 20,
    ) -> None:
        self._store = store
        self._background = background
        self._message_ms = message_ms
        self._limit = limit_bytes
        self._loaded: OrderedDict[str, LoadedClip] = OrderedDict()
        self._loading: dict[str, asyncio.Task[LoadedClip | None]] = {}
        self._size = 0
        self.absent: set[str] = set()
        """Names that the store did not have, or not whole, when they were last asked for. A store
        that could not be asked says nothing of it."""

    def ready(self, names: Sequence[str]) -> list[LoadedClip] | None:
        """The clips if all are in memory."""
        clips = [self._loaded.get(name) for name in names]
        for name in names:
            if name in self._loaded:
                self._loaded.move_to_end(name)
        found = [clip for clip in clips if clip is not None]
        return found if len(found) == len(clips) else None

    async def get(self, names: Sequence[str], form: AudioFormat) -> list[LoadedClip] | None:
        """The clips, read if need be; None if one is missing or damaged: see ``absent``."""
        clips = [await self._get(name, form) for name in names]
        found = [clip for clip in clips if clip is not None]
        return found if len(found) == len(clips) else None

    async def _get(self, name: str, form: AudioFormat) -> LoadedClip | None:
        clip = self._loaded.get(name)
        if clip is not None:
            self._loaded.move_to_end(name)
            return clip
        task = self._loading.get(name)
        if task is None:  # shared by all who want it now; outlives each of them
            task = self._background.spawn(self._load(name, form), name=f"clip {name[:8]}")
            self._loading[name] = task
        return await asyncio.shield(task)

    async def _load(self, name: str, form: AudioFormat) -> LoadedClip | None:
        try:
            clip = await asyncio.to_thread(self._read, name, form)
        except FrontlineError:
            log.exception("a clip could not be read")
            return None
        finally:
            self._loading.pop(name, None)
        if clip is None:
            self.absent.add(name)
        else:
            self.absent.discard(name)
            self._loaded[name] = clip
            self._size += clip.size
            while self._size > self._limit and len(self._loaded) > 1:
                _, oldest = self._loaded.popitem(last=False)
                self._size -= oldest.size
        return clip

    def _read(self, name: str, form: AudioFormat) -> LoadedClip | None:
        step = OPUS_MS if form.encoding is Encoding.OPUS else self._message_ms
        stored = self._store.get(name)
        try:
            messages = tuple(audio.slice_messages(stored.payload, form, step)) if stored else ()
        except GatewayBug:
            log.exception("a clip is broken")
            return None
        if stored is None or not messages:  # a clip without sound would be silence
            return None
        quiet = pauses(stored.payload, form, step)
        return LoadedClip(messages, step, stored.duration_ms, len(stored.payload), quiet)
