"""Clips that are not there: noticed, told, and made again where the voice allows.

A clip is *missing* if the store does not have it whole in every format, and *lost* if it was to be
played and could not be: it then counts as not rendered, so that turns are decided without it. Both
end when the store has it again, whether it was made here or by a seed. What is in memory is played
meanwhile, whatever the store has.

The store is looked through when a catalogue becomes live and every ``LOOK_EVERY`` seconds, in
threads, some clips at a time; what is missing is looked for again every ``AGAIN``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from gateway.errors import FrontlineError
from gateway.ports.sound import WIRE_FORMATS, AudioFormat, Clip, ClipAudio
from gateway.ports.store import ClipStore
from gateway.shell.catalogue.tenants import Serving, Tenants

LOOK_EVERY = 300.0
AGAIN = 5.0
AT_ONCE = 20
"""Clips looked for in one go: 120 files, 2 ms of a thread."""
BREATH = 0.02
"""Seconds between two goes, so that the calls' own threads get their turn."""
BATCH = 16
"""Clips made in one go: 4.6 s for sentences of 80 letters on a busy 2-core AMD EPYC VM, most of it
the start of the process. A server that stops waits for them."""
LONGEST = 300.0
"""Seconds between two tries at most, where nothing can be made or kept."""
TOLD_EVERY = 60.0
"""Seconds between two lines of the log about a tenant's clips."""

KINDS = {"entry": "answer", "label": "label", "line": "line"}
"""The kind of a clip, by the beginning of its key."""

log = logging.getLogger("frontline.clips")


class Remaker(Protocol):
    """A voice that can speak clips again. Its methods block."""

    def able(self, clips: Sequence[Clip]) -> list[Clip]:
        """The clips that would come out under the names they have."""

    def make(
        self, clips: Sequence[Clip]
    ) -> Iterator[tuple[Clip, Mapping[AudioFormat, ClipAudio] | str]]:
        """Each with its sound in every wire format, or why there is none."""


class MendingWatcher(Protocol):
    """The counter of lost and mended clips. Called on the event loop; must not block."""

    def clips_lost(self, tenant: str, kind: str, count: int) -> None: ...
    def clips_mended(self, tenant: str, count: int) -> None: ...


class Mending:
    """Looks for missing clips in one process and has them made again. Used from the event loop."""

    def __init__(
        self,
        store: ClipStore,
        tenants: Tenants,
        watcher: MendingWatcher,
        remaker: Remaker | None = None,
    ) -> None:
        """``remaker``: None where the voice is somebody else's: seeding again mends it."""
        self._store = store
        self._tenants = tenants
        self._watcher = watcher
        self._remaker = remaker
        self._wake = asyncio.Event()
        self._looked: dict[str, tuple[Serving, float]] = {}  # tenant -> what was looked through
        self._told: dict[str, tuple[float, int]] = {}  # tenant -> when, and how many since
        self._rest = 0.0  # seconds until the next try, after one that came to nothing
        self._not_before = 0.0

    def lost(self, serving: Serving, keys: Iterable[str]) -> None:
        """These clips were to be played, and are not there."""
        serving.lost.update(keys)
        self._missing(serving, serving.lost)
        self._wake.set()

    def degraded(self) -> list[dict[str, object]]:
        """Catalogues whose clips are not whole, as far as is known."""
        held = (self._tenants.get(name) for name in self._tenants.names())
        return [
            {"tenant": one.catalogue.tenant, "catalogue": one.number, "clips": len(one.missing)}
            for one in held
            if one is not None and one.missing
        ]

    async def watch(self) -> None:
        """Look, and mend, for ever."""
        while True:
            self._wake.clear()
            for name in self._tenants.names():
                serving = self._tenants.get(name)
                if serving is not None:
                    await self._care_for(serving)
            try:
                async with asyncio.timeout(AGAIN):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _care_for(self, serving: Serving) -> None:
        now = asyncio.get_running_loop().time()
        tenant = serving.catalogue.tenant
        looked, at = self._looked.get(tenant, (None, 0.0))
        try:
            if looked is not serving or now - at >= LOOK_EVERY:
                await self._look(serving, list(serving.catalogue.clips))
                self._looked[tenant] = serving, now
            elif serving.missing:
                await self._look(serving, sorted(serving.missing))
            if serving.missing and self._remaker is not None and now >= self._not_before:
                await self._mend(serving, self._remaker)
        except (FrontlineError, OSError) as error:
            self._tired()
            log.warning("clips of %s cannot be looked after: %s", tenant, error)

    # --- looking -----------------------------------------------------------------------------

    async def _look(self, serving: Serving, keys: Sequence[str]) -> None:
        """Which of these are missing, and which are there again."""
        for at in range(0, len(keys), AT_ONCE):
            part = keys[at : at + AT_ONCE]
            missing = await asyncio.to_thread(self._absent, serving, part)
            self._missing(serving, missing)
            self._found(serving, set(part) - missing)
            await asyncio.sleep(BREATH)

    def _absent(self, serving: Serving, keys: Sequence[str]) -> set[str]:
        clips = serving.catalogue.clips
        names = {key: {clips[key].name(form) for form in WIRE_FORMATS} for key in keys}
        there = self._store.has([name for some in names.values() for name in some])
        return {key for key, some in names.items() if not some <= there}

    def _missing(self, serving: Serving, keys: Iterable[str]) -> None:
        new = sorted(set(keys) - serving.missing)
        if not new:
            return
        serving.missing.update(new)
        tenant = serving.catalogue.tenant
        for prefix, kind in KINDS.items():
            if count := sum(key.startswith(f"{prefix}:") for key in new):
                self._watcher.clips_lost(tenant, kind, count)
        self._tell(serving, new)

    def _tell(self, serving: Serving, keys: Sequence[str]) -> None:
        """One line, and then how many more there are."""
        now, tenant = asyncio.get_running_loop().time(), serving.catalogue.tenant
        at, before = self._told.get(tenant, (-TOLD_EVERY, 0))
        count = before + len(keys)
        if now - at < TOLD_EVERY:
            self._told[tenant] = at, count
            return
        self._told[tenant] = now, 0
        more = f" and {count - 1} more" if count > 1 else ""
        mend = "they are made again" if self._remaker is not None else "seed the table again"
        log.warning(
            "catalogue %d of %s: the clip %s%s is missing or damaged; %s",
            *(serving.number, tenant, keys[0], more, mend),
        )

    def _found(self, serving: Serving, keys: Iterable[str]) -> None:
        back = serving.missing.intersection(keys)
        serving.missing.difference_update(back)
        serving.lost.difference_update(back)
        if back and not serving.missing:
            log.info("catalogue %d of %s: all clips are there again", *_of(serving))

    # --- mending -----------------------------------------------------------------------------

    async def _mend(self, serving: Serving, remaker: Remaker) -> None:
        """Make some of the missing, what callers wait for first. More are made in the next round,
        which then comes at once."""
        clips, missing = serving.catalogue.clips, frozenset(serving.missing)
        keys = sorted(missing, key=lambda key: (key not in serving.lost, _rank(key), key))
        wanted = list(dict.fromkeys(clips[key] for key in keys))
        made, reasons = await asyncio.to_thread(self._make, wanted, remaker)
        await self._look(serving, [key for key in keys if clips[key] in made])
        if mended := len(missing - serving.missing):
            self._rest = 0.0
            self._watcher.clips_mended(serving.catalogue.tenant, mended)
            self._wake.set()
            return
        self._tired()
        why = reasons[0] if reasons else "this voice would make others: seed the table again"
        number, tenant = _of(serving)
        log.warning("catalogue %d of %s: clips cannot be made again: %s", number, tenant, why)

    def _make(self, clips: Sequence[Clip], remaker: Remaker) -> tuple[set[Clip], list[str]]:
        """(which of them were made, why others were not). Blocks."""
        made, reasons = set(), []
        for clip, sound in remaker.make(remaker.able(clips)[:BATCH]):
            if isinstance(sound, str):
                reasons.append(sound)
                continue
            for form, audio in sound.items():
                self._store.put(clip.name(form), audio)
            made.add(clip)
        return made, reasons

    def _tired(self) -> None:
        self._rest = min(LONGEST, max(2 * self._rest, AGAIN))
        self._not_before = asyncio.get_running_loop().time() + self._rest


def _of(serving: Serving) -> tuple[int, str]:
    return serving.number, serving.catalogue.tenant


def _rank(key: str) -> int:
    """Lines first: every call may need them."""
    return ("line", "entry", "label").index(key.partition(":")[0])
