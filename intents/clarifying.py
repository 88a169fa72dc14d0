"""Asking back: which entries are worth a question, and what the caller's answer to it decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from intents.decision import Context, Decision, Kind, Veto
from intents.guards import expired as expired_guard
from intents.learning.calibration import Calibration
from intents.learning.knowledge import Item
from intents.models.encoder import Encoder, Vectors
from intents.turns.replies import Reply, understand

LIKELY = 0.2
"""Chance of the best entry from which asking is worth a caller's while.

Chosen on CLINC150's validation part, 10 questions an intent, 2 draws, its 3,000 sentences and 200
out of scope as callers. Of the known questions 42 % were answered, 46 % asked about with the right
entry among those offered, 2.6 % in vain; of out-of-scope talk 19 % was asked back, of 30 intents
that were left out 52 %. From 0.3 on it was 45, 2.2, 14 and 39 %; from 0.1 on 47, 3.0, 31 and
68 %."""
SECOND = 0.15
"""The second entry is named too when it is at least this many times as probable as the first.
Named always, 0.1 % fewer are asked in vain, but 4 instead of 23 % hear the short question."""
SIMILARITY = 0.3
"""Each entry that is asked about has a question at least this near."""
NEARLY = 0.8
"""The share of an answer's similarity that a question back needs, where only near-exact questions
are answered: there little is known of what else is worth asking."""
UNLIKE = -4.0
"""Reading below which nothing is asked back: it would be asked in vain."""
SAME = 0.9
"""Cosine from which somebody says the same again."""


class Guess(Protocol):
    """An entry that may be meant."""

    @property
    def entry(self) -> int:
        """The entry's number in the catalogue."""

    @property
    def similarity(self) -> float:
        """Cosine to its nearest question."""

    @property
    def probability(self) -> float:
        """The classifier's."""

    @property
    def score(self) -> float:
        """Return what the calibration takes."""


G = TypeVar("G", bound=Guess)


def worth_asking(free: Sequence[G], exact: set[int], calibration: Calibration) -> tuple[G, ...]:
    """The one or two entries to ask about; empty if no question is worth it.

    ``free``: those that no guard forbids, likeliest first. ``exact``: those that have the very
    words.
    """
    twins = tuple(guess for guess in free[:2] if guess.entry in exact)
    if twins:
        return twins
    floor = max(SIMILARITY, NEARLY * calibration.floor)
    near = [guess for guess in free[:2] if guess.similarity >= floor]
    if not near or near[0] is not free[0] or calibration.confidence(free[0].score) < LIKELY:
        return ()
    return tuple(guess for guess in near if guess.probability >= SECOND * free[0].probability)


def repeated(said: str, vector: Vectors, before: Sequence[str], encoder: Encoder) -> bool:
    """Return whether the caller has said much the same in one of the turns before."""
    return said in before or any(
        float(encoder.embed([earlier])[0] @ vector) >= SAME for earlier in before if earlier
    )


def replied(text: str, asked: Sequence[Item], context: Context) -> Decision | None:
    """The decision if the text answers the question just asked, else None."""
    reply = understand(text, *map(label, asked))
    if reply in (Reply.FIRST, Reply.YES):
        return _chosen(asked[0], context)
    if reply is Reply.SECOND:
        return _chosen(asked[1], context)
    if reply in (Reply.NO, Reply.NEITHER):
        reason = "the caller meant none of those offered"
        return Decision(kind=Kind.MISS, confirmed=False, reason=reason)
    return None


def _chosen(item: Item, context: Context) -> Decision:
    if veto := expired(item, context):
        return Decision(kind=Kind.MISS, vetoes=(veto,), reason=veto.reason)
    return Decision(
        kind=Kind.ROUTE if item.action else Kind.ANSWER,
        entry=item.id,
        action=item.action,
        question=item.questions[0],
        confidence=1.0,
        verbatim=True,
        confirmed=True,
        reason="the caller chose it when asked",
    )


def expired(item: Item, context: Context) -> Veto | None:
    """The veto on an entry that is outside its dates."""
    against = expired_guard.outside(item.id, context.excluded)
    if against is None:
        return None
    return Veto(guard=expired_guard.GUARD.name, entry=item.id, reason=against.reason)


def label(item: Item) -> str:
    """Return what a clarifying question calls the entry: its intent in words, else its first
    question."""
    words = item.intent.replace("_", " ").replace("-", " ").strip()
    return words or item.questions[0]
