"""The voices of many calls, judged together: what is found is the same, and what is late is done
without. Real threads, held and released; nothing sleeps."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.adapters.vad import gathered
from gateway.adapters.vad.batch import AT_ONCE, VoiceBatches
from gateway.adapters.vad.gathered import WAITING, GatheredDetector
from gateway.adapters.vad.silero import shared_model
from gateway.adapters.vad.two_step import SpeechModel, TwoStepDetector
from gateway.ports.speech_in import LateVoiceDetector, VoiceChange
from tests.support.speech import say

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]
STEP = 640


class HeldModel:
    """The real network, which can be held, and fail."""

    def __init__(self, model: SpeechModel) -> None:
        self.model = model
        self.sizes: list[int] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.fails = False

    def score(
        self, windows: NDArray[np.float32], states: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        self.sizes.append(len(windows))
        if threading.current_thread() is not threading.main_thread():
            assert self.go_on.wait(timeout=10)
            if self.fails:
                raise RuntimeError("out of order")
        return self.model.score(windows, states)


@pytest.fixture
async def model() -> HeldModel:
    return HeldModel(shared_model())


@pytest.fixture
async def batches(model: HeldModel) -> AsyncIterator[VoiceBatches]:
    made = VoiceBatches(model)
    yield made
    model.go_on.set()
    made.close()
    assert not made._thread.is_alive()


class Listened:
    """A call's detector and what it has found."""

    def __init__(self, batches: VoiceBatches) -> None:
        self.lost = 0
        self.detector = GatheredDetector(batches, self._count)
        assert isinstance(self.detector, LateVoiceDetector)
        self.changes: list[VoiceChange] = []
        self.known = asyncio.Event()
        self.detector.woken = self._woken

    def _count(self, what: str, count: int) -> None:
        assert what == "voice_blocks"
        self.lost += count

    def _woken(self) -> None:
        self.changes += self.detector.feed(b"")
        self.known.set()

    def feed(self, pcm: bytes) -> None:
        self.changes += self.detector.feed(pcm)

    async def hear(self, sound: bytes) -> None:
        """Frame by frame, each when what the one before asked is answered."""
        for at in range(0, len(sound), STEP):
            self.feed(sound[at : at + STEP])
            while self.detector._asked is not None:
                self.known.clear()
                await asyncio.wait_for(self.known.wait(), 10)


def alone(sound: bytes) -> list[VoiceChange]:
    return TwoStepDetector().feed(sound)


async def test_calls_that_are_judged_together_are_each_judged_as_if_alone(
    model: HeldModel, batches: VoiceBatches
) -> None:
    texts = ("Yes. {200} No", "I lost my debit card.", "Stop.", "Eight. {300} Seven")
    sounds = [say(text).between(150, 400).pcm for text in texts]
    calls = [Listened(batches) for _ in sounds]
    async with asyncio.TaskGroup() as tasks:
        for call, sound in zip(calls, sounds, strict=True):
            tasks.create_task(call.hear(sound))
    assert [call.changes for call in calls] == [alone(sound) for sound in sounds]
    assert all(call.changes and not call.lost for call in calls)
    assert max(model.sizes) > 1
    assert max(model.sizes) <= AT_ONCE


async def test_sound_that_comes_all_at_once_is_judged_at_once(batches: VoiceBatches) -> None:
    sound = say("I lost my debit card.").between(150, 600).pcm
    call = Listened(batches)
    call.feed(sound)
    found = alone(sound)
    assert call.changes == found[: len(call.changes)]
    assert len(call.changes) >= len(found) - 1
    assert not call.lost


async def test_where_the_answer_is_late_the_level_tells(
    model: HeldModel, batches: VoiceBatches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathered, "LATE", 0.0)
    model.go_on.clear()
    clip = say("I lost my debit card.")
    sound = clip.between(300, 600).pcm
    call = Listened(batches)
    for at in range(0, len(sound), STEP):
        call.feed(sound[at : at + STEP])
        assert len(call.detector._waiting) <= WAITING
    assert call.lost
    assert model.sizes.count(1) == len(model.sizes) <= 1, "nothing was run on the event loop"
    began, ended = call.changes
    assert (began.speaking, ended.speaking) == (True, False)
    exactly = alone(sound)
    assert abs(began.at_ms - exactly[0].at_ms) <= 50
    assert abs(ended.at_ms - exactly[-1].at_ms) <= 100
    model.go_on.set()
    await call.hear(sound)
    assert len(call.changes) >= 4, "and once it is there again, the network"


async def test_a_network_that_fails_is_done_without(
    model: HeldModel, batches: VoiceBatches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathered, "LATE", 0.0)
    model.fails = True
    call, sound = Listened(batches), say("I lost my debit card.").between(300, 600).pcm
    for at in range(0, len(sound), STEP):
        call.feed(sound[at : at + STEP])
        await asyncio.sleep(0)
    assert [change.speaking for change in call.changes] == [True, False]
    model.fails = False
    await call.hear(sound)
    assert len(call.changes) >= 4


async def test_in_silence_nobody_is_asked(model: HeldModel, batches: VoiceBatches) -> None:
    call = Listened(batches)
    for _ in range(50):
        call.feed(bytes(STEP))
    assert call.changes == []
    assert model.sizes == []
