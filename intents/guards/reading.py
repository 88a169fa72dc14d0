"""The text, read together with the questions of the entry that is about to answer.

The score knows one vector of each text, a guard a few words; the verifier
(``intents.models.build.verifier``) reads both texts. Where it does not find them to ask for the
same, the answer is not spoken, but may be asked about. The more questions an entry holds, the more
it may mean that none of them says, and the less that counts: from four on nothing is read.
"""

from __future__ import annotations

from intents.decision import Objection
from intents.guards.entry.guard import Contender, Guard, Scope
from intents.guards.entry.likeness import alike

SURE = 4.0
"""The likeness that an entry of a single question must have to be spoken, and any entry whose
similarity alone would be too low where little is known.

Chosen with 5,000 pairs put aside from teaching (``training.teach.put_aside``), a catalogue a file:
with it 1.0 % of the look-alikes there were answered wrongly and 32.5 % of the paraphrases rightly,
with 3 1.3 and 35.3 %, with 2 1.8 and 37.2 %."""
WIDER = 3.5
"""The amount by which that is lower for each further question. On CLINC150's validation part, one
draw of 3 questions an intent, the known questions answered at 1 % wrong were 41.7 % without
reading, 43.0 with a limit of -2, 46.3 with -3 and 46.5 with -4; misheard 31.3, 34.8, 36.8 and 38.1
%. With 10 questions an intent any limit cost as much as it gained."""
LOWEST = -6.0
"""Hardly a pair is found less alike than that: with a lower limit nothing is read."""
MOST = 3
"""Questions of an entry that are read at most."""


def least(held: int, *, near: bool = True) -> float:
    """The likeness that an entry of ``held`` questions must have to be spoken.

    ``near``: its similarity alone says as much as where little is known it must; if not, the
    verifier has to be sure.
    """
    return SURE - WIDER * (held - 1) if near else SURE


def against(contender: Contender) -> Objection | None:
    """The objection that none of the nearest questions is as alike as it must be."""
    limit = least(contender.held, near=contender.sure)
    if contender.likeness is None or limit < LOWEST:
        return None
    questions = contender.questions()[:MOST]
    if any(alike(contender.said, one, contender.likeness, limit) for one in questions):
        return None
    return Objection(f"read word by word it may ask for another thing than {questions[0]!r}")


GUARD = Guard("reading", against, Scope.CANDIDATE, may_ask=True, rank=120)
