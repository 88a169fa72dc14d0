"""``privacy``: what redaction leaves of personal data, and what it leaves of questions.

* Survival: every value of ``bench/planted.py`` in its 40 frames, redacted without a catalogue. A
  datum has survived if any word or digit of it is left that says something of it. ``heldout_``
  counts pairs of a value and a frame that redaction was not improved on.
* Questions: the share of words that are masked where nothing is planted: in the questions of the
  sample tables, each with the others' catalogue and with its own, and in CLINC150's test sentences
  if ``FRONTLINE_TEST_DATA`` has them (they hold names of people and places of their own).
* Grouping: adjusted mutual information of the groups that the admin pages would make with what was
  really asked, of texts as they were said and as they are kept; a third of them with personal data
  before the question. 1,000 sentences of 50 of CLINC150's intents, else the sample tables.
* Time: one text of 500 characters, which is redacted on the event loop.
"""

from __future__ import annotations

import csv
import json
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import cache_seed
from bench.planted import Planted, kinds, planted, survivors
from gateway.privacy.redactor import Redactor, wording
from intents.evaluation import clinc
from intents.evaluation.clusters import clusters
from intents.models.encoder import Encoder
from tests.support.data import shared_data

GOALS = {
    "survived_pct": "<= 1",
    "heldout_survived_pct": "<= 1",
    "masked_samples_pct": "<= 3",
    "masked_clinc_pct": "<= 3",
    "grouping_lost_points": "<= 2",
    "redact_500_ms": "<= 1",
}
SAMPLES = Path(cache_seed.__file__).parent / "samples"
INTENTS, EACH = 50, 20
PLANTED = 3
"""One text in so many is told with personal data before it."""
BEFORE = (
    "my name is {} and {}",
    "hi this is {} calling {}",
    "hello {} here {}",
    "my account number is {} and {}",
    "my card number is {} {}",
    "i live at {} and {}",
    "my email is {} {}",
    "my date of birth is {} and {}",
)
"""Introductions of personal data, each with a value of the kind that fits."""
OF = (
    *("name, common", "name, also a word", "name, rare", "account number", "card number"),
    *("street address", "email", "date of birth"),
)

Redact = Callable[[str], str]
Asked = Sequence[tuple[str, str]]
"""(text, what it asks)."""


def run(settings: Any, rounds: int = 300) -> dict[str, Any]:
    """The figures; ``rounds`` timed texts."""
    general = Redactor()
    figures = survival(general.redact)
    figures |= masked(general)
    encoder = Encoder(Path(settings.model.folder))
    figures |= grouping(encoder, general.redact)
    figures["redact_500_ms"] = timed(general.redact, rounds)
    goals = {name: goal for name, goal in GOALS.items() if name in figures}
    return {"parameters": {"rounds": rounds}, "figures": figures, "goals": goals}


# --- survival ------------------------------------------------------------------------------------


def survival(redact: Redact, cases: Iterable[Planted] | None = None) -> dict[str, float]:
    """Percent of the planted that survive: in all, and kind by kind."""
    counts: dict[str, list[bool]] = defaultdict(list)
    for one in planted() if cases is None else cases:
        survived = bool(survivors(one, redact(one.text)))
        name = one.kind.replace(", ", "_").replace(" ", "_")
        for key in ("survived_pct", f"{name}_survived_pct"):
            counts[key].append(survived)
            if one.held_out:
                counts[f"heldout_{key}"].append(survived)
    found = {key: round(100 * sum(each) / len(each), 2) for key, each in sorted(counts.items())}
    return {
        "planted": sum(len(kind.values) for kind in kinds()),
        "texts": len(counts["survived_pct"]),
        **found,
    }


# --- questions -----------------------------------------------------------------------------------


def samples() -> dict[str, Asked]:
    """The questions of each sample table, with the ids of their entries."""
    found: dict[str, Asked] = {}
    for file in sorted(SAMPLES.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            rows = [row for row in csv.DictReader(lines) if row["question"]]
        found[file.stem] = [(q, row["id"]) for row in rows for q in row["question"].split("|")]
    return found


def masked(general: Redactor) -> dict[str, float]:
    """Percent of the words that are masked where nothing is planted."""
    tables = samples()
    texts = [text for asked in tables.values() for text, _ in asked]
    figures = {"masked_samples_pct": _masked(general, texts)}
    own = []
    for asked in tables.values():
        mine = [text for text, _ in asked]
        own.append(_masked(Redactor(mine), mine))
    figures["masked_samples_own_pct"] = round(statistics.fmean(own), 2)
    if data := _clinc():
        figures["masked_clinc_pct"] = _masked(general, [text for text, _ in data["test"]])
    return figures


def _masked(redactor: Redactor, texts: Iterable[str]) -> float:
    words = kept = 0
    for text in texts:
        words += len(text.split())
        kept += len([one for one in redactor.redact(text).split() if "[" not in one])
    return round(100 * (1 - kept / words), 2)


def _clinc() -> dict[str, Any]:
    folder = shared_data()
    file = folder / "clinc150" / clinc.FILE if folder else None
    return dict(json.loads(file.read_text("utf-8"))) if file and file.is_file() else {}


# --- grouping ------------------------------------------------------------------------------------


def grouping(encoder: Encoder, redact: Redact, seed: int = 5) -> dict[str, float]:
    """Adjusted mutual information, in percent, with and without redaction."""
    chance = random.Random(seed)
    asked = _asked(chance)
    said = _with_data([text for text, _ in asked], chance)
    intents = [intent for _, intent in asked]
    figures = {
        "grouped_bare_pct": _agreement(encoder, [text for text, _ in asked], intents),
        "grouped_bare_kept_pct": _agreement(
            encoder, [wording(redact(text)) for text, _ in asked], intents
        ),
        "grouped_said_pct": _agreement(encoder, said, intents),
        "grouped_kept_pct": _agreement(encoder, [wording(redact(text)) for text in said], intents),
    }
    lost = figures["grouped_bare_pct"] - figures["grouped_bare_kept_pct"]
    return {**figures, "grouping_lost_points": round(lost, 2)}


def _asked(chance: random.Random) -> Asked:
    if not (data := _clinc()):
        return [one for asked in samples().values() for one in asked]
    by_intent: dict[str, list[str]] = defaultdict(list)
    for text, intent in data["train"]:
        by_intent[intent].append(text)
    chosen = chance.sample(sorted(by_intent), INTENTS)
    return [(text, one) for one in chosen for text in chance.sample(by_intent[one], EACH)]


def _with_data(texts: Sequence[str], chance: random.Random) -> list[str]:
    """The texts, every third with personal data before it."""
    values = {kind.name: kind.values for kind in kinds()}
    told = []
    for number, text in enumerate(texts):
        if number % PLANTED:
            told.append(text)
            continue
        which = chance.randrange(len(BEFORE))
        fitting = values[OF[which]] if which > 2 else values[OF[chance.randrange(3)]]
        told.append(BEFORE[which].format(chance.choice(fitting), text))
    return told


def _agreement(encoder: Encoder, texts: Sequence[str], intents: Sequence[str]) -> float:
    from sklearn.metrics import adjusted_mutual_info_score

    labels = [-1] * len(texts)
    for number, group in enumerate(clusters(texts, encoder)):
        for member in group.members:
            labels[member] = number
    return round(100 * float(adjusted_mutual_info_score(intents, labels)), 2)


# --- time ----------------------------------------------------------------------------------------


def timed(redact: Redact, rounds: int) -> float:
    """Median milliseconds for a text of 500 characters."""
    text = " ".join(text for text, _ in samples()["bank"])[:500]
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        redact(text)
        took.append(1000 * (time.perf_counter() - began))
    return round(statistics.median(took), 3)
