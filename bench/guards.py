"""``guards``: what the guards are worth together, or what is lost without one of them.

Minimal pairs, end to end. ``all_guards`` and ``unseen_guards`` are the sets of ``match``, a
question an entry. ``one``, ``two`` and ``three`` are lines that the verifier did not learn
(``training.teach.put_aside``), a catalogue a file: an entry holds the question, then another
wording of it as well, then the question once more as another caller words it and a recogniser hears
it. Asked is always the same: a further wording, and two texts that need another answer.

``--without NAME`` measures all of it twice. What begins with ``without`` is as if that guard did
not exist, in calibration too. ``worth_..._wrong_points`` is how much more is answered wrongly
without it, ``worth_..._veto_points`` how many more paraphrases guards forbid with it, and
``worth_..._hit_points`` how many more are answered with it: fewer, if below 0.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench import guard_sets, match
from bench.guard_sets import Case
from gateway.errors import UsageError
from intents.guards.applied import registry
from intents.models.encoder import Encoder
from intents.text.spoken import canonical
from training import teach
from training.loosening import loosened

SIZES = ("one", "two", "three")
"""Questions an entry."""
SHOWN = ("wrong_pct", "veto_pct", "hit_pct")
TRIES = 20
"""Seeds tried for a wording that differs from those an entry has."""


def run(settings: Any, without: str = "", files: int = 0, sets: int = 1) -> dict[str, Any]:
    """Figures with all guards; with ``without`` also those without the guard of that name.

    ``files``: at most so many files for ``one``, ``two`` and ``three``, 0 for all; ``sets``: 0
    leaves out the sets of ``match``. Raises ``UsageError`` if there is no such guard.
    """
    if without and without not in registry.GUARDS:
        raise UsageError(f"no guard {without}; there are: {', '.join(registry.GUARDS)}")
    encoder, budget = Encoder(Path(settings.model.folder)), settings.match.max_wrong_rate
    figures = measured(encoder, budget, files, sets)
    if without:
        with registry.without(without):
            less = measured(encoder, budget, files, sets)
        figures |= {f"without_{name}": value for name, value in less.items()} | worth(figures, less)
    return {
        "parameters": {"without": without or "none", "files": files, "budget": budget},
        "figures": figures,
        "goals": {name: goal for name, goal in match.GOALS.items() if name in figures},
    }


def measured(encoder: Encoder, budget: float, files: int = 0, sets: int = 1) -> dict[str, float]:
    """The figures with the guards that there are now."""
    found = match.on_guard_sets(encoder, budget) if sets else {}
    parts = ["unseen_guards", "all_guards"] if sets else []
    lines = put_aside(files)
    for size, name in enumerate(SIZES, start=1):
        of_files: dict[str, float] = {}
        for file, rows in lines.items():
            cases, more = catalogue(file, rows, size)
            of_files |= guard_sets.figures(encoder, cases, budget, f"{name}_{file}", more)
        found |= guard_sets.together(of_files, [f"{name}_{file}" for file in lines], name)
        parts.append(name)
    return {f"{part}_{figure}": found[f"{part}_{figure}"] for part in parts for figure in SHOWN}


def put_aside(files: int = 0) -> dict[str, list[list[str]]]:
    """The canonical texts of each line that the verifier did not learn, by file."""
    found = {}
    for file in sorted(teach.PAIRS.glob("*.txt"))[: files or None]:
        found[file.stem] = [texts for texts in teach.of_file(file) if teach.put_aside(texts[0])]
    return found


def catalogue(
    file: str, rows: list[list[str]], size: int
) -> tuple[list[Case], dict[str, tuple[str, ...]]]:
    """What to ask, and what the entry of a question holds beside it."""
    cases, more = [], {}
    for question, near, same, other, last in rows:
        cases += [Case(file, question, same, other), Case(file, question, "", last)]
        more[question] = (near, reworded(question, near))[: size - 1]
    return cases, more


def reworded(question: str, near: str) -> str:
    """A third wording: the question as somebody else words it and a recogniser hears it."""
    known = {canonical(question), canonical(near)}
    found = (loosened(question, seed) for seed in range(TRIES))
    return next((one for one in found if one not in known), near)


def worth(found: dict[str, float], less: dict[str, float]) -> dict[str, float]:
    """What a guard is worth: the figures with it, against those without, in points."""
    points = {}
    for name, value in found.items():
        gained = less[name] - value if name.endswith("_wrong_pct") else value - less[name]
        points[f"worth_{name.removesuffix('pct')}points"] = round(gained, 2)
    return points
