"""Tags of entries: which state of an entry a change is made on."""

from __future__ import annotations

import hashlib
import re
from dataclasses import astuple

import msgspec

from gateway.admin.wire import Refused
from gateway.ports.store import Entry

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
