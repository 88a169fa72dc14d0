"""Teaches the verifier (``intents.models.build.verifier``) from pairs: ``make verifier``.

``training/pairs`` holds lines of our own writing, ``question | same | same | other | other``: a
stored question, two ways to ask for the same, and two texts that look alike and need another
answer. The guards' own sets (``tests/intents/data/guards``: ``question | same | other``) are learnt
too; those in ``bench/data`` never, nor a pair that happens to be in them. Every line gives the
pairs of its texts whose answer is known. In most files look-alikes share more words with the
question than paraphrases do, so that sharing words would seem to be what tells them apart:
therefore the first rewording is as near as the look-alikes in ``*_near.txt`` and ``harmless.txt``,
many texts are learnt beside themselves, loosened (``training.loosening``), and any text of any pair
may be loosened.

``training/entries`` holds whole entries, ten ways to ask for one answer and four texts that look
alike and need another: ``same | same ... || other | other ...``. Half of what is asked there is
messy, as callers speak. Every text is paired with every other of its entry, and the questions with
those of other entries of the file that are nearest to them.

``training/later`` holds lines as in ``pairs``, each of what reading had proved weakest at: time and
state, numbers, what is asked, who does what to whom, names and dates, tasks, stories, few words.

The shipped weights were taught in three lessons: pairs alone from the encoder's own weights on;
then, with ``--further``, the entries of the first 24 trades beside a part of the pairs; then, with
``--further --half``, all there is now. The same pairs give the same weights on the same machine.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from intents.models.build import model, verifier
from intents.models.build.layers import Weights
from intents.models.encoder import Encoder, ModelError, States
from intents.text.spoken import canonical
from training.loosening import loosened

ROOT = Path(__file__).parents[1]
PAIRS = ROOT / "training" / "pairs"
ENTRIES = ROOT / "training" / "entries"
LATER = ROOT / "training" / "later"
GUARDS = ROOT / "tests" / "intents" / "data" / "guards"
ASIDE = 10
"""One in so many lines and entries is put aside, to choose limits with
(``intents.guards.entry.guard.TOLD``)."""
HELD_OUT = ROOT / "bench" / "data"
PASSES = 4
BATCH = 64
RATE = 2.5e-4
RATE_OF_NEW = 1e-3
"""Learning rates of the encoder's own weights, and of the head, which is new."""
FURTHER_PASSES = 1
FURTHER_RATE = 2e-4
"""Passes and learning rate, of the head too, of a further lesson."""
AGAIN = 0.25
"""Share of the pairs that a further lesson repeats, lest they be forgotten."""
SIBLINGS = 2
"""The nearest questions of other entries beside which a question of an entry is learnt."""
WARM = 0.06
"""Share of the steps in which the learning rate rises; afterwards it falls to nothing."""
DROP = 0.1
SURE = 0.99
"""The target for a right pair; a wrong pair gets 1 minus this. Not 1, as some lines err."""
POOLED = 16
"""Batches that are sorted by length together, so that little is padding."""
FIELDS = (3, 5)
LOOSE = 0.2
"""The share of a pair's texts that are loosened."""
BESIDE_ITSELF = 0.3
"""Share of the texts that are also learnt beside themselves."""

Progress = Callable[[int, int, float], None]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two canonical texts, and whether they ask for the same."""

    one: str
    other: str
    same: bool


def learnt() -> list[Pair]:
    """All pairs of lines to learn from. Raises ``ModelError`` naming a malformed line."""
    found = [texts for texts in lines(PAIRS) if not put_aside(texts[0])] + lines(GUARDS)
    return loose(without_held_out(pair for texts in found for pair in pairs(texts)))


def further(encoder: Encoder) -> list[Pair]:
    """The pairs of a further lesson: those of entries and of the later lines, and ``AGAIN`` of what
    was learnt of lines before. Raises ``ModelError`` naming a malformed line."""
    whole = [entry for entry in entries(ENTRIES) if not put_aside(entry.alike[0])]
    found = [pair for entry in whole for pair in within(entry)] + siblings(whole, encoder)
    later = [texts for texts in lines(LATER) if not put_aside(texts[0])]
    found += [pair for texts in later for pair in pairs(texts)]
    before = learnt()
    again = np.random.default_rng(1).permutation(len(before))[: round(AGAIN * len(before))]
    return loose(without_held_out(found)) + [before[row] for row in again]


def put_aside(question: str) -> bool:
    """Is the line or entry with this first text one of those that are not learnt?"""
    return zlib.crc32(question.encode()) % ASIDE == 0


def lines(folder: Path) -> list[list[str]]:
    """The canonical texts of each line of a folder's files. Raises ``ModelError``."""
    found: list[list[str]] = []
    for file in sorted(folder.glob("*.txt")):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            if not line.strip() or line.startswith("#"):
                continue
            texts = [canonical(part.strip()) for part in line.split("|")]
            if len(texts) not in FIELDS:
                raise ModelError(
                    f"{file.name}, line {number}: {len(texts)} fields, where 3 or 5 are expected:"
                    " question | same | other, or question | same | same | other | other"
                )
            found.append(texts)
    return found


@dataclass(frozen=True, slots=True)
class TaughtEntry:
    """Canonical texts that one answer answers, some that look alike, and the file they are of."""

    file: str
    alike: tuple[str, ...]
    unlike: tuple[str, ...]


def entries(folder: Path) -> list[TaughtEntry]:
    """The entries of a folder's files. Raises ``ModelError``."""
    found = []
    for file in sorted(folder.glob("*.txt")):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            if not line.strip() or line.startswith("#"):
                continue
            alike, _, unlike = line.partition("||")
            texts = [tuple(canonical(one) for one in part.split("|")) for part in (alike, unlike)]
            if not all(texts[0]) or not all(texts[1]):
                raise ModelError(
                    f"{file.name}, line {number}: an empty text, where"
                    " same | same ... || other | other ... is expected"
                )
            found.append(TaughtEntry(file.stem, *texts))
    return found


def within(entry: TaughtEntry) -> Iterator[Pair]:
    """All pairs of the entry's own texts but those of two look-alikes, of which nothing is
    known."""
    for number, one in enumerate(entry.alike):
        yield from _pairs(one, entry.alike[number + 1 :], same=True)
        yield from _pairs(one, entry.unlike, same=False)


def siblings(whole: Sequence[TaughtEntry], encoder: Encoder) -> list[Pair]:
    """Each text of an entry beside the nearest questions of other entries of its file."""
    found: list[Pair] = []
    for file in dict.fromkeys(entry.file for entry in whole):
        own = [entry for entry in whole if entry.file == file]
        rows = [(number, text) for number, entry in enumerate(own) for text in entry.alike]
        numbers = np.array([number for number, _ in rows])
        vectors = encoder.embed([text for _, text in rows])
        for (number, text), vector in zip(rows, vectors, strict=True):
            cosines = np.where(numbers == number, -1.0, vectors @ vector)
            for row in np.argsort(-cosines)[:SIBLINGS].tolist():
                found += _pairs(rows[row][1], (text,), same=False)
    return found


def pairs(texts: Sequence[str]) -> Iterator[Pair]:
    """The pairs of one line's texts, without empty texts and pairs that read the same.

    Every second pair that is not there to look alike is left out too:
    the first of the others beside the
    second rewording, and the second beside the first.
    """
    half = len(texts) // 2 + 1
    alike, unlike = texts[:half], texts[half:]
    for number, one in enumerate(alike):
        yield from _pairs(one, alike[number + 1 :], same=True)
        for place, other in enumerate(unlike, start=1):
            far = number not in (0, place) and zlib.crc32((other + one).encode()) % 2
            yield from _pairs(one, () if far else (other,), same=False)


def without_held_out(found: Iterable[Pair], folder: Path = HELD_OUT) -> list[Pair]:
    """The pairs that occur in no line of the sets that measure the verifier and the match."""
    held: dict[str, set[str]] = {}
    for file in sorted(folder.glob("*/*.txt")):
        for line in file.read_text("utf-8").splitlines():
            texts = {canonical(part.strip()) for part in line.split("|")}
            for text in texts:
                held.setdefault(text, set()).update(texts)
    return [pair for pair in found if pair.other not in held.get(pair.one, ())]


def loose(found: Sequence[Pair], seed: int = 0) -> list[Pair]:
    """The pairs with some texts loosened, and texts beside themselves."""
    chance = np.random.default_rng(seed)

    def text(one: str, share: float) -> str:
        return loosened(one, int(chance.integers(1000))) if chance.random() < share else one

    changed = [Pair(text(pair.one, LOOSE), text(pair.other, LOOSE), pair.same) for pair in found]
    texts = dict.fromkeys(one for pair in found for one in (pair.one, pair.other))
    beside = [Pair(text(one, BESIDE_ITSELF), one, same=True) for one in texts]
    return [pair for pair in changed + beside if pair.one != pair.other]


def _pairs(one: str, others: Iterable[str], *, same: bool) -> Iterator[Pair]:
    for other in others:
        if one and other and one != other:
            yield Pair(other, one, same)


class _States:
    """The output of the encoder's lowest layers for each text, computed once."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, States] = {}

    def of(self, text: str) -> States:
        """``[tokens, width]``."""
        if (states := self._known.get(text)) is None:
            states = self._known[text] = self._encoder.lower(text)
        return states

    def length(self, pair: Pair) -> int:
        """Tokens of both texts."""
        return len(self.of(pair.one)) + len(self.of(pair.other))

    def batch(self, chosen: Sequence[Pair]) -> tuple[Any, Any, Any]:
        """Tokens, side and which are there, as ``verifier.log_odds`` takes them."""
        import torch

        longest = max(self.length(pair) for pair in chosen)
        width = self.of(chosen[0].one).shape[1]
        tokens = np.zeros((len(chosen), longest, width), np.float32)
        side = np.zeros((len(chosen), longest), np.float32)
        there = np.zeros((len(chosen), longest), bool)
        for row, pair in enumerate(chosen):
            one, other = self.of(pair.one), self.of(pair.other)
            middle, end = len(one), len(one) + len(other)
            tokens[row, :middle], tokens[row, middle:end] = one, other
            side[row, middle:end] = 1
            there[row, :end] = True
        return torch.from_numpy(tokens), torch.from_numpy(side), torch.from_numpy(there)


def train(
    encoder: Encoder,
    learn: Sequence[Pair],
    *,
    passes: int = PASSES,
    half: bool = False,
    before: Weights | None = None,
    progress: Progress = lambda done, of, loss: None,
) -> dict[str, Any]:
    """The weights that ``verifier.merged`` adds to the encoder's layers, learnt from at least one
    pair.

    ``half``: compute in 16-bit floats. ``before``: what was learnt in an earlier lesson.
    """
    import torch
    from torch.nn import functional

    upper = model.read_by_verifier()
    begun = verifier.merged(upper.weights, before) if before else verifier.begun(upper.weights)
    rates = (FURTHER_RATE, FURTHER_RATE) if before else (RATE, RATE_OF_NEW)
    weights = {name: value.requires_grad_() for name, value in begun.items()}
    states, chance = _States(encoder), np.random.default_rng(0)
    old = [value for name, value in weights.items() if name in upper.weights]
    new = [value for name, value in weights.items() if name not in upper.weights]
    descent = torch.optim.AdamW(
        [{"params": old, "most": rates[0]}, {"params": new, "most": rates[1]}], weight_decay=0.01
    )
    steps = passes * len(list(_batches(learn, states, np.random.default_rng(0))))
    step, lately = 0, 0.0
    for _ in range(passes):
        for chosen in _batches(learn, states, chance):
            step += 1
            for group in descent.param_groups:
                group["lr"] = group["most"] * min(1.0, step / (WARM * steps)) * (1 - step / steps)
            turned = [
                Pair(pair.other, pair.one, pair.same) if chance.random() < 0.5 else pair
                for pair in chosen
            ]
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                odds = verifier.log_odds(weights, upper.shape, *states.batch(turned), DROP)
            wanted = torch.tensor([SURE if pair.same else 1 - SURE for pair in turned])
            loss = functional.binary_cross_entropy_with_logits(odds.float(), wanted)
            descent.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(list(weights.values()), 1.0)
            descent.step()
            lately += (float(loss.detach()) - lately) / min(step, 100)
            progress(step, steps, lately)
    found = {name: value.detach() for name, value in weights.items()}
    return verifier.coarse(upper.weights, found)


def _batches(
    learn: Sequence[Pair], states: _States, chance: np.random.Generator
) -> Iterator[list[Pair]]:
    """All pairs once, in batches of pairs of similar length."""
    order = chance.permutation(len(learn)).tolist()
    pool = POOLED * BATCH
    found = []
    for at in range(0, len(order), pool):
        near = sorted(order[at : at + pool], key=lambda row: states.length(learn[row]))
        found += [near[start : start + BATCH] for start in range(0, len(near), BATCH)]
    for number in chance.permutation(len(found)).tolist():
        yield [learn[row] for row in found[number]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Train from all sources and write the weights."""
    parser = argparse.ArgumentParser(prog="training.teach", description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("var/model"), help="model folder")
    parser.add_argument("--to", type=Path, default=verifier.LEARNT, help="file to write")
    parser.add_argument(
        "--further", action="store_true", help="go on from the weights there are, with entries"
    )
    parser.add_argument("--passes", type=int, help=f"{PASSES}, or {FURTHER_PASSES} with --further")
    parser.add_argument(
        "--half", action="store_true", help="compute in bfloat16: half as fast again with AMX"
    )
    chosen = parser.parse_args(arguments)
    try:
        encoder = Encoder(chosen.model)
        learn = further(encoder) if chosen.further else learnt()
        if not learn:
            raise ModelError(f"no pairs in {PAIRS}: teach from a checkout")
        before = verifier.load() if chosen.further else None
    except ModelError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    print(f"{len(learn)} pairs", file=sys.stderr)

    def tell(done: int, of: int, loss: float) -> None:
        if done % 50 == 0 or done == of:
            print(f"step {done} of {of}, loss {loss:.3f}", file=sys.stderr)

    passes = chosen.passes or (FURTHER_PASSES if chosen.further else PASSES)
    found = train(encoder, learn, passes=passes, half=chosen.half, before=before, progress=tell)
    verifier.save(found, chosen.to)
    print(f"written: {chosen.to}; `frontline model build` puts it into use", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
