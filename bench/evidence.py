"""``evidence``: the worth of each source of evidence for the end of a turn.

The spoken turns (``tests/support/spoken``) are not played: at each of their silences it is worked
out how long the rules would wait (``gateway.core.turn.ending``): by the words alone, with the ear,
with the match, and with all of them. A turn in which a pause outlasts that is cut off; the delay is
the wait at its end. ``patience`` moves both, which gives a curve for each source.

What the voice detector adds is not in it but for the time it takes to notice that a caller speaks
on. Recognition is taken to be right.
"""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from bench.hit import answers
from bench.seeded import bank
from gateway.adapters.turn_end.smart_turn import SmartTurn, model_file
from gateway.core.policy import PATIENCE, Policy
from gateway.core.turn.ending import CERTAIN, Evidence, silence_needed
from gateway.settings.whole import Settings
from intents.learning.knowledge import Knowledge
from intents.matcher import Matcher
from intents.turns.completeness import complete
from intents.turns.finality import finality
from tests.support.spoken.people import people
from tests.support.spoken.telephone import RATE
from tests.support.spoken.turns import SpokenTurn, spoken_turns

LISTENS_AFTER = 0.12
"""Seconds of silence that the ear hears."""
SURE = 0.5
"""The probability from which on the ear says that a turn is over."""
NOTICED = 0.08
"""Seconds after which the detector knows that a caller speaks on."""
HEARD_BY = 60.0
"""Milliseconds by which a word's end may be off."""
SOURCES = {"words": "", "habit": "h", "ear": "e", "match": "m", "all": "hem"}
"""Which evidence there is beside the words: habit, an ear, a match."""
PATIENCES = (1.0, 3.0, 10.0, 30.0, PATIENCE, 300.0, 1000.0)


@dataclass(frozen=True, slots=True)
class Quiet:
    """A silence: what is known in it, and how long it lasts."""

    evidence: Evidence
    seconds: float | None
    """None: the turn is over."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A spoken turn and its silences, in order."""

    turn: SpokenTurn
    silences: tuple[Quiet, ...]


def run(settings: Settings, turns: int = 240, seed: int = 23, plot: str = "") -> dict[str, Any]:
    """Work it out; about three minutes. ``plot``: a PNG for the curves."""
    random.seed(seed)
    catalogue, encoder = bank(settings, Path(tempfile.gettempdir()) / "frontline-bench")
    matcher = Matcher(Knowledge.from_bytes(catalogue.knowledge), encoder)
    known = [q for e in catalogue.entries if not e.action for q in e.questions]
    sure = tuple(random.sample([text for text in known if answers(matcher, text)], 30))
    ear = SmartTurn(model_file())
    judged = [judge(one, matcher, ear) for one in spoken_turns(turns, seed, sure)]
    figures: dict[str, float] = {}
    curves: dict[str, list[tuple[float, float]]] = {}
    for source, there in SOURCES.items():
        for patience in PATIENCES:
            policy = Policy(patience=patience)
            cut, delay = outcome(judged, policy, there)
            curves.setdefault(source, []).append((delay, cut))
            if patience == PATIENCE:
                figures[f"{source}_delay_p50_ms"] = round(delay * 1000, 1)
                figures[f"{source}_cut_off_pct"] = round(cut, 2)
    figures["ear_right_pct"] = round(ranking(judged), 1)
    figures |= of_people(ear)
    if plot:
        draw(curves, Path(plot))
    pauses = sum(len(one.silences) - 1 for one in judged)
    return {
        "bench": "evidence",
        "parameters": {"turns": turns, "pauses": pauses, "seed": seed},
        "figures": figures,
        "goals": {"all_cut_off_pct": "<= 2"},
    }


def judge(turn: SpokenTurn, matcher: Matcher, ear: SmartTurn) -> Judged:
    """Work out what is known in each silence of the turn."""
    ends = [*(begin for begin, _ in turn.pauses), turn.end]
    lasts = [*(until - begin for begin, until in turn.pauses), None]
    heard = ear.judge([turn.pcm[: int((at + LISTENS_AFTER) * RATE) * 2] for at in ends])
    silences = []
    for at, seconds, probability in zip(ends, lasts, heard, strict=True):
        said = " ".join(word for word, end in turn.words if end <= at * 1000 + HEARD_BY)
        done = complete(said)
        certain = done >= CERTAIN and answers(matcher, said)
        habit = finality(said)
        evidence = Evidence(completeness=done, finality=habit, certain=certain, ear=probability)
        silences.append(Quiet(evidence, seconds))
    return Judged(turn, tuple(silences))


def outcome(judged: list[Judged], policy: Policy, there: str) -> tuple[float, float]:
    """Percent of the turns with a pause that are cut off, and the median wait of the others."""
    cut, paused = 0, 0
    waits: list[float] = []
    for one in judged:
        needed = [silence_needed(known(q.evidence, there), policy) for q in one.silences]
        early = any(
            quiet.seconds is not None and quiet.seconds + NOTICED > wait
            for quiet, wait in zip(one.silences, needed, strict=True)
        )
        paused += len(one.silences) > 1
        cut += early
        if not early:
            waits.append(needed[-1])
    return 100 * cut / max(1, paused), median(waits)


def known(evidence: Evidence, there: str) -> Evidence:
    """The evidence without the sources that are not there."""
    return replace(
        evidence,
        finality=evidence.finality if "h" in there else None,
        ear=evidence.ear if "e" in there else None,
        certain=evidence.certain and "m" in there,
    )


def ranking(judged: list[Judged]) -> float:
    """Percent of all pairs in which the ear finds an end likelier than a pause; 50 is chance."""
    pauses: list[float] = []
    ends: list[float] = []
    for one in judged:
        for quiet in one.silences:
            (ends if quiet.seconds is None else pauses).append(quiet.evidence.ear or 0.0)
    return right_of(ends, pauses)


def right_of(ends: list[float], pauses: list[float]) -> float:
    """Percent of the pairs in which the end has the higher probability."""
    right = sum((end > pause) + (end == pause) / 2 for end in ends for pause in pauses)
    return 100 * right / max(1, len(ends) * len(pauses))


def of_people(ear: SmartTurn) -> dict[str, float]:
    """The same percent on recordings of people, where they are: against their pauses, and against
    turns that are broken off somewhere; and how many of each the ear takes for what they are."""
    heard = people(LISTENS_AFTER)
    if heard is None:
        return {}
    ends, pauses, cuts = (ear.judge(one) for one in (heard.ends, heard.pauses, heard.cuts))
    broken = [*pauses, *cuts]
    right = sum(one > SURE for one in ends) + sum(one <= SURE for one in broken)
    return {
        "people_ends": float(len(ends)),
        "people_pauses": float(len(pauses)),
        "people_right_pct": round(right_of(ends, pauses), 1),
        "people_cuts_right_pct": round(right_of(ends, cuts), 1),
        "people_accuracy_pct": round(100 * right / (len(ends) + len(broken)), 1),
    }


def draw(curves: dict[str, list[tuple[float, float]]], path: Path) -> None:
    """Cut-offs against delay, a curve for each source."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.2))
    for source, points in curves.items():
        axes.plot(
            [1000 * delay for delay, _ in points],
            [cut for _, cut in points],
            marker="o",
            label=source if source in ("words", "all") else f"words and {source}",
        )
    axes.set_xlabel("wait at the end of a turn, p50, ms")
    axes.set_ylabel("turns with a pause that are cut off, %")
    axes.set_ylim(-1, 35)  # beyond it every source cuts everybody off
    axes.axhline(2, color="grey", linewidth=0.8, linestyle="--")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)
