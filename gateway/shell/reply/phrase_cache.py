"""Generated sound that repeats: "Is there anything else I can help you with?" is made once.

What an agent says is spoken by a voice that costs time and money for each text. A text that was
said a few times before in the same words is kept as sound, in the call's own format, and from then
on played in place of asking the voice. It is kept for one tenant alone, by its exact words, the
voice, model, manner, language and format; and only if nothing in it could be about anybody
(``redactor.impersonal``), one voice spoke it whole, and the whole reply was heard to its end.

All is in memory, and bounded. When there is no room, what was not used for the longest time goes.
The store's clips are no place for it: what is in there cannot be deleted, and a purge must.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from gateway.ports.live_speech import SpokenWord
from gateway.ports.sound import AudioFormat
from gateway.privacy.redactor import impersonal

COUNTED = 8192
"""Texts whose number of times is known, as a fingerprint of 16 bytes each; beyond it the one that
was said longest ago is forgotten, and counted anew."""
LARGEST = 8
"""A text's sound may take one part in so many of the room: one long text must not clear it."""


class PhraseOutcome(StrEnum):
    """The outcome of a text, for the metrics."""

    USED = "used"
    """Played in place of asking the voice."""
    KEPT = "kept"
    PERSONAL = "personal"
    """The phrase was said often enough, but may be about somebody."""
    UNFIT = "unfit"
    """The reply was cut short or failed, another voice spoke it, or it is too long."""
    DROPPED = "dropped"
    """The phrase made room for another."""


class PhraseWatcher(Protocol):
    """The counter of texts. Called on the event loop; must not block."""

    def repeated(self, outcome: str, seconds: float) -> None:
        """``seconds`` of sound, 0 where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """The maker of the sound that may be kept."""

    name: str
    """The voice's name as in ``SpokenPiece.by``; sound of any other, such as a fallback, is not
    kept."""
    voice: str
    """The provider's usual voice, where a call names none."""
    model: str
    settings: str
    """The other settings that change the sound, as canonical JSON."""


@dataclass(frozen=True, slots=True)
class Key:
    """A text as one tenant's callers hear it. Says nothing of the text."""

    tenant: str
    print: bytes


@dataclass(frozen=True, slots=True)
class Repeat:
    """A text's sound."""

    sound: bytes
    """Laid out as ``ports.ClipAudio.payload``."""
    seconds: float
    words: tuple[SpokenWord, ...] = ()
    """The words with times from the beginning of the sound; their chunk is 0."""

    @property
    def size(self) -> int:
        """Bytes it is reckoned at."""
        return len(self.sound) + 220 * (2 + len(self.words))  # 217 bytes a word, measured


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave to offer a text's sound, if all goes well."""

    key: Key
    epoch: int


class Repeats:
    """One process's. Used from the event loop; nothing here waits."""

    def __init__(
        self, maker: Maker, *, after: int, limit_bytes: int, watcher: PhraseWatcher
    ) -> None:
        """``after``: times that a text must have been made, the one that is kept included."""
        self.maker = maker
        self._after = after
        self._limit = limit_bytes
        self._watcher = watcher
        self._salt = secrets.token_bytes(16)
        self._kept: OrderedDict[Key, Repeat] = OrderedDict()
        self._size = 0
        self._counts: OrderedDict[Key, int] = OrderedDict()
        self._epoch = 0  # purges so far

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return self._size

    @property
    def largest(self) -> int:
        """Bytes of the largest sound that may be kept."""
        return self._limit // LARGEST

    def key(self, tenant: str, text: str, voice: str, locale: str, form: AudioFormat) -> Key:
        """The key of a text exactly as the voice would be given it."""
        maker = self.maker
        parts = [text, voice or maker.voice, maker.model, maker.settings, locale, form.name]
        data = json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogatepass")
        made = hashlib.blake2b(data, key=self._salt, digest_size=16)
        return Key(tenant, made.digest())

    def find(self, key: Key) -> Repeat | None:
        """The sound of that key, if it is kept."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def used(self, repeat: Repeat) -> None:
        """Count that the sound is played in place of asking the voice."""
        self._watcher.repeated(PhraseOutcome.USED, repeat.seconds)

    def wanted(self, key: Key, text: str) -> Ticket | None:
        """The text is about to be made once more. With a ticket, its sound is wanted: have it made
        by itself, so that nothing else is in it, and offer it."""
        count = self._counts.get(key, 0)
        if count < 0:  # personal
            self._counts.move_to_end(key)
            return None
        count += 1
        if count >= self._after and not impersonal(text):
            count = -1
            self._watcher.repeated(PhraseOutcome.PERSONAL, 0.0)
        self._counts[key] = count
        self._counts.move_to_end(key)
        if len(self._counts) > COUNTED:
            self._counts.popitem(last=False)
        return Ticket(key, self._epoch) if count >= self._after else None

    def offer(self, ticket: Ticket, repeat: Repeat) -> None:
        """Keep it, unless it is too large, somebody else's is there, or all was purged since."""
        if ticket.epoch != self._epoch or ticket.key in self._kept:
            return
        if not repeat.sound or repeat.size > self.largest:
            self.unfit()
            return
        self._kept[ticket.key] = repeat
        self._size += repeat.size
        self._counts.pop(ticket.key, None)
        self._watcher.repeated(PhraseOutcome.KEPT, repeat.seconds)
        while self._size > self._limit:
            self._watcher.repeated(
                PhraseOutcome.DROPPED, self._forget(next(iter(self._kept))).seconds
            )

    def unfit(self) -> None:
        """Note that the sound which was wanted cannot be kept."""
        self._watcher.repeated(PhraseOutcome.UNFIT, 0.0)

    def purge(self, tenant: str) -> int:
        """Forget all of the tenant's, and what is being made; how many were kept."""
        self._epoch += 1
        mine = [key for key in self._kept if key.tenant == tenant]
        for key in mine:
            self._forget(key)
        for key in [key for key in self._counts if key.tenant == tenant]:
            del self._counts[key]
        return len(mine)

    def _forget(self, key: Key) -> Repeat:
        gone = self._kept.pop(key)
        self._size -= gone.size
        return gone
