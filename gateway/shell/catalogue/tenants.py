"""The live catalogue of every tenant, kept up to date.

A catalogue is swapped whole: a turn is matched and answered by one number. A change published by
any process is live within ``POLL`` seconds. One that cannot be loaded is reported and the one
before keeps serving.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache

from gateway.core.reply.lines import SystemLine
from gateway.errors import FrontlineError, StoreFailed
from gateway.ports.sound import AudioFormat, Clip
from gateway.ports.store import Catalogue, Entry, Store
from gateway.privacy.redactor import Redactor, general
from gateway.shell.catalogue.routing import Routing
from gateway.shell.reply.voice_style import language_of
from intents.hearing.keyterms import keyterms
from intents.learning.knowledge import Knowledge
from intents.matcher import Matcher
from intents.models.encoder import Encoder
from intents.turns.continuations import Continuations

POLL = 1.0
"""Seconds between two looks at the live numbers."""

log = logging.getLogger("frontline.catalogue")


@dataclass(frozen=True, slots=True)
class Serving:
    """A catalogue ready to answer."""

    catalogue: Catalogue
    matcher: Matcher
    entries: Mapping[str, Entry]
    lines: Mapping[SystemLine, float]
    """System lines that are rendered, and their length in seconds."""
    dated: tuple[Entry, ...]
    """Entries that are not always valid."""
    continuations: Continuations
    keyterms: tuple[str, ...] = ()
    """Words that recognisers should know."""
    languages: frozenset[str] = frozenset()
    """The languages of its answers: ``en``."""
    missing: set[str] = field(default_factory=set)
    """Keys of clips that the store does not have (``mending``)."""
    lost: set[str] = field(default_factory=set)
    """Names of the clips that could not be played: as good as not rendered."""
    redactor: Redactor = field(default_factory=general)
    """Knows the catalogue's words: they are nobody's."""

    @property
    def number(self) -> int:
        """The catalogue's number, kept in every turn it answered."""
        return self.catalogue.number

    def clip(self, key: str) -> Clip | None:
        """The clip under that key, if there is one."""
        return self.catalogue.clips.get(key)

    def clips(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        """The keys if all are rendered, else none: half a sentence is not spoken."""
        rendered = self.catalogue.clips
        return keys if all(key in rendered and key not in self.lost for key in keys) else ()

    def length(self, keys: tuple[str, ...]) -> float:
        """Seconds of the clips together."""
        return sum(self.catalogue.clips[key].duration_ms for key in keys) / 1000

    def names(self, keys: tuple[str, ...], form: AudioFormat) -> list[str]:
        """Content names of the clips in a wire format."""
        return [_name(self.catalogue.clips[key], form) for key in keys]

    def text(self, keys: tuple[str, ...]) -> str:
        """Return what the clips say."""
        return " ".join(self.catalogue.clips[key].text for key in keys)

    def expired(self, today: date) -> frozenset[str]:
        """Entries that may not be spoken today."""
        day = today.isoformat()
        return frozenset(
            entry.id
            for entry in self.dated
            if (entry.valid_from and day < entry.valid_from)
            or (entry.valid_until and day > entry.valid_until)
        )


@lru_cache(maxsize=4096)
def _name(clip: Clip, form: AudioFormat) -> str:
    """The clip's content name, which takes a hash to make: every answer asks for some, and every
    turn that is passed on asks for those of all fillers."""
    return clip.name(form)


def prepare(catalogue: Catalogue, encoder: Encoder) -> Serving:
    """Make a catalogue ready to answer. Blocks; raises ``FrontlineError``."""
    matcher = Matcher(Knowledge.from_bytes(catalogue.knowledge), encoder)
    lines = system_lines(catalogue)
    dated = tuple(entry for entry in catalogue.entries if entry.valid_from or entry.valid_until)
    entries = {entry.id: entry for entry in catalogue.entries}
    questions = (question for entry in catalogue.entries for question in entry.questions)
    terms = keyterms((entry.questions for entry in catalogue.entries), encoder.pieces)
    spoken = frozenset(language_of(entry.locale) for entry in catalogue.entries)
    goes_on = Continuations(questions)
    redactor = Redactor(text for entry in catalogue.entries for text in _public(entry))
    light = replace(catalogue, knowledge=b"")  # the matcher has made its own of it
    return Serving(light, matcher, entries, lines, dated, goes_on, terms, spoken, redactor=redactor)


def system_lines(catalogue: Catalogue) -> dict[SystemLine, float]:
    """The system lines that the catalogue has clips of, and their length in seconds."""
    return {
        line: clip.duration_ms / 1000
        for key, clip in catalogue.clips.items()
        if (line := SystemLine.of_clip(key)) is not None
    }


def _public(entry: Entry) -> tuple[str, ...]:
    """Return what anybody may read of an entry."""
    names = (entry.id.replace("-", " "), entry.intent.replace("_", " "))
    return (*entry.questions, entry.answer, entry.id, entry.intent, *names)


class Tenants:
    """The tenants that are served, and their catalogues."""

    def __init__(self, store: Store, encoder: Encoder, routing: Routing | None = None) -> None:
        self._routing = routing or Routing()
        self._store = store
        self._encoder = encoder
        self._serving: dict[str, Serving] = {}
        self._expected: dict[str, tuple[float, float]] = {}
        self._refreshing = asyncio.Lock()
        self._broken: dict[str, int] = {}  # numbers that could not be loaded, said once

    def get(self, tenant: str) -> Serving | None:
        """Return what answers that tenant's callers now."""
        return self._serving.get(tenant)

    def expect(self, tenant: str, near_share: float, look_alikes: float) -> bool:
        """Have the tenant's matcher, and those of later catalogues, reckon with those shares of
        near misses and of look-alikes; return whether that changes what is asked of an answer
        now."""
        self._expected[tenant] = near_share, look_alikes
        serving = self._serving.get(tenant)
        return serving is not None and _expects(serving.matcher, near_share, look_alikes)

    def redactor(self, tenant: str) -> Redactor:
        """Return what takes personal data out of what that tenant's callers say."""
        serving = self._serving.get(tenant)
        return serving.redactor if serving else general()

    def answer(self, tenant: str, entry: str) -> str:
        """Return the text of an entry that is live; empty if there is none."""
        serving = self._serving.get(tenant)
        found = serving.entries.get(entry) if serving else None
        return found.answer if found else ""

    def names(self) -> list[str]:
        """Tenants that can be called."""
        return sorted(self._serving)

    async def refresh(self) -> None:
        """Load what has changed. One at a time: an older look must not undo a newer one."""
        async with self._refreshing:
            await self._refresh()

    async def _refresh(self) -> None:
        for tenant, number in (await asyncio.to_thread(self._live)).items():
            held = self._serving.get(tenant)
            if number == (held.number if held else None) or self._broken.get(tenant) == number:
                continue
            try:
                serving = await asyncio.to_thread(self._load, tenant, number)
            except StoreFailed as error:  # may be over in a moment: tried again at the next look
                log.warning("catalogue %d of %s cannot be read now: %s", number, tenant, error)
                continue
            except Exception as error:  # noqa: BLE001 - whatever is wrong, the old one keeps serving
                self._broken[tenant] = number
                log.error("catalogue %d of %s cannot be served: %s", number, tenant, error)
                continue
            if tenant in self._expected:
                _expects(serving.matcher, *self._expected[tenant])
            self._serving[tenant] = serving
            self._broken.pop(tenant, None)
            log.info("catalogue %d of %s is live", number, tenant)
            for name in self._routing.strangers(serving.entries.values()):
                log.warning(
                    "catalogue %d of %s has no intent %s, which the settings route or brief",
                    *(number, tenant, name),
                )

    def _live(self) -> dict[str, int]:
        numbers = {name: self._store.live_number(name) for name in self._store.tenants()}
        return {name: number for name, number in numbers.items() if number is not None}

    def _load(self, tenant: str, number: int) -> Serving:
        return prepare(self._store.load(tenant, number), self._encoder)

    async def watch(self) -> None:
        """Look for changes for ever; a store that is down changes nothing."""
        while True:
            await asyncio.sleep(POLL)
            try:
                await self.refresh()
            except FrontlineError as error:
                log.warning("the store cannot be asked for changes: %s", error)


def _expects(matcher: Matcher, near_share: float, look_alikes: float) -> bool:
    before = matcher.point
    matcher.expect(near_share, look_alikes)
    return matcher.point is not before
