"""Rows of the catalogue of faults: what the tests prove and ``docs/faults.md`` tells."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from prometheus_client import CollectorRegistry


class Hears(Enum):
    """What comes of a fault, in the document's words."""

    ANSWER = "the answer"
    OTHER = "the other model's answer"
    EITHER = "the answer of one of them"
    BROKEN_OFF = "what there was of the answer, then the line `failure`"
    HAND_OFF = "the line `handoff`"
    NO_WORD_TWICE = "the whole answer, from the first unheard word on in the next voice"
    AGAIN = "the whole answer, the clause that broke begun again by the next voice"
    NEXT_VOICE = "the whole answer, in the next voice"
    UNNOTICED = "the answer to all that was said"
    WHAT_IS_KNOWN = "the answer to what is known of it"
    ASKED = "a question: the line `not_understood`"
    TWO_OF_THEM = "a question: which of the two"
    AGENT = "the agent's answer"
    CACHED = "the cached answer"
    COVERED = "fillers, a bridge if it takes long, then the line `handoff`"
    FAILURE = "the line `failure`"
    MORE = "another filler, and the agent's answer"
    WAITED_FOR = "fillers, then the answer to all that was said"
    COVERED_ASKED = "fillers, then a question: the line `not_understood`"
    COVERED_LEAVES = "fillers, then the line `handoff`, and the call ends"
    LEAVES = "the line `handoff`, and the call ends"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One fault."""

    fault: str
    """In the document's words."""
    hears: Hears
    counted: tuple[str, ...] = ()
    """Samples that grow, by name and labels: ``frontline_x_total{reason="silent"}``."""
    setting: Mapping[str, Any] = field(default_factory=dict)
    """How the stage is set, in terms of the table's own test."""


def identity(row: Row) -> str:
    """For the names of tests."""
    return row.fault


def counter(registry: CollectorRegistry) -> Callable[[str], float]:
    """Reads a sample: the sum of all that have at least its labels."""

    def value(sample: str) -> float:
        name, _, rest = sample.partition("{")
        wanted = set(re.findall(r'(\w+)="([^"]*)"', rest))
        return sum(
            one.value
            for family in registry.collect()
            for one in family.samples
            if one.name == name and wanted <= set(one.labels.items())
        )

    return value
