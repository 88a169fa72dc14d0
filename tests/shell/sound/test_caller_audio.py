"""The caller's sound on its way in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.audio import WireDecoder
from gateway.core.events import Event, VoiceStarted, VoiceStirred, VoiceStopped
from gateway.errors import ClientError
from gateway.ports.sound import AudioFormat, Encoding
from gateway.ports.speech_in import VoiceChange
from gateway.shell.sound.caller_audio import PRE_ROLL, Ears
from tests.support.fakes import FakeDetector, FakeTranscription

PCM16K = AudioFormat(Encoding.PCM, 16000)


def pcm(ms: int, value: int = 7) -> bytes:
    return value.to_bytes(2, "little") * (16 * ms)


class Listener:
    """Ears over fakes."""

    def __init__(
        self, *changes: VoiceChange, form: AudioFormat = PCM16K, recogniser: bool = True
    ) -> None:
        self.transcription = FakeTranscription()
        self.events: list[Event] = []
        self.ears = Ears(
            WireDecoder(form),
            FakeDetector(*changes),
            self.transcription if recogniser else None,
            self.events.append,
        )

    @property
    def times(self) -> list[float]:
        return [one.at for one in self.events if isinstance(one, (VoiceStarted, VoiceStopped))]


class WaryDetector(FakeDetector):
    """One that has heard something in its first sound that was no voice."""

    def __init__(self) -> None:
        super().__init__()
        self.stirred: Callable[[bool], None] = lambda goes_on: None

    def feed(self, pcm: bytes) -> list[VoiceChange]:
        self.stirred(True)
        self.stirred(False)
        return super().feed(pcm)


def test_what_stirs_is_told_until_nothing_is_heard_any_more() -> None:
    events: list[Event] = []
    ears = Ears(WireDecoder(PCM16K), WaryDetector(), None, events.append)
    ears.hear(pcm(20), now=1.0)
    assert events == [VoiceStirred(), VoiceStirred(goes_on=False)]
    ears.close()
    ears.hear(pcm(20), now=1.02)
    assert len(events) == 2


def changes(*pairs: tuple[bool, float, float]) -> list[VoiceChange]:
    return [VoiceChange(*pair) for pair in pairs]


def test_times_are_when_it_truly_happened() -> None:
    listener = Listener(*changes((True, 400, 500), (False, 900, 1000)))
    for n in range(1, 61):
        listener.ears.hear(pcm(20), now=10 + n * 0.02)
    assert [type(event) for event in listener.events] == [VoiceStarted, VoiceStopped]
    assert listener.times == pytest.approx([10.4, 10.9])
    assert not listener.ears.speaking


def test_a_message_may_hold_a_whole_utterance() -> None:
    listener = Listener(*changes((True, 400, 500), (False, 900, 1000)))
    assert listener.ears.hear(pcm(1200), now=5.0) == 1200 * 32
    assert listener.times == pytest.approx([4.2, 4.7])
    assert len(listener.transcription.fed) == 1200 * 32


def test_a_change_is_never_in_the_future() -> None:
    listener = Listener(VoiceChange(True, 120, 100))
    listener.ears.hear(pcm(100), now=1.0)
    assert listener.events == [VoiceStarted(at=1.0)]


def test_only_voice_and_the_little_before_it_is_recognised() -> None:
    listener = Listener(*changes((True, 900, 1000), (False, 1500, 1600)))
    for n in range(100):
        listener.ears.hear(pcm(20, value=n), now=n * 0.02)
    fed, skipped = listener.transcription.fed, listener.transcription.skipped
    # known at 1.0 s with the message that ends there; 0.3 s before that message
    first = int.from_bytes(fed[:2], "little") * 20
    assert first == 1000 - 20 - PRE_ROLL * 1000
    assert len(fed) == 32 * (1600 - first)
    # what was left out keeps the recogniser's time, but for the 0.3 s held back at the end
    assert skipped == 16 * (2000 - 1600 + first - PRE_ROLL * 1000)


@given(st.lists(st.integers(min_value=1, max_value=700), max_size=40))
def test_no_sample_is_lost_or_doubled(lengths: list[int]) -> None:
    listener = Listener(*changes((True, 150, 200), (False, 300, 350), (True, 700, 800)))
    total = sum(listener.ears.hear(pcm(length), now=0.0) for length in lengths)
    held = len(listener.ears._before)
    assert total == 32 * sum(lengths)
    assert len(listener.transcription.fed) + 2 * listener.transcription.skipped + held == total
    assert held <= PRE_ROLL * 32_000


def test_odd_bytes_wait_for_their_other_half() -> None:
    listener = Listener(VoiceChange(True, 0, 0))
    assert listener.ears.hear(b"\x01", now=0.0) == 0
    assert listener.ears.hear(b"\x02\x03\x04\x05", now=0.0) == 4
    assert listener.ears.hear(b"\x06", now=0.0) == 2
    assert bytes(listener.transcription.fed) == b"\x01\x02\x03\x04\x05\x06"


def test_telephone_sound_is_heard_at_16_khz() -> None:
    listener = Listener(VoiceChange(True, 0, 10), form=AudioFormat(Encoding.MULAW, 8000))
    heard = sum(listener.ears.hear(b"\x7f" * 160, now=0.0) for _ in range(10))
    assert heard == 200 * 32
    assert listener.ears.speaking


def test_what_is_no_sound_is_the_clients_error() -> None:
    listener = Listener(form=AudioFormat(Encoding.OPUS, 48000))
    with pytest.raises(ClientError):
        listener.ears.hear(b"", now=0.0)


def test_without_a_recogniser_voice_is_still_heard() -> None:
    listener = Listener(*changes((True, 100, 200), (False, 400, 500)), recogniser=False)
    for _ in range(100):
        listener.ears.hear(pcm(20), now=0.0)
    assert [type(event) for event in listener.events] == [VoiceStarted, VoiceStopped]
    assert len(listener.ears._before) <= PRE_ROLL * 32_000
    assert not listener.transcription.fed


class LateDetector(FakeDetector):
    """Knows when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.woken: Callable[[], None] = lambda: None
        self.known: list[VoiceChange] = []

    def feed(self, pcm: bytes) -> list[VoiceChange]:
        known, self.known = self.known, []
        return known


def test_what_is_known_late_is_told_at_once_and_when_it_happened() -> None:
    listener, detector = Listener(), LateDetector()
    ears = Ears(WireDecoder(PCM16K), detector, listener.transcription, listener.events.append)
    for n in range(1, 26):
        ears.hear(pcm(20), now=10 + n * 0.02)
    assert not listener.transcription.fed
    detector.known = changes((True, 400, 490))
    detector.woken()
    assert listener.times == pytest.approx([10.4])
    assert len(listener.transcription.fed) == PRE_ROLL * 32_000
    assert ears.speaking
    ears.hear(pcm(20), now=10.52)
    assert len(listener.transcription.fed) == PRE_ROLL * 32_000 + 640
    ears.close()
    detector.known = changes((False, 450, 520))
    detector.woken()
    assert len(listener.events) == 1
