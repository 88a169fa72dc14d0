"""The stories of calls: what was asked and said in them, for the person who takes over."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from gateway.ports.hooks import CALL_ENDED, HANDED_OFF, Happening, Hooks
from gateway.ports.records import TurnRecord

CALLS = 2000
"""Calls whose story is known; the ones that are longest without a turn are forgotten."""

TURNS = 50
"""Turns of a story: the newest."""


class Stories:
    """Told of every turn as it is stored, without personal data; tells when a call is handed off.

    Turns are written in threads, one batch after the other, so nothing here is shared.
    """

    def __init__(self, hooks: Hooks, answer: Callable[[str, str], str] = lambda *_: "") -> None:
        """``answer``: the text of a tenant's entry."""
        self._hooks = hooks
        self._answer = answer
        self._calls: OrderedDict[str, OrderedDict[str, dict[str, Any]]] = OrderedDict()
        self._told: OrderedDict[str, None] = OrderedDict()

    def stored(self, record: TurnRecord) -> None:
        """A turn is stored, or stored again with more."""
        story = self._calls.setdefault(record.call_id, OrderedDict())
        self._calls.move_to_end(record.call_id)
        story[record.id] = self._line(record)
        while len(story) > TURNS:
            story.popitem(last=False)
        while len(self._calls) > CALLS:
            self._calls.popitem(last=False)
        if record.path == "handoff" and not record.shadow and record.id not in self._told:
            self._remember(record.id)
            self._hooks.tell(self._handed_off(record, list(story.values())))

    def _line(self, record: TurnRecord) -> dict[str, Any]:
        said = record.reply
        if record.path == "cache" and not record.shadow:
            said = self._answer(record.tenant, record.entry)
        return {
            "turn": record.turn,
            "asked": record.text,
            "path": record.path,
            "entry": record.entry,
            "said": said,
            "interrupted": record.interrupted,
        }

    def _handed_off(self, record: TurnRecord, story: list[dict[str, Any]]) -> Happening:
        data = {
            "call": record.call_id,
            "turn": record.id,
            "asked": record.text,
            "intent": record.intent,
            "reason": str(record.evidence.get("reason", "")),
            "turns": story,
        }
        return Happening(kind=HANDED_OFF, tenant=record.tenant, at=record.at, data=data)

    def _remember(self, turn: str) -> None:
        self._told[turn] = None
        if len(self._told) > CALLS:
            self._told.popitem(last=False)


def ended(hooks: Hooks, call: str, tenant: str, transport: str, since: float, turns: int) -> None:
    """Tell that a call is over."""
    now = time.time()
    data = {"call": call, "transport": transport, "seconds": round(now - since, 3), "turns": turns}
    hooks.tell(Happening(kind=CALL_ENDED, tenant=tenant, at=now, data=data))
