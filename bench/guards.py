"""``guards``: what each guard is worth: what is answered wrongly without it, and what it forbids.

Minimal pairs, end to end, as in ``match``: every set is a catalogue, its seeded questions the
entries; asked is a paraphrase, which must be answered, and a look-alike, which must not. Three
parts: ``unseen``, the four sets that neither a guard nor the verifier was made with; ``seen``, the
set that both were; and ``aside``, the lines of ``training/pairs`` that the verifier did not learn,
a catalogue a file.

All of it with one, two and three questions an entry. The sets hold one paraphrase of a question,
and that is what is asked. So in ``unseen`` and ``seen`` the second and the third question are made
from the first by rule: another opening, other articles, a word of courtesy
(``training.loosening.reworded``). They are nearer to it than what people write, and say little that
is new: what further questions do for an entry is more than these two parts show. In ``aside`` the
second question is a person's, since its lines have two paraphrases; the third is by rule.

All of that again without each guard: as if it did not exist, in calibration too. Guards of what a
set does not have (dates of validity, counter-examples) are worth nothing in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from bench import guard_sets, match
from bench.guard_sets import Case
from gateway.commands.console import progress
from gateway.errors import UsageError
from intents.evaluation.clinc import RememberingEncoder
from intents.guards.applied import registry
from intents.models.encoder import Encoder
from intents.text.spoken import canonical
from training import teach
from training.loosening import reworded

SIZES = ("one", "two", "three")
"""Questions an entry."""
SHOWN = ("wrong_pct", "forbid_pct", "hit_pct")
"""Of the look-alikes, those answered with the entry; of the paraphrases, those that a guard forbids
the right entry, and those answered with it."""
COMPARED = ("wrong_pct", "forbid_pct")
TITLES = {"wrong_pct": "wrong", "forbid_pct": "vetoed"}
PARTS = ("unseen", "seen", "aside")
ALL = "all guards"
TRIES = 40
"""Seeds tried for wordings that differ."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is asked of one catalogue, and what its entries hold."""

    part: str
    name: str
    cases: Sequence[Case]
    further: Mapping[str, Sequence[str]]
    """A seeded question to the entry's further ones, at most two."""


def run(
    settings: Any, without: str | Sequence[str] = (), lines: int = 0, parts: str = ",".join(PARTS)
) -> dict[str, Any]:
    """Figures with all guards, and without each of those named, or of all if none is.

    Several that are named are also left out together. ``lines``: at most so many of each set, 0 for
    all; ``parts``: which of ``PARTS``. Raises ``UsageError`` if there is no such guard or part.
    """
    named = known("guard", (without,) if isinstance(without, str) else without, registry.GUARDS)
    chosen = known("part", str(parts).split(","), PARTS)
    encoder = RememberingEncoder(Path(settings.model.folder))
    catalogues = [one for one in made(lines) if one.part in chosen]
    variants = [(), *((name,) for name in named or registry.GUARDS)]
    if len(named) > 1:
        variants.append(named)
    figures: dict[str, float] = {}
    with progress() as tell:
        for done, left_out in enumerate(variants):
            tell("guards", done, len(variants))
            with registry.without(*left_out):
                found = measured(encoder, catalogues, settings.match.max_wrong_rate)
            figures |= {f"{prefix(left_out)}{name}": value for name, value in found.items()}
    return {
        "parameters": {
            "without": " ".join(named) or "each",
            "lines": lines or "all",
            "budget": settings.match.max_wrong_rate,
            **counted(catalogues),
        },
        "figures": figures,
    }


def known(what: str, given: Iterable[str], names: Collection[str]) -> tuple[str, ...]:
    """Those given, once each. Raises ``UsageError`` for one that is not among the names."""
    found = tuple(dict.fromkeys(one for one in given if one))
    for one in found:
        if one not in names:
            raise UsageError(f"no {what} {one}; there are: {', '.join(names)}")
    return found


def prefix(left_out: Sequence[str]) -> str:
    """What figures without these guards begin with: ``without_kind_and_tense_``."""
    return f"without_{'_and_'.join(left_out)}_" if left_out else ""


def counted(catalogues: Iterable[Catalogue]) -> dict[str, str]:
    """How much each part asks, for a person."""
    found: dict[str, list[int]] = {}
    for one in catalogues:
        count = found.setdefault(one.part, [0, 0])
        count[0] += sum(bool(case.other) for case in one.cases)
        count[1] += sum(bool(case.same) for case in one.cases)
    return {
        part: f"{others} look-alikes, {same} paraphrases" for part, (others, same) in found.items()
    }


def measured(encoder: Encoder, catalogues: Sequence[Catalogue], budget: float) -> dict[str, float]:
    """The figures with the guards that there are now: ``unseen_one_wrong_pct`` and so on."""
    shown: dict[str, float] = {}
    for part in dict.fromkeys(one.part for one in catalogues):
        own = [one for one in catalogues if one.part == part]
        for size, name in enumerate(SIZES, start=1):
            found: dict[str, float] = {}
            for one in own:
                more = {seeded: tuple(all_[: size - 1]) for seeded, all_ in one.further.items()}
                found |= guard_sets.figures(encoder, one.cases, budget, one.name, more)
            whole = guard_sets.together(found, [one.name for one in own], "of")
            shown |= {f"{part}_{name}_{figure}": whole[f"of_{figure}"] for figure in SHOWN}
    return shown


def made(lines: int = 0) -> list[Catalogue]:
    """All catalogues; ``lines``: of at most so many lines a set or file, 0 for all."""
    found = []
    for name, cases in match.sets().items():
        some = cases[: lines or None]
        part = "unseen" if name in match.UNSEEN else "seen"
        found.append(Catalogue(part, name, some, further(some)))
    for file in sorted(teach.PAIRS.glob("*.txt")):
        rows = [texts for texts in teach.of_file(file) if teach.put_aside(texts[0])]
        if rows:
            found.append(put_aside(file.stem, rows[: lines or None]))
    return found


def further(cases: Iterable[Case]) -> dict[str, list[str]]:
    """Two further wordings of each seeded question, none of which is asked."""
    asked: dict[str, set[str]] = {}
    for case in cases:
        asked.setdefault(case.seeded, set()).update((canonical(case.same), canonical(case.other)))
    return {seeded: list(islice(wordings(seeded, but), 2)) for seeded, but in asked.items()}


def put_aside(name: str, rows: Iterable[Sequence[str]]) -> Catalogue:
    """Of lines ``question | same | same | other | other``: asked are the last three."""
    cases, more = [], {}
    for question, near, same, other, last in rows:
        cases += [Case(name, question, same, other), Case(name, question, "", last)]
        third = islice(wordings(question, {near, same, other, last}), 1)
        more[question] = [near, *third]
    return Catalogue("aside", name, cases, more)


def wordings(question: str, but: Collection[str]) -> Iterator[str]:
    """Ways to say the question, by rule: canonical, each once, none of those that are left out."""
    text = canonical(question)
    seen = {text, *but}
    for seed in range(TRIES):
        one = reworded(text, seed)
        if one not in seen:
            seen.add(one)
            yield one


def compared(figures: Mapping[str, float]) -> tuple[list[str], list[list[object]]]:
    """Heading and rows of a table: the figures with all guards, then the differences without one.

    A part, a size and one of ``COMPARED`` make a column, in percent and in points. ``+0.40``: so
    many points more without the guard.
    """
    columns = [
        name for name in figures if name.endswith(COMPARED) and not name.startswith("without_")
    ]
    titles = [" ".join((*c.split("_")[:2], TITLES["_".join(c.split("_")[2:])])) for c in columns]
    rows: list[list[object]] = [[ALL, *(f"{figures[column]:.2f}" for column in columns)]]
    end = f"_{columns[0]}"
    for name in figures:
        if name.startswith("without_") and name.endswith(end):
            start = name.removesuffix(columns[0])
            shown = start.removeprefix("without_").removesuffix("_").replace("_and_", " and ")
            points = (figures[f"{start}{column}"] - figures[column] for column in columns)
            rows.append([f"- {shown}", *(f"{one:+.2f}" for one in points)])
    return ["without", *titles], rows
