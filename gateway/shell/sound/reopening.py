"""A recogniser that dies in the middle of a call is opened again, and hears what was said since.

What was fed is kept until the final that covers it has come, and with it where finals were asked
for: a recogniser that is opened again is given all of it, so that no word is lost and no final is
owed for ever. ``KEPT`` bounds it; beyond that the oldest sound is dropped and counted. While none
is there the call goes on: what has been heard is answered, and a turn of which not a word is known
ends with the caller being asked for it.

``TRIES`` and ``WITHIN`` bound the attempts, with those that an adapter has made on its own before
it gave up. After them iterating raises ``ProviderFailed``, and the call is left in an orderly way.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial

from gateway.core.policy import Policy
from gateway.errors import ProviderFailed
from gateway.ports.speech_in import Heard, Presence, Transcriber, Transcription
from gateway.shell.process.background import start
from gateway.shell.sound.caller_audio import BYTES_PER_SECOND

log = logging.getLogger("frontline.stt")

TRIES = 3
"""Attempts in a row; one that held for ``STEADY`` begins the count anew."""
BACKOFF = 0.25
"""Seconds before the second attempt; each pause is twice the one before."""
WITHIN = Policy().stt_absence
"""Seconds after the loss by which it must be there again, as the call has it too."""
STEADY = 10.0
"""Seconds after which a recogniser counts as having worked."""
CLOSING = 1.0
"""Seconds that the dead one may take to be closed."""
KEPT_S = 15.0
"""Seconds of sound kept to be heard again; older sound is dropped."""
KEPT = round(KEPT_S * BYTES_PER_SECOND)
"""Bytes of sound kept, 480 KB a call."""
OWED = 64
"""Finals that are waited for; of more the oldest are given up."""

Open = Callable[[], Awaitable[Transcription]]
Lost = Callable[[str, int], None]
"""Told of what was dropped, and how many pieces of it."""


class Kept:
    """The input since the last final: sound, the samples that were skipped in between, and where
    finals were asked for."""

    def __init__(self) -> None:
        self._utterances: deque[deque[bytes | int]] = deque([deque()])
        self._bytes = 0
        self.dropped = 0
        """Pieces of sound that are no longer there."""

    def feed(self, pcm: bytes) -> None:
        """More sound."""
        self._utterances[-1].append(pcm)
        self._bytes += len(pcm)
        while self._bytes > KEPT:
            self._drop_oldest()

    def skip(self, samples: int) -> None:
        """So many samples were left out."""
        parts = self._utterances[-1]
        last = parts.pop() if parts else 0
        parts += [last + samples] if isinstance(last, int) else [last, samples]

    def finish(self) -> None:
        """A final was asked for."""
        self._utterances.append(deque())
        if len(self._utterances) > OWED + 1:
            self.final()

    def final(self) -> None:
        """One has come, asked for or not: what it covers is not needed any more."""
        covered = self._utterances.popleft()
        self._bytes -= sum(len(part) for part in covered if isinstance(part, bytes))
        self._utterances = self._utterances or deque([deque()])
        self.dropped = 0

    def replay(self, to: Transcription) -> None:
        """Give all of it to another recogniser."""
        for number, parts in enumerate(self._utterances):
            if number:
                to.finish_utterance()
            for part in parts:
                if isinstance(part, int):
                    to.skip(part)
                else:
                    to.feed(part)

    def _drop_oldest(self) -> None:
        oldest = next(parts for parts in self._utterances if parts)
        part = oldest.popleft()
        if isinstance(part, bytes):
            self._bytes -= len(part)
            self.dropped += 1


class ReopeningTranscription:
    """``ports.Transcription`` over one that may be lost."""

    def __init__(self, opening: Open, first: Transcription, lost: Lost) -> None:
        self._open = opening
        self._inner: Transcription | None = first
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._since = self._loop.time()
        self._tries = 0
        self._kept = Kept()
        self._opening: asyncio.Task[None] | None = None
        self._closed = False
        self._away_since: float | None = None

    def feed(self, pcm: bytes) -> None:
        """See ``gateway.ports.speech_in``."""
        self._kept.feed(pcm)
        if self._inner is not None:
            self._inner.feed(pcm)

    def skip(self, samples: int) -> None:
        """See ``gateway.ports.speech_in``."""
        self._kept.skip(samples)
        if self._inner is not None:
            self._inner.skip(samples)

    def finish_utterance(self) -> None:
        """See ``gateway.ports.speech_in``."""
        self._kept.finish()
        if self._inner is not None:
            self._inner.finish_utterance()

    async def __aiter__(self) -> AsyncIterator[Heard | Presence]:
        """See ``gateway.ports.speech_in``. Raises ``ProviderFailed`` when the recogniser cannot be
        had again."""
        while self._inner is not None and self._wanted():
            try:
                async for heard in self._inner:
                    if isinstance(heard, Presence):
                        self._away_since = None if heard.there else self._loop.time()
                    elif heard.final:
                        self._kept.final()
                    yield heard
                return
            except ProviderFailed as failed:
                error = failed
            if not self._wanted():
                return
            if self._away_since is None:
                self._away_since = self._loop.time()
                yield Presence(there=False)
            if await self._again(error):
                self._away_since = None
                yield Presence(there=True)

    def _wanted(self) -> bool:
        """Return whether the call is not over."""
        return not self._closed

    async def _again(self, error: ProviderFailed) -> bool:
        """Have another; False: the call is over."""
        dead, self._inner = self._inner, None
        self._opening = start(self._reopen(dead, error), name="open again")
        try:
            await asyncio.wait([self._opening])
        finally:
            self._opening.cancel()  # nobody waits for it any more
        if not self._opening.cancelled():
            self._opening.result()
        return self._wanted() and not self._opening.cancelled()

    async def _reopen(self, dead: Transcription | None, error: ProviderFailed) -> None:
        now = self._loop.time()
        until = WITHIN + (now if self._away_since is None else self._away_since)
        self._tries = 0 if now - self._since >= STEADY else self._tries
        if dead is not None:
            await _close(dead)  # it may hold the only place there is
        while self._tries < TRIES:
            self._tries += 1
            log.warning("a call lost its recogniser (%s): try %d", error, self._tries)
            try:
                async with asyncio.timeout_at(until):
                    inner = await self._open()
            except TimeoutError:
                raise ProviderFailed(f"{error}; not there again within {WITHIN:.0f} s") from None
            except ProviderFailed as failed:
                error = failed
            else:
                self._begin(inner)
                return
            if self._tries < TRIES:
                pause = BACKOFF * 2 ** (self._tries - 1)
                await asyncio.sleep(min(pause, max(0.0, until - self._loop.time())))
        raise error

    def _begin(self, inner: Transcription) -> None:
        self._inner, self._since = inner, self._loop.time()
        if self._kept.dropped:
            self._lost("sound", self._kept.dropped)
        self._kept.replay(inner)

    async def close(self) -> None:
        """See ``gateway.ports.speech_in``."""
        if self._closed:
            return
        self._closed = True
        if self._opening is not None:
            self._opening.cancel()
        if self._inner is not None:
            await self._inner.close()


async def _close(dead: Transcription) -> None:
    try:
        async with asyncio.timeout(CLOSING):
            await dead.close()
    except (TimeoutError, ProviderFailed):
        log.warning("a recogniser that was lost does not close")


class ReopeningTranscriber:
    """``ports.Transcriber`` whose calls survive the loss of their recogniser."""

    def __init__(self, transcriber: Transcriber, lost: Lost) -> None:
        self.inner = transcriber
        self._lost = lost

    async def open(
        self, locale: str, call_id: str, keyterms: Sequence[str] = ()
    ) -> ReopeningTranscription:
        """See ``gateway.ports.speech_in``."""
        opening = partial(self.inner.open, locale, call_id, keyterms)
        return ReopeningTranscription(opening, await opening(), self._lost)

    async def close(self) -> None:
        """See ``gateway.ports.speech_in``."""
        await self.inner.close()
