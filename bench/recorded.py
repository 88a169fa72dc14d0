"""A store with many recorded turns, as a week of calls to the bank sample leaves it.

The decisions are real ones, with their evidence: the table's own questions, those with a phrase
around them, and the freely worded ones. Entries are asked for unevenly, as callers do.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from bench.samples import questions
from bench.seeded import TENANT
from gateway.ports.records import TurnRecord
from gateway.ports.store import Catalogue, Store
from gateway.privacy.evidence import kept_evidence
from gateway.privacy.redactor import general
from intents.decision import Kind
from intents.learning.knowledge import Knowledge
from intents.matcher import Matcher
from intents.models.encoder import Encoder

WEEK = 7 * 86_400.0
AT_ONCE = 2000
"""Turns of one transaction."""
CALL = 5
"""Turns of a call."""
FLAGGED, SHADOW = 0.01, 0.02
"""Shares of the turns."""


class Said(NamedTuple):
    """Words, and what was decided of them."""

    text: str
    path: str
    entry: str
    question: str
    confidence: float
    evidence: dict[str, Any]


def decided(catalogue: Catalogue, encoder: Encoder) -> list[Said]:
    """Return what is said in the calls, decided by the catalogue's own matcher."""
    matcher = Matcher(Knowledge.from_bytes(catalogue.knowledge), encoder)
    own = [text for entry in catalogue.entries for text in entry.questions]
    texts = [*own, *(f"{text} in general" for text in own), *(q.text for q in questions("bank"))]
    return [_said(matcher, text) for text in texts]


def _said(matcher: Matcher, text: str) -> Said:
    decision = matcher.match(text, final=True)
    path = {Kind.ANSWER: "cache", Kind.CLARIFY: "clarify", Kind.ROUTE: "route"}
    return Said(
        text=text,
        path=path.get(decision.kind, "agent"),
        entry=decision.entry,
        question=decision.question,
        confidence=decision.confidence,
        evidence=kept_evidence(decision, (), general()),
    )


def fill(store: Store, said: list[Said], count: int, seed: int = 7) -> None:
    """Write that many turns, the newest now, and flag some."""
    chance = random.Random(seed)
    batch: list[TurnRecord] = []
    for turn in turns(said, count, chance):
        batch.append(turn)
        if len(batch) == AT_ONCE:
            store.write(batch)
            batch = []
    store.write(batch)
    for number in chance.sample(range(count), round(count * FLAGGED)):
        store.flag(_name(number), chance.choice(("right", "right", "right", "wrong")))


def turns(said: list[Said], count: int, chance: random.Random) -> Iterator[TurnRecord]:
    """The turns, the oldest first."""
    began, step = time.time() - WEEK, WEEK / max(1, count)
    asked = chance.sample(said, len(said))
    weights = [1 / (rank + 3) for rank in range(len(asked))]
    for number, one in enumerate(chance.choices(asked, weights, k=count)):
        shadow = chance.random() < SHADOW
        path = "agent" if shadow else one.path
        yield TurnRecord(
            id=_name(number),
            call_id=f"bench-call-{number // CALL}",
            tenant=TENANT,
            turn=number % CALL + 1,
            at=began + (number + 1) * step,
            path=path,
            text=one.text,
            entry=one.entry,
            intent=one.entry,
            question=one.question,
            confidence=one.confidence,
            decided_on=chance.choice(("partial", "partial", "final")),
            catalogue=1,
            shadow=shadow,
            reply="Your statement lists every payment of the month." if path == "agent" else "",
            timeline=_waits(path, chance),
            evidence={**one.evidence, "match_ms": 2.4, "felt": _felt(chance)},
            caller=f"digest-{number // CALL // 3}",
        )


def _name(number: int) -> str:
    return f"bench-call-{number // CALL}-{number % CALL + 1}"


def _felt(chance: random.Random) -> dict[str, Any]:
    waits = {name: round(chance.uniform(150, 900), 1) for name in ("detection_ms", "answer_ms")}
    return {"speech_end": "vad", **waits, "first_sound_ms": waits["answer_ms"]}


def _waits(path: str, chance: random.Random) -> dict[str, float]:
    parts = {
        "stt_ms": round(chance.uniform(40, 160), 3),
        "endpointing_ms": round(chance.uniform(180, 260), 3),
        "match_ms": round(chance.uniform(2, 5), 3),
        "gateway_ms": round(chance.uniform(0.5, 3), 3),
    }
    if path == "agent":
        parts |= {"llm_ms": round(chance.uniform(250, 700), 3), "tts_ms": 120.0}
    return {**parts, "ttfa_ms": round(sum(parts.values()), 3)}
