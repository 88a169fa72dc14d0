"""Look-alikes beside entries of several questions: ``match`` asks them at three and at ten.

``bench/data/near`` holds entries of several trades, ten questions each, with two paraphrases, the
second of them as callers ramble, and two look-alikes that need another answer:
``question | ... || paraphrase | paraphrase || look-alike | look-alike``. ``bench/data/near_fresh``
holds as many of other trades, by another hand, whose paraphrases are worded less far from the
questions. The entries of a set are one catalogue, made as an operator's is, the training of the
encoder included. Nothing was chosen on them and the verifier did not learn them.

Half of what is asked here are near misses, where a catalogue expects one in twenty. So every size
is asked twice: as published, and with the share that is estimated from the very turns
(``intents.learning.traffic``), as it is on a line after some hundreds of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from intents.evaluation.evaluate import share
from intents.learning import traffic
from intents.learning.calibration import Aim
from intents.learning.knowledge import Item, Knowledge
from intents.matcher import Matcher
from intents.models.encoder import Encoder

DATA = Path(__file__).parent / "data"
SETS = {"near": DATA / "near", "fresh": DATA / "near_fresh"}
SIZES = (1, 2, 3, 10)
"""Questions an entry."""


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
    the estimated share."""
    found: dict[str, float] = {}
    for size in sizes if entries else ():
        items = [Item(id=one.id, intent=one.id, questions=one.questions[:size]) for one in entries]
        matcher = Matcher(Knowledge.build(items, encoder, aim=Aim(budget), adapt=adapt), encoder)
        prefix = f"{name}{size}"
        found |= {f"{prefix}_threshold": matcher.point.calibration.threshold}
        found |= _asked(matcher, entries, prefix)
        matcher.expect(_estimated(matcher, entries))
        found |= {f"{prefix}_told_share_pct": 100 * matcher.point.near_share}
        found |= _asked(matcher, entries, f"{prefix}_told")
    return found


def _asked(matcher: Matcher, entries: Sequence[NearEntry], prefix: str) -> dict[str, float]:
    same = [(text, one.id) for one in entries for text in one.paraphrases]
    others = [text for one in entries for text in one.look_alikes]
    got = [matcher.match(text, final=True).entry for text, _ in same]
    right = sum(entry == wanted for entry, (_, wanted) in zip(got, same, strict=True))
    astray = sum(bool(entry) for entry in got) - right
    wrong = sum(bool(matcher.match(text, final=True).entry) for text in others)
    return (
        share(f"{prefix}_hit_pct", right, len(same))
        | share(f"{prefix}_wrong_pct", wrong, len(others))
        | share(f"{prefix}_astray_pct", astray, len(same))
    )


def _estimated(matcher: Matcher, entries: Sequence[NearEntry]) -> float:
    scores = []
    for one in entries:
        for text in (*one.paraphrases, *one.look_alikes):
            if found := matcher.match(text, final=True).candidates:
                shares = [candidate.probability for candidate in found]
                scores.append(traffic.unread(shares, [one.similarity for one in found]))
    return traffic.estimated(scores, matcher.knowledge.spectra).near_share
