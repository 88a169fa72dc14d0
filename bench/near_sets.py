"""Look-alikes beside entries of several questions: ``match`` asks them at three and at ten.

``bench/data/near`` holds entries of several trades, ten questions each, with two paraphrases, the
second of them as callers ramble, and two look-alikes that need another answer:
``question | ... || paraphrase | paraphrase || look-alike | look-alike``. ``bench/data/near_fresh``
holds as many of other trades, by another hand, whose paraphrases are worded less far from the
questions. The entries of either are one catalogue, made as an operator's is, the training of the
encoder included, and so have some questions in common ("are pets allowed").
``bench/data/near_trades`` holds three trades of fifty entries, each a catalogue of its own, as call
centres are, and ``bench/data/near_trades_second`` four more. The verifier learnt none of them, and
no constant was chosen on the second.

Half of what is asked here are look-alikes, of which a catalogue expects none. So every size is
asked twice: as published, and with the shares that are estimated from the very turns
(``intents.learning.traffic``), as they are on a line after some hundreds of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean

from intents.evaluation.evaluate import share
from intents.learning import traffic
from intents.learning.calibration import Aim
from intents.learning.knowledge import Item, Knowledge
from intents.matcher import Matcher
from intents.models.encoder import Encoder

DATA = Path(__file__).parent / "data"
SETS = {
    "near": DATA / "near",
    "fresh": DATA / "near_fresh",
    "trades": DATA / "near_trades",
    "second": DATA / "near_trades_second",
}
APART = ("trades", "second")
"""Sets of which every file is a catalogue."""
SIZES = (3, 10)
"""Questions an entry."""
LOOKS = 5
"""Looks at the traffic at most."""


@dataclass(frozen=True, slots=True)
class NearEntry:
    """One entry of the set."""

    id: str
    questions: tuple[str, ...]
    paraphrases: tuple[str, ...]
    look_alikes: tuple[str, ...]


def read(folder: Path = SETS["near"]) -> list[NearEntry]:
    """The entries of every file of the folder; none if it is not there."""
    found = []
    for file in sorted(folder.glob("*.txt")):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            if line.strip() and not line.startswith("#"):
                parts = [tuple(one.strip() for one in part.split("|")) for part in line.split("||")]
                questions, paraphrases, look_alikes = parts
                found.append(
                    NearEntry(f"{file.stem}-{number}", questions, paraphrases, look_alikes)
                )
    return found


def figures(
    encoder: Encoder,
    entries: Sequence[NearEntry],
    budget: float,
    *,
    name: str = "near",
    sizes: Sequence[int] = SIZES,
    adapt: bool = True,
) -> dict[str, float]:
    """Figures of a set of that ``name``: ``near3_hit_pct`` (of the paraphrases, answered rightly),
    ``near3_wrong_pct`` (of the look-alikes, answered at all) and so on; ``near3_told_...``: with
    the estimated share. Of several catalogues (``APART``) thresholds and shares are means."""
    found: dict[str, float] = {}
    for size in sizes if entries else ():
        plain, told = Counter[str](), Counter[str]()
        points: list[tuple[float, float, float]] = []
        for own in catalogues(entries) if name in APART else [entries]:
            items = [Item(id=one.id, intent=one.id, questions=one.questions[:size]) for one in own]
            knowledge = Knowledge.build(items, encoder, aim=Aim(budget), adapt=adapt)
            matcher = Matcher(knowledge, encoder)
            threshold = matcher.point.calibration.threshold
            plain += _asked(matcher, own)
            _settle(matcher, own)
            told += _asked(matcher, own)
            point = matcher.point
            points.append((threshold, 100 * point.near_share, 100 * point.look_alikes))
        prefix = f"{name}{size}"
        thresholds, near, alike = zip(*points, strict=True)
        found |= {f"{prefix}_threshold": mean(thresholds)}
        found |= _shares(plain, entries, prefix)
        found |= {f"{prefix}_told_share_pct": mean(near)}
        found |= {f"{prefix}_told_look_alikes_pct": mean(alike)}
        found |= _shares(told, entries, f"{prefix}_told")
    return found


def catalogues(entries: Sequence[NearEntry]) -> list[list[NearEntry]]:
    """The entries of each file."""
    found: dict[str, list[NearEntry]] = {}
    for one in entries:
        found.setdefault(one.id.rpartition("-")[0], []).append(one)
    return list(found.values())


def _asked(matcher: Matcher, entries: Sequence[NearEntry]) -> Counter[str]:
    """The answered: paraphrases rightly and with another entry (``astray``), look-alikes."""
    counts = Counter[str]()
    for one in entries:
        for text in one.paraphrases:
            if entry := matcher.match(text, final=True).entry:
                counts["hit" if entry == one.id else "astray"] += 1
        counts["wrong"] += sum(bool(matcher.match(t, final=True).entry) for t in one.look_alikes)
    return counts


def _shares(counts: Counter[str], entries: Sequence[NearEntry], prefix: str) -> dict[str, float]:
    same = sum(len(one.paraphrases) for one in entries)
    others = sum(len(one.look_alikes) for one in entries)
    return (
        share(f"{prefix}_hit_pct", counts["hit"], same)
        | share(f"{prefix}_wrong_pct", counts["wrong"], others)
        | share(f"{prefix}_astray_pct", counts["astray"], same)
    )


def _settle(matcher: Matcher, entries: Sequence[NearEntry]) -> None:
    """Have the matcher reckon with what it makes of these very turns. More is read the more reading
    counts, and what was read once stays known: so it looks until nothing changes."""
    texts = [text for one in entries for text in (*one.paraphrases, *one.look_alikes)]
    read: dict[str, float | None] = {}
    for _ in range(LOOKS):
        before, turns = matcher.point, []
        for text in texts:
            decision = matcher.match(text, final=True)
            read[text] = read.get(text) if decision.reading is None else decision.reading
            turns.append(replace(decision, reading=read[text]))
        found = traffic.of_decisions(turns, matcher.knowledge)
        matcher.expect(found.careful, found.look_alikes)
        if matcher.point is before:
            return
