"""Silero's network for the blocks of all calls: together, on a thread, off the event loop.

A block costs 61 us alone, 29 in fours, 27 in eights. So what comes within ``GATHER`` is run in one
go. A call has one block here at most, since the next needs what this one leaves behind: there are
never more than calls, and each call's are in order.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.adapters.vad.two_step import SpeechModel

log = logging.getLogger("frontline.voice")

GATHER = 0.008
"""Seconds for which a block waits for others'; voice is known by so much later."""
AT_ONCE = 32
"""Blocks of one run, 0.7 ms: more would keep the first waiting for the last."""


@dataclass(frozen=True, slots=True, eq=False)
class VoiceBlock:
    """A block of a call's sound, to be scored."""

    window: NDArray[np.float32]
    state: NDArray[np.float32]
    answer: Callable[[VoiceBlock, float, NDArray[np.float32]], None]
    """Called on the event loop with the block, the probability of speech, and the state after."""


class VoiceBatches:
    """The thread. ``ask`` never waits."""

    def __init__(self, model: SpeechModel) -> None:
        self.model = model
        self._loop = asyncio.get_running_loop()
        self._gathered: list[VoiceBlock] = []
        self._ready = threading.Condition()
        self._waiting: list[VoiceBlock] = []
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="voice", daemon=True)
        self._thread.start()

    def now(self) -> float:
        """The clock of what is late."""
        return self._loop.time()

    def ask(self, block: VoiceBlock) -> None:
        """Have it scored with what else comes soon."""
        if not self._gathered:
            self._loop.call_later(GATHER, self._hand_over)
        self._gathered.append(block)

    def forget(self, block: VoiceBlock) -> None:
        """Score a block no more: its answer would be too late."""
        with self._ready:
            for blocks in (self._gathered, self._waiting):
                if block in blocks:
                    blocks.remove(block)

    def close(self, within: float = 5.0) -> None:
        """Stop the thread; what waits is not answered."""
        with self._ready:
            self._closed = True
            self._ready.notify()
        self._thread.join(timeout=within)

    def _hand_over(self) -> None:
        with self._ready:
            self._waiting += self._gathered
            self._gathered.clear()
            self._ready.notify()

    def _run(self) -> None:
        while blocks := self._next():
            try:
                windows = np.concatenate([one.window for one in blocks])
                states = np.concatenate([one.state for one in blocks], axis=1)
                found, after = self.model.score(windows, states)
            except Exception:  # the callers' levels tell until it is well again
                log.exception("the voice detector's network failed")
                continue
            try:
                self._loop.call_soon_threadsafe(self._deliver, blocks, found.tolist(), after)
            except RuntimeError:  # the loop is closed
                return

    def _next(self) -> list[VoiceBlock]:
        """The blocks to be scored next; none at the end."""
        with self._ready:
            self._ready.wait_for(lambda: self._closed or bool(self._waiting))
            if self._closed:
                return []
            taken, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            return taken

    def _deliver(
        self, blocks: list[VoiceBlock], found: list[float], after: NDArray[np.float32]
    ) -> None:
        for number, (block, probability) in enumerate(zip(blocks, found, strict=True)):
            try:
                block.answer(block, probability, after[:, number : number + 1].copy())
            except Exception:  # one call's mistake is not the others'
                log.exception("a call failed to take what its voice detector found")
