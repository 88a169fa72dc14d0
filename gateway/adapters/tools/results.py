"""Tools' results, as text of bounded length without secrets."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

HIDDEN = "[secret]"
SHORTEST_SECRET = 4
"""Characters; what is shorter stands in texts by chance."""
DONE = "Done."
"""The result of a tool that gives nothing back."""

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)


def as_text(value: Any, most: int) -> str:
    """A value as a model can read it: a text as it is, else JSON, of which no more is made than a
    little over ``most`` characters."""
    if value is None:
        return DONE
    if isinstance(value, str):
        return value or DONE
    parts: list[str] = []
    length = 0
    for part in _ENCODER.iterencode(value):
        parts.append(part)
        length += len(part)
        if length > most:
            break
    return "".join(parts)


def without(text: str, secrets: Iterable[str]) -> str:
    """The text with nothing of the secrets in it."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, HIDDEN)
    return text
