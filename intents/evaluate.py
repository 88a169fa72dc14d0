"""Build time: how often does a matcher answer, and how often wrongly?

Hit rate and wrong rate always come together, the latter of answers spoken *and* of all queries.
``clinc`` runs the protocol on CLINC150: k random training sentences of each of its 150 intents
are the catalogue, its 4,500 test and 1,000 out-of-scope sentences the callers.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from intents.calibration import Samples, Source, lowest_threshold
from intents.classifier import Floats, Labels
from intents.decision import Decision, Kind
from intents.encoder import Encoder, Vectors
from intents.knowledge import Item, Knowledge, background
from intents.matcher import Matcher
from intents.spoken import canonical

Progress = Callable[[str, int, int], None]
Bools = npt.NDArray[np.bool_]

CLINC_FILE = "data_full.json"


class EvaluationError(Exception):
    """The labelled file cannot be used; the text names the line and the mend."""


@dataclass(frozen=True, slots=True)
class Query:
    """A labelled query."""

    text: str
    entry: str
    """Id of the right entry; "" if none is."""


@dataclass(frozen=True, slots=True)
class Scores:
    """One row per query: the best guess of some method."""

    score: Floats
    """Higher is surer; -1 where the method would not answer at any threshold."""
    right: Bools
    known: Bools
    """The query has a right entry."""

    def at(self, threshold: float) -> Result:
        """The result when everything with at least this score is answered."""
        answered = self.score >= threshold
        return Result(
            queries=len(self.score),
            known=int(self.known.sum()),
            answers=int(answered.sum()),
            right=int((answered & self.right).sum()),
        )

    def oracle(self, max_wrong_rate: float) -> tuple[float, Result]:
        """Threshold chosen on these very queries: the most answers within the budget.

        For comparing methods with published figures; no product can do this.
        """
        order = np.argsort(-self.score, kind="stable")
        wrong = np.cumsum(~self.right[order])
        within = np.flatnonzero(wrong <= max_wrong_rate * np.arange(1, len(order) + 1))
        within = within[self.score[order][within] >= 0]
        threshold = float(self.score[order][within[-1]]) if len(within) else 1.01
        answers = int(within[-1]) + 1 if len(within) else 0
        right = int(self.right[order][:answers].sum())
        return threshold, Result(len(self.score), int(self.known.sum()), answers, right)


@dataclass(frozen=True, slots=True)
class Result:
    """Counts of an evaluation, and the shares that follow."""

    queries: int
    known: int
    """Queries that have a right entry."""
    answers: int
    right: int
    clarified: int = 0

    @property
    def wrong(self) -> int:
        """Answers that should not have been spoken."""
        return self.answers - self.right

    def figures(self) -> dict[str, float]:
        """Percentages, each with its 95 % Wilson interval as ``_low`` and ``_high``."""
        shares = {
            "hit_pct": (self.right, self.known),
            "wrong_of_answers_pct": (self.wrong, self.answers),
            "wrong_of_all_pct": (self.wrong, self.queries),
            "clarified_pct": (self.clarified, self.queries),
        }
        out: dict[str, float] = {}
        for name, (count, of) in shares.items():
            low, high = wilson(count, of)
            out[name] = round(100 * count / of, 3) if of else 0.0
            out[f"{name}_low"], out[f"{name}_high"] = round(100 * low, 3), round(100 * high, 3)
        return out


def wilson(count: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson score interval of a share, 0 to 1; (0, 1) without observations."""
    if not of:
        return 0.0, 1.0
    share, spread = count / of, z * z / of
    middle = share + spread / 2
    half = z * (share * (1 - share) / of + spread / (4 * of)) ** 0.5
    return max(0.0, (middle - half) / (1 + spread)), min(1.0, (middle + half) / (1 + spread))


def load(data: bytes) -> list[Query]:
    """Labelled queries from CSV: columns ``text`` and ``entry`` (empty: out of scope).

    Raises ``EvaluationError``.
    """
    try:
        rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        names = {(name or "").strip().lower(): name for name in rows.fieldnames or ()}
        if not {"text", "entry"} <= set(names):
            raise EvaluationError("line 1: the header must have the columns text and entry")
        queries = []
        for row in rows:
            text, entry = row[names["text"]], row[names["entry"]]
            if not (text or "").strip():
                raise EvaluationError(f"line {rows.line_num}: text is empty: remove the line")
            queries.append(Query(text.strip(), (entry or "").strip()))
    except UnicodeDecodeError:
        raise EvaluationError("the file is not UTF-8: save it as CSV UTF-8") from None
    except csv.Error as error:
        raise EvaluationError(f"line {rows.line_num + 1}: {error}") from None
    if not queries:
        raise EvaluationError("line 2: no queries: add lines below the header")
    return queries


def decide(matcher: Matcher, queries: Sequence[Query]) -> list[Decision]:
    """The matcher's decision about each query, as a final."""
    return [matcher.match(query.text, final=True) for query in queries]


def evaluate(
    matcher: Matcher, queries: Sequence[Query], decisions: Sequence[Decision] | None = None
) -> Result:
    """Hits, wrong answers and clarifying questions as a caller would meet them.

    Entries with an action count like answers. Raises ``EvaluationError`` for an unknown entry.
    """
    ids = {item.id for item in matcher.knowledge.items}
    for number, query in enumerate(queries, start=1):
        if query.entry and query.entry not in ids:
            raise EvaluationError(f"query {number}: the catalogue has no entry {query.entry!r}")
    made = decide(matcher, queries) if decisions is None else decisions
    spoken = [(d.entry, q.entry) for d, q in zip(made, queries, strict=True) if d.entry]
    return Result(
        queries=len(queries),
        known=sum(bool(query.entry) for query in queries),
        answers=len(spoken),
        right=sum(said == meant for said, meant in spoken),
        clarified=sum(d.kind is Kind.CLARIFY for d in made),
    )


def scores(decisions: Sequence[Decision], queries: Sequence[Query]) -> Scores:
    """The matcher's own scores, guards included, for curves over all thresholds."""
    strength = np.array([_strength(decision) for decision in decisions])
    guess = [d.candidates[0].id if d.candidates else "" for d in decisions]
    right = [bool(q.entry) and g == q.entry for g, q in zip(guess, queries, strict=True)]
    return Scores(strength, np.array(right), np.array([bool(q.entry) for q in queries]))


def _strength(decision: Decision) -> float:
    if not decision.candidates:
        return -1.0
    best = decision.candidates[0]
    if any(veto.entry == best.id for veto in decision.vetoes):
        return -1.0
    if decision.entry and best.similarity > 0.9999:
        return 1.0  # word for word
    return float(best.probability * max(best.similarity, 0.0) ** 0.5)


def risk_coverage(found: Scores, points: int = 50) -> list[dict[str, float]]:
    """Hit rate against wrong rate (of answers), from the surest answers to all of them."""
    sure = np.sort(found.score[found.score >= 0])[::-1]
    if not len(sure):
        return []
    steps = np.unique(np.linspace(0, len(sure) - 1, points).astype(int))
    curve = []
    for threshold in sure[steps]:
        result = found.at(float(threshold))
        curve.append(
            {
                "threshold": round(float(threshold), 4),
                "hit_pct": round(100 * result.right / max(result.known, 1), 3),
                "wrong_of_answers_pct": round(100 * result.wrong / max(result.answers, 1), 3),
            }
        )
    return curve


# --- plain cosine, for comparison ---------------------------------------------------------------


def cosine_scores(knowledge: Knowledge, vectors: Vectors, queries: Sequence[Query]) -> Scores:
    """Nearest seeded question, cosine as score, no classifier and no guards."""
    cosines = vectors @ knowledge.vectors.T
    nearest = cosines.argmax(axis=1)
    guess = [knowledge.items[knowledge.rows[row][0]].id for row in nearest]
    right = [bool(q.entry) and g == q.entry for g, q in zip(guess, queries, strict=True)]
    known = np.array([bool(query.entry) for query in queries])
    return Scores(cosines.max(axis=1).astype(np.float64), np.array(right), known)


def cosine_threshold(knowledge: Knowledge, encoder: Encoder, max_wrong_rate: float) -> float:
    """Threshold for plain cosine from the seeds alone: each hidden in turn, then its intent."""
    labels: Labels = np.array([entry for entry, _ in knowledge.rows], np.intp)
    cosines = knowledge.vectors @ knowledge.vectors.T
    np.fill_diagonal(cosines, -1.0)
    nearest = cosines.argmax(axis=1)
    strangers = np.where(labels[:, None] == labels[None, :], -1.0, cosines)
    _, others = background(encoder, knowledge.vectors)
    far = (others @ knowledge.vectors.T).max(axis=1)
    parts = [cosines.max(axis=1), strangers.max(axis=1), far]
    score = np.concatenate(parts).astype(np.float64)
    right = np.zeros(len(score), bool)
    right[: len(labels)] = labels[nearest] == labels
    source = np.repeat([Source.KNOWN, Source.NEAR, Source.FAR], [len(part) for part in parts])
    samples = Samples(score, right, source.astype(np.intp), np.zeros(len(score), bool))
    return lowest_threshold(samples, max_wrong_rate, prior_answers=0.0)


# --- CLINC150 -----------------------------------------------------------------------------------


class RememberingEncoder(Encoder):
    """An encoder that keeps vectors in a file: repeated evaluations embed each text once."""

    def __init__(self, folder: Path, file: Path | None = None) -> None:
        super().__init__(folder)
        self._file = file
        self._known: dict[str, Vectors] = {}
        if file and file.is_file():
            with np.load(file, allow_pickle=False) as stored:
                if str(stored["fingerprint"]) == self.fingerprint:
                    texts = json.loads(stored["texts"].tobytes())
                    self._known = dict(zip(texts, stored["vectors"], strict=True))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """As ``Encoder.embed``."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, super().embed(new), strict=True))
        rows = [self._known[text] for text in texts]
        return np.stack(rows) if rows else np.empty((0, self.dimension), np.float32)

    def save(self) -> None:
        """Write the file, whole or not at all."""
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_suffix(".part")
        with draft.open("wb") as out:
            np.savez(
                out,
                fingerprint=np.array(self.fingerprint),
                texts=np.frombuffer(json.dumps(list(self._known)).encode(), np.uint8),
                vectors=np.stack(list(self._known.values())),
            )
        draft.replace(self._file)


def clinc(
    folder: Path,
    encoder: Encoder,
    *,
    k: int = 10,
    draws: int = 5,
    max_wrong_rate: float = 0.01,
    unseeded: int = 0,
    alter: Callable[[str], str] = str,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """The protocol on CLINC150 in ``folder``; means over draws, and the worst draw's wrong rate.

    ``unseeded`` intents, drawn anew each time, are left out of the catalogue while their test
    sentences are still asked: near misses. ``alter`` changes every query before it is asked.
    Thresholds come from the seeds only, except in the figures named oracle; but the form of the
    score and the constants of ``calibration``, ``classifier`` and ``vetoes`` were chosen with
    these test queries in view, so the figures lean to the good side. Raises
    ``EvaluationError`` if the data is not there.
    """
    data = _read_clinc(folder)
    runs = []
    for draw in range(draws):
        if progress:
            progress(f"CLINC150, {k} examples an intent", draw, draws)
        runs.append(_clinc_draw(data, encoder, k, draw, max_wrong_rate, unseeded, alter))
    if isinstance(encoder, RememberingEncoder):
        encoder.save()
    out: dict[str, Any] = {"k": k, "draws": draws, "unseeded": unseeded}
    for name in runs[0]:
        values = [run[name] for run in runs]
        out[name] = round(float(np.mean(values)), 3)
        out[f"{name}_std"] = round(float(np.std(values)), 3)
        if "wrong" in name:
            out[f"{name}_worst"] = round(max(values), 3)
    return out


def _read_clinc(folder: Path) -> dict[str, list[list[str]]]:
    try:
        data = json.loads((folder / CLINC_FILE).read_text("utf-8"))
        return {name: data[name] for name in ("train", "test", "oos_test")}
    except (OSError, ValueError, KeyError) as error:
        raise EvaluationError(f"{folder} does not hold CLINC150's {CLINC_FILE}") from error


def _clinc_draw(
    data: dict[str, list[list[str]]],
    encoder: Encoder,
    k: int,
    draw: int,
    max_wrong_rate: float,
    unseeded: int,
    alter: Callable[[str], str],
) -> dict[str, float]:
    random = np.random.default_rng([draw, k])
    by_intent: dict[str, list[str]] = {}
    for text, intent in data["train"]:
        by_intent.setdefault(intent, []).append(text)
    names = sorted(by_intent)
    hidden = set(random.permutation(names)[:unseeded].tolist())
    items = []
    for name in names:
        chosen = random.choice(len(by_intent[name]), k, replace=False)
        questions = tuple(by_intent[name][row] for row in chosen)
        if name not in hidden:
            items.append(Item(id=name, intent=name, questions=questions))
    knowledge = Knowledge.build(items, encoder, max_wrong_rate=max_wrong_rate)
    asked = [Query(alter(text), "" if name in hidden else name) for text, name in data["test"]]
    asked += [Query(alter(text), "") for text, _ in data["oos_test"]]
    matcher = Matcher(knowledge, encoder)
    decisions = decide(matcher, asked)
    served = evaluate(matcher, asked, decisions).figures()
    ours = scores(decisions, asked)
    vectors = encoder.embed([canonical(query.text) for query in asked])
    plain = cosine_scores(knowledge, vectors, asked)
    chosen_cosine = cosine_threshold(knowledge, encoder, max_wrong_rate)
    plain_served = plain.at(chosen_cosine).figures()
    threshold, best = ours.oracle(max_wrong_rate)
    cosine, best_plain = plain.oracle(max_wrong_rate)
    return {
        "hit_pct": served["hit_pct"],
        "wrong_of_answers_pct": served["wrong_of_answers_pct"],
        "wrong_of_all_pct": served["wrong_of_all_pct"],
        "clarified_pct": served["clarified_pct"],
        "threshold": knowledge.calibration.threshold,
        "oracle_hit_pct": best.figures()["hit_pct"],
        "oracle_threshold": threshold,
        "cosine_hit_pct": plain_served["hit_pct"],
        "cosine_wrong_of_answers_pct": plain_served["wrong_of_answers_pct"],
        "cosine_threshold": chosen_cosine,
        "cosine_oracle_hit_pct": best_plain.figures()["hit_pct"],
        "cosine_oracle_threshold": cosine,
        "vetoed_right_pct": 100.0 * float((ours.right & (ours.score < 0)).sum() / len(asked)),
    }
