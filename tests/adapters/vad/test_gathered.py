"""The voices of many calls, judged together: what is found is the same, and a network that fails is
done without."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.adapters.vad.batch import AT_ONCE, VoiceBatches
from gateway.adapters.vad.gathered import WAITING, GatheredDetector
from gateway.adapters.vad.silero import shared_model
from gateway.adapters.vad.two_step import SpeechModel, TwoStepDetector
from gateway.ports.speech_in import LateVoiceDetector, VoiceChange
from tests.support.speech import say

pytestmark = pytest.mark.anyio
STEP = 640


class WatchedModel:
    """The real network, which can fail."""

    def __init__(self, model: SpeechModel) -> None:
        self.model = model
        self.sizes: list[int] = []
        self.fails = False

    def score(
        self, windows: NDArray[np.float32], states: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        self.sizes.append(len(windows))
        if self.fails:
            raise RuntimeError("out of order")
        return self.model.score(windows, states)


@pytest.fixture
def model() -> WatchedModel:
    return WatchedModel(shared_model())


@pytest.fixture
async def batches(model: WatchedModel) -> VoiceBatches:
    return VoiceBatches(model)


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
    model: WatchedModel, batches: VoiceBatches
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


async def test_no_more_than_a_tenth_of_a_second_waits(
    model: WatchedModel, batches: VoiceBatches
) -> None:
    sound = say("I lost my debit card.").between(300, 600).pcm
    call = Listened(batches)
    for at in range(0, len(sound), STEP):  # and the loop is never given a turn
        call.feed(sound[at : at + STEP])
        assert len(call.detector._waiting) <= WAITING
    assert set(model.sizes) == {1}
    call.feed(bytes(2 * STEP * WAITING))
    assert call.changes == alone(sound)
    assert not call.lost


async def test_where_the_network_fails_the_level_tells(
    model: WatchedModel, batches: VoiceBatches
) -> None:
    model.fails = True
    call, sound = Listened(batches), say("I lost my debit card.").between(300, 600).pcm
    await call.hear(sound)
    assert call.lost == len(model.sizes) > 10
    began, ended = call.changes
    assert (began.speaking, ended.speaking) == (True, False)
    exactly = alone(sound)
    assert abs(began.at_ms - exactly[0].at_ms) <= 50
    assert abs(ended.at_ms - exactly[-1].at_ms) <= 100
    model.fails = False
    await call.hear(sound)
    assert len(call.changes) >= 4, "and once it is there again, the network"
    lost = call.lost
    model.fails = True
    call.feed(sound)
    assert call.lost > lost, "also where it is asked at once"


async def test_in_silence_nobody_is_asked(model: WatchedModel, batches: VoiceBatches) -> None:
    call = Listened(batches)
    for _ in range(50):
        call.feed(bytes(STEP))
    assert call.changes == []
    assert model.sizes == []
