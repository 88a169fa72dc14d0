"""``match``: how often understanding answers, how often wrongly, and how long it takes.

CLINC150 (not ours to ship: left out of the figures where the data folder is missing) with clean
and noisy queries and with whole intents left out, beside others' rules restated on the same
embeddings; minimal pairs, held out and seen apart; freely worded questions to the sample tables;
the time of one match on one thread.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from bench import guard_sets, match_speed, near_sets, samples
from bench.guard_sets import Case
from gateway.commands.console import progress
from gateway.commands.eval import marks, title, titled
from gateway.errors import UsageError
from intents.evaluation import clinc, plots
from intents.evaluation.clinc import CLEAN, NOISE, Run
from intents.models.encoder import Encoder
from tests.support.data import shared_data

DATA = Path(__file__).parent / "data"
GOALS = {
    "clinc3_hit_pct": ">= 30",
    "clinc5_hit_pct": ">= 45",
    "clinc10_hit_pct": ">= 60",
    "clinc10_wrong_pct_worst": "<= 1.3",
    "clinc10_clarified_pct": ">= 80",
    "clinc10_near_wrong_pct": "<= 1.5",
    "clinc10_noise_lost_points": "<= 10",
    "all_guards_wrong_pct": "<= 0.5",
    "all_guards_veto_pct": "<= 3",
    "unseen_guards_wrong_pct": "<= 0.5",
    "unseen_guards_veto_pct": "<= 3",
    "match_p50_ms": "<= 3",
    "match_p99_ms": "<= 8",
    "match100k_p50_ms": "<= 12",
}
UNSEEN = ("guards", "third_guards", "fifth_guards", "sixth_guards", "seventh_guards")
"""Sets that neither a guard nor the verifier was made with."""
OURS = {
    "hit_pct": "hit_pct",
    "hit_pct_worst": "hit_pct_worst",
    "wrong_pct": "wrong_of_answers_pct",
    "wrong_pct_worst": "wrong_of_answers_pct_worst",
    "wrong_of_all_pct": "wrong_of_all_pct",
    "clarified_pct": "clarified_right_pct",
    "clarified_wrong_pct": "clarified_wrong_pct",
    "clarified_misled_pct": "clarified_misled_pct",
    "asked_pct": "asked_pct",
    "unknown_asked_pct": "asked_unknown_pct",
    "asked_in_vain_pct": "asked_in_vain_pct",
    "oracle_hit_pct": "oracle_hit_pct",
}
"""Our names of figures, and those of ``clinc``. ``clarified_pct``: queries with an answer that
end right at once or after one clarifying question."""


PARTS = ("clinc", "guards", "samples", *near_sets.SETS, "speed")


def run(
    settings: Any,
    parts: str = ",".join(PARTS),
    draws: int = 5,
    k: str = "3,5,10",
    rounds: int = 500,
    large: int = 100_000,
    plot: str = "",
) -> dict[str, Any]:
    """Figures of ``draws`` catalogues per size in ``k``; ``rounds`` timed matches.

    ``parts``: of ``PARTS``, those that are wanted. Raises ``UsageError`` for another.
    ``large``: questions of the large timed catalogue, 0 for none. ``plot``: where to draw the
    curves of the largest size. CLINC150's catalogues are built and asked side by side, a process a
    core; nothing is timed meanwhile.
    """
    wanted = known("part", str(parts).split(","), PARTS)
    model = Path(settings.model.folder)
    budget = settings.match.max_wrong_rate
    figures: dict[str, float] = {}
    seeds: dict[str, list[dict[str, float]]] = {}
    data = shared_data()
    folder = data / "clinc150" if data else None
    if "clinc" in wanted and folder and (folder / clinc.FILE).is_file():
        sizes = [int(size) for size in str(k).split(",")]
        found, seeds = on_clinc(folder, model, sizes, draws, budget, plot)
        figures |= found
    encoder = Encoder(model)
    if "guards" in wanted:
        figures |= on_guard_sets(encoder, budget)
    if "samples" in wanted:
        figures |= samples.figures(encoder, budget)
    for name, set_folder in near_sets.SETS.items():
        if name in wanted:
            figures |= near_sets.figures(encoder, near_sets.read(set_folder), budget, name=name)
    if "speed" in wanted:
        figures |= match_speed.figures(model, 1000, rounds, "match")
        if large:
            figures |= match_speed.figures(model, large, rounds, "match100k")
    return {
        "parameters": {
            "parts": parts,
            "draws": draws,
            "k": k,
            "rounds": rounds,
            "large": large,
            "budget": budget,
        },
        "figures": figures,
        "seeds": seeds,
        "goals": {name: goal for name, goal in GOALS.items() if name in figures},
    }


def known(what: str, given: Iterable[str], names: Collection[str]) -> tuple[str, ...]:
    """The given names, once each. Raises ``UsageError`` for one that there is not."""
    found = tuple(dict.fromkeys(one for one in given if one))
    for one in found:
        if one not in names:
            raise UsageError(f"no {what} {one}; there are: {', '.join(names)}")
    return found


def on_guard_sets(encoder: Encoder, budget: float) -> dict[str, float]:
    """Figures of the sets of minimal pairs, each a catalogue, and of all together."""
    figures: dict[str, float] = {}
    for name, cases in sets().items():
        figures |= guard_sets.figures(encoder, cases, budget, name)
    figures |= guard_sets.together(figures, UNSEEN, "unseen_guards")
    figures |= guard_sets.together(figures, (*UNSEEN, "seen_guards"), "all_guards")
    return figures


def on_clinc(
    folder: Path, model: Path, sizes: list[int], draws: int, budget: float, plot: str = ""
) -> tuple[dict[str, float], dict[str, list[dict[str, float]]]]:
    """The protocol's figures under the benchmark's names, and those of every draw."""
    if plot:
        plots.files(Path(plot))
    wanted = clinc.catalogues(clinc.read(folder), sizes)
    begun = sorted(wanted, reverse=True)  # the longest first
    made: dict[tuple[int, int], Run] = {}
    alone = partial(_run_alone, folder, model, draws, budget)
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(mp_context=spawned) as pool, progress() as tell:
        tell("CLINC150", 0, len(begun))
        for pair, its_run in zip(begun, pool.map(alone, begun), strict=True):
            made[pair] = its_run
            tell("CLINC150", len(made), len(begun))
    runs = [made[pair] for pair in wanted]
    largest = max((one for one in runs if not one.unseeded), key=lambda one: one.k)
    if plot:
        curves, named_as = titled(largest), title(largest)
        plots.save(
            curves, Path(plot), title=named_as, budget_pct=100 * budget, marks=marks(largest)
        )
    figures: dict[str, float] = {}
    for one in runs:
        figures |= named(one)
    return figures, {
        f"{_start(one)}{noise}": each(one, variant)
        for one in runs
        for variant, noise in ((CLEAN, ""), (NOISE, "_noise"))
    }


def _run_alone(
    folder: Path, model: Path, draws: int, budget: float, wanted: tuple[int, int]
) -> Run:
    data, encoder = clinc.read(folder), clinc.RememberingEncoder(model)
    return clinc.runs(data, encoder, [wanted], draws=draws, max_wrong_rate=budget)[0]


def each(one: Run, variant: str) -> list[dict[str, float]]:
    """Our figures draw by draw."""
    keys = [key for key in OURS.values() if not key.endswith("_worst")]
    return [
        {"seed": draw["seed"], **{key: draw[variant]["figures"][key] for key in keys}}
        for draw in one.seeds
    ]


def _start(one: Run) -> str:
    return f"clinc{one.k}_near" if one.unseeded else f"clinc{one.k}"


def named(one: Run) -> dict[str, float]:
    """A run's figures: ``clinc10_...``, ``clinc10_noise_...``, ``clinc10_near_...``, and those
    of each rival."""
    found = one.summary()
    clean, noisy = found[CLEAN], found[NOISE]
    start = _start(one)
    if one.unseeded:
        return _figures(start, clean) | {
            f"{start}_share_pct": round(100 * one.near_share, 1),
            f"{start}_untold_hit_pct": clean["untold_hit_pct"],
            f"{start}_untold_wrong_pct": clean["untold_wrong_of_answers_pct"],
            f"{start}_found_share_pct": clean["auto_share_pct"],
            f"{start}_found_look_alikes_pct": clean["auto_look_alikes_pct"],
            f"{start}_found_hit_pct": clean["auto_hit_pct"],
            f"{start}_found_wrong_pct": clean["auto_wrong_of_answers_pct"],
        }
    figures = _figures(start, clean) | _figures(f"{start}_noise", noisy)
    figures[f"{start}_noise_lost_points"] = round(clean["hit_pct"] - noisy["hit_pct"], 3)
    for rival, theirs in clean["rivals"].items():
        figures[f"{start}_{rival}_hit_pct"] = theirs["hit_pct"]
        figures[f"{start}_{rival}_wrong_pct"] = theirs["wrong_of_answers_pct"]
    return figures


def _figures(start: str, found: Mapping[str, float]) -> dict[str, float]:
    return {f"{start}_{name}": found[key] for name, key in OURS.items()}


def sets() -> dict[str, list[Case]]:
    """The sets of minimal pairs, by the name that their figures begin with."""
    return {
        "guards": held_out(),
        "third_guards": guard_sets.read(guard_sets.THIRD),
        "fifth_guards": guard_sets.read(guard_sets.FIFTH),
        "sixth_guards": guard_sets.read(guard_sets.SIXTH),
        "seventh_guards": guard_sets.read(guard_sets.SEVENTH),
        "seen_guards": guard_sets.read(guard_sets.SEEN),
    }


def held_out() -> list[Case]:
    """The sets that no guard was written against."""
    opposites = [Case("mixed", seeded, "", query) for query, seeded in pairs("opposites.txt")]
    same = [Case("mixed", seeded, query, "") for query, seeded in pairs("paraphrases.txt")]
    return [*guard_sets.read(guard_sets.HELD_OUT), *opposites, *same]


def pairs(name: str) -> list[tuple[str, str]]:
    """(query, seeded question) pairs of a file in ``bench/data``."""
    lines = (DATA / name).read_text("utf-8").splitlines()
    split = [line.partition("|") for line in lines if line and not line.startswith("#")]
    return [(query.strip(), question.strip()) for query, _, question in split]
