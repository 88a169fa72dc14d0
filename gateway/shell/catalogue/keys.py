"""Keys to which the operator has given an action: a cached answer, or an action as in a table."""

from __future__ import annotations

from datetime import datetime

from gateway.shell.catalogue.tenants import Serving
from intents.decision import Decision, Kind

ENTRY = "entry:"


def keyed(action: str, serving: Serving) -> Decision:
    """The decision that a key stands for; a miss if it names an entry that may not be spoken."""
    if not action.startswith(ENTRY):
        return Decision(kind=Kind.ROUTE, action=action, confidence=1.0, verbatim=True)
    name = action.removeprefix(ENTRY)
    entry = serving.entries.get(name)
    if entry is None or name in serving.expired(datetime.now().astimezone().date()):
        return Decision(kind=Kind.MISS, verbatim=True, reason="the key's entry is not there")
    kind = Kind.ROUTE if entry.action else Kind.ANSWER
    return Decision(
        kind=kind,
        entry=name,
        action=entry.action,
        question=entry.questions[0] if entry.questions else "",
        confidence=1.0,
        verbatim=True,
        reason="a key stands for it",
    )
