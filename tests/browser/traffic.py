"""A day of calls as a store keeps it: answered, asked back, missed, with their evidence."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

from gateway.ports.records import TurnRecord
from tests.support.house_server import TENANT

ASKED = (
    ("cache", "hours", "when do you open tomorrow"),
    ("cache", "hours", "what are your opening hours"),
    ("cache", "parking", "is there somewhere to park"),
    ("cache", "lost_card", "i think i lost my card"),
    ("cache", "fees", "what does an account cost"),
    ("cache", "location", "where are you located"),
    ("clarify", "new_card", "my card"),
    ("agent", "", "can you explain my last statement"),
    ("handoff", "", "do you sell bitcoin"),
    ("handoff", "", "can i buy bitcoin with you"),
    ("handoff", "", "do you have bitcoin in the app"),
    ("agent", "", "the cash machine swallowed my card"),
)
CALLS = 60


def traffic() -> list[TurnRecord]:
    """All turns, the same in every run but for the clock."""
    chance, now = random.Random(7), time.time()
    return [
        turn
        for call in range(CALLS)
        for turn in one_call(call, now - 85_000 * (1 - (call + 1) / (CALLS + 1)), chance)
    ]


def one_call(call: int, began: float, chance: random.Random) -> Iterator[TurnRecord]:
    for number in range(1, chance.randint(2, 5)):
        path, entry, text = ASKED[(call * 5 + number * 3 + chance.randint(0, 4)) % len(ASKED)]
        yield TurnRecord(
            id=f"call-{call}-{number}",
            call_id=f"call-{call}",
            tenant=TENANT,
            turn=number,
            at=began + number * 20,
            path=path,
            text=text,
            entry=entry if path == "cache" else "",
            intent=entry if path == "cache" else "",
            question=text if path == "cache" else "",
            confidence=round(chance.uniform(0.86, 0.99), 3) if path == "cache" else 0.31,
            decided_on="final",
            catalogue=1,
            reply="Your statement lists every payment of the month." if path == "agent" else "",
            timeline=waits(path, chance),
            evidence=evidence(path, entry),
        )


def waits(path: str, chance: random.Random) -> dict[str, float]:
    parts = {
        "endpointing_ms": round(chance.uniform(180, 260), 1),
        "match_ms": round(chance.uniform(2, 5), 1),
        "gateway_ms": round(chance.uniform(0.5, 3), 1),
    }
    if path == "agent":
        parts |= {"agent_ms": round(chance.uniform(250, 700), 1), "tts_ms": 120.0}
    return {**parts, "ttfa_ms": round(sum(parts.values()), 1)}


def evidence(path: str, entry: str) -> dict[str, Any]:
    kind = {"cache": "answer", "clarify": "clarify"}.get(path, "miss")
    candidates = [
        {
            "id": name,
            "intent": name,
            "question": question,
            "similarity": similarity,
            "probability": probability,
        }
        for name, question, similarity, probability in (
            (entry or "lost_card", "i lost my card", 0.91 if entry else 0.58, 0.94),
            ("new_card", "how do i get a new card", 0.52, 0.03),
        )
    ]
    vetoes = []
    if kind == "miss":
        vetoes = [{"guard": "missing", "entry": "lost_card", "reason": "“bitcoin” is not in it"}]
    reason = "near enough" if kind == "answer" else "below the threshold"
    return {"kind": kind, "reason": reason, "candidates": candidates, "vetoes": vetoes}


def flagged() -> list[tuple[str, str]]:
    """Marks that a person has made."""
    hits = [turn.id for turn in traffic() if turn.path == "cache"]
    return [(hits[3], "wrong"), *((one, "right") for one in hits[4:14])]
