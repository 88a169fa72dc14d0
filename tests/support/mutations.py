"""Carriers' messages that no carrier sends: recorded conversations, changed, and drawn ones."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

Frame = str | bytes

NAMES = (
    *("event", "type", "start", "media", "mark", "dtmf", "stop", "streamSid", "callSid", "payload"),
    *(
        "track",
        "name",
        "digit",
        "customParameters",
        "mediaFormat",
        "encoding",
        "sampleRate",
        "text",
    ),
    *(
        "content-type",
        "caller",
        "audio",
        "sequenceNumber",
        "confidence",
        "revision",
        "id",
        "tenant",
    ),
)
KINDS = (
    *("connected", "start", "media", "mark", "dtmf", "stop", "clear", "partial", "final", "end"),
    *("websocket:connected", "websocket:cleared", "websocket:notify", "websocket:dtmf", "x", ""),
)
NASTY: tuple[Any, ...] = (
    *(
        None,
        True,
        0,
        -1,
        2**63,
        2**70,
        1e308,
        -0.5,
        "",
        " ",
        "\x00",
        "\ud7ff",
        "é" * 200,
        "**",
        "7",
    ),
    *("A" * 4000, [], [[]], {}, {"": ""}, "MZ" + "9" * 32, "audio/l16;rate=1", "/+==", "1e400"),
)
RAW = (
    *("", "{", "[]", "7", "null", '"x"', "{}", '{"event":NaN}', '{"event":"media","event":"stop"}'),
    *('{"event":"media","media":{"payload":1e400}}', '{"event":' * 2000, b"", b"\xff\xfe", b"\0"),
    '{"event":"media","media":' + "[" * 10_000 + "]" * 10_000 + "}",
)
SIZES = (0, 1, 159, 161, 8000)
"""Bytes of a message of sound."""

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
) | st.sampled_from(KINDS)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=8,
)
messages = st.one_of(
    st.builds(
        lambda kind, rest: json.dumps({**rest, "event": kind, "type": kind}),
        st.sampled_from(KINDS),
        st.dictionaries(st.sampled_from(NAMES), values, max_size=4),
    ),
    values.map(json.dumps),
    st.text(max_size=80),
    st.binary(max_size=700),
)
"""Any message, of any door."""


def drawn(number: int, of: int) -> list[Frame]:
    """Messages of the strategy, the same for the same seed ``of``."""
    found: list[Frame] = []

    @seed(of)
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(messages)
    def draw(message: Frame) -> None:
        found.append(message)

    draw()
    return found


class Mutator:
    """Changes conversations, by chance."""

    def __init__(self, rng: Random, pool: list[Frame]) -> None:
        self._rng = rng
        self._pool = pool

    def conversation(self, frames: list[Frame], *, opening: int = 0) -> list[Frame]:
        """One like that: messages left out, doubled, out of order, changed, and strange ones. The
        ``opening`` ones are mostly left as they are, since nothing would follow else."""
        rng = self._rng
        kept = opening if rng.random() < 0.85 else 0
        said = list(frames[:kept])
        for frame in frames[kept:]:
            said += self._instead(frame)
            if len(said) > kept + 1 and rng.random() < 0.05:
                said[-1], said[-2] = said[-2], said[-1]
        return said

    def _instead(self, frame: Frame) -> list[Frame]:
        match self._rng.choices(range(6), (70, 4, 5, 14, 5, 2))[0]:
            case 0:
                return [frame]
            case 1:
                return []
            case 2:
                return [frame, frame]
            case 3:
                return [self.changed(frame)]
            case 4:
                return [frame, self._rng.choice(self._pool)]
        return [frame, self._rng.choice(RAW)]

    def changed(self, frame: Frame) -> Frame:
        """That message, with something wrong in it."""
        if isinstance(frame, bytes):
            return self._bytes(frame)
        match self._rng.randrange(4):
            case 0:
                return frame[: self._rng.randrange(len(frame) + 1)]
            case 1:
                at = self._rng.randrange(len(frame) + 1)
                return frame[:at] + chr(self._rng.randrange(1, 0xD7FF)) + frame[at + 1 :]
        try:
            message = json.loads(frame)
        except ValueError:
            return frame[::-1]
        return json.dumps(self._value(message))

    def _bytes(self, frame: bytes) -> bytes:
        size = self._rng.choice((*SIZES, len(frame) + 1))
        return self._rng.randbytes(size) if self._rng.random() < 0.5 else frame[:size]

    def _value(self, value: Any) -> Any:
        """A part of it is another, is gone, or is there under another name."""
        rng = self._rng
        if not isinstance(value, dict) or not value:
            return rng.choice(NASTY)
        name = rng.choice(list(value))
        match rng.randrange(5):
            case 0:
                return {key: one for key, one in value.items() if key != name}
            case 1:
                return {**value, rng.choice(NAMES): value[name]}
            case 2:
                return {**value, name: rng.choice(NASTY)}
        return {**value, name: self._value(value[name])}
