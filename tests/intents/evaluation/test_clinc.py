"""CLINC150's protocol, on our own FAQ in its layout; on the data itself where it is there."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from intents.evaluation import clinc
from intents.evaluation.clinc import RememberingEncoder
from intents.evaluation.queries import EvaluationError
from intents.learning import fitting
from intents.models.build import adapting
from intents.models.encoder import Encoder
from tests.support.data import needs_data
from tests.support.faq import FAQ


def toy() -> clinc.Data:
    """Our own FAQ in CLINC150's layout."""
    return {
        "train": [[question, item.id] for item in FAQ for question in item.questions[:3]],
        "test": [[f"please tell me {item.questions[0]}", item.id] for item in FAQ],
        "oos_test": [[text, "oos"] for text in ("who won the cup final", "sing a song about rain")],
    }


def test_the_protocol_on_our_own_data(encoder: Encoder) -> None:
    run = clinc.run(toy(), encoder, k=2, draws=2)
    found = run.summary()
    assert (found["k"], found["draws"], found["unseeded"]) == (2, 2, 0)
    clean = found["clean"]
    assert clean["hit_pct"] > 30
    assert clean["hit_pct"] == pytest.approx(
        np.mean([one["clean"]["figures"]["hit_pct"] for one in found["seeds"]]), abs=0.01
    )
    assert clean["hit_pct_worst"] <= clean["hit_pct"]
    assert clean["wrong_of_answers_pct_worst"] >= clean["wrong_of_answers_pct"]
    assert clean["clarified_right_pct"] >= clean["hit_pct"]
    assert [one["seed"] for one in found["seeds"]] == [0, 1]
    assert {"hit_pct_low", "hit_pct_high"} <= set(found["seeds"][0]["clean"]["figures"])


def test_rivals_stand_beside_it_and_every_method_has_a_curve(encoder: Encoder) -> None:
    run = clinc.run(toy(), encoder, k=2, draws=2)
    table = run.summary()["clean"]["rivals"]
    assert table["gptcache"]["hit_pct"] > table["redisvl_cache"]["hit_pct"]
    assert table["gptcache_oracle"]["hit_pct"] >= table["redisvl_cache"]["hit_pct"]
    assert table["gptcache"]["oracle"] is False
    curves = run.curves()
    assert list(curves) == [clinc.OURS, "nearest", "top_mean", "range_mean"]
    assert all(curve[-1]["hit_pct"] > 30 for curve in curves.values())
    draws = run.scores["clean"][clinc.OURS]
    assert [len(one.score) for one in draws] == [len(FAQ) + 2] * 2


def test_unseeded_intents_cannot_be_hit_and_variants_share_a_catalogue(encoder: Encoder) -> None:
    told: list[tuple[int, int]] = []
    run = clinc.run(
        toy(),
        encoder,
        k=3,
        draws=1,
        unseeded=6,
        variants={"loud": lambda text, draw: text.upper()},
        progress=lambda what, done, of: told.append((done, of)),
    )
    found = run.summary()
    assert found["clean"]["hit_pct"] > 30
    assert run.scores["clean"][clinc.OURS][0].known.sum() == len(FAQ) - 6
    # Case means nothing to the matcher: the same catalogue, the same answers.
    assert found["loud"]["hit_pct"] == found["clean"]["hit_pct"]
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_missing_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="does not hold"):
        clinc.read(tmp_path)
    (tmp_path / clinc.FILE).write_text(json.dumps(toy()))
    assert clinc.read(tmp_path) == toy()


def test_what_is_remembered_is_the_encoders(model_folder: Path, encoder: Encoder) -> None:
    first = RememberingEncoder(model_folder)
    texts = ["is parking free", "is parking free", "how can i pay"]
    for _ in range(2):
        assert np.array_equal(first.embed(texts), encoder.embed(texts))
        assert np.array_equal(first.hidden(texts[0]), encoder.hidden(texts[0]))
    assert set(first._known) == set(texts)
    own = first.adapted((model_folder / "top.onnx").read_bytes())
    assert np.array_equal(own.embed(texts), encoder.embed(texts))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_clinc150_beats_plain_cosine_within_the_budget(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One draw of 50 intents, 5 examples each, hardly trained: training takes most of the time."""
    monkeypatch.setattr(adapting, "steps_for", lambda questions: 4)
    monkeypatch.setattr(fitting, "LEAST_TRIALS", 1)
    monkeypatch.setattr(fitting, "TRIAL_QUESTIONS", 0)
    whole = clinc.read(needs_data("clinc150"))
    intents = {*sorted({intent for _, intent in whole["train"]})[::3], "oos"}
    data = {name: [pair for pair in part if pair[1] in intents] for name, part in whole.items()}
    data |= {name: data[name][::3] for name in ("test", "oos_test")}
    found = clinc.run(data, RememberingEncoder(model_folder), k=5, draws=1).summary()["clean"]
    assert found["hit_pct"] > 28
    assert found["wrong_of_answers_pct"] < 2.5
    assert found["oracle_hit_pct"] > found["rivals"]["gptcache_oracle"]["hit_pct"] + 10
