"""Tags of entries: which state of an entry a change is made on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import astuple

import msgspec

from gateway.admin.wire import Refused
from gateway.ports.store import Entry
from gateway.settings.whole import Settings

ANY = "*"
"""In ``If-Match``: whatever it is, it must be there; in ``If-None-Match``: it must not."""


def tag_of(entry: Entry) -> str:
    """The entry's tag; the same for as long as nothing of it changes, whatever is published."""
    return f'"{hashlib.sha256(msgspec.json.encode(astuple(entry))).hexdigest()[:32]}"'


def named(header: str) -> list[str]:
    """The tags of an ``If-Match``. Weak ones match nothing: an entry is the same or it is not."""
    return re.findall(r'(?:W/)?"[^"]*"|\*', header)


def check(tags: list[str], entry: Entry | None) -> None:
    """Raises ``Refused`` (412) unless the entry is there with one of the tags; without tags any
    state will do."""
    if not tags or (entry is not None and (ANY in tags or tag_of(entry) in tags)):
        return
    state = "there is no such entry" if entry is None else f"its ETag is {tag_of(entry)} now"
    raise Refused(412, "changed", f"the entry has changed since you looked: {state}", "If-Match")


def check_all(states: Mapping[str, str], entries: Iterable[Entry]) -> None:
    """Raises ``Refused`` (412) unless each entry has its tag, or where that is empty is not
    there."""
    there = {entry.id: entry for entry in entries if entry.id in states}
    for name, tag in states.items():
        entry = there.get(name)
        if (tag_of(entry) if entry is not None else "") != tag:
            news = "is gone" if entry is None else "is another now" if tag else "is there already"
            message = f"entry {name!r} {news}: look again"
            raise Refused(412, "changed", message, "states")


def require(settings: Settings, untold: bool, mend: str, field: str) -> None:
    """Raises ``Refused`` (428) where the state that a change is made on must be told and is not."""
    if untold and settings.admin.if_match == "required":
        raise Refused(428, "state_required", mend, field)
