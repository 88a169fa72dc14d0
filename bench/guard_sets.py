"""Minimal pairs, asked end to end: what the guards let through, and what they forbid in vain.

A file per guard, lines ``seeded question | true paraphrase | what it must not answer``; either of
the last two may be empty. The seeded questions of all files are one catalogue, an entry each, so
that every wrong answer is within reach of its threshold and its rivals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from intents.decision import Decision
from intents.evaluation.evaluate import score_of
from intents.guards.applied.vetoes import of_entry
from intents.guards.entry.naming import Names
from intents.learning.calibration import Aim
from intents.learning.knowledge import Item, Knowledge
from intents.matcher import Matcher
from intents.models.encoder import Encoder
from intents.text.spoken import canonical

HELD_OUT = Path(__file__).parent / "data" / "guards"
"""No guard was written with these in view."""
THIRD = Path(__file__).parent / "data" / "guards_third"
"""Nor with these, but their totals were watched: a catalogue of its own, since with one question an
entry every further one makes all the others less sure."""
FIFTH = Path(__file__).parent / "data" / "guards_fifth"
"""Written last, by another hand: nothing was tuned to these line by line, totals were watched."""
SIXTH = Path(__file__).parent / "data" / "guards_sixth"
"""Pairs by two other hands, as callers ordinarily speak: a third of the paraphrases differ from the
question in few words, as look-alikes do, a third share half the words with it, a third few."""
SEVENTH = Path(__file__).parent / "data" / "guards_seventh"
"""Pairs of twelve kinds by another hand, which nothing was chosen with and nothing has learnt."""
SEEN = Path(__file__).parents[1] / "tests" / "intents" / "data" / "guards"
"""The guards are tuned to these, and the verifier learnt from them."""


@dataclass(frozen=True, slots=True)
class Case:
    """One line."""

    guard: str
    seeded: str
    same: str
    """The same request in other words."""
    other: str
    """Looks alike and means another thing."""


def read(folder: Path) -> list[Case]:
    """The cases of every file in the folder; none if it is not there."""
    cases = []
    for file in sorted(folder.glob("*.txt")):
        for line in file.read_text("utf-8").splitlines():
            if line.strip() and not line.startswith("#"):
                seeded, same, other = (part.strip() for part in f"{line}||".split("|")[:3])
                cases.append(Case(file.stem, seeded, same, other))
    return cases


@dataclass(slots=True)
class _Count:
    same: int = 0
    answered: int = 0
    vetoed: int = 0
    lost: int = 0
    other: int = 0
    reached: int = 0
    wrong: int = 0
    strict: int = 0
    passed: int = 0

    def figures(self, prefix: str) -> dict[str, float]:
        return {
            f"{prefix}_wrong_pct": _share(self.wrong, self.other),
            f"{prefix}_veto_pct": _share(self.vetoed, self.same),
            # Of them, what would have scored enough to be answered.
            f"{prefix}_lost_pct": _share(self.lost, self.same),
            f"{prefix}_hit_pct": _share(self.answered, self.same),
            # What the threshold alone would have answered wrongly.
            f"{prefix}_reach_pct": _share(self.reached, self.other),
            # Guards by themselves, whatever the score.
            f"{prefix}_pass_pct": _share(self.passed, self.other),
            f"{prefix}_strict_veto_pct": _share(self.strict, self.same),
        }


def figures(
    encoder: Encoder, cases: Sequence[Case], max_wrong_rate: float, prefix: str
) -> dict[str, float]:
    """The figures of all cases under ``prefix``, and of each guard's cases under ``prefix_guard``,
    in percent.

    ``wrong``: the last column got the seeded question's answer; ``reach``: it would have, but for
    guards. ``veto``: a guard forbade the right entry to a paraphrase; ``lost``: it did where the
    score would have been enough; ``hit``: it was answered.
    ``pass`` and ``strict_veto``: no guard forbids the last column, one forbids the paraphrase, also
    where the score alone would have kept the entry silent.
    """
    if not cases:
        return {}
    entry = entries(cases)
    matcher = made(encoder, {one: (one,) for one in entry.values()}, max_wrong_rate)
    names = Names((text, number) for number, text in enumerate(entry))
    counts = {"": _Count(), **{case.guard: _Count() for case in cases}}
    for case in cases:
        right = entry[canonical(case.seeded)]
        both = counts[""], counts[case.guard]
        if case.same:
            _same(matcher, case.same, right, both, bool(of_entry(case.same, [right], names=names)))
        if case.other:
            _other(matcher, case.other, right, both, not of_entry(case.other, [right], names=names))
    every = counts.pop("")
    found = {
        f"{prefix}_cases": len(cases),
        f"{prefix}_same_cases": every.same,
        f"{prefix}_other_cases": every.other,
        **every.figures(prefix),
    }
    for guard, count in counts.items():
        found |= count.figures(f"{prefix}_{guard}")
    return found


def entries(cases: Sequence[Case]) -> dict[str, str]:
    """Canonical text of a seeded question to its entry, which is named by its first wording."""
    return {canonical(case.seeded): case.seeded for case in reversed(cases)}


def made(encoder: Encoder, holds: Mapping[str, Sequence[str]], max_wrong_rate: float) -> Matcher:
    """The matcher of a catalogue of these entries, each of which holds these questions."""
    items = [Item(id=one, intent=one, questions=tuple(holds[one])) for one in sorted(holds)]
    return Matcher(Knowledge.build(items, encoder, aim=Aim(max_wrong_rate)), encoder)


def together(found: Mapping[str, float], parts: Iterable[str], prefix: str) -> dict[str, float]:
    """The main figures of several sets, each case counted once; none where a set is missing."""
    parts = list(parts)
    if any(f"{part}_cases" not in found for part in parts):
        return {}

    def over(figure: str, cases: str) -> float:
        whole = sum(found[f"{part}_{cases}_cases"] for part in parts)
        times = sum(
            found[f"{part}_{figure}_pct"] * found[f"{part}_{cases}_cases"] for part in parts
        )
        return round(times / whole, 2)

    return {
        f"{prefix}_cases": sum(found[f"{part}_cases"] for part in parts),
        f"{prefix}_wrong_pct": over("wrong", "other"),
        **{f"{prefix}_{name}_pct": over(name, "same") for name in ("veto", "lost", "hit")},
    }


def _same(matcher: Matcher, text: str, right: str, counts: Sequence[_Count], strict: bool) -> None:
    decision = matcher.match(text, final=True)
    vetoed = any(veto.entry == right for veto in decision.vetoes)
    for count in counts:
        count.same += 1
        count.strict += strict
        count.answered += decision.entry == right
        count.vetoed += vetoed
        count.lost += vetoed and _reached(matcher, decision, right)


def _other(
    matcher: Matcher, text: str, seeded: str, counts: Sequence[_Count], passed: bool
) -> None:
    decision = matcher.match(text, final=True)
    for count in counts:
        count.other += 1
        count.passed += passed
        count.wrong += decision.entry == seeded
        count.reached += _reached(matcher, decision, seeded)


def _reached(matcher: Matcher, decision: Decision, entry: str) -> bool:
    """The threshold alone would have answered with the entry."""
    first = decision.candidates[0].id if decision.candidates else ""
    return first == entry and score_of(decision) >= matcher.point.calibration.threshold


def _share(count: int, of: int) -> float:
    return round(100 * count / of, 2) if of else 0.0
