"""Training the upper layers: what they begin as, what they learn, and what is served of it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from intents.learning.background import background
from intents.models.build import adapting
from intents.models.build.adapting import Adapted, Hidden, steps_for, train
from intents.models.classifier import Labels
from intents.models.encoder import Encoder, Vectors
from intents.text.spoken import canonical

CARD = {
    "hold": "stop my card for a while|put my card on hold|suspend my card until tomorrow",
    "lost": "my card is gone|i cannot find my card|somebody stole my card",
    "code": "what is the number for my card at the till|i forgot the digits of my card",
    "limit": "how much can i spend with my card|the most my card pays in a day",
    "fee": "what does the card cost a year|is the card free|how much is the card a month",
    "post": "when does my new card come|how long till the card is in the post",
}
"""Everything is about a card: the published encoder finds them all much alike."""
QUESTIONS = tuple(text for texts in CARD.values() for text in texts.split("|"))
LABELS = np.array([n for n, texts in enumerate(CARD.values()) for _ in texts.split("|")], np.intp)


@pytest.fixture(scope="module")
def hidden(encoder: Encoder) -> Hidden:
    """What the upper layers see of the questions."""
    return [encoder.hidden(text)[0] for text in QUESTIONS]


@pytest.fixture(scope="module")
def others(encoder: Encoder) -> Hidden:
    """And of general talk."""
    lines, _ = background(encoder, encoder.embed(QUESTIONS))
    return [encoder.hidden(canonical(line))[0] for line in lines[:60]]


@pytest.fixture(scope="module")
def published(encoder: Encoder) -> Adapted:
    """The upper layers before any training."""
    return adapting.loaded(encoder.folder)


@pytest.fixture(scope="module")
def trained(encoder: Encoder, hidden: Hidden, others: Hidden) -> Adapted:
    return train(encoder.folder, hidden, LABELS, others)


def apart(vectors: Vectors, labels: Labels) -> tuple[float, float]:
    """Mean cosine of pairs from one entry, and of pairs from two."""
    cosines = vectors @ vectors.T
    same = labels[:, None] == labels[None, :]
    itself = np.eye(len(labels), dtype=bool)
    return float(cosines[same & ~itself].mean()), float(cosines[~same].mean())


# --- the computation ------------------------------------------------------------------------------


def test_untrained_layers_compute_what_the_published_graph_does(
    encoder: Encoder, published: Adapted, hidden: Hidden
) -> None:
    own, graph = published.embed(hidden), encoder.embed(QUESTIONS)
    assert own.shape == graph.shape == (len(QUESTIONS), encoder.dimension)
    assert own.dtype == np.float32
    assert (own * graph).sum(axis=1).min() > 0.99
    assert published.shape.layers == encoder.adaptable


def test_a_sentence_does_not_depend_on_its_neighbours(published: Adapted, hidden: Hidden) -> None:
    """They are laid end to end: attention must not look over the edge, nor the mean."""
    assert len({len(one) for one in hidden}) > 3
    together = published.embed(hidden)
    alone = np.concatenate([published.embed([one]) for one in hidden])
    assert together == pytest.approx(alone, abs=1e-5)


def test_blocks_of_any_size_give_the_same(
    published: Adapted, hidden: Hidden, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = published.embed(hidden)
    monkeypatch.setattr(adapting, "AT_ONCE", 4)
    assert published.embed(hidden) == pytest.approx(whole, abs=1e-5)


def test_no_sentences_no_rows(published: Adapted) -> None:
    assert published.embed([]).shape == (0, published.shape.width)


# --- training -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_questions_of_one_entry_come_together_and_others_apart(
    published: Adapted, trained: Adapted, hidden: Hidden, others: Hidden
) -> None:
    same, different = apart(published.embed(hidden), LABELS)
    same_now, different_now = apart(trained.embed(hidden), LABELS)
    assert same_now > same
    assert different_now < different
    assert same_now - different_now > same - different + 0.1
    near = (published.embed(hidden) @ published.embed(others).T).mean()
    assert (trained.embed(hidden) @ trained.embed(others).T).mean() < near


@pytest.mark.slow
def test_what_was_never_asked_goes_where_it_belongs(
    encoder: Encoder, trained: Adapted, hidden: Hidden
) -> None:
    asked = ("block the card for today", "my card fell out of my purse", "is the card mailed yet")
    meant = [list(CARD).index(name) for name in ("hold", "lost", "post")]
    vectors = trained.embed([encoder.hidden(text)[0] for text in asked])
    nearest = (vectors @ trained.embed(hidden).T).argmax(axis=1)
    assert LABELS[nearest].tolist() == meant


@pytest.mark.slow
def test_training_is_the_same_every_time(
    encoder: Encoder, hidden: Hidden, others: Hidden, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapting, "LEAST_STEPS", 5)
    monkeypatch.setattr(adapting, "MOST_STEPS", 5)
    one, other = (train(encoder.folder, hidden, LABELS, others) for _ in range(2))
    assert one.embed(hidden).tobytes() == other.embed(hidden).tobytes()
    assert one.to_onnx() == other.to_onnx()


@pytest.mark.slow
def test_so_much_of_the_way_is_kept(
    encoder: Encoder,
    published: Adapted,
    hidden: Hidden,
    others: Hidden,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def kept(share: float) -> Adapted:
        monkeypatch.setattr(adapting, "KEPT", share)
        return train(encoder.folder, hidden, LABELS, others, steps=4)

    nothing, some, everything = kept(0.0), kept(0.25), kept(1.0)
    assert nothing.embed(hidden) == pytest.approx(published.embed(hidden), abs=1e-6)
    for name, end in everything.weights.items():
        start = published.weights[name]
        assert (end - start).abs().max() > 0, name
        assert np.allclose(some.weights[name] - start, 0.25 * (end - start), atol=1e-6), name


@pytest.mark.slow
def test_as_many_steps_as_are_asked_for(encoder: Encoder, hidden: Hidden, others: Hidden) -> None:
    told: list[tuple[int, int]] = []
    train(encoder.folder, hidden, LABELS, others, lambda *step: told.append(step), steps=2)
    assert told == [(1, 2), (2, 2)]


@pytest.mark.slow
def test_what_is_served_is_what_was_trained(
    encoder: Encoder, trained: Adapted, hidden: Hidden, others: Hidden
) -> None:
    served = encoder.adapted(trained.to_onnx())
    assert (served.embed(QUESTIONS) * trained.embed(hidden)).sum(axis=1).min() > 0.98
    long = "and then i said to them that " * 12
    vector = trained.embed([encoder.hidden(long)[0]])[0]
    assert float(served.embed([long])[0] @ vector) > 0.98
    assert (served.embed(QUESTIONS) * encoder.embed(QUESTIONS)).sum(axis=1).max() < 0.98


@pytest.mark.slow
def test_entries_of_one_question_and_no_others_can_be_trained(
    encoder: Encoder, hidden: Hidden, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapting, "LEAST_STEPS", 2)
    monkeypatch.setattr(adapting, "MOST_STEPS", 2)
    made = train(encoder.folder, hidden[:4], np.arange(4), [])
    assert np.isfinite(made.embed(hidden)).all()


@pytest.mark.slow
def test_progress_is_told_and_torch_gets_its_threads_back(
    encoder: Encoder, hidden: Hidden, others: Hidden, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(adapting, "LEAST_STEPS", 3)
    monkeypatch.setattr(adapting, "MOST_STEPS", 3)
    told: list[tuple[int, int]] = []
    threads: list[int] = []

    def tell(done: int, of: int) -> None:
        told.append((done, of))
        threads.append(torch.get_num_threads())

    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        train(encoder.folder, hidden, LABELS, others, tell)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert threads == [1, 1, 1]


def stop(done: int, of: int) -> None:
    raise InterruptedError


@pytest.mark.slow
def test_training_that_is_given_up_gives_the_threads_back_too(
    encoder: Encoder, hidden: Hidden, others: Hidden
) -> None:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with pytest.raises(InterruptedError):
            train(encoder.folder, hidden, LABELS, others, stop)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


# --- how much, and whether ------------------------------------------------------------------------


def test_steps_grow_with_the_questions_within_bounds() -> None:
    counts = [0, 1, 50, 200, 500, 1500, 3000, 5000, 100_000]
    steps = [steps_for(count) for count in counts]
    assert steps == sorted(steps)
    assert steps[0] == steps[1] == adapting.LEAST_STEPS
    assert steps[-1] == adapting.MOST_STEPS
    in_a_batch = adapting.ENTRIES * adapting.QUESTIONS
    assert steps_for(round(in_a_batch * 80 / adapting.PASSES)) == pytest.approx(80, abs=1)


def test_a_batch_has_several_questions_of_several_entries() -> None:
    labels = np.repeat(np.arange(50), 4).astype(np.intp)
    rows, classes, far = adapting._batch(labels, 500, np.random.default_rng(3))
    assert np.array_equal(labels[rows], classes)
    assert len(set(rows.tolist())) == len(rows) == adapting.ENTRIES * adapting.QUESTIONS
    assert set(np.bincount(classes).tolist()) == {0, adapting.QUESTIONS}
    assert len(set(far.tolist())) == adapting.OTHERS
    few, _, none = adapting._batch(np.array([0, 0, 1], np.intp), 0, np.random.default_rng(3))
    assert sorted(few.tolist()) == [0, 1, 2]
    assert len(none) == 0


@pytest.mark.parametrize("missing", ["torch", "onnx"])
def test_without_its_libraries_there_is_no_training(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    assert adapting.available()
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == missing else find(name)
    )
    assert not adapting.available()


def test_asking_whether_it_can_be_loads_nothing(model_folder: Path) -> None:
    """Nor does serving an encoder that was adapted."""
    code = (
        "import pathlib, sys; from intents.models.build import adapting;"
        "from intents.models.encoder import Encoder;"
        "adapting.available(); folder = pathlib.Path(sys.argv[1]);"
        "Encoder(folder).adapted((folder / 'top.onnx').read_bytes()).embed(['hello']);"
        "print([m for m in ('torch', 'onnx', 'sklearn') if m in sys.modules])"
    )
    argv = [sys.executable, "-c", code, str(model_folder)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
