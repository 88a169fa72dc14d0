"""The verifier: what is exported is what was learnt, and it knows alike from the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from intents.guards.entry.likeness import SURE
from intents.models import encoder as encoding
from intents.models.build import verifier
from intents.models.build.layers import Layers
from intents.models.build.model import read_by_verifier
from intents.models.encoder import Encoder, ModelError

PAIRS = (
    ("would you have a seat by the window for me", "can i have a window seat"),
    ("can i have an aisle seat", "can i have a window seat"),
    ("my card is gone", "i lost my card"),
    ("i found my card", "i lost my card"),
)


@pytest.fixture(scope="module")
def upper() -> Layers:
    """The layers that it begins with."""
    return read_by_verifier()


def in_floats(upper: Layers, encoder: Encoder, said: str, question: str) -> float:
    """The log-odds as trained, in 32-bit floats."""
    weights = verifier.merged(upper.weights, verifier.load())
    one, other = encoder.lower(said), encoder.lower(question)
    tokens = torch.from_numpy(np.concatenate([one, other]).astype(np.float32))[None]
    side = torch.cat([torch.zeros(1, len(one)), torch.ones(1, len(other))], 1)
    with torch.no_grad():
        return float(verifier.log_odds(weights, upper.shape, tokens, side, None, 0.0)[0])


def test_it_begins_where_the_lower_graph_ends(upper: Layers, encoder: Encoder) -> None:
    """What it sees is what the layers see that a catalogue may train."""
    assert upper.shape.layers == encoder.adaptable


@pytest.mark.parametrize(("said", "question"), PAIRS)
def test_what_is_served_is_what_was_learnt(
    upper: Layers, encoder: Encoder, said: str, question: str
) -> None:
    (found,) = encoder.likeness(said, [question])
    assert found == pytest.approx(in_floats(upper, encoder, said, question), abs=1.0)


def test_padding_changes_nothing(upper: Layers, encoder: Encoder) -> None:
    weights = verifier.merged(upper.weights, verifier.load())
    said, question = PAIRS[0]
    one = encoder.lower(said)
    both = np.concatenate([one, encoder.lower(question)]).astype(np.float32)
    tokens = torch.from_numpy(both)[None]
    count = tokens.shape[1]
    padded = torch.cat([tokens, torch.full((1, 5, tokens.shape[2]), 9.0)], 1)
    side = (torch.arange(count + 5)[None] >= len(one)).float()
    there = torch.arange(count + 5)[None] < count
    with torch.no_grad():
        alone = verifier.log_odds(weights, upper.shape, tokens, side[:, :count], None, 0.0)
        among = verifier.log_odds(weights, upper.shape, padded, side, there, 0.0)
    assert float(alone) == pytest.approx(float(among), abs=1e-4)


def test_other_requests_are_less_alike_than_other_words(encoder: Encoder) -> None:
    by_window, aisle, gone, found = (
        encoder.likeness(said, [question])[0] for said, question in PAIRS
    )
    assert by_window > aisle + 2
    assert gone > found + 2


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("do you have any parking", "do you have parking"),
        ("do you have a parking", "do you have parking"),
        ("how can i block my card", "block my card"),
        ("i lost the card", "i lost my card"),
        ("what time do you close", "when do you close"),
    ],
)
def test_sharing_most_words_is_nothing_against_it(
    encoder: Encoder, said: str, question: str
) -> None:
    assert encoder.likeness(said, [question])[0] > SURE


def test_it_begins_as_the_encoder_itself(upper: Layers) -> None:
    assert upper.shape.layers == 4
    begun = verifier.begun(upper.weights)
    for name, value in upper.weights.items():
        assert torch.equal(begun[name], value)
    one, again = verifier.begun(upper.weights, seed=3), verifier.begun(upper.weights, seed=3)
    assert all(torch.equal(one[name], again[name]) for name in one)


def test_changes_are_kept_in_a_few_steps(upper: Layers) -> None:
    base, learnt = upper.weights, verifier.begun(upper.weights)
    torch.manual_seed(1)
    name = "1.output.dense.weight"
    change = torch.randn(base[name].shape) * 0.01
    learnt[name] = base[name] + change
    learnt["0.output.dense.bias"] = base["0.output.dense.bias"] + 1
    kept = verifier.coarse(base, learnt)
    assert int(kept[f"{name}.change"].abs().max()) == verifier.STEPS
    found = verifier.merged(base, kept)
    assert found.keys() == learnt.keys()
    half = kept[f"{name}.step"] / 2
    assert bool(((found[name] - learnt[name]).abs() <= half + 1e-6).all())
    assert all(torch.allclose(found[one], learnt[one], atol=1e-6) for one in learnt if one != name)


def test_what_was_learnt_survives_the_file(upper: Layers, tmp_path: Path) -> None:
    learnt = verifier.coarse(upper.weights, verifier.begun(upper.weights))
    verifier.save(learnt, tmp_path / "learnt.npz")
    again = verifier.load(tmp_path / "learnt.npz")
    assert set(again) == set(learnt)
    for name, value in learnt.items():
        assert torch.allclose(again[name], value.float(), atol=2e-3)


def test_a_damaged_file_names_itself(tmp_path: Path) -> None:
    path = tmp_path / "learnt.npz"
    path.write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"learnt\.npz does not load"):
        verifier.load(path)


def test_weights_of_another_model_are_refused(upper: Layers, tmp_path: Path) -> None:
    learnt = verifier.load()
    learnt.pop("0.output.dense.weight.change")
    with pytest.raises(ModelError, match="do not fit"):
        verifier.export(upper, tmp_path / encoding.VERIFIER, learnt)
