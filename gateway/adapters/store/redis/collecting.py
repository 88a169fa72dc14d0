"""Clips that no catalogue names any more leave Redis.

Nothing is deleted at once. A clip that nothing names is given ``GRACE`` to live, by Redis itself.
Whoever asks whether it is there, stores it again or publishes a catalogue with it takes the term
away, so that a seed that runs meanwhile loses nothing; a replica that was away, and puts a lost
catalogue back, finds its clips for as long.

What cannot be read may name any clip: then none is condemned.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator

from gateway.adapters.store.catalogues import files_of
from gateway.adapters.store.redis.copy import LocalCopy
from gateway.adapters.store.redis.remote import Remote
from gateway.errors import FrontlineError
from gateway.ports.sound import Clip

WORK = "collecting clips"
"""The name of the work; whoever looks is another owner each time."""
GRACE = 86_400.0
"""Seconds that a clip is kept which no catalogue names."""
PACE = 3000.0
"""Seconds in which one replica alone collects: they look once an hour."""
BREATH = 0.01
"""Seconds of rest after each catalogue that was read, for the calls of this process."""

log = logging.getLogger(__name__)


class ClipCollector:
    """Collects for all replicas, from one of them."""

    def __init__(self, remote: Remote, copy: LocalCopy) -> None:
        self._remote = remote
        self._copy = copy

    def collect(self, grace: float | None = None) -> int:
        """Return how many clips will be gone after ``grace``; without one it is ``GRACE``, and
        nothing is done if another replica has looked a moment ago. Raises ``StoreFailed``."""
        if grace is None and not self._remote.claim(WORK, uuid.uuid4().hex, PACE, ""):
            return 0
        named = self._named()
        if named is None:
            return 0
        self._remote.has(sorted(named))  # which takes their terms away
        condemned = self._remote.condemn(named, GRACE if grace is None else grace)
        if condemned:
            log.info("%d clips that no catalogue names will leave Redis", condemned)
        return condemned

    def _named(self) -> set[str] | None:
        """The names of all clips of all catalogues, here and in Redis, in all formats; None if one
        cannot be read."""
        clips: set[Clip] = set()
        try:
            for some in (*self._in_redis(), *self._here()):
                clips |= some
                time.sleep(BREATH)
        except FrontlineError as error:
            log.warning("no clip is collected: %s", error)
            return None
        return set(files_of({str(number): clip for number, clip in enumerate(clips)}))

    def _in_redis(self) -> Iterator[set[Clip]]:
        for tenant in self._remote.tenants():
            for number in self._remote.infos(tenant):
                yield self._remote.clips_of(tenant, number)

    def _here(self) -> Iterator[set[Clip]]:
        """Redis may have lost one that this disk has, and will get it back."""
        for tenant in self._copy.standings():
            for number in self._copy.held(tenant):
                yield set(self._copy.parts(tenant, number).named().values())
