"""What a catalogue is made with: everything but its entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cache_seed.render import Line, Voicing, plan
from gateway.ports import Catalogue, Clip, Entry, Store
from intents.clarifying import label
from intents.learning.calibration import Aim
from intents.learning.knowledge import VERSION, Item
from intents.models.encoder import Encoder


@dataclass(frozen=True, kw_only=True)
class Press:
    """A tenant's, as the settings have it."""

    tenant: str
    store: Store
    encoder: Encoder
    voicing: Voicing
    lines: Mapping[str, str]
    aim: Aim
    adapt: bool
    locale: str

    def made_with(self) -> dict[str, Any]:
        """What of it the knowledge depends on."""
        return {
            "encoder": self.encoder.fingerprint,
            "knowledge": VERSION,
            "aim": [self.aim.max_wrong_rate, self.aim.near_share],
            "adapt": self.adapt,
        }

    def spoken(self, entries: Sequence[Entry]) -> list[Line]:
        """All that is to be spoken."""
        lines = []
        for entry in entries:
            if entry.answer:
                lines.append(Line(f"entry:{entry.id}", entry.answer, entry.voice, entry.locale))
            # What the clarifying question calls it: said by the voice of the system lines.
            lines.append(Line(f"label:{entry.id}", label(item(entry)), "", entry.locale))
        for name, text in self.lines.items():
            if text.strip():
                lines.append(Line(f"line:{name}", text, "", self.locale))
        return lines

    def would_sound(self, live: Catalogue, entries: Sequence[Entry]) -> bool:
        """Whether the live clips are what would be rendered of the entries."""
        planned = plan(self.spoken(entries), self.voicing)
        return planned.keys() == live.clips.keys() and all(
            _same_sound(clip, live.clips[key]) for key, clip in planned.items()
        )


def item(entry: Entry) -> Item:
    """What the knowledge is built of."""
    return Item(
        id=entry.id,
        intent=entry.intent,
        questions=entry.questions,
        counter_examples=entry.counter_examples,
        action=entry.action,
    )


def _same_sound(planned: Clip, live: Clip) -> bool:
    """Whether the live clip is what would be rendered."""
    return (planned.text, planned.voice, planned.model, planned.settings) == (
        live.text,
        live.voice,
        live.model,
        live.settings,
    )
