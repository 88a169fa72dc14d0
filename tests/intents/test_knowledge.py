"""Knowledge: the same input gives the same bytes, and other bytes are refused."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest

from intents.encoder import Encoder
from intents.knowledge import Item, Knowledge, KnowledgeError
from tests.faq import FAQ, knowledge


def test_the_same_input_gives_the_same_bytes(encoder: Encoder) -> None:
    again = Knowledge.build(list(FAQ), encoder, max_wrong_rate=0.01)
    assert again.to_bytes() == knowledge(encoder).to_bytes()


def test_bytes_hold_everything(encoder: Encoder) -> None:
    built = knowledge(encoder)
    read = Knowledge.from_bytes(built.to_bytes())
    assert read.items == built.items == FAQ
    assert (read.rows, read.counter_rows) == (built.rows, built.counter_rows)
    assert np.array_equal(read.vectors, built.vectors)
    assert np.array_equal(read.model.weights, built.model.weights)
    assert read.calibration == built.calibration
    assert read.summary == built.summary
    assert read.fingerprint == encoder.fingerprint
    assert read.to_bytes() == built.to_bytes()


def test_the_summary_is_for_people(encoder: Encoder) -> None:
    summary = knowledge(encoder).summary
    assert (summary["entries"], summary["questions"], summary["counter_examples"]) == (12, 40, 2)
    assert 0 < summary["threshold"] < 1
    assert 0 <= summary["rehearsed_hit_rate"] <= 1
    assert summary["max_wrong_rate"] == 0.01


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no zip at all", b"\x93NUMPY"])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(KnowledgeError, match="seed again"):
        Knowledge.from_bytes(data)


def test_truncated_and_foreign_archives_are_refused(encoder: Encoder) -> None:
    data = knowledge(encoder).to_bytes()
    file = io.BytesIO()
    np.savez(file, other=np.zeros(3))
    for bad in (data[: len(data) // 2], file.getvalue()):
        with pytest.raises(KnowledgeError, match="seed again"):
            Knowledge.from_bytes(bad)


def test_a_pickle_is_never_opened() -> None:
    file = io.BytesIO()
    np.savez(file, head=np.array([print], dtype=object))
    with pytest.raises(KnowledgeError):
        Knowledge.from_bytes(file.getvalue())


def test_another_format_is_refused(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("intents.knowledge.VERSION", 99)
    data = knowledge(encoder).to_bytes()
    monkeypatch.undo()
    with pytest.raises(KnowledgeError, match="format 99"):
        Knowledge.from_bytes(data)


def test_repeated_wordings_count_once(encoder: Encoder) -> None:
    item = Item(id="a", intent="a", questions=("When do you open?", "um when do you open", "hours"))
    built = Knowledge.build([item], encoder, max_wrong_rate=0.01)
    assert built.rows == ((0, 0), (0, 2))


def test_exact_finds_every_entry_with_the_words(encoder: Encoder) -> None:
    pair = [Item(id=name, intent=name, questions=("when do you open",)) for name in "ab"]
    built = Knowledge.build(pair, encoder, max_wrong_rate=0.01)
    assert built.exact == {"when do you open": ((0, 0), (1, 0))}


def test_progress_is_told(encoder: Encoder) -> None:
    told: list[tuple[str, int, int]] = []
    Knowledge.build(FAQ[:4], encoder, max_wrong_rate=0.01, progress=lambda *step: told.append(step))
    assert told[0][:2] == ("embedding questions", 1)
    assert told[-1][1] == told[-1][2]


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([], "no entries"),
        ([FAQ[0], FAQ[0]], "two entries have the id 'hours'"),
        ([replace(FAQ[0], questions=())], "no question"),
        ([replace(FAQ[0], questions=("um", "..."))], "no question"),
    ],
)
def test_unusable_items_are_named(encoder: Encoder, items: list[Item], message: str) -> None:
    with pytest.raises(KnowledgeError, match=message):
        Knowledge.build(items, encoder, max_wrong_rate=0.01)


@pytest.mark.parametrize("rate", [-0.1, 1.0, 3.0])
def test_an_impossible_budget_is_refused(encoder: Encoder, rate: float) -> None:
    with pytest.raises(KnowledgeError, match="max_wrong_rate"):
        Knowledge.build(FAQ, encoder, max_wrong_rate=rate)
