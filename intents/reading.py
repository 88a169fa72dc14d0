"""What was said, read together with an entry's questions: a second opinion on score and guards.

The score knows one vector of each text, a guard a few words; the verifier (``intents.verifier``)
reads both texts. Where it finds them to ask for the same, no guard of words forbids the answer;
where it finds that they do not, the answer is not spoken, but may be asked about. The more
questions an entry holds, the more it may mean that none of them says, and the less that counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from intents.decision import Veto
from intents.encoder import Encoder

Likeness = Callable[[str, str], float]
"""``Encoder.likeness``: log-odds that two canonical texts ask for the same."""

GUARD = "reading"
"""Its name in a ``Veto``."""
SURE = -0.5
"""Likeness from which two texts ask for the same, whatever words they differ in. The verifier
learns from more wrong pairs than right ones, so that 0 would be more than even chances."""
DOUBT = -1.0
"""Likeness below which an entry of a single question is not spoken.

Both were chosen with 358 lines that nothing learnt from (``tests/intents/data/reading.txt``): with
-1 and -0.5 0.3 % of the look-alikes there were answered wrongly and 2.7 % of the paraphrases
forbidden by words, with -1.5 and -0.5 0.8 and 2.7 %, with -1 and 0 0.3 and 3.3 %."""
WIDER = 1.0
"""How much lower that is for each further question."""
STANDS = "double"
"""The guard that no reading overrules: whoever asks two things does ask the one, too."""
MOST = 3
"""Questions of an entry that are read at most."""


def of(encoder: Encoder) -> Likeness | None:
    """How texts are read together with this encoder; None if it has no verifier."""
    return encoder.likeness if encoder.verifies else None


def remembering(likeness: Likeness | None) -> Likeness | None:
    """For building a catalogue, which compares the same texts again and again."""
    if likeness is None:
        return None
    known: dict[tuple[str, str], float] = {}

    def read(said: str, question: str) -> float:
        if (found := known.get((said, question))) is None:
            found = known[said, question] = likeness(said, question)
        return found

    return read


def least(held: int, *, near: bool = True) -> float:
    """The likeness that an entry of ``held`` questions must have to be spoken.

    ``near``: its similarity alone says as much as where little is known it must; if not, the
    verifier has to be sure.
    """
    return DOUBT - WIDER * (held - 1) if near else SURE


def judged(
    said: str,
    questions: Sequence[str],
    against: tuple[Veto, ...],
    likeness: Likeness | None,
    *,
    entry: str = "",
    limit: float = DOUBT,
    spoken: bool,
) -> tuple[Veto, ...]:
    """The vetoes that stand once the text was read with the entry's ``questions``, nearest first.

    ``against``: those of the words. ``limit``: the least likeness, see ``least``. ``spoken``: the
    entry would be spoken but for vetoes; else nothing needs to be doubted.
    """
    if likeness is None or not (spoken or against):
        return against
    if any(veto.guard == STANDS for veto in against):
        return against
    best = float("-inf")
    for question in questions[:MOST]:
        best = max(best, likeness(said, question))
        if best >= SURE:
            return ()
    if against or best >= limit:
        return against
    reason = f"read word by word it may ask for another thing than {questions[0]!r}"
    return (Veto(guard=GUARD, entry=entry, reason=reason),)
