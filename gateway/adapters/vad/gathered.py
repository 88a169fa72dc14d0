"""The two steps with the second one run for many calls at once (``batch``).

The sound is the same and so is what is found, only a few milliseconds later: a block's answer is
waited for, and the frames behind it with it. Where ``WAITING`` frames have come and the answer has
not, they came faster than real time, as after a gap in the network: the block is scored at once. If
the network fails, the level decides alone: what is loud and passed the gate counts as voice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gateway.adapters.vad.batch import VoiceBatches, VoiceBlock
from gateway.adapters.vad.silero import BLOCK
from gateway.adapters.vad.two_step import FRAME, Frame, TwoStepDetector
from gateway.ports.speech_in import VoiceChange

WAITING = 10
"""Frames of 10 ms that wait for an answer at most."""


class GatheredDetector(TwoStepDetector):
    """Voice activity of one call (``ports.LateVoiceDetector``)."""

    def __init__(
        self,
        batches: VoiceBatches,
        lost: Callable[[str, int], None] = lambda what, count: None,
    ) -> None:
        """``lost`` is told of each block that the level decided on."""
        super().__init__(batches.model)
        self.woken: Callable[[], None] = lambda: None
        self._batches = batches
        self._lost = lost
        self._waiting: deque[Frame] = deque()
        self._within = False  # a frame is taken whose blocks are not all scored
        self._asked: VoiceBlock | None = None

    def feed(self, pcm: bytes) -> list[VoiceChange]:
        """The changes that are known by now; see ``woken`` for those that will be."""
        self._waiting.extend(self._frames_of(pcm))
        changes = self._go_on()
        while self._asked is not None and len(self._waiting) > WAITING:
            self._score_now(self._asked)
            changes += self._go_on()
        return changes

    def _go_on(self) -> list[VoiceChange]:
        """Take what waits, up to the next block that is not scored."""
        changes = []
        while self._asked is None and (self._within or self._waiting):
            if not self._within:
                self._take(self._waiting.popleft())
                if not self._open:
                    continue  # nothing is scored, and so nothing changes
                self._within = True
            if (block := self._next_block()) is not None:
                self._ask(block)
                break
            self._within = False
            if (change := self._changed_now()) is not None:
                changes.append(change)
        return changes

    def _ask(self, block: NDArray[np.int16]) -> None:
        window = self._silero.window(block)
        self._asked = VoiceBlock(window, self._silero.state, self._answered)
        self._batches.ask(self._asked)

    def _answered(
        self, block: VoiceBlock, probability: float | None, state: NDArray[np.float32]
    ) -> None:
        if block is not self._asked:
            return  # it was scored at once
        self._learn(probability, state)
        self.woken()

    def _score_now(self, block: VoiceBlock) -> None:
        self._batches.forget(block)
        [(probability, state)] = self._batches.judge([block])
        self._learn(probability, state)

    def _learn(self, probability: float | None, state: NDArray[np.float32]) -> None:
        self._asked = None
        self._silero.state = state
        if probability is None:
            self._lost("voice_blocks", 1)
            probability = float(self._voice_ended * FRAME > self._block_end - BLOCK)
        self._scored(probability)
