"""The time of one match, on one thread, as it is served: knowledge from bytes, a real encoder.

It is taken as the catalogue is published, and where callers ask look-alikes, since more is read
then. Every timed text is new to the encoder's memory of texts. The catalogue is served in a process
of its own, so that what building leaves behind counts neither as memory nor as warm caches.
"""

from __future__ import annotations

import gc
import itertools
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from intents.learning import background, traffic
from intents.learning.calibration import Aim
from intents.learning.knowledge import Item, Knowledge
from intents.matcher import Matcher
from intents.models.encoder import Encoder, Vectors
from intents.text.english import words

VERBS = words(
    "cancel change pay track renew replace return activate report insure extend upgrade move "
    "share transfer verify update order repair close"
)
THINGS = words(
    "card order invoice ticket policy meter contract parcel account booking licence receipt "
    "voucher membership router phone boiler mattress sofa laptop camera fridge bicycle flight "
    "hotel lesson mortgage pension loan subscription delivery refund deposit passport prescription "
    "appointment warranty broadband tariff password"
)
PLACES = (
    *("online", "at home", "at work", "abroad", "by phone", "by post", "in the app"),
    *("in a branch", "for my son", "for my daughter", "for my mother", "for my partner"),
    *("for a friend", "for my company", "at the airport", "on a weekend", "before i travel"),
    *("after i move", "without a receipt", "as a new customer", "as a student"),
    *("with a discount", "in my name", "on my behalf", "from another bank"),
)
WORDINGS = (
    "how do i {} my {} {}",
    "i want to {} a {} {}",
    "can you {} the {} {}",
    "is it possible to {} my {} {}",
    "help me {} this {} {}",
)
REAL = 4000
"""Distinct texts that the encoder embeds for a large catalogue; the vectors of further texts are
such a vector with noise of their own, ``SPREAD`` long at most: near their neighbours, as questions
of a large table are."""
SPREAD = 0.6
WARM = 20
STRIDE = 7919
"""A prime: the timed texts jump about the catalogue and none comes twice."""


def items(questions: int) -> list[Item]:
    """A table of that many distinct questions, five an entry; at most 100,000."""
    made = []
    for place in PLACES:
        for thing in THINGS:
            for verb in VERBS:
                name = f"{verb} {thing} {place}"
                texts = tuple(one.format(verb, thing, place) for one in WORDINGS)
                made.append(Item(id=name, intent=name, questions=texts))
                if len(made) * len(WORDINGS) >= questions:
                    return made
    return made


class SpreadEncoder(Encoder):
    """Embeds the first ``REAL`` distinct texts, makes up the rest: for building only."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._real: list[Vectors] = []
        self._made: dict[str, Vectors] = {}
        self._random = np.random.default_rng(0)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit rows, as ``Encoder.embed``."""
        if not texts:
            return super().embed(texts)
        return np.stack([self._vector(text) for text in texts])

    def _vector(self, text: str) -> Vectors:
        found = self._made.get(text)
        if found is None:
            found = self._made[text] = self._new(text)
        return found

    def _new(self, text: str) -> Vectors:
        if len(self._real) < REAL:
            self._real.append(super().embed([text])[0])
            return self._real[-1]
        noise = self._random.standard_normal(self.dimension).astype(np.float32)
        length = SPREAD * self._random.random() / float(np.linalg.norm(noise))
        vector = self._real[len(self._made) % REAL] + length * noise
        return np.asarray(vector / np.linalg.norm(vector), np.float32)


def figures(model: Path, questions: int, rounds: int, prefix: str) -> dict[str, float]:
    """Milliseconds of a match, and what the catalogue adds to the memory of the process, MiB."""
    table = items(questions)
    large = questions > REAL
    builder: Encoder = SpreadEncoder(model) if large else Encoder(model)
    began = time.perf_counter()
    knowledge = Knowledge.build(table, builder, aim=Aim(0.01))
    built = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "knowledge"
        file.write_bytes(knowledge.to_bytes())
        del knowledge, builder
        gc.collect()
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=context) as process:
            plain, alike, added = process.submit(serve, model, file, rounds).result()
    return {
        f"{prefix}_p50_ms": round(float(np.percentile(plain, 50)), 3),
        f"{prefix}_p99_ms": round(float(np.percentile(plain, 99)), 3),
        f"{prefix}_alike_p50_ms": round(float(np.percentile(alike, 50)), 3),
        f"{prefix}_alike_p99_ms": round(float(np.percentile(alike, 99)), 3),
        f"{prefix}_questions": len(table) * len(WORDINGS),
        f"{prefix}_rss_mib": round(added, 1),
        f"{prefix}_build_s": round(built, 1),
    }


def serve(model: Path, file: Path, rounds: int) -> tuple[list[float], list[float], float]:
    """Milliseconds of each match, as published and beside look-alikes, and the MiB that the
    catalogue added; run in a new process."""
    from threadpoolctl import threadpool_limits

    encoder = Encoder(model)
    encoder.embed(["the first run of a session allocates"])
    before = _resident()
    matcher = Matcher(Knowledge.from_bytes(file.read_bytes()), encoder)
    gc.collect()
    added = _resident() - before
    texts = new_texts(2 * (rounds + WARM))
    with threadpool_limits(limits=1):
        plain = _timed(matcher, texts, rounds)
        matcher.expect(matcher.point.near_share, traffic.MOST)
        alike = _timed(matcher, texts, rounds)
    return plain, alike, added


def _timed(matcher: Matcher, texts: Iterator[str], rounds: int) -> list[float]:
    """Milliseconds of each of the next matches, ``WARM`` first ones left out."""
    taken = []
    for text in itertools.islice(texts, rounds + WARM):
        began = time.perf_counter()
        matcher.match(text, final=True)
        taken.append(1000 * (time.perf_counter() - began))
    return taken[WARM:]


def new_texts(count: int) -> Iterator[str]:
    """Questions of about nine words, no two alike, half of them near the catalogue."""
    lines = background.lines()
    kinds = len(VERBS) * len(THINGS) * len(PLACES)
    for n in range(count):
        at = n * STRIDE % kinds
        thing = THINGS[at // len(VERBS) % len(THINGS)]
        if n % 2:
            place = PLACES[at // (len(VERBS) * len(THINGS))]
            yield f"could you {VERBS[at % len(VERBS)]} the {thing} {place} for us"
        else:
            yield f"{' '.join(lines[n // 2 % len(lines)].split()[:8])} {thing}"


def _resident() -> float:
    """MiB of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
