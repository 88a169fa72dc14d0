"""The encoder: vectors, cache, and refusal of anything but the model in the manifest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from intents.models import encoder as module
from intents.models.encoder import Encoder, ModelError, read_manifest
from tests.support.faq import FAQ


@pytest.fixture
def copy(model_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model_folder, tmp_path / "model"))


def test_unit_rows_that_know_meaning(encoder: Encoder) -> None:
    rows = encoder.embed(["when do you open", "what are your opening hours", "my cat is black"])
    assert rows.shape == (3, encoder.dimension)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.3


def test_a_text_does_not_depend_on_its_neighbours(encoder: Encoder) -> None:
    text = "do you take credit cards for this"
    alone = encoder.embed([text])[0]
    among = Encoder.embed(encoder, ["something quite a bit longer than the other one", text])[1]
    assert np.array_equal(alone, among)


def test_no_texts_no_rows(encoder: Encoder) -> None:
    assert encoder.embed([]).shape == (0, encoder.dimension)


def test_changing_a_row_does_not_change_the_cache(encoder: Encoder) -> None:
    first = encoder.embed(["where can i park"])
    kept = first.copy()
    first[:] = 0
    assert np.array_equal(encoder.embed(["where can i park"]), kept)


def test_the_cache_is_bounded_and_drops_the_oldest(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CACHE_SIZE", 2)
    small = Encoder(copy)
    for text in ("one", "two", "one", "three"):
        small.embed([text])
    assert list(small._cache._kept) == ["one", "three"]


def test_long_texts_are_cut(encoder: Encoder) -> None:
    long = "word " * 5000
    assert np.array_equal(encoder.embed([long]), encoder.embed([long + "more"]))


def test_common_words_are_one_piece(encoder: Encoder) -> None:
    assert [encoder.pieces(word) for word in ("account", "Account", "")] == [1, 1, 0]
    assert encoder.pieces("flexisaver") > 1


def test_threads_agree(encoder: Encoder) -> None:
    texts = [f"question number {n % 7}" for n in range(40)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda text: encoder.embed([text])[0], texts))
    assert all(
        np.array_equal(row, encoder.embed([t])[0]) for row, t in zip(found, texts, strict=True)
    )


def test_fingerprint_is_of_the_files(encoder: Encoder, copy: Path) -> None:
    assert Encoder(copy).fingerprint == encoder.fingerprint
    manifest = json.loads((copy / "manifest.json").read_text())
    tokenizer = copy / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text() + "\n")
    manifest["files"]["tokenizer.json"] = module.file_hash(tokenizer)
    (copy / "manifest.json").write_text(json.dumps(manifest))
    assert Encoder(copy).fingerprint != encoder.fingerprint


def test_a_missing_folder_names_the_mend(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="frontline model build") as caught:
        Encoder(tmp_path / "none")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [*module.FILES, module.VERIFIER])
def test_a_tampered_file_is_refused(copy: Path, name: str) -> None:
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(data)
    with pytest.raises(ModelError, match="hash"):
        Encoder(copy)


@pytest.mark.parametrize("name", [*module.FILES, module.VERIFIER])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelError, match=f"{name} is missing"):
        Encoder(copy)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": 3}', "\x00"])
def test_a_broken_manifest_is_refused(copy: Path, text: str) -> None:
    (copy / "manifest.json").write_text(text)
    with pytest.raises(ModelError, match="unreadable"):
        read_manifest(copy)


def test_another_format_is_refused(copy: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(manifest | {"version": 99}))
    with pytest.raises(ModelError, match="format 99"):
        Encoder(copy)


@pytest.mark.parametrize("name", ["trunk.onnx", "top.onnx", "tokenizer.json"])
def test_a_file_that_matches_its_hash_but_is_no_model(copy: Path, name: str) -> None:
    (copy / name).write_bytes(b"not a graph")
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["files"][name] = module.file_hash(copy / name)
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match=f"{name} does not load"):
        Encoder(copy)


# --- upper layers of its own ----------------------------------------------------------------------


@pytest.fixture
def own(encoder: Encoder) -> Encoder:
    """An encoder with upper layers of its own, which are the published ones."""
    return encoder.adapted((encoder.folder / "top.onnx").read_bytes())


def test_an_adapted_encoder_shares_all_but_the_top(encoder: Encoder, own: Encoder) -> None:
    text = "do you have a car park"
    assert np.array_equal(own.embed([text]), encoder.embed([text]))
    assert np.array_equal(own.hidden(text), encoder.hidden(text))
    assert own._trunk is encoder._trunk
    assert own._top is not encoder._top
    assert own.dimension == encoder.dimension


def test_its_vectors_are_of_a_space_of_their_own(encoder: Encoder, own: Encoder) -> None:
    again = encoder.adapted((encoder.folder / "top.onnx").read_bytes())
    assert own.fingerprint == again.fingerprint != encoder.fingerprint
    encoder.embed(["asked of the published one"])
    assert own._cache.get("asked of the published one") is None


def test_its_cache_is_bounded_too(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CACHE_SIZE", 2)
    own = encoder.adapted((encoder.folder / "top.onnx").read_bytes())
    for text in ("one", "two", "three"):
        own.embed([text])
    assert list(own._cache._kept) == ["two", "three"]


def test_a_top_that_is_none_is_refused_in_one_line(encoder: Encoder) -> None:
    with pytest.raises(ModelError, match="the catalogue's encoder does not load") as caught:
        encoder.adapted(b"not a graph")
    assert "\n" not in str(caught.value)


def test_hidden_states_are_of_the_text(encoder: Encoder) -> None:
    short, long = encoder.hidden("hello"), encoder.hidden("hello, when do you open on sundays")
    assert short.shape[0] == long.shape[0] == 1
    assert short.shape[1] < long.shape[1]
    assert short.shape[2] == long.shape[2]


# --- two texts together ---------------------------------------------------------------------------


def test_two_texts_are_read_together(encoder: Encoder) -> None:
    assert encoder.verifies
    (same,) = encoder.likeness("my card is gone", ["i lost my card"])
    (other,) = encoder.likeness("i found my card", ["i lost my card"])
    assert same > other + 2
    assert encoder.likeness("my card is gone", ["i lost my card"]) == [same]


def test_reading_does_not_depend_on_what_is_remembered(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SAID_SIZE", 1)
    monkeypatch.setattr(module, "ASKED_SIZE", 1)
    monkeypatch.setattr(module, "READ_SIZE", 0)
    small, texts = Encoder(copy), ("when do you open", "when do you close")
    fresh = small.likeness(texts[0], texts[1:])
    small.embed(texts)
    assert small.likeness(texts[0], texts[1:]) == fresh
    assert len(small._trunk.said._kept) == 1
    assert len(small._trunk.asked._kept) == 1


def test_partials_do_not_push_out_the_questions_they_are_read_beside(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SAID_SIZE", 1)
    fresh = Encoder(copy)
    fresh.likeness("is it open", ["when do you open"])
    fresh.embed(["is it", "is it open at", "is it open at noon"])
    assert fresh._trunk.asked.get("when do you open") is not None
    assert fresh._trunk.said.get("is it open") is None


def test_what_was_read_is_not_read_again(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READ_SIZE", 2)
    fresh = Encoder(copy)
    read, runs = fresh._read_together, []

    def counted(said: str, questions: Sequence[str]) -> list[float]:
        runs.append(said)
        return read(said, questions)

    monkeypatch.setattr(fresh, "_read_together", counted)
    one, other = ("is it open", ["when do you open"]), ("is it open when", ["do you open"])
    first = fresh.likeness(*one)
    first_of_other = fresh.likeness(*other)
    assert first != first_of_other
    assert (fresh.likeness(*one), fresh.likeness(*other)) == (first, first_of_other)
    fresh.likeness(*one).clear()
    assert fresh.likeness(*one) == first
    assert len(runs) == 2
    fresh.likeness("a third", ["text"])
    assert len(fresh._trunk.read._kept) == 2


def test_a_catalogues_own_encoder_reads_as_the_published_one(encoder: Encoder) -> None:
    own = encoder.adapted((encoder.folder / "top.onnx").read_bytes())
    asked = "my card is gone", ["i lost my card", "when do you open"]
    assert own.likeness(*asked) == encoder.likeness(*asked)


def test_a_model_without_a_verifier_serves_all_the_same(copy: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    del manifest["files"][module.VERIFIER]
    (copy / "manifest.json").write_text(json.dumps(manifest))
    (copy / module.VERIFIER).unlink()
    plain = Encoder(copy)
    assert not plain.verifies
    assert plain.likeness("my card is gone", ["i lost my card", "my card"]) == [0, 0]
    assert plain.embed(["my card is gone"]).shape == (1, plain.dimension)


def test_several_questions_are_read_in_one_run_as_each_alone(encoder: Encoder) -> None:
    for item in FAQ:
        for said in item.questions:
            others = [one for one in item.questions if one != said]
            together = encoder.likeness(said, others)
            alone = [encoder.likeness(said, [one])[0] for one in others]
            # int8 scales are taken per run: 0.15 off on average, 0.66 at most when this was written
            assert together == pytest.approx(alone, abs=0.8), said


def test_a_question_is_read_the_same_beside_itself(encoder: Encoder) -> None:
    said, question = "do you have a parking lot", "do you have parking"
    alone = encoder.likeness(said, [question])
    assert encoder.likeness(said, [question] * 3) == pytest.approx(alone * 3, abs=1e-3)
