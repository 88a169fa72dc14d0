"""The vectors of general talk are kept beside the model, and never trusted blindly."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from intents.learning import background
from intents.learning.background import KEPT, embedded
from intents.models.encoder import Encoder, Vectors

SAID = background.lines()[:6]


class Counting(Encoder):
    """The real encoder, which knows how many texts it was given."""

    asked: int

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += len(texts)
        return super().embed(texts)


@pytest.fixture
def counting(encoder: Encoder, tmp_path: Path) -> Counting:
    other = copy.copy(encoder)
    other.__class__ = Counting
    assert isinstance(other, Counting)
    other.folder, other.asked = tmp_path, 0
    return other


def test_they_are_embedded_once(counting: Counting) -> None:
    first = embedded(counting, SAID)
    assert counting.asked == len(SAID)
    assert np.array_equal(embedded(counting, SAID), first)
    assert counting.asked == len(SAID) + 1, "the first line tells whether they are this machine's"
    assert [one.name for one in counting.folder.iterdir()] == [KEPT]


def test_other_talk_and_another_encoder_are_embedded_anew(counting: Counting) -> None:
    embedded(counting, SAID)
    assert len(embedded(counting, SAID[:4])) == 4
    counting.fingerprint, counting.asked = "another", 0
    embedded(counting, SAID[:4])
    assert counting.asked == 4


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not a zip", None])
def test_a_damaged_file_is_written_again(counting: Counting, damage: bytes | None) -> None:
    first = embedded(counting, SAID)
    file = counting.folder / KEPT
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    file.write_bytes(bytes(whole) if damage is None else damage)
    assert np.array_equal(embedded(counting, SAID), first)
    counting.asked = 0
    embedded(counting, SAID)
    assert counting.asked == 1


def test_what_another_machine_made_is_not_used(
    counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as there:
        there.setattr(Counting, "embed", lambda self, texts: np.ones((len(texts), 384), np.float32))
        embedded(counting, SAID)
    assert not np.array_equal(embedded(counting, SAID), np.ones((len(SAID), 384)))


def test_a_folder_that_cannot_be_written_is_done_without(counting: Counting) -> None:
    counting.folder = counting.folder / "not" / "there"
    assert len(embedded(counting, SAID)) == len(embedded(counting, SAID)) == len(SAID)
    assert not counting.folder.exists()
