"""The ports: what the gateway needs from the outside, in the gateway's own words.

Methods of stores and synthesizers are synchronous and may block: the shell
calls them in threads. Nothing here knows a vendor, a socket or a file system.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from gateway import records


class Encoding(StrEnum):
    """How samples are laid out on the wire."""

    PCM = "pcm_s16le"
    MULAW = "mulaw"
    OPUS = "opus"


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """A wire format: one channel, always."""

    encoding: Encoding
    sample_rate: int
    """Samples per second."""

    @property
    def name(self) -> str:
        """Stable name, used in clip names and file names: ``pcm_s16le_16000``."""
        return f"{self.encoding.value}_{self.sample_rate}"

    @property
    def bytes_per_ms(self) -> int:
        """Bytes of one millisecond; 0 for opus, whose packets carry 20 ms each."""
        per_sample = {Encoding.PCM: 2, Encoding.MULAW: 1, Encoding.OPUS: 0}[self.encoding]
        return self.sample_rate * per_sample // 1000


WIRE_FORMATS: tuple[AudioFormat, ...] = (
    AudioFormat(Encoding.MULAW, 8000),
    AudioFormat(Encoding.PCM, 8000),
    AudioFormat(Encoding.PCM, 16000),
    AudioFormat(Encoding.PCM, 24000),
    AudioFormat(Encoding.PCM, 48000),
    AudioFormat(Encoding.OPUS, 48000),
)
"""The formats every clip is rendered in. Opus clips are 48 kHz, whatever rate the caller sends."""


# --- the catalogue ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One answer with its questions: a line of the operator's CSV."""

    id: str
    intent: str
    questions: tuple[str, ...]
    answer: str
    counter_examples: tuple[str, ...] = ()
    """Questions that must not get this answer."""
    locale: str = "en-US"
    voice: str = ""
    """Voice name; empty means the tenant's default."""
    tags: tuple[str, ...] = ()
    valid_from: str = ""
    """ISO date, first day on which the answer may be spoken; empty: always."""
    valid_until: str = ""
    """ISO date (YYYY-MM-DD), last day on which the answer may be spoken; empty: for ever."""
    action: str = ""
    """Empty for a cached answer, else where the intent goes (``transfer``, ``agent:fast``...)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """What a rendered text is made of; its name follows from that, in each format."""

    text: str
    voice: str
    model: str
    """Synthesizer and version, such as ``espeak-ng/1.52``."""
    settings: str
    """Canonical JSON of everything else that changes the sound (speed, loudness target...)."""
    duration_ms: int

    def name(self, audio_format: AudioFormat) -> str:
        """Content name (sha256, hex) of this clip in one wire format."""
        parts = [self.text, self.voice, self.model, self.settings, audio_format.name]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ClipAudio:
    """A clip's bytes in one wire format, ready to send.

    ``payload`` is headerless samples; for opus it is a run of packets of 20 ms, each after
    its length as two bytes, big-endian.
    """

    payload: bytes
    duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A catalogue before it has a number."""

    tenant: str
    entries: tuple[Entry, ...]
    clips: Mapping[str, Clip]
    """Keys: ``entry:<id>`` (the answer), ``label:<id>`` (what a clarifying question calls it),
    ``line:<name>`` (system lines: greeting, handoff, clarify, clarify_or, ...)."""
    knowledge: bytes
    """``intents.learning.knowledge.Knowledge`` in its own serialisation."""
    summary: Mapping[str, Any] = field(default_factory=dict)
    """Figures of the build for people: entries, questions, thresholds, what was kept."""
    source: str = ""
    """Where it came from: a file name, ``admin``, ``rollback of 3``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """An immutable, numbered snapshot of a tenant's entries, clips and knowledge."""

    tenant: str
    number: int
    created: str
    """UTC, ISO 8601."""
    entries: tuple[Entry, ...]
    clips: Mapping[str, Clip]
    knowledge: bytes
    summary: Mapping[str, Any]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueInfo:
    """A catalogue in a list: all but its weight."""

    tenant: str
    number: int
    created: str
    source: str
    entries: int
    live: bool
    summary: Mapping[str, Any]


class CatalogueStore(Protocol):
    """Numbered catalogues. ``publish`` and ``activate`` are atomic: a reader sees the old or
    the new, and a process killed half-way leaves the old."""

    def tenants(self) -> list[str]:
        """Tenants with a live catalogue."""

    def live_number(self, tenant: str) -> int | None:
        """Number of the live catalogue; None if the tenant has none. Cheap: polled."""

    def load(self, tenant: str, number: int | None = None) -> Catalogue:
        """The live catalogue, or that number. Raises ``gateway.errors.NotFound``."""

    def publish(self, draft: Draft, over: int | None = None) -> int:
        """Give the draft the next number and make it live. Every clip it names must be stored.
        ``over``: the number that must be live until then, 0 for none; else raises ``Overtaken``."""

    def history(self, tenant: str) -> list[CatalogueInfo]:
        """All catalogues of the tenant, newest first."""

    def activate(self, tenant: str, number: int, over: int | None = None) -> None:
        """Make an earlier one live again; ``over`` as in ``publish``. Raises ``NotFound``."""


class ClipStore(Protocol):
    """Clips by content name. A clip once put never changes."""

    def has(self, names: Sequence[str]) -> set[str]:
        """Those of the names that are stored whole."""

    def get(self, name: str) -> ClipAudio | None:
        """The clip; None if absent **or damaged** (its checksum is verified): never noise."""

    def put(self, name: str, audio: ClipAudio) -> None:
        """Store durably; putting the same name twice is harmless."""


# --- records ---------------------------------------------------------------------------------


TurnRecord = records.TurnRecord
TurnQuery = records.TurnQuery
MAX_REPLY = records.MAX_REPLY


class RecordStore(Protocol):
    """What happened. Writes come in batches from one background task."""

    def write(self, turns: Sequence[TurnRecord], known: Collection[str] = ()) -> None:
        """Append turns; of one id the later is kept, with the reply of the earlier if it has none.
        ``known``: ids that were written before. One that is gone was purged, and stays away."""

    def turns(self, query: TurnQuery) -> list[TurnRecord]:
        """Newest first."""

    def stats(self, tenant: str, since: float) -> dict[str, Any]:
        """Counts by path, intent and entry: ``{"turns", "paths": {path: n}, "intents":
        {intent: {path: n}}, "entries": {entry: {"hits", "wrong", "right"}}, "flagged":
        {"right", "wrong"}, "decided_early", "shadow": {"turns", "answer", "clarify", "route",
        "miss", "right", "wrong"}}``.

        ``turns`` and ``flagged`` are of all turns. Those of mode ``shadow`` are counted by what
        would have been done, under ``shadow``, and in nothing else.
        """

    def flag(self, turn_id: str, verdict: str, meant: str = "") -> None:
        """Mark what was decided ``right`` or ``wrong``, and name the entry that was meant.
        Marking again replaces the mark. Raises ``NotFound``, ``UsageError``."""

    def purge(self, tenant: str, before: float) -> int:
        """Delete the tenant's turns older than that; how many."""


class ModeStore(Protocol):
    """Per-tenant mode: ``live``, ``shadow`` or ``off``."""

    def mode(self, tenant: str) -> str:
        """The tenant's mode; ``live`` if never set."""

    def set_mode(self, tenant: str, mode: str) -> None:
        """Set it durably."""


class Store(CatalogueStore, ClipStore, RecordStore, ModeStore, Protocol):
    """All of it, in one place."""

    def close(self) -> None:
        """Release files; the store is not used afterwards."""


# --- speech ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Speech:
    """Synthesised sound before trimming and levelling."""

    samples: bytes
    """PCM16, little-endian, mono."""
    sample_rate: int


class Synthesizer(Protocol):
    """Text to speech."""

    @property
    def model(self) -> str:
        """Name and version, part of every clip's name."""

    @property
    def settings(self) -> str:
        """Canonical JSON of what else changes the sound."""

    def stream(self, text: str, voice: str, locale: str) -> Iterator[Speech]:
        """Sound in pieces as it is made. Raises ``gateway.errors.ProviderFailed``."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A transcript as it stands."""

    text: str
    final: bool
    """True: the utterance is over and the text will not change."""
    confidence: float = 1.0
    """0 to 1; 1 if the recogniser gives none."""
    eager: bool = False
    """Of a partial: the turn is probably over. The next partial without it takes that back."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether the recogniser hears the call; at first it does. One that is away hears later."""

    there: bool


class Transcription(Protocol):
    """One call's stream to a recogniser."""

    def feed(self, pcm: bytes) -> None:
        """PCM16 mono at 16 kHz, any whole number of samples. Never blocks; when the queue is full
        the oldest sound is dropped and counted."""

    def skip(self, samples: int) -> None:
        """So many samples without voice were left out: for recognisers that keep time by them."""

    def finish_utterance(self) -> None:
        """The caller's turn seems over: give the final transcript of what was fed so far."""

    def __aiter__(self) -> AsyncIterator[Heard | Presence]:
        """Partials and finals in order, and between them whether they are to be had."""

    async def close(self) -> None:
        """Stop; nothing is yielded afterwards."""


class Transcriber(Protocol):
    """A recogniser, or a pool of them."""

    async def open(self, locale: str, call_id: str, keyterms: Sequence[str] = ()) -> Transcription:
        """Begin a call. ``keyterms``: words the caller may well say, the likeliest to be misheard
        first. Raises ``gateway.errors.ProviderFailed`` if none is free in time."""

    async def close(self) -> None:
        """Shut the pool down."""


@dataclass(frozen=True, slots=True)
class VoiceChange:
    """The caller began or stopped speaking."""

    speaking: bool
    at_ms: float
    """Position in the call's audio where it truly happened (before the detector's own window)."""
    known_ms: float
    """Position in the call's audio at which the detector knew."""


class VoiceDetector(Protocol):
    """Voice activity of one call."""

    def feed(self, pcm: bytes) -> list[VoiceChange]:
        """PCM16 mono at 16 kHz, any length. Cheap enough for the event loop."""


# --- who answers a miss ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRequest:
    """A turn passed on."""

    call_id: str
    tenant: str
    turn: int
    text: str
    history: tuple[tuple[str, str], ...]
    """(role, text) of what was said and **heard** so far."""
    route: str = ""
    """Which agent: the name in ``agent:NAME``; empty for the one that takes what is left."""
    intent: str = ""
    """What the words are about, where that is known or likely."""
    prompt: str = ""
    """What the operator tells an agent of that intent, in place of all it could be told."""
    tool: str = ""
    """Which tool is to be run for it: the name in ``tool:NAME``; empty where that is open."""
    known: str = ""
    """What is known of the call beside what was said."""


@dataclass(frozen=True, slots=True)
class AgentPiece:
    """A piece of the agent's reply: text to be spoken, or audio in the call's format, laid out as
    ``ClipAudio.payload``; the text beside audio is what it says."""

    text: str = ""
    audio: bytes = b""
    tool: str = ""
    """Name of a tool that it begins to run."""


class Agent(Protocol):
    """Who answers what the cache does not."""

    def reply(self, request: AgentRequest) -> AsyncIterator[AgentPiece]:
        """Stream the reply. Cancelling the iterator stops it and frees everything it holds."""


@runtime_checkable
class Speculative(Protocol):
    """An agent that can begin an answer before it is known to be wanted."""

    def speculate(self, request: AgentRequest) -> bool:
        """Begin it, and keep it back; a ``reply`` to just that request takes it up. A call has one:
        a new one drops the one before. False if it may not be spent. Must not block."""

    def forget(self, call_id: str) -> None:
        """Drop the call's, if it has one that was not taken up. Must not block."""


Progress = Callable[[str, int, int], None]
"""(what, done, of): called often, from any thread."""
