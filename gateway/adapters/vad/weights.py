"""The weights in an ONNX file, without the ``onnx`` package, which serving does not have.

Of the format (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, protobuf's wire format
beneath) it takes six fields, whose numbers never change: a model's graph, the graph's initial
tensors, and of a tensor its shape, its type, its name and its bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

GRAPH, INITIALIZER = 7, 5
DIMS, DATA_TYPE, NAME, RAW = 1, 2, 8, 9
FLOAT = 1
"""The data type."""
VARINT, EIGHT, BYTES, FOUR = 0, 1, 2, 5
"""Wire types."""


def initial_tensors(path: Path) -> dict[str, NDArray[np.float32]]:
    """The tensors of floats that the graph has from the beginning, by name. Raises ``ValueError``
    for a file that is no such model."""
    found = {}
    for graph in _parts(memoryview(path.read_bytes()), GRAPH):
        for tensor in _parts(graph, INITIALIZER):
            known = _tensor(tensor)
            if known is not None:
                found[known[0]] = known[1]
    return found


def _tensor(message: memoryview) -> tuple[str, NDArray[np.float32]] | None:
    """(name, values); None for one that has other values, or keeps them elsewhere."""
    dims: list[int] = []
    name, kind, raw = "", 0, memoryview(b"")
    for number, value in _fields(message):
        if number == DIMS:
            dims += [value] if isinstance(value, int) else _varints(value)
        elif number == DATA_TYPE and isinstance(value, int):
            kind = value
        elif number == NAME and isinstance(value, memoryview):
            name = str(value, "utf-8")
        elif number == RAW and isinstance(value, memoryview):
            raw = value
    if kind != FLOAT or len(raw) != 4 * math.prod(dims):
        return None
    return name, np.frombuffer(raw, "<f4").reshape(dims)


def _parts(message: memoryview, number: int) -> Iterator[memoryview]:
    for found, value in _fields(message):
        if found == number and isinstance(value, memoryview):
            yield value


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """(number, value) of each field; values of a fixed size are left out."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == VARINT:
            number, at = _varint(message, at)
            yield key >> 3, number
        elif kind == BYTES:
            size, at = _varint(message, at)
            if at + size > len(message):
                raise ValueError("a field is longer than what it is in")
            yield key >> 3, message[at : at + size]
            at += size
        elif kind in (EIGHT, FOUR):
            at += 8 if kind == EIGHT else 4
        else:
            raise ValueError(f"a field has the unknown wire type {kind}")


def _varints(message: memoryview) -> Iterator[int]:
    at = 0
    while at < len(message):
        value, at = _varint(message, at)
        yield value


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """(the number, where what follows it begins)."""
    value = shift = 0
    while at < len(message) and shift < 64:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    raise ValueError("a number does not end")
