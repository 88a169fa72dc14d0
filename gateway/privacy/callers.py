"""Callers by a keyed digest of their number: found again for who has both, told to nobody else."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping

NAMES = ("number", "phone", "from", "caller_id", "id")
"""The facts about a caller that may hold their number, in the order they are looked for."""


def digest_of(number: str, key: str) -> str:
    """The digest of a number, however it is written; of another name, as it is."""
    digits = re.sub(r"[\s()./-]", "", number)
    form = re.sub(r"^00", "+", digits) if re.fullmatch(r"\+?[0-9]{3,}", digits) else number.strip()
    return hmac.new(key.encode(), form.casefold().encode(), hashlib.sha256).hexdigest()[:32]


def caller_of(facts: Mapping[str, str], key: str) -> str:
    """The digest that a turn is kept with; empty without a key, or a number in the facts."""
    if not key:
        return ""
    told = {name.casefold(): text for name, text in facts.items()}
    found = next((told[name] for name in NAMES if told.get(name, "").strip()), "")
    return digest_of(found, key) if found else ""
