"""Speech is noticed soon, its end is placed well, and nothing else counts as speech."""

from __future__ import annotations

import itertools
import subprocess
import sys
import wave
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gateway.adapters.vad import two_step
from gateway.adapters.vad.silero import shared_model
from gateway.adapters.vad.two_step import SpeechModel, TwoStepDetector
from gateway.audio import Resampler, mulaw_to_pcm, pcm_to_mulaw
from gateway.ports.speech_in import VoiceChange
from tests.support.data import needs_data
from tests.support.speech import SpokenClip, say, silence

SENTENCES = (
    "I lost my debit card, can you send me a new one?",
    "What are your opening hours?",
    "Can I speak to a person please?",
    "How much does it cost to send money abroad?",
    "Is there a fee for a second card?",
    "Yes.",
    "Stop.",
    "Eight.",
)


def heard(pcm: bytes, step: int = 640) -> list[VoiceChange]:
    detector = TwoStepDetector()
    changes = []
    for at in range(0, len(pcm), step):
        changes += detector.feed(pcm[at : at + step])
    return changes


def in_noise(clip: SpokenClip, snr_db: float, seed: int = 7) -> bytes:
    """Half as loud, in white noise that much below the speech's own level."""
    sound = np.frombuffer(clip.pcm, "<i2") * 0.5
    loud = sound[np.abs(sound) > 125]
    noise = np.random.default_rng(seed).normal(0, 1, len(sound))
    noise *= np.sqrt(np.mean(loud**2)) / 10 ** (snr_db / 20)
    return pcm(sound + noise)


def over_telephone(clip: SpokenClip) -> bytes:
    narrow = mulaw_to_pcm(pcm_to_mulaw(Resampler(16000, 8000).feed(in_noise(clip, 30))))
    return Resampler(8000, 16000).feed(narrow)


def pcm(samples: NDArray[Any]) -> bytes:
    whole: NDArray[np.int16] = np.clip(samples, -32768, 32767).astype("<i2")
    return whole.tobytes()


def tones(hertz: tuple[float, ...], ms: int, level: float = 8000) -> bytes:
    time = np.arange(16 * ms) / 16000
    waves = np.array([np.sin(2 * np.pi * f * time) for f in hertz])
    return pcm(waves.mean(axis=0) * level)


# --- speech -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", SENTENCES)
def test_clean_speech_begins_and_ends_where_it_does(text: str) -> None:
    clip = say(text).between(500, 600)
    changes = heard(clip.pcm)
    first, last = changes[0], changes[-1]
    assert (first.speaking, last.speaking) == (True, False)
    assert first.at_ms == pytest.approx(clip.start_ms, abs=25)
    assert first.known_ms - clip.start_ms <= 155
    assert last.at_ms == pytest.approx(clip.end_ms, abs=35)
    assert 60 <= last.known_ms - clip.end_ms <= 130


def test_half_of_the_beginnings_are_known_within_100_ms() -> None:
    clips = [say(text).between(500, 200) for text in SENTENCES]
    late = sorted(heard(clip.pcm)[0].known_ms - clip.start_ms for clip in clips)
    assert late[len(late) // 2] <= 100


@pytest.mark.parametrize("text", SENTENCES)
@pytest.mark.parametrize("snr_db", [20, 10])
def test_speech_in_noise(text: str, snr_db: float) -> None:
    clip = say(text).between(1000, 900)
    changes = heard(in_noise(clip, snr_db))
    assert changes[0].known_ms - clip.start_ms <= 200
    assert not changes[-1].speaking
    assert abs(changes[-1].at_ms - clip.end_ms) <= 190
    assert changes[-1].known_ms - clip.end_ms <= 290


@pytest.mark.parametrize("text", SENTENCES)
def test_speech_over_the_telephone(text: str) -> None:
    clip = say(text).between(1000, 900)
    changes = heard(over_telephone(clip))
    assert changes[0].known_ms - clip.start_ms <= 170
    assert changes[-1].at_ms == pytest.approx(clip.end_ms, abs=90)


@pytest.mark.parametrize("text", ["debit card", "what time", "update", "active account", "eight"])
def test_closures_inside_words_are_no_pauses(text: str) -> None:
    assert [change.speaking for change in heard(say(text).between(500, 400).pcm)] == [True, False]


def test_a_pause_is_reported_as_one() -> None:
    clip = say("I want to {400} pay my bill").between(500, 500)
    changes = heard(clip.pcm)
    assert [change.speaking for change in changes] == [True, False, True, False]
    pause = changes[2].at_ms - changes[1].at_ms
    assert pause == pytest.approx(clip.words[3][1] - clip.words[2][2], abs=60)


def test_positions_go_forward_only() -> None:
    clip = say("Hello, I would like {300} to change {150} my address, please.").between(300, 300)
    changes = heard(over_telephone(clip))
    positions = [change.at_ms for change in changes]
    assert positions == sorted(positions)
    assert all(change.at_ms <= change.known_ms for change in changes)
    assert [c.speaking for c in changes] == [i % 2 == 0 for i in range(len(changes))]


# --- everything else -----------------------------------------------------------------------------


@pytest.mark.parametrize("level", [0, 30, 300, 3000])
def test_steady_noise_is_no_speech(level: float) -> None:
    rng = np.random.default_rng(3)
    assert heard(silence(500) + pcm(rng.normal(0, level, 160_000))) == []


@pytest.mark.parametrize("ms", [60, 200, 500])
def test_keys_pressed_are_no_speech(ms: int) -> None:
    keys = [(row, column) for row in (697, 770, 852, 941) for column in (1209, 1336, 1477)]
    assert heard(b"".join(silence(300) + tones(key, ms) for key in keys)) == []


def test_line_tones_and_hum_are_no_speech() -> None:
    assert heard(silence(300) + tones((350, 440), 2000)) == []
    assert heard(silence(300) + tones((50, 100, 150), 3000, level=4000)) == []


def test_clicks_and_thumps_are_no_speech() -> None:
    rng = np.random.default_rng(5)
    sound = np.zeros(160_000)
    for at in range(8_000, 150_000, 9_000):
        sound[at : at + 20] = rng.choice([-20_000, 20_000], 20)
        thump = rng.normal(0, 8000, 1600) * np.exp(-np.arange(1600) / 200)
        sound[at + 4000 : at + 5600] = thump
    assert heard(pcm(sound)) == []


# --- how it is fed and what it costs --------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, 48_000), max_size=20))
def test_any_cut_into_feeds_gives_the_same_changes(cuts: list[int]) -> None:
    sound = say("Yes. {200} No").between(150, 150).pcm
    edges = [0, *sorted(min(cut, len(sound)) for cut in cuts), len(sound)]
    detector = TwoStepDetector()
    changes = []
    for start, end in itertools.pairwise(edges):
        changes += detector.feed(sound[start:end])
    assert changes == heard(sound)
    assert len(changes) >= 4


class Counting:
    """The real network, counted."""

    def __init__(self, model: SpeechModel) -> None:
        self.model = model
        self.runs = 0

    def score(
        self, windows: NDArray[np.float32], states: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        self.runs += 1
        return self.model.score(windows, states)


def test_the_network_rests_in_silence_and_runs_at_most_twice_a_frame() -> None:
    model = Counting(shared_model())
    detector = TwoStepDetector(model)
    for _ in range(250):
        detector.feed(bytes(640))
    assert model.runs == 0
    speech = say(SENTENCES[0]).pcm
    most = 0
    for at in range(0, len(speech), 640):
        before = model.runs
        detector.feed(speech[at : at + 640])
        most = max(most, model.runs - before)
    assert most == 2
    assert model.runs <= len(speech) / 1024 + 2
    for _ in range(100):
        detector.feed(bytes(640))
    before = model.runs
    detector.feed(bytes(64_000))
    assert model.runs == before


def test_torch_and_the_models_package_stay_out() -> None:
    code = (
        "import sys; from gateway.adapters.vad.two_step import TwoStepDetector as T;"
        "T().feed(bytes(64000)); print({'torch', 'silero_vad'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("name", "start_ms", "end_ms"),
    [("whats-the-weather-like", 110, 1220), ("lv0870", 210, 6760), ("lv0930", 240, 2890)],
)
def test_people(name: str, start_ms: float, end_ms: float) -> None:
    """Instants read off the level of each 20 ms; SENTENCES are the siblings of our making."""
    path = needs_data("audio", f"{name}.wav")
    with wave.open(str(path)) as file:
        sound = file.readframes(file.getnframes())
    changes = heard(sound + silence(500))
    assert changes[0].at_ms == pytest.approx(start_ms, abs=100)
    assert changes[-1].at_ms == pytest.approx(end_ms, abs=150)


class TestStirring:
    """What may become a voice is told of before it is sure."""

    @staticmethod
    def told(sound: bytes) -> tuple[list[tuple[float, bool]], list[VoiceChange]]:
        """Ms at which it was told that something stirs, or was nothing; and the voice."""
        detector, stirs, changes = TwoStepDetector(), [], []
        ms = 0.0
        detector.stirred = lambda goes_on: stirs.append((ms, goes_on))
        for at in range(0, len(sound), 320):
            ms = at / 32 + 10
            changes += detector.feed(sound[at : at + 320])
        return stirs, changes

    @pytest.mark.parametrize("text", SENTENCES)
    def test_a_voice_stirs_before_it_is_known(self, text: str) -> None:
        clip = say(text)
        stirs, changes = self.told(clip.between(400, 800).pcm)
        ((first, began), *_) = stirs
        assert began
        assert first <= changes[0].known_ms
        assert first - changes[0].at_ms <= 20

    def test_a_click_stirs_and_is_over(self) -> None:
        click = pcm(np.random.default_rng(1).normal(0, 4000, 1600))
        sound = silence(600) + click + silence(600)
        stirs, changes = self.told(sound)
        assert changes == []
        assert [goes_on for _, goes_on in stirs] == [True, False]
        (begin, _), (end, _) = stirs
        assert begin == pytest.approx(600, abs=20)
        assert end == pytest.approx(700 + 10 * two_step.STILL_FRAMES, abs=20)

    def test_a_voice_that_goes_on_does_not_stir(self) -> None:
        clip = say("I lost my debit card").between(300, 500)
        stirs, changes = self.told(clip.pcm)
        inside = [at for at, _ in stirs if changes[0].known_ms < at <= changes[-1].at_ms]
        assert inside == []
