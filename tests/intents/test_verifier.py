"""The verifier: what is exported is what was learnt, and it knows alike from the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from intents import adapting, verifier
from intents import encoder as encoding
from intents.encoder import Encoder, ModelError
from intents.reading import SURE

PAIRS = (
    ("would you have a seat by the window for me", "can i have a window seat"),
    ("can i have an aisle seat", "can i have a window seat"),
    ("my card is gone", "i lost my card"),
    ("i found my card", "i lost my card"),
)


def in_floats(encoder: Encoder, said: str, question: str) -> float:
    """The log-odds as trained, in 32-bit floats."""
    upper = adapting.loaded(encoder.folder)
    weights = verifier.merged(upper.weights, verifier.load())
    one, other = encoder.hidden(said), encoder.hidden(question)
    tokens = torch.from_numpy(np.concatenate([one, other], axis=1))
    side = torch.cat([torch.zeros(1, one.shape[1]), torch.ones(1, other.shape[1])], 1)
    with torch.no_grad():
        return float(verifier.log_odds(weights, upper.shape, tokens, side, None, 0.0)[0])


@pytest.mark.parametrize(("said", "question"), PAIRS)
def test_what_is_served_is_what_was_learnt(encoder: Encoder, said: str, question: str) -> None:
    assert encoder.likeness(said, question) == pytest.approx(
        in_floats(encoder, said, question), abs=1.0
    )


def test_padding_changes_nothing(encoder: Encoder) -> None:
    upper = adapting.loaded(encoder.folder)
    weights = verifier.merged(upper.weights, verifier.load())
    said, question = PAIRS[0]
    tokens = torch.from_numpy(
        np.concatenate([encoder.hidden(said), encoder.hidden(question)], axis=1)
    )
    count = tokens.shape[1]
    padded = torch.cat([tokens, torch.full((1, 5, tokens.shape[2]), 9.0)], 1)
    side = (torch.arange(count + 5)[None] >= encoder.hidden(said).shape[1]).float()
    there = torch.arange(count + 5)[None] < count
    with torch.no_grad():
        alone = verifier.log_odds(weights, upper.shape, tokens, side[:, :count], None, 0.0)
        among = verifier.log_odds(weights, upper.shape, padded, side, there, 0.0)
    assert float(alone) == pytest.approx(float(among), abs=1e-4)


def test_other_requests_are_less_alike_than_other_words(encoder: Encoder) -> None:
    by_window, aisle, gone, found = (encoder.likeness(*pair) for pair in PAIRS)
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
    assert encoder.likeness(said, question) > SURE


def test_it_begins_as_the_encoder_itself(encoder: Encoder) -> None:
    upper = adapting.loaded(encoder.folder).weights
    weights = verifier.merged(upper, verifier.begun(upper))
    for name, value in upper.items():
        assert torch.equal(weights[name], value)
    one, again = verifier.begun(upper, seed=3), verifier.begun(upper, seed=3)
    assert all(torch.equal(one[name], again[name]) for name in one)


def test_what_was_learnt_survives_the_file(encoder: Encoder, tmp_path: Path) -> None:
    learnt = verifier.begun(adapting.loaded(encoder.folder).weights)
    verifier.save(learnt, tmp_path / "learnt.npz")
    again = verifier.load(tmp_path / "learnt.npz")
    assert set(again) == set(learnt)
    for name, value in learnt.items():
        assert torch.allclose(again[name], value, atol=2e-3)


def test_a_damaged_file_names_itself(tmp_path: Path) -> None:
    path = tmp_path / "learnt.npz"
    path.write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"learnt\.npz does not load"):
        verifier.load(path)


def test_weights_of_another_model_are_refused(encoder: Encoder, tmp_path: Path) -> None:
    learnt = verifier.load()
    learnt.pop("0.output.dense.weight.up")
    with pytest.raises(ModelError, match="do not fit"):
        verifier.export(encoder.folder, tmp_path / encoding.VERIFIER, learnt)
