"""Build time: BERT's layers as an ONNX graph, node by node, with weights as arrays.

The packaged model is exported with this alone: neither torch nor transformers need be there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from intents.models.build.exporting import quantised
from intents.models.build.layers import Shape

OPSET, IR = 17, 8
"""The versions of the graphs' language."""
FAR = -1e9
"""Added to what attention must not see."""

Arrays = Mapping[str, Any]


class Graph:
    """A graph in the making; values are named by strings."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def constant(self, value: Any, kind: Any = np.float32) -> str:
        """An array or number as a value."""
        from onnx import numpy_helper

        name = f"c{len(self._constants)}"
        array = np.ascontiguousarray(np.asarray(value, kind))
        self._constants.append(numpy_helper.from_array(array.reshape(np.shape(value)), name))
        return name

    def whole(self, *values: int) -> str:
        """Whole numbers as a value."""
        return self.constant(values, np.int64)

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """One node; its result."""
        from onnx import helper

        name = f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def linear(self, weights: Arrays, values: str, name: str) -> str:
        """The named linear layer of the values."""
        product = self.op("MatMul", values, self.constant(weights[f"{name}.weight"].T))
        return self.op("Add", product, self.constant(weights[f"{name}.bias"]))

    def normalised(self, weights: Arrays, values: str, name: str, epsilon: float) -> str:
        """The named layer norm of the values."""
        scale, shift = (self.constant(weights[f"{name}.{one}"]) for one in ("weight", "bias"))
        return self.op("LayerNormalization", values, scale, shift, axis=-1, epsilon=epsilon)

    def gelu(self, values: str) -> str:
        """The exact one."""
        bent = self.op("Erf", self.op("Div", values, self.constant(2**0.5)))
        bent = self.op("Add", bent, self.constant(1.0))
        return self.op("Mul", self.op("Mul", values, bent), self.constant(0.5))

    def through(self, weights: Arrays, shape: Shape, tokens: str, mask: str = "") -> str:
        """``[n, t, width]`` after all layers (post-norm), as ``layers.through`` has it; ``mask`` is
        added to what attention weighs."""
        depth = shape.width // shape.heads
        apart, together = self.whole(0, 0, shape.heads, depth), self.whole(0, 0, shape.width)
        for number in range(shape.layers):
            own = f"{number}.attention.self"
            heads = [
                self.op("Reshape", self.linear(weights, tokens, f"{own}.{one}"), apart)
                for one in ("query", "key", "value")
            ]
            query, value = (self.op("Transpose", heads[n], perm=(0, 2, 1, 3)) for n in (0, 2))
            key = self.op("Transpose", heads[1], perm=(0, 2, 3, 1))
            seen = self.op("Mul", self.op("MatMul", query, key), self.constant(depth**-0.5))
            if mask:
                seen = self.op("Add", seen, mask)
            seen = self.op("MatMul", self.op("Softmax", seen, axis=-1), value)
            seen = self.op("Reshape", self.op("Transpose", seen, perm=(0, 2, 1, 3)), together)
            out = f"{number}.attention.output"
            tokens = self.op("Add", tokens, self.linear(weights, seen, f"{out}.dense"))
            tokens = self.normalised(weights, tokens, f"{out}.LayerNorm", shape.epsilon)
            wide = self.gelu(self.linear(weights, tokens, f"{number}.intermediate.dense"))
            out = f"{number}.output"
            tokens = self.op("Add", tokens, self.linear(weights, wide, f"{out}.dense"))
            tokens = self.normalised(weights, tokens, f"{out}.LayerNorm", shape.epsilon)
        return tokens

    def write(
        self, path: Path, inputs: Mapping[str, tuple[Any, Sequence[Any]]], found: str, result: str
    ) -> None:
        """Write it as an int8 graph. ``inputs``: element type and dimensions of each; ``found``:
        the value that is its result, under the name ``result``."""
        import onnx
        from onnx import TensorProto, helper

        self._nodes.append(helper.make_node("Identity", [found], [result]))
        graph = helper.make_graph(
            self._nodes,
            "frontline",
            [
                helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(kind), list(of))
                for name, (kind, of) in inputs.items()
            ],
            [helper.make_tensor_value_info(result, TensorProto.FLOAT, None)],
            self._constants,
        )
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=IR)
        whole = path.with_suffix(".fp32")
        onnx.save(model, str(whole))
        quantised(whole, path)


INT64, FLOAT, BOOL = np.dtype(np.int64), np.dtype(np.float32), np.dtype(np.bool_)


def write_trunk(path: Path, embeddings: Arrays, lower: Arrays, shape: Shape) -> None:
    """Token ids ``[1, n]`` to hidden states ``[1, n, width]``."""
    graph = Graph()
    table = {name: graph.constant(embeddings[f"{name}_embeddings.weight"]) for name in EMBEDDED}
    size = graph.op("Shape", "input_ids", start=1, end=2)
    one = graph.constant(1, np.int64)
    last = graph.op("Squeeze", size, graph.whole(0))
    places = graph.op("Range", graph.constant(0, np.int64), last, one)
    hidden = graph.op("Gather", table["word"], "input_ids")
    kind = graph.op("Gather", table["token_type"], graph.whole(0))
    hidden = graph.op("Add", hidden, kind)
    hidden = graph.op("Add", hidden, graph.op("Gather", table["position"], places))
    hidden = graph.normalised(embeddings, hidden, "LayerNorm", shape.epsilon)
    hidden = graph.through(lower, shape, hidden)
    graph.write(path, {"input_ids": (INT64, (1, "pieces"))}, hidden, "hidden")


EMBEDDED = ("word", "token_type", "position")


def write_top(path: Path, upper: Arrays, shape: Shape) -> None:
    """Hidden states of one sentence ``[1, t, width]`` to its unit vector ``[1, width]``: the mean
    over its tokens."""
    graph = Graph()
    tokens = graph.through(upper, shape, "hidden")
    mean = graph.op("ReduceMean", tokens, axes=[1], keepdims=0)
    length = graph.op("ReduceL2", mean, axes=[1], keepdims=1)
    vector = graph.op("Div", mean, graph.op("Max", length, graph.constant(1e-12)))
    graph.write(path, {"hidden": (FLOAT, (1, "tokens", shape.width))}, vector, "vector")


def write_verifier(path: Path, weights: Arrays, shape: Shape) -> None:
    """Two texts' hidden states to log-odds, as ``verifier.log_odds`` has it: ``said``
    ``[1, t, width]``, ``questions`` ``[n, q, width]``, ``there`` ``[n, q]``, False for padding."""
    graph = Graph()
    count = graph.op("Shape", "questions", start=0, end=1)
    length = graph.op("Shape", "said", start=1, end=2)
    each = graph.op("Concat", count, length, graph.whole(shape.width), axis=0)
    one = graph.op("Expand", "said", each)
    sides = [graph.constant(weights["side"][n]) for n in (0, 1)]
    one, other = graph.op("Add", one, sides[0]), graph.op("Add", "questions", sides[1])
    tokens = graph.op("Concat", one, other, axis=1)
    there = graph.op("Cast", "there", to=1)
    own = graph.op("Expand", graph.constant([[1.0]]), graph.op("Concat", count, length, axis=0))
    seen = graph.op("Concat", own, there, axis=1)
    absent = graph.op("Sub", seen, graph.constant(1.0))
    mask = graph.op("Mul", absent, graph.constant(-FAR))
    mask = graph.op("Unsqueeze", mask, graph.whole(1, 2))
    tokens = graph.through(weights, shape, tokens, mask)
    ends = graph.whole(np.iinfo(np.int64).max)
    first = graph.op("Slice", tokens, graph.whole(0), length, graph.whole(1))
    second = graph.op("Slice", tokens, length, ends, graph.whole(1))
    weight = graph.op("Unsqueeze", there, graph.whole(2))
    one = graph.op("ReduceMean", first, axes=[1], keepdims=0)
    second = graph.op("Mul", second, weight)
    axis = graph.whole(1)
    other = graph.op(
        "Div",
        graph.op("ReduceSum", second, axis, keepdims=0),
        graph.op("ReduceSum", weight, axis, keepdims=0),
    )
    most = graph.op(
        "Max",
        graph.op("ReduceMax", graph.op("Abs", first), axes=[1], keepdims=0),
        graph.op("ReduceMax", graph.op("Abs", second), axes=[1], keepdims=0),
    )
    seen = graph.op(
        "Concat",
        graph.op("Mul", graph.op("Mul", one, other), graph.constant(4.0)),
        graph.op("Abs", graph.op("Sub", one, other)),
        graph.op("Add", one, other),
        most,
        axis=1,
    )
    seen = graph.linear(weights, graph.gelu(graph.linear(weights, seen, "head.0")), "head.1")
    width = shape.width
    inputs = {
        "said": (FLOAT, (1, "t", width)),
        "questions": (FLOAT, ("n", "q", width)),
        "there": (BOOL, ("n", "q")),
    }
    graph.write(path, inputs, graph.op("Squeeze", seen, graph.whole(1)), "log_odds")
