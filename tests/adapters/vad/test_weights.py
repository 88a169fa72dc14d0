"""Weights read from ONNX files are those that the ``onnx`` package reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from gateway.adapters.vad.silero import model_file
from gateway.adapters.vad.weights import initial_tensors


def test_of_the_voice_detectors_model() -> None:
    graph = onnx.load(str(model_file())).graph
    expected = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    found = initial_tensors(model_file())
    assert found.keys() == expected.keys()
    for name, values in found.items():
        assert values.dtype == np.float32
        assert np.array_equal(values, expected[name])


def test_other_types_and_other_ways_to_keep_them_are_left_out(tmp_path: Path) -> None:
    floats = np.arange(6, dtype=np.float32).reshape(1, 2, 3)
    kept = [
        numpy_helper.from_array(floats, "floats"),
        numpy_helper.from_array(np.float32(2.5).reshape(()), "scalar"),
        numpy_helper.from_array(np.zeros((0, 4), np.float32), "none"),
        numpy_helper.from_array(np.arange(300), "numbers"),
        helper.make_tensor("spelt out", TensorProto.FLOAT, [2], [1.0, 2.0]),
    ]
    node = helper.make_node("Identity", ["floats"], ["out"])
    graph = helper.make_graph([node], "g", [], [], initializer=kept)
    path = tmp_path / "x.onnx"
    onnx.save(helper.make_model(graph), str(path))
    found = initial_tensors(path)
    assert set(found) == {"floats", "scalar", "none"}
    assert np.array_equal(found["floats"], floats)
    assert found["scalar"] == np.float32(2.5)
    assert found["none"].shape == (0, 4)


@pytest.mark.parametrize("content", [b"\xff" * 20, b"\x3a\x7f", b"\x0b", b"\x3a"])
def test_what_is_no_such_file_is_a_value_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"field|number"):
        initial_tensors(path)
