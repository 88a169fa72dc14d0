"""Catalogues, clips and turns for tests of stores."""

from __future__ import annotations

import json
import random
from typing import Any

from gateway.ports.records import TurnRecord
from gateway.ports.sound import WIRE_FORMATS, Clip, ClipAudio
from gateway.ports.store import Catalogue, ClipStore, Draft, Entry


def clip(text: str) -> Clip:
    """A clip that says the text."""
    settings = json.dumps({"speed": 165})
    return Clip(text=text, voice="en", model="test/1", settings=settings, duration_ms=40)


def audio(name: str, size: int = 640) -> ClipAudio:
    """Sound that belongs to the name alone: the same name always gives the same bytes."""
    return ClipAudio(payload=random.Random(name).randbytes(size), duration_ms=40)


def draft(*texts: str, tenant: str = "default", **changes: Any) -> Draft:
    """A draft with an entry and a clip for each text."""
    entries = tuple(
        Entry(id=f"e{n}", intent=f"i{n}", questions=(f"{text}?", text), answer=text)
        for n, text in enumerate(texts)
    )
    clips = {f"entry:{entry.id}": clip(entry.answer) for entry in entries}
    knowledge = "|".join(texts).encode()
    fields = {"entries": entries, "clips": clips, "knowledge": knowledge, **changes}
    return Draft(tenant=tenant, **fields)


def names(a_draft: Draft | Catalogue) -> list[str]:
    """The names of all its clips in all formats."""
    return [c.name(wire) for c in a_draft.clips.values() for wire in WIRE_FORMATS]


def put_clips(store: ClipStore, a_draft: Draft, size: int = 640) -> None:
    """Store all its clips."""
    for name in names(a_draft):
        store.put(name, audio(name, size))


def turn(call: str, number: int, **changes: Any) -> TurnRecord:
    """A turn; its time is its number unless told."""
    fields = {
        "id": f"{call}-{number}",
        "call_id": call,
        "tenant": "default",
        "turn": number,
        "at": float(number),
        "path": "cache",
        "text": "when do you close",
        **changes,
    }
    return TurnRecord(**fields)
