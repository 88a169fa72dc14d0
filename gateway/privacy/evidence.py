"""The evidence for a decision, in the form in which a record keeps it.

The reasons of a decision may quote the caller, in canonical form: without the "@" of an e-mail
address, as stems, with numbers in digits. No pattern finds personal data in that. So a word of a
reason is kept only if it could be anybody's, and was not taken out of the text that it is from.
"""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any

from gateway.explain import evidence
from gateway.privacy.lists import WIDTHS
from gateway.privacy.redactor import Redactor
from gateway.privacy.said import SpokenWords
from intents.decision import Decision
from intents.text.roots import stem
from intents.text.spoken import canonical

_SCORE = re.compile(r"[01]\.\d{1,4}")
_PLACEHOLDER = re.compile(r"\[\w{1,20}\]")


def lost(said: str, kept: str) -> frozenset[str]:
    """Words that redaction took out of a text, and their stems."""
    if _PLACEHOLDER.search(kept) is None:
        return frozenset()  # as it mostly is, and half a millisecond less
    left = _forms(_PLACEHOLDER.sub(" ", kept))
    return frozenset(_forms(said) - left)


def _forms(text: str) -> set[str]:
    words = {*SpokenWords(text).bases, *SpokenWords(canonical(text)).bases}
    return words | {stem(word) for word in words}


def kept_reason(reason: str, gone: Container[str], redactor: Redactor) -> str:
    """A reason without what was taken out of the text, unknown words and numbers; a score, such as
    0.76, is ours and stays."""
    said = SpokenWords(reason)
    for place, word in enumerate(said.words):
        base = said.bases[place]
        taken = word in gone or base in gone or stem(base) in gone
        if _SCORE.fullmatch(word) and not taken:
            continue
        if any(map(str.isnumeric, word)) or (word in WIDTHS and word != "one"):
            said.mark(place, place + 1, "number")
        elif taken or not (base in redactor or word in redactor or len(base) < 2):
            said.mark(place, place + 1, "word")
    return said.text()


def kept_evidence(decision: Decision, gone: Container[str], redactor: Redactor) -> dict[str, Any]:
    """The evidence as a turn's record keeps it; ``gone`` are words that redaction took out of what
    the call's caller has said."""
    data = evidence(decision)
    vetoes = [
        {**veto, "reason": kept_reason(veto["reason"], gone, redactor)} for veto in data["vetoes"]
    ]
    return {
        "kind": decision.kind.value,
        **data,
        "reason": kept_reason(data["reason"], gone, redactor),
        "vetoes": vetoes,
        **({} if decision.confirmed is None else {"confirmed": decision.confirmed}),
        **({"upset": True} if decision.upset else {}),
    }


def bare_evidence(kept: dict[str, Any]) -> dict[str, Any]:
    """The evidence for a record without text: guards and entries by name, no reason in words."""
    vetoes = [{**veto, "reason": ""} for veto in kept.get("vetoes", ())]
    return {**kept, "reason": "", **({"vetoes": vetoes} if "vetoes" in kept else {})}
