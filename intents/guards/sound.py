"""One word, heard as another that sounds alike, would make it another entry's question.

Which words sound alike is found in ``intents.hearing.soundalikes``.
"""

from __future__ import annotations

from intents.decision import Objection
from intents.guards.entry.guard import Contender, Guard, Scope


def against(contender: Contender) -> Objection | None:
    """The objection that with a word heard otherwise another entry would be meant."""
    found = contender.misheard()
    if found is None:
        return None
    rival, heard, meant = found
    return Objection(f"with {meant!r} for {heard!r} it would be for {rival!r}")


GUARD = Guard("sound", against, Scope.CANDIDATE, may_ask=True, rank=150)
