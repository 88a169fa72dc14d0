"""The network for the blocks of all calls: gathered, and each answered with its own. Real threads;
nothing sleeps."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.adapters.vad.batch import AT_ONCE, VoiceBatches, VoiceBlock

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]


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


async def test_blocks_are_gathered_and_each_is_answered_with_its_own() -> None:
    model, done = Sums(), asyncio.Event()
    batches = VoiceBatches(model)
    found: dict[int, tuple[float, float, tuple[int, ...]]] = {}

    def answered(one: VoiceBlock, probability: float, state: NDArray[np.float32]) -> None:
        number = int(one.window[0, 0])
        found[number] = (probability, float(state.mean()), state.shape)
        if number == 5:
            raise RuntimeError("a call's own mistake")
        if len(found) == AT_ONCE + 7:
            done.set()

    for number in range(AT_ONCE + 8):
        asked = block(number, answered)
        batches.ask(asked)
        if number == 3:
            batches.forget(asked)
    logging.disable(logging.ERROR)
    try:
        await asyncio.wait_for(done.wait(), 10)
    finally:
        logging.disable(logging.NOTSET)
        batches.close()
    assert found == {n: (n, n + 1, (2, 1, 128)) for n in range(AT_ONCE + 8) if n != 3}
    assert model.sizes == [AT_ONCE, 7]
