"""The knowledge of one catalogue: built once, stored as bytes, served as arrays."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, cached_property
from typing import Any

import numpy as np

from intents.decision import Flagged
from intents.guards.entry import likeness
from intents.learning import fitting, rehearsal
from intents.learning.background import background
from intents.learning.calibration import NEAR_SHARE, Aim, Calibration
from intents.learning.fitting import Adapt, Fitted, Point
from intents.learning.spreads import UNREAD
from intents.models.classifier import Classifier, Floats, Labels
from intents.models.encoder import Encoder, ModelError, Vectors
from intents.text.spoken import canonical

Progress = Callable[[str, int, int], None]

VERSION = 5
TINY = 1e-9
ECHOED = 20_000
"""Questions up to which each is also learnt as it may be misheard; with more it takes too long."""
FEW_CHANGES = 0.1
"""Share of the questions that may have come or gone before all is calibrated anew."""


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
    curve: tuple[Point, ...]
    """The demands on an answer for each share of near misses, the least share first: without
    look-alikes, then for each share of those."""
    spectra: Floats
    """Spread of the scores of known, near and far questions (``spreads.spectra``)."""
    readings: Floats
    """Spread of how like their entry questions are read (``spreads.readings``)."""
    fingerprint: str
    """The fingerprint of the encoder that made the vectors."""
    summary: dict[str, Any]
    """Figures of the build for people."""
    top: bytes = b""
    """The encoder's upper layers, trained on the questions (ONNX); empty: as published."""

    @staticmethod
    def build(
        items: Sequence[Item],
        encoder: Encoder,
        *,
        aim: Aim,
        adapt: Adapt = False,
        flags: Sequence[Flagged] = (),
        earlier: Knowledge | None = None,
        progress: Progress | None = None,
    ) -> Knowledge:
        """Embed, fit and calibrate to the aim.

        ``adapt``: train the encoder on the questions if that pays; some 60 s for 150 entries of
        10 questions; ``later`` leaves it to another time. ``flags``: turns that people judged.
        ``earlier``: the knowledge before an edit; if nine in ten questions are still those it was
        calibrated with, its calibration and its encoder are taken over and little is left to do;
        ``flags`` then count for the entries they are about, not for the common threshold.

        The same arguments give the same knowledge. Raises ``KnowledgeError``.
        """
        order = _Order(aim, adapt, tuple(flags), earlier, progress or (lambda *_: None))
        return _build(tuple(items), encoder, order)

    def served(self, encoder: Encoder) -> Encoder:
        """The encoder in whose space the vectors are. Raises ``KnowledgeError``."""
        if self.fingerprint != encoder.fingerprint:
            raise KnowledgeError("the catalogue was seeded with another encoder: seed again")
        try:
            return encoder.adapted(self.top) if self.top else encoder
        except ModelError as error:
            raise KnowledgeError(f"{error}: seed again") from error

    @property
    def asked(self) -> set[tuple[str, str]]:
        """(entry's id, canonical question) of every question."""
        return {
            (self.items[entry].id, canonical(self.items[entry].questions[question]))
            for entry, question in self.rows
        }

    def at(self, near_share: float, look_alikes: float = 0.0) -> Point:
        """The demands on an answer where so many of the questions are near misses: the next
        larger share that was reckoned with, else the largest. Of ``look_alikes`` it is the next
        smaller one."""
        posed = (p.look_alikes for p in self.curve if p.look_alikes <= look_alikes + TINY)
        share = max(posed, default=0.0)
        row = [point for point in self.curve if point.look_alikes == share]
        return next((p for p in row if p.near_share >= near_share - TINY), row[-1])

    @property
    def told(self) -> Point:
        """The demands on an answer at the share that the catalogue was published with."""
        return self.at(self.summary["near_share"])

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
            "curve": [_stored(point) for point in self.curve],
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
            spectra=self.spectra,
            readings=self.readings,
            top=np.frombuffer(self.top, np.uint8),
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
                curve=tuple(_point(point) for point in head["curve"]),
                spectra=arrays["spectra"],
                readings=arrays.get("readings", UNREAD),
                fingerprint=head["fingerprint"],
                summary=head["summary"],
                top=arrays["top"].tobytes(),
            )
        except KnowledgeError:
            raise
        except Exception as error:  # zip, numpy and json each have their own
            raise KnowledgeError("this is no stored knowledge: seed again") from error


@dataclass(frozen=True)
class _Order:
    """The order to build knowledge."""

    aim: Aim
    adapt: Adapt
    flags: tuple[Flagged, ...]
    earlier: Knowledge | None
    tell: Progress


def _build(items: tuple[Item, ...], encoder: Encoder, order: _Order) -> Knowledge:
    _check(items, order.aim)
    rows = _distinct(items, "questions")
    counter_rows = _distinct(items, "counter_examples")
    texts = [canonical(items[entry].questions[number]) for entry, number in rows]
    against = [canonical(items[entry].counter_examples[number]) for entry, number in counter_rows]
    total = len(texts) + len(against)
    vectors = np.empty((total, encoder.dimension), np.float32)
    for row, text in enumerate([*texts, *against]):
        vectors[row] = encoder.embed([text])[0]
        order.tell("embedding questions", row + 1, total)
    vectors, counter_vectors = vectors[: len(texts)], vectors[len(texts) :]
    lines, others = background(encoder, vectors)
    corpus = rehearsal.Corpus(
        texts=tuple(texts),
        vectors=vectors,
        labels=np.array([entry for entry, _ in rows], np.intp),
        intents=_intents(items),
        echoes=encoder.embed(fitting.echoes(texts) if len(texts) <= ECHOED else ()),
        others=others,
        other_texts=lines,
        counter_texts=tuple(against),
        counter_vectors=counter_vectors,
        counter_labels=np.array([entry for entry, _ in counter_rows], np.intp),
        likeness=_remembered(read) if (read := likeness.of(encoder)) else None,
    )
    fitted = _refitted(corpus, items, encoder, order) or fitting.fit(
        corpus,
        encoder,
        aim=order.aim,
        adapt=order.adapt,
        flags=_of_entries(order.flags, items),
        tell=order.tell,
    )
    return Knowledge(
        items=items,
        vectors=fitted.vectors,
        rows=rows,
        counter_vectors=fitted.counter_vectors,
        counter_rows=counter_rows,
        model=fitted.model,
        curve=fitted.curve,
        spectra=fitted.spectra,
        readings=fitted.readings,
        fingerprint=encoder.fingerprint,
        top=fitted.top,
        summary=fitted.figures
        | {
            "entries": len(items),
            "questions": len(rows),
            "counter_examples": len(counter_rows),
            "max_wrong_rate": order.aim.max_wrong_rate,
            "near_share": order.aim.near_share,
            "by_near_share": _by_near_share(fitted.curve),
            "by_look_alikes": _by_look_alikes(fitted.curve),
        },
    )


def _remembered(read: likeness.Likeness) -> likeness.Likeness:
    """Drills ask the same again and again."""

    @cache
    def known(said: str, questions: tuple[str, ...]) -> Sequence[float]:
        return read(said, questions)

    return lambda said, questions: known(said, tuple(questions))


def _refitted(
    corpus: rehearsal.Corpus, items: Sequence[Item], encoder: Encoder, order: _Order
) -> Fitted | None:
    """Return what serves as the earlier knowledge does, if little has changed since its
    calibration; else None."""
    earlier = order.earlier
    if earlier is None or earlier.fingerprint != encoder.fingerprint:
        return None
    untrained = earlier.summary.get("adapting") == fitting.TO_COME
    if untrained and order.adapt and order.adapt != "later":
        return None
    asked = {(items[n].id, text) for n, text in zip(corpus.labels, corpus.texts, strict=True)}
    # A question that went to another entry has changed too: it is gone there and new here.
    changed = len(earlier.asked ^ asked) + earlier.summary.get("changed", 0)
    if changed > FEW_CHANGES * len(corpus.texts):
        return None
    number = {item.id: n for n, item in enumerate(items)}

    def renumbered(point: Point) -> dict[int, float]:
        named = {earlier.items[entry].id: least for entry, least in point.raised.items()}
        return {number[one]: least for one, least in named.items() if one in number}

    taken = fitting.Earlier(
        top=earlier.top,
        curve=tuple(replace(point, raised=renumbered(point)) for point in earlier.curve),
        spectra=earlier.spectra,
        readings=earlier.readings,
        figures=earlier.summary | {"changed": changed},
    )
    flags = _of_entries(order.flags, items)
    try:
        return fitting.refit(corpus, encoder, taken, aim=order.aim, flags=flags)
    except ModelError:  # its upper layers are damaged, and about to be replaced
        return None


def _of_entries(flags: Sequence[Flagged], items: Sequence[Item]) -> list[tuple[Flagged, int]]:
    """Return the flags about entries that are there, or about none, with the entries' numbers."""
    number = {"": -1} | {item.id: n for n, item in enumerate(items)}
    return [(flag, number[flag.entry]) for flag in flags if flag.entry in number]


def _check(items: tuple[Item, ...], aim: Aim) -> None:
    if not items:
        raise KnowledgeError("there are no entries: add at least one row")
    if not 0.0 <= aim.max_wrong_rate < 1.0:
        raise KnowledgeError(
            f"max_wrong_rate is {aim.max_wrong_rate}, must be at least 0 and below 1"
        )
    if not 0.0 <= aim.near_share <= 0.5:
        raise KnowledgeError(f"near_share is {aim.near_share}, must be at least 0 and at most 0.5")
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


def _stored(point: Point) -> dict[str, Any]:
    return asdict(point) | {"raised": [[n, least] for n, least in point.raised.items()]}


def _point(stored: dict[str, Any]) -> Point:
    calibration = Calibration(**stored["calibration"])
    raised = {int(n): float(least) for n, least in stored["raised"]}
    alike = stored.get("look_alikes", 0.0)
    return Point(stored["near_share"], calibration, raised, stored["hit_rate"], alike)


def _by_near_share(curve: Sequence[Point]) -> dict[str, dict[str, float]]:
    """Return what other shares of near misses ask for, by that share."""
    return {
        f"{point.near_share:g}": _asked_for(point)
        for point in curve
        if point.near_share in fitting.SHOWN_SHARES and not point.look_alikes
    }


def _by_look_alikes(curve: Sequence[Point]) -> dict[str, dict[str, float]]:
    """Return what shares of look-alikes ask for, by that share."""
    return {
        f"{point.look_alikes:g}": _asked_for(point)
        for point in curve
        if point.look_alikes and point.near_share == NEAR_SHARE
    }


def _asked_for(point: Point) -> dict[str, float]:
    return {
        "threshold": round(point.calibration.threshold, 4),
        "reading_weight": point.calibration.weight,
        "rehearsed_hit_rate": point.hit_rate,
    }


def _pairs(rows: tuple[tuple[int, int], ...]) -> Labels:
    return np.array(rows, np.intp).reshape(len(rows), 2)


def _tuples(rows: Labels) -> tuple[tuple[int, int], ...]:
    return tuple((int(entry), int(number)) for entry, number in rows)
