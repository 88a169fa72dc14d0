"""Entries, clips and what a turn carries, as JSON text; every store writes them the same way."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from typing import Any

from gateway.ports.sound import Clip
from gateway.ports.store import Entry

_ENTRY = tuple(f.name for f in fields(Entry))
_CLIP = tuple(f.name for f in fields(Clip))
_TUPLES = ("questions", "counter_examples", "tags")


def entries_to_json(entries: Sequence[Entry]) -> str:
    """The entries in order."""
    return json.dumps([{name: getattr(entry, name) for name in _ENTRY} for entry in entries])


def entries_from_json(text: str) -> tuple[Entry, ...]:
    """Back again. Fields a newer version added are left out; those it dropped take defaults."""
    return tuple(_entry(row) for row in json.loads(text))


def clips_to_json(clips: Mapping[str, Clip]) -> str:
    """The clips by key (``entry:<id>``...)."""
    return json.dumps(
        {key: {name: getattr(clip, name) for name in _CLIP} for key, clip in clips.items()}
    )


def clips_from_json(text: str) -> dict[str, Clip]:
    """Back again."""
    rows = json.loads(text).items()
    return {key: Clip(**{k: v for k, v in row.items() if k in _CLIP}) for key, row in rows}


def to_json(value: Mapping[str, Any]) -> str:
    """Free-form figures and evidence. Tuples and sets come back as lists, dataclasses as
    dictionaries, anything else JSON does not know as its text."""
    return json.dumps(dict(value), default=_plain)


def storable(text: str) -> str:
    """The text as UTF-8 can hold it: half a surrogate pair, which a caller's JSON can smuggle in,
    becomes its escape."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _entry(row: dict[str, Any]) -> Entry:
    known = {key: value for key, value in row.items() if key in _ENTRY}
    known.update({key: tuple(known[key]) for key in _TUPLES if key in known})
    return Entry(**known)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    return str(value)
