"""Utterances are minded, frames survive any cut, and the process ends with its server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.stt import pocketsphinx_worker as worker
from gateway.adapters.stt.pocketsphinx_worker import (
    AUDIO,
    BEGIN,
    DONE,
    END,
    FAILED,
    FINAL,
    FINISH,
    LONGEST_BYTES,
    PRE_ROLL_BYTES,
    READY,
    SILENT_BYTES,
    TEXT,
    Frame,
    SphinxRecogniser,
    Unpacker,
    answers,
    pack,
)
from tests.support.data import needs_data
from tests.support.speech import say, silence

SECOND = bytes(32_000)


@dataclass
class Word:
    word: str
    prob: float


class ScriptedDecoder:
    """Hears "w" for each second of sound beyond ``deaf`` seconds; counts what it is told."""

    def __init__(self, deaf: float = 0.0) -> None:
        self.deaf = deaf
        self.utterances: list[int] = []
        self.open = False
        self.cmn = "initial"

    def start_utt(self) -> None:
        assert not self.open
        self.open = True
        self.utterances.append(0)

    def end_utt(self) -> None:
        assert self.open
        self.open = False

    def process_raw(self, data: bytes, no_search: bool, full_utt: bool) -> None:
        assert self.open
        self.cmn = "learnt"
        self.utterances[-1] += len(data)

    def hyp(self) -> Any:
        words = max(0, int(self.utterances[-1] / 32_000 - self.deaf))
        return SimpleNamespace(hypstr=" ".join(["w"] * words))

    def seg(self) -> Iterator[Word]:
        yield Word("<s>", 1.0)
        for number, word in enumerate(self.hyp().hypstr.split()):
            yield Word(word, [0.25, 1.002][number % 2])
        yield Word("[NOISE]", 0.0)

    def get_cmn(self, update: bool) -> str:
        return self.cmn

    def set_cmn(self, cmn: str) -> None:
        self.cmn = cmn


def test_partials_are_told_when_they_change_and_say_something() -> None:
    recogniser = SphinxRecogniser(ScriptedDecoder())
    half = bytes(16_000)
    assert [recogniser.feed(half) for _ in range(5)] == [None, "w", None, "w w", None]


def test_a_final_is_the_words_and_their_mean_probability() -> None:
    recogniser = SphinxRecogniser(ScriptedDecoder())
    recogniser.feed(SECOND * 2)
    assert recogniser.finish() == ("w w", 0.625)
    assert recogniser.finish() == ("", 0.0)
    recogniser.feed(SECOND)
    assert recogniser.finish() == ("w", 0.25)


def test_silence_before_speech_is_forgotten_but_for_the_last_of_it() -> None:
    decoder = ScriptedDecoder(deaf=1000)
    recogniser = SphinxRecogniser(decoder)
    for _ in range(600):
        recogniser.feed(SECOND)
    assert max(decoder.utterances) <= SILENT_BYTES + len(SECOND) + PRE_ROLL_BYTES
    assert decoder.utterances[-1] >= PRE_ROLL_BYTES


def test_speech_without_an_end_is_decoded_in_stretches_and_told_whole() -> None:
    decoder = ScriptedDecoder()
    recogniser = SphinxRecogniser(decoder)
    partials = [recogniser.feed(SECOND) for _ in range(70)]
    assert max(decoder.utterances) <= LONGEST_BYTES + len(SECOND)
    assert partials[-1] == " ".join(["w"] * 70)
    text, confidence = recogniser.finish()
    assert text == partials[-1]
    assert confidence == pytest.approx(0.625, abs=0.03)


def test_a_call_leaves_nothing_to_the_next() -> None:
    decoder = ScriptedDecoder()
    recogniser = SphinxRecogniser(decoder)
    recogniser.feed(SECOND * 3)
    recogniser.begin()
    assert decoder.cmn == "initial"
    assert not decoder.open
    assert recogniser.finish() == ("", 0.0)


def test_every_frame_gets_its_answers() -> None:
    recogniser = SphinxRecogniser(ScriptedDecoder())
    assert list(answers(recogniser, (BEGIN, 7, b""))) == []
    assert list(answers(recogniser, (AUDIO, 7, SECOND))) == [pack(TEXT, 7, b"w"), pack(DONE, 7)]
    final = list(answers(recogniser, (FINISH, 7, b"")))
    assert final == [pack(FINAL, 7, b'{"text": "w", "confidence": 0.25}')]
    assert list(answers(recogniser, (END, 7, b""))) == []
    with pytest.raises(ValueError, match="kind"):
        list(answers(recogniser, (b"?", 7, b"")))


@given(
    frames=st.lists(
        st.tuples(
            st.sampled_from([AUDIO, FINISH, TEXT]),
            st.integers(0, 2**32 - 1),
            st.binary(max_size=50),
        )
    ),
    size=st.integers(1, 40),
)
def test_frames_survive_any_cut(frames: list[Frame], size: int) -> None:
    stream = b"".join(pack(*frame) for frame in frames)
    unpacker = Unpacker()
    got = []
    for at in range(0, len(stream), size):
        got += list(unpacker.feed(stream[at : at + size]))
    assert got == frames


def test_a_length_beyond_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="bytes"):
        list(Unpacker().feed(b"a" + b"\xff" * 8))


# --- the real decoder ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recogniser() -> SphinxRecogniser:
    return SphinxRecogniser(worker.load())


def recognised(recogniser: SphinxRecogniser, pcm: bytes) -> tuple[list[str], str, float]:
    recogniser.begin()
    partials = [recogniser.feed(pcm[at : at + 640]) for at in range(0, len(pcm), 640)]
    text, confidence = recogniser.finish()
    return [partial for partial in partials if partial], text, confidence


def test_a_person_is_recognised(recogniser: SphinxRecogniser) -> None:
    with wave.open(str(needs_data("audio", "whats-the-weather-like.wav"))) as file:
        sound = file.readframes(file.getnframes())
    partials, text, confidence = recognised(recogniser, sound)
    assert text == "what's the weather like"
    assert confidence > 0.8
    assert len(partials) >= 3
    assert recognised(recogniser, sound) == (partials, text, confidence)


def test_synthetic_speech_is_recognised(recogniser: SphinxRecogniser) -> None:
    clip = say("what is the weather like").between(200, 300)
    partials, text, confidence = recognised(recogniser, clip.pcm)
    assert text == "what is the weather like"
    assert partials[-1].endswith("the weather like")
    assert 0.5 < confidence <= 1.0


def test_ten_seconds_of_quiet_before_it_do_no_harm(recogniser: SphinxRecogniser) -> None:
    quiet = np.random.default_rng(1).normal(0, 5, 160_000).astype("<i2").tobytes()
    _, text, _ = recognised(recogniser, quiet + say("what is the weather like").pcm + silence(300))
    assert text.endswith("is the weather like")


# --- the process --------------------------------------------------------------------------------


def started() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", str(worker.__file__)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_the_process_answers_and_leaves_when_its_input_ends() -> None:
    with started() as process:
        process.send_signal(signal.SIGINT) if _ready(process) else pytest.fail("not ready")
        out, _ = process.communicate(pack(BEGIN, 3) + pack(AUDIO, 3, SECOND) + pack(FINISH, 3))
    assert process.returncode == 0
    frames = list(Unpacker().feed(out))
    assert [(kind, call) for kind, call, _ in frames] == [(DONE, 3), (FINAL, 3)]
    assert json.loads(frames[-1][2])["text"] == ""


def _ready(process: subprocess.Popen[bytes]) -> bool:
    assert process.stdout is not None
    return os.read(process.stdout.fileno(), 9) == pack(READY, 0)


def test_a_model_that_does_not_load_is_told(tmp_path: Path) -> None:
    (tmp_path / "pocketsphinx.py").write_text("raise ImportError('no such wheel')")
    done = subprocess.run(
        [sys.executable, "-P", str(worker.__file__)],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    ((kind, _, reason),) = Unpacker().feed(done.stdout)
    assert kind == FAILED
    assert reason == b"ImportError: no such wheel"
    assert done.returncode == 1
