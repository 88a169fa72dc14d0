"""Silero's network for the blocks of all calls: together, on the event loop.

A block costs 61 us alone, 29 in fours, 27 in eights. So what comes within ``GATHER`` is run in one
go. A thread would take the interpreter from the loop and give it back some twenty times in a run,
for products of a few microseconds each. A call has one block here at most, since the next needs
what this one leaves behind.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.adapters.vad.two_step import SpeechModel

log = logging.getLogger("frontline.voice")

GATHER = 0.004
"""Seconds for which a block waits for others'; voice is known by so much later."""
AT_ONCE = 32
"""Blocks of one run, 0.7 ms; then it is the turn of whatever else waits."""


@dataclass(frozen=True, slots=True, eq=False)
class VoiceBlock:
    """A block of a call's sound, to be scored."""

    window: NDArray[np.float32]
    state: NDArray[np.float32]
    answer: Callable[[VoiceBlock, float | None, NDArray[np.float32]], None]
    """Called with the block and what ``VoiceBatches.judge`` has found."""


class VoiceBatches:
    """Gathers blocks. ``ask`` never waits."""

    def __init__(self, model: SpeechModel) -> None:
        self.model = model
        self._loop = asyncio.get_running_loop()
        self._gathered: list[VoiceBlock] = []

    def ask(self, block: VoiceBlock) -> None:
        """Have it scored with what else comes soon."""
        if not self._gathered:
            self._loop.call_later(GATHER, self._go_on)
        self._gathered.append(block)

    def forget(self, block: VoiceBlock) -> None:
        """Score a block no more: its answer is not waited for."""
        if block in self._gathered:
            self._gathered.remove(block)

    def judge(self, blocks: Sequence[VoiceBlock]) -> list[tuple[float | None, NDArray[np.float32]]]:
        """(the probability of speech, the state after) of each, here and now; None and the state
        before where the network fails."""
        windows = np.concatenate([one.window for one in blocks])
        states = np.concatenate([one.state for one in blocks], axis=1)
        try:
            found, after = self.model.score(windows, states)
        except Exception:  # the callers' levels tell until it is well again
            log.exception("the voice detector's network failed")
            return [(None, one.state) for one in blocks]
        return [
            (probability, after[:, number : number + 1].copy())
            for number, probability in enumerate(found.tolist())
        ]

    def _go_on(self) -> None:
        blocks, self._gathered = self._gathered[:AT_ONCE], self._gathered[AT_ONCE:]
        if self._gathered:
            self._loop.call_soon(self._go_on)
        if not blocks:
            return
        for block, (probability, state) in zip(blocks, self.judge(blocks), strict=True):
            try:
                block.answer(block, probability, state)
            except Exception:  # one call's mistake is not the others'
                log.exception("a call failed to take what its voice detector found")
