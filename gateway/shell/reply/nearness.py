"""The approved answers near a turn that is passed on, and whether the agent used one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from gateway.ports.agents import NearAnswer
from gateway.shell.catalogue.tenants import Serving
from gateway.shell.catalogue.verdicts import VerdictEvidence
from intents.decision import Candidate, Decision
from intents.guards.applied.vetoes import veto
from intents.text.spoken import canonical

MOST = 3
"""Answers that an agent is told of: more would cost more than they help."""
NEAR = 0.3
"""Cosine from which a question is near; farther ones are of other subjects."""
WITHHELD = "expired"
"""The guard whose objection is to the answer itself: nobody may be told it any more. The others
object to what was asked: they forbid to speak it as the answer, its facts are still facts."""

SAME = 0.8
"""Share of an answer's words that a reply has, in their order, to be that answer said again."""
WORDS = 400
"""Words of a reply that are looked at."""


def nearest(evidence: object, text: str) -> tuple[NearAnswer, ...]:
    """The answers near the text, nearest first, each with what speaks against it. Those with an
    action are none: they are done, not said."""
    if not isinstance(evidence, VerdictEvidence):
        return ()
    decision, serving = evidence.decision, evidence.serving
    found = (_near(one, decision, serving, text) for one in decision.candidates)
    return tuple(one for one in found if one is not None)[:MOST]


def _near(one: Candidate, decision: Decision, serving: Serving, text: str) -> NearAnswer | None:
    entry = serving.entries.get(one.id)
    if entry is None or entry.action or not entry.answer or one.similarity < NEAR:
        return None
    against = [veto for veto in decision.vetoes if veto.entry == one.id]
    if not against and one is not decision.candidates[0]:  # which no guard was asked about
        against = list(veto(text, one.question, entry=one.id))
    withheld = any(veto.guard == WITHHELD for veto in against)
    return NearAnswer(
        entry=one.id,
        question=one.question,
        answer="" if withheld or entry.fallback else entry.answer,  # nobody's values are known
        objection=against[0].reason if against else "",
    )


def used(reply: str, near: Iterable[NearAnswer]) -> str:
    """The entry whose answer the reply says again, nearly word for word; empty if none."""
    said = canonical(reply).split()[:WORDS]
    shares = {one.entry: _share(canonical(one.answer).split(), said) for one in near}
    entry, share = max(shares.items(), key=lambda item: item[1], default=("", 0.0))
    return entry if share >= SAME else ""


def _share(answer: Sequence[str], said: Sequence[str]) -> float:
    """The share of the answer's words that were said in their order."""
    if not answer or len(set(answer) & set(said)) < SAME * len(set(answer)):
        return 0.0
    same = SequenceMatcher(None, answer, said, autojunk=False).get_matching_blocks()
    return sum(block.size for block in same) / len(answer)
