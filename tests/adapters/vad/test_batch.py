"""The network for the blocks of all calls: gathered, and each answered with its own."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.adapters.vad.batch import AT_ONCE, GATHER, VoiceBatches, VoiceBlock

pytestmark = pytest.mark.anyio


class Sums:
    """In the network's place: the probability is the sum of the window, the state one more."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def score(
        self, windows: NDArray[np.float32], states: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        self.sizes.append(len(windows))
        return windows.sum(axis=1), states + 1


def block(number: int, answer: Any) -> VoiceBlock:
    window, state = np.zeros((1, 576), np.float32), np.full((2, 1, 128), number, np.float32)
    window[0, 0] = number
    return VoiceBlock(window, state, answer)


async def test_blocks_are_gathered_and_each_is_answered_with_its_own(
    caplog: pytest.LogCaptureFixture,
) -> None:
    model = Sums()
    batches = VoiceBatches(model)
    found: dict[int, tuple[float | None, float, tuple[int, ...]]] = {}

    def answered(one: VoiceBlock, probability: float | None, state: NDArray[np.float32]) -> None:
        number = int(one.window[0, 0])
        found[number] = (probability, float(state.mean()), state.shape)
        if number == 5:
            raise RuntimeError("a call's own mistake")

    for number in range(AT_ONCE + 8):
        asked = block(number, answered)
        batches.ask(asked)
        if number == 3:
            batches.forget(asked)
    await asyncio.sleep(GATHER / 2)
    assert not found
    await asyncio.sleep(GATHER)
    assert found == {n: (n, n + 1, (2, 1, 128)) for n in range(AT_ONCE + 8) if n != 3}
    assert model.sizes == [AT_ONCE, 7]
    assert "a call's own mistake" in caplog.text


async def test_who_asks_while_being_answered_is_in_the_next_run() -> None:
    model = Sums()
    batches = VoiceBatches(model)
    left = 3

    def answered(one: VoiceBlock, probability: float | None, state: NDArray[np.float32]) -> None:
        nonlocal left
        left -= 1
        if left:
            batches.ask(VoiceBlock(one.window, state, answered))

    batches.ask(block(1, answered))
    await asyncio.sleep(4 * GATHER)
    assert (left, model.sizes) == (0, [1, 1, 1])


async def test_all_may_be_forgotten() -> None:
    model = Sums()
    batches = VoiceBatches(model)
    one = block(1, lambda *_: pytest.fail("it was forgotten"))
    batches.ask(one)
    batches.forget(one)
    batches.forget(one)
    await asyncio.sleep(2 * GATHER)
    assert model.sizes == []


async def test_a_network_that_fails_finds_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class Fails(Sums):
        def score(self, windows: Any, states: Any) -> Any:
            raise RuntimeError("out of order")

    [(probability, state)] = VoiceBatches(Fails()).judge([block(4, lambda *_: None)])
    assert probability is None
    assert (state == 4).all()
    assert "out of order" in caplog.text
