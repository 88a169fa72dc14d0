"""The ingredients of a catalogue, apart from its entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cache_seed.recipe import Recipe
from cache_seed.render import Line, plan
from gateway.live.template import parse
from gateway.ports.sound import Clip
from gateway.ports.store import Catalogue, Entry, Store
from intents.clarifying import label
from intents.learning.knowledge import VERSION, Item
from intents.models.encoder import Encoder


@dataclass(frozen=True, kw_only=True)
class Press:
    """The ingredients for one tenant, from the settings."""

    recipe: Recipe
    store: Store
    encoder: Encoder

    def made_with(self) -> dict[str, Any]:
        """The ingredients on which the knowledge depends, ready for JSON."""
        return {
            "encoder": self.encoder.fingerprint,
            "knowledge": VERSION,
            "aim": [self.recipe.max_wrong_rate, self.recipe.near_share],
            "adapt": self.recipe.adapt,
        }

    def spoken(self, entries: Sequence[Entry]) -> list[Line]:
        """All lines to be spoken for the entries."""
        lines = []
        for entry in entries:
            if entry.fallback:
                lines += _live(entry)
            elif entry.answer:
                lines.append(Line(f"entry:{entry.id}", entry.answer, entry.voice, entry.locale))
            # What the clarifying question calls it: said by the voice of the system lines.
            lines.append(Line(f"label:{entry.id}", label(item(entry)), "", entry.locale))
        for name, text in self.recipe.lines.items():
            if text.strip():
                lines.append(Line(f"line:{name}", text, "", self.recipe.locale))
        return lines

    def would_sound(self, live: Catalogue, entries: Sequence[Entry]) -> bool:
        """Return whether the live clips are those that rendering the entries would give."""
        planned = plan(self.spoken(entries), self.recipe.voicing)
        return planned.keys() == live.clips.keys() and all(
            _same_sound(clip, live.clips[key]) for key, clip in planned.items()
        )


def _live(entry: Entry) -> list[Line]:
    """The fixed words of an answer with live values, and the line in place of these."""
    texts = {f"part{number}": text for number, text in enumerate(parse(entry.answer).fixed)}
    return [
        Line(f"{kind}:{entry.id}", text, entry.voice, entry.locale)
        for kind, text in {**texts, "fallback": entry.fallback}.items()
    ]


def item(entry: Entry) -> Item:
    """The part of an entry from which knowledge is built."""
    return Item(
        id=entry.id,
        intent=entry.intent,
        questions=entry.questions,
        counter_examples=entry.counter_examples,
        action=entry.action,
    )


def _same_sound(planned: Clip, live: Clip) -> bool:
    """Return whether the live clip is the one that rendering would give."""
    return (planned.text, planned.voice, planned.model, planned.settings) == (
        live.text,
        live.voice,
        live.model,
        live.settings,
    )
