"""Routing: where the operator's settings send intents, and what an agent is told of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from gateway.core.routes import Target
from gateway.ports.store import Entry
from intents.decision import Decision, Kind

LIKELY = 0.3
"""Probability, summed over an intent's entries, from which a turn passed on is taken to be about
it: enough to brief an agent with, who then hears the caller's own words."""


@dataclass(frozen=True, slots=True)
class Routing:
    """The sections ``[intents]`` and ``[prompts]``. Names are compared without case; spaces, ``-``
    and ``_`` are the same; an entry is also found by its id."""

    actions: Mapping[str, str] = field(default_factory=dict)
    prompts: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def of(actions: Mapping[str, str], prompts: Mapping[str, str]) -> Routing:
        """Make the table from names as they stand in the settings."""
        return Routing(
            {_key(name): action for name, action in actions.items()},
            {_key(name): prompt for name, prompt in prompts.items()},
        )

    def applied(self, decision: Decision, entries: Mapping[str, Entry]) -> Decision:
        """The decision with the action that the settings give its intent, if they give one."""
        entry = entries.get(decision.entry)
        action = _found(self.actions, entry.intent, entry.id) if entry else ""
        if not action:
            return decision
        if action == Target.ANSWER:
            return replace(decision, kind=Kind.ANSWER, action="")
        return replace(decision, kind=Kind.ROUTE, action=action)

    def prompt(self, intent: str) -> str:
        """Return what an agent is told of that intent; empty if nothing."""
        return self.prompts.get(_key(intent), "")

    def strangers(self, entries: Iterable[Entry]) -> list[str]:
        """Names in the settings that none of the entries has."""
        known = {_key(name) for entry in entries for name in (entry.intent, entry.id)}
        return sorted({*self.actions, *self.prompts} - known)


def likely_intent(decision: Decision, entries: Mapping[str, Entry]) -> str:
    """The intent that was decided on, else the one that the text is probably about, else ""."""
    if decision.entry in entries:
        return entries[decision.entry].intent
    shares: dict[str, float] = {}
    for one in decision.candidates:
        shares[one.intent] = shares.get(one.intent, 0.0) + one.probability
    intent, share = max(shares.items(), key=lambda item: item[1], default=("", 0.0))
    return intent if share >= LIKELY else ""


def _found(table: Mapping[str, str], *names: str) -> str:
    return next((table[key] for name in names if (key := _key(name)) in table), "")


def _key(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", name.strip().casefold())
