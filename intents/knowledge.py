"""What understanding knows of one catalogue: built once, stored as bytes, served as arrays."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from intents import calibration, classifier, rehearsal
from intents.calibration import Calibration, Samples, Source
from intents.classifier import Classifier, Labels
from intents.encoder import Encoder, Vectors
from intents.spoken import canonical

Progress = Callable[[str, int, int], None]

VERSION = 1
BACKGROUND = Path(__file__).parent / "data" / "out_of_scope.txt"

FEW_LINES = 20


class KnowledgeError(Exception):
    """The knowledge cannot be built, or these bytes are none; the text names the mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry as understanding sees it."""

    id: str
    intent: str
    questions: tuple[str, ...]
    counter_examples: tuple[str, ...] = ()
    action: str = ""


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """Entries, their vectors, the classifier and the thresholds. Immutable."""

    items: tuple[Item, ...]
    vectors: Vectors
    """One row per distinct question, in the order of the entries."""
    rows: tuple[tuple[int, int], ...]
    """For each vector: entry number and question number."""
    counter_vectors: Vectors
    counter_rows: tuple[tuple[int, int], ...]
    """For each counter-example's vector: entry number and counter-example number."""
    model: Classifier
    calibration: Calibration
    fingerprint: str
    """Of the encoder that made the vectors."""
    summary: dict[str, Any]
    """Figures of the build for people."""

    @staticmethod
    def build(
        items: Sequence[Item],
        encoder: Encoder,
        *,
        max_wrong_rate: float,
        progress: Progress | None = None,
    ) -> Knowledge:
        """Embed, fit and calibrate. ``max_wrong_rate`` is of answers spoken, 0 to 1.

        The same items and encoder give the same knowledge. Raises ``KnowledgeError``.
        """
        return _build(tuple(items), encoder, max_wrong_rate, progress or (lambda *_: None))

    @cached_property
    def exact(self) -> dict[str, tuple[tuple[int, int], ...]]:
        """Canonical question -> (entry, question) of every entry that has it."""
        found: dict[str, tuple[tuple[int, int], ...]] = {}
        for entry, question in self.rows:
            key = canonical(self.items[entry].questions[question])
            found[key] = (*found.get(key, ()), (entry, question))
        return found

    def to_bytes(self) -> bytes:
        """One blob, the same for the same knowledge; no pickle inside."""
        head = {
            "version": VERSION,
            "fingerprint": self.fingerprint,
            "items": [asdict(item) for item in self.items],
            "calibration": asdict(self.calibration),
            "summary": self.summary,
        }
        text = json.dumps(head, ensure_ascii=False, sort_keys=True).encode()
        file = io.BytesIO()
        np.savez(
            file,
            head=np.frombuffer(text, np.uint8),
            vectors=self.vectors,
            rows=_pairs(self.rows),
            counter_vectors=self.counter_vectors,
            counter_rows=_pairs(self.counter_rows),
            weights=self.model.weights,
            bias=self.model.bias,
        )
        return file.getvalue()

    @staticmethod
    def from_bytes(data: bytes) -> Knowledge:
        """The inverse of ``to_bytes``. Raises ``KnowledgeError`` on anything else."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            head = json.loads(arrays["head"].tobytes())
            if head["version"] != VERSION:
                raise KnowledgeError(f"knowledge has format {head['version']}: seed again")
            return Knowledge(
                items=tuple(_item(item) for item in head["items"]),
                vectors=arrays["vectors"],
                rows=_tuples(arrays["rows"]),
                counter_vectors=arrays["counter_vectors"],
                counter_rows=_tuples(arrays["counter_rows"]),
                model=Classifier(arrays["weights"], arrays["bias"]),
                calibration=Calibration(**head["calibration"]),
                fingerprint=head["fingerprint"],
                summary=head["summary"],
            )
        except KnowledgeError:
            raise
        except Exception as error:  # zip, numpy and json each have their own
            raise KnowledgeError("this is no stored knowledge: seed again") from error


def background(encoder: Encoder, questions: Vectors) -> tuple[tuple[str, ...], Vectors]:
    """General talk that none of the questions resembles: canonical lines and their vectors."""
    lines = [canonical(line) for line in BACKGROUND.read_text("utf-8").splitlines()]
    lines = [line for line in lines if line]
    vectors = encoder.embed(lines)
    kept = classifier.unlike(vectors, questions)
    if len(kept) < FEW_LINES:  # a FAQ about everything: then all of it is better than nothing
        kept = np.arange(len(lines), dtype=np.intp)
    return tuple(lines[row] for row in kept), np.asarray(vectors[kept])


def _build(
    items: tuple[Item, ...], encoder: Encoder, max_wrong_rate: float, tell: Progress
) -> Knowledge:
    _check(items, max_wrong_rate)
    rows = _distinct(items, "questions")
    counter_rows = _distinct(items, "counter_examples")
    texts = [canonical(items[entry].questions[number]) for entry, number in rows]
    against = [canonical(items[entry].counter_examples[number]) for entry, number in counter_rows]
    total = len(texts) + len(against)
    vectors = np.empty((total, encoder.dimension), np.float32)
    for row, text in enumerate([*texts, *against]):
        vectors[row] = encoder.embed([text])[0]
        tell("embedding questions", row + 1, total)
    vectors, counter_vectors = vectors[: len(texts)], vectors[len(texts) :]
    lines, others = background(encoder, vectors)
    corpus = rehearsal.Corpus(
        texts=tuple(texts),
        vectors=vectors,
        labels=np.array([entry for entry, _ in rows], np.intp),
        intents=_intents(items),
        others=others,
        other_texts=lines,
        counter_texts=tuple(against),
        counter_vectors=counter_vectors,
        counter_labels=np.array([entry for entry, _ in counter_rows], np.intp),
    )
    tell("fitting the classifier", 0, 2)
    model = classifier.fit(vectors, corpus.labels, len(items), others)
    tell("calibrating", 1, 2)
    samples = rehearsal.rehearse(corpus)
    decided = calibration.calibrate(samples, len(items), max_wrong_rate)
    tell("calibrated", 2, 2)
    return Knowledge(
        items=items,
        vectors=vectors,
        rows=rows,
        counter_vectors=counter_vectors,
        counter_rows=counter_rows,
        model=model,
        calibration=decided,
        fingerprint=encoder.fingerprint,
        summary={
            "entries": len(items),
            "questions": len(rows),
            "counter_examples": len(counter_rows),
            "max_wrong_rate": max_wrong_rate,
            **_figures(samples, decided),
        },
    )


def _figures(samples: Samples, decided: Calibration) -> dict[str, Any]:
    known = samples.source == Source.KNOWN
    hits = known & samples.right & ~samples.vetoed & (samples.score >= decided.threshold)
    return {
        "threshold": round(decided.threshold, 4),
        "similarity_floor": decided.floor,
        "known_samples": int(known.sum()),
        "miss_samples": int((~known).sum()),
        # Of each question asked of a matcher that never saw it: a lower bound in practice.
        "rehearsed_hit_rate": round(float(hits.sum() / known.sum()), 4) if known.any() else 0.0,
    }


def _check(items: tuple[Item, ...], max_wrong_rate: float) -> None:
    if not items:
        raise KnowledgeError("there are no entries: add at least one row")
    if not 0.0 <= max_wrong_rate < 1.0:
        raise KnowledgeError(f"max_wrong_rate is {max_wrong_rate}, must be at least 0 and below 1")
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise KnowledgeError(f"two entries have the id {item.id!r}: rename one")
        seen.add(item.id)
        if not any(canonical(question) for question in item.questions):
            raise KnowledgeError(f"entry {item.id!r} has no question with words in it: add one")


def _distinct(items: tuple[Item, ...], name: str) -> tuple[tuple[int, int], ...]:
    """(entry, number) of every text of that kind, once for each canonical form in an entry."""
    rows = []
    for entry, item in enumerate(items):
        seen = {""}
        for number, text in enumerate(getattr(item, name)):
            if (key := canonical(text)) not in seen:
                seen.add(key)
                rows.append((entry, number))
    return tuple(rows)


def _intents(items: tuple[Item, ...]) -> Labels:
    """The number of each entry's intent; an entry without one is its own."""
    numbers: dict[str, int] = {}
    names = [item.intent or f"\0{item.id}" for item in items]
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], np.intp)


def _item(stored: dict[str, Any]) -> Item:
    return Item(
        id=stored["id"],
        intent=stored["intent"],
        questions=tuple(stored["questions"]),
        counter_examples=tuple(stored["counter_examples"]),
        action=stored["action"],
    )


def _pairs(rows: tuple[tuple[int, int], ...]) -> Labels:
    return np.array(rows, np.intp).reshape(len(rows), 2)


def _tuples(rows: Labels) -> tuple[tuple[int, int], ...]:
    return tuple((int(entry), int(number)) for entry, number in rows)
