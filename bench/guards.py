"""``guards``: what each guard is worth: what is answered wrongly without it, and what it forbids.

Minimal pairs, end to end, as in ``match``: every set is a catalogue, its seeded questions the
entries; asked is a paraphrase, which must be answered, and a look-alike, which must not. Three
parts: ``unseen``, the five sets that neither a guard nor the verifier was made with; ``seen``, the
set that both were; and ``aside``, the lines of ``training/pairs`` that the verifier did not learn,
a catalogue a file.

All of it with one, two and three questions an entry. The sets hold one paraphrase of a question,
and that is what is asked. So in ``unseen`` and ``seen`` the second and the third question are made
from the first by rule: another opening, other articles, a word of courtesy
(``training.loosening.reworded``). They are nearer to it than what people write, and say little that
is new: what further questions do for an entry is more than these two parts show. In ``aside`` the
second question is a person's, since its lines have two paraphrases; the third is by rule.

All of that again without each guard. Thresholds stay what they were found to be with all of them:
shown is what the guard itself keeps from being said. Where a catalogue is calibrated without it,
higher thresholds make up for some of that, at the expense of right answers. Guards of what a set
does not have (dates of validity, counter-examples) are worth nothing in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from bench import guard_sets, match
from bench.guard_sets import Case
from gateway.commands.console import progress
from gateway.ports.progress import Progress
from intents.evaluation.clinc import RememberingEncoder
from intents.guards.applied import registry
from intents.matcher import Matcher
from intents.models.encoder import Encoder
from intents.text.spoken import canonical
from training import teach
from training.loosening import reworded

SIZES = ("one", "two", "three")
"""Questions an entry."""
SHOWN = ("wrong_pct", "forbid_pct", "hit_pct")
"""The look-alikes answered with the entry; the paraphrases that a guard forbids the right entry,
and those answered with it."""
COMPARED = ("wrong_pct", "forbid_pct")
TITLES = {"wrong_pct": "wrong", "forbid_pct": "vetoed"}
PARTS = ("unseen", "seen", "aside")
ALL = "all guards"
TRIES = 40
"""Seeds tried for wordings that differ."""


Variant = tuple[str, ...]
"""Names of the guards that are left out; none: all there are."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a text."""

    got: bool
    """True if the text was answered with the entry of its line."""
    forbidden: bool
    """A guard forbade it that entry."""


@dataclass(slots=True)
class Counts:
    """The number of texts of each outcome."""

    same: int = 0
    other: int = 0
    hit: int = 0
    forbidden: int = 0
    wrong: int = 0

    def add(self, one: Outcome, *, same: bool) -> None:
        """Count a paraphrase, or a look-alike."""
        if same:
            self.same += 1
            self.hit += one.got
            self.forbidden += one.forbidden
        else:
            self.other += 1
            self.wrong += one.got

    def figures(self) -> dict[str, float]:
        """``SHOWN``, in percent."""
        shares = (self.wrong, self.other), (self.forbidden, self.same), (self.hit, self.same)
        found = [round(100 * count / of, 2) if of else 0.0 for count, of in shares]
        return dict(zip(SHOWN, found, strict=True))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The texts asked of one catalogue, and the questions its entries hold."""

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
    named = match.known(
        "guard", (without,) if isinstance(without, str) else without, registry.GUARDS
    )
    chosen = match.known("part", str(parts).split(","), PARTS)
    encoder = RememberingEncoder(Path(settings.model.folder))
    catalogues = made(chosen, lines)
    variants: list[Variant] = [(), *((name,) for name in named or registry.GUARDS)]
    if len(named) > 1:
        variants.append(named)
    budget = settings.match.max_wrong_rate
    with progress() as tell:
        figures = measured(encoder, catalogues, budget, variants, tell)
    return {
        "parameters": {
            "without": " ".join(named) or "each",
            "lines": lines or "all",
            "budget": budget,
            **counted(catalogues),
        },
        "figures": figures,
    }


def prefix(left_out: Sequence[str]) -> str:
    """The prefix of figures without these guards: ``without_wording_and_numbers_``."""
    return f"without_{'_and_'.join(left_out)}_" if left_out else ""


def counted(catalogues: Iterable[Catalogue]) -> dict[str, str]:
    """Describe for a person how much each part asks."""
    found: dict[str, list[int]] = {}
    for one in catalogues:
        count = found.setdefault(one.part, [0, 0])
        count[0] += sum(bool(case.other) for case in one.cases)
        count[1] += sum(bool(case.same) for case in one.cases)
    return {
        part: f"{others} look-alikes, {same} paraphrases" for part, (others, same) in found.items()
    }


def measured(
    encoder: Encoder,
    catalogues: Sequence[Catalogue],
    budget: float,
    variants: Sequence[Variant],
    progress: Progress | None = None,
) -> dict[str, float]:
    """The figures of each variant: ``unseen_one_wrong_pct``, ``without_wording_unseen_one_...``."""
    tell = progress or (lambda *_: None)
    counts: dict[tuple[Variant, str, str], Counts] = defaultdict(Counts)
    jobs = [(one, size, name) for one in catalogues for size, name in enumerate(SIZES, start=1)]
    for done, (one, size, name) in enumerate(jobs):
        tell("catalogues", done, len(jobs))
        right = guard_sets.entries(one.cases)
        holds = {seeded: (seeded, *one.further[seeded][: size - 1]) for seeded in right.values()}
        matcher = guard_sets.made(encoder, holds, budget)
        for case in one.cases:
            entry = right[canonical(case.seeded)]
            for text, same in ((case.same, True), (case.other, False)):
                for variant, outcome in outcomes(matcher, text, entry, variants) if text else ():
                    counts[variant, one.part, name].add(outcome, same=same)
    return {
        f"{prefix(variant)}{part}_{name}_{figure}": value
        for variant in variants
        for part in dict.fromkeys(one.part for one in catalogues)
        for name in SIZES
        for figure, value in counts[variant, part, name].figures().items()
    }


def outcomes(
    matcher: Matcher, text: str, right: str, variants: Sequence[Variant]
) -> Iterator[tuple[Variant, Outcome]]:
    """The outcome of the text without the guards of each variant. Where none of them objects to
    anything, the decision is the one with all guards, and is not made again."""
    with registry.noting() as objecting:
        usual = outcome(matcher, text, right)
    for variant in variants:
        if objecting.isdisjoint(variant):
            yield variant, usual
        else:
            with registry.without(*variant):
                yield variant, outcome(matcher, text, right)


def outcome(matcher: Matcher, text: str, right: str) -> Outcome:
    """The outcome of the text: whether it got this entry, and whether a guard forbade it that."""
    decision = matcher.match(text, final=True)
    forbidden = any(veto.entry == right for veto in decision.vetoes)
    return Outcome(got=decision.entry == right, forbidden=forbidden)


def made(parts: Collection[str] = PARTS, lines: int = 0) -> list[Catalogue]:
    """The catalogues of these parts; of at most so many lines a set or file, 0 for all."""
    found: list[Catalogue] = []
    for name, cases in match.sets().items():
        part = "unseen" if name in match.UNSEEN else "seen"
        if part in parts:
            some = cases[: lines or None]
            found.append(Catalogue(part, name, some, further(some)))
    if "aside" in parts:
        files = {file.stem: file for file in sorted(teach.PAIRS.glob("*.txt"))}
        rows = {name: list(islice(not_learnt(file), lines or None)) for name, file in files.items()}
        found += [put_aside(name, some) for name, some in rows.items() if some]
    return found


def not_learnt(file: Path) -> Iterator[list[str]]:
    """The canonical texts of each line of the file that the verifier did not learn."""
    for line in file.read_text("utf-8").splitlines():
        question, *others = line.split("|")
        if others and not line.startswith("#") and teach.put_aside(canonical(question)):
            yield [canonical(text) for text in (question, *others)]


def further(cases: Iterable[Case]) -> dict[str, list[str]]:
    """Two further wordings of each seeded question, none of which is asked."""
    asked: dict[str, set[str]] = {}
    for case in cases:
        asked.setdefault(case.seeded, set()).update((canonical(case.same), canonical(case.other)))
    return {seeded: list(islice(wordings(seeded, but), 2)) for seeded, but in asked.items()}


def put_aside(name: str, rows: Iterable[Sequence[str]]) -> Catalogue:
    """The set of lines ``question | same | same | other | other``: asked are the last three."""
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
