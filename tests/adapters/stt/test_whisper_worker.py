"""The process that runs Whisper, spoken to by its protocol; the model is told what it hears."""

from __future__ import annotations

import io
import json
import os
from types import SimpleNamespace

import pytest

from gateway.adapters.stt import pocketsphinx_worker as wire
from gateway.adapters.stt import whisper_worker
from gateway.adapters.stt.whisper_worker import Segment, WhisperRecogniser, made_up, read, serve

SECOND = bytes(32_000)


class Model:
    """Hears a segment "wordN" for each whole second; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, str, str, bool]] = []
        self.now = 0.0
        self.takes = 0.0
        self.first = 0

    def __call__(self, pcm: bytes, language: str, expect: str, final: bool) -> list[Segment]:
        seconds = len(pcm) / 32_000
        self.asked.append((seconds, language, expect, final))
        self.now += self.takes
        return [
            Segment(f"word{n + self.first}", float(n), 0.25 * (n + 1), n + 1)
            for n in range(int(seconds))
        ]


def test_partials_hear_all_of_the_utterance_again() -> None:
    model = Model()
    one = WhisperRecogniser(model, lambda: model.now)
    due = [one.due]
    one.feed(SECOND)
    due.append(one.due)
    assert one.partial() == "word0"
    due.append(one.due)
    one.feed(SECOND[:16_000])
    assert [*due, one.due] == [False, True, False, True]
    assert one.partial() is None  # nothing new
    one.feed(SECOND)
    assert one.finish() == ("word0 word1", round((0.25 * 1 + 0.5 * 2) / 3, 3))
    assert [(asked[0], asked[3]) for asked in model.asked] == [
        (1, False),
        (1.5, False),
        (2.5, True),
    ]
    assert one.finish() == ("", 0.0)  # nothing of it is left, and nothing is made up of nothing
    assert len(model.asked) == 3


def test_partials_take_half_of_the_time_at_most() -> None:
    model = Model()
    model.takes = 1.0
    one = WhisperRecogniser(model, lambda: model.now)
    one.feed(SECOND)
    one.partial()
    one.feed(SECOND)
    early = one.due
    one.feed(SECOND)
    assert (early, one.due) == (False, True)


def test_of_a_long_utterance_all_but_the_last_segment_is_settled() -> None:
    model = Model()
    one = WhisperRecogniser(model)
    one.feed(SECOND * 24)
    words = [f"word{n}" for n in range(24)]
    assert one.partial() == " ".join(words)
    model.first = 23  # what is left begins with the last word
    one.feed(SECOND)
    assert one.partial() == " ".join([*words, "word24"])
    assert one.finish()[0] == " ".join([*words, "word24"])
    assert [asked[0] for asked in model.asked] == [24, 2, 2]


def test_one_segment_that_fills_the_window_is_settled_whole() -> None:
    def always(pcm: bytes, language: str, expect: str, final: bool) -> list[Segment]:
        return [Segment("hum", 0.0, 0.5, 1)]

    one = WhisperRecogniser(always)
    one.feed(SECOND * 24)
    one.partial()
    one.feed(SECOND)
    assert one.finish() == ("hum hum", 0.5)


def test_the_call_says_its_language_and_its_words() -> None:
    model = Model()
    one = WhisperRecogniser(model)
    terms = [f"term{n}" for n in range(40)]
    one.begin(json.dumps({"language": "de", "keyterms": terms}).encode())
    one.feed(SECOND)
    one.partial()
    assert model.asked[0][1] == "de"
    assert model.asked[0][2].split(", ") == terms[:30]
    one.begin(b"")
    one.feed(SECOND)
    assert one.finish()[0] == "word0"
    assert model.asked[-1][1:] == ("en", "", True)


def test_segments_of_faster_whisper() -> None:
    said = SimpleNamespace(
        text=" hello ", start=1.5, avg_logprob=0.0, no_speech_prob=0.9, tokens=[1, 2]
    )
    assert read(said) == Segment("hello", 1.5, 1.0, 2)
    assert not made_up(said)
    assert made_up(SimpleNamespace(avg_logprob=-1.5, no_speech_prob=0.9))


def test_frames_are_answered_and_a_partial_waits_until_all_is_read() -> None:
    source, server = os.pipe()
    frames = [wire.pack(wire.BEGIN, 7, b"{}")]
    frames += [wire.pack(wire.AUDIO, 7, SECOND[:3200])] * 10
    os.write(server, b"".join(frames))
    sink = io.BytesIO()
    model = Model()

    class Told(WhisperRecogniser):
        def partial(self) -> str | None:
            text = super().partial()
            os.write(server, wire.pack(wire.FINISH, 7) + wire.pack(wire.END, 7))
            os.close(server)
            return text

    serve(source, sink, Told(model))
    os.close(source)
    answers = list(wire.Unpacker().feed(sink.getvalue()))
    assert [kind for kind, _, _ in answers] == [wire.DONE] * 10 + [wire.TEXT, wire.FINAL]
    assert {number for _, number, _ in answers} == {7}
    assert answers[10][2] == b"word0"
    assert json.loads(answers[11][2]) == {"text": "word0", "confidence": 0.25}


def test_a_frame_of_another_kind_is_a_mistake() -> None:
    source, server = os.pipe()
    os.write(server, wire.pack(b"?", 1))
    os.close(server)
    with pytest.raises(ValueError, match="kind"):
        serve(source, io.BytesIO(), WhisperRecogniser(Model()))
    os.close(source)


def test_the_numbers_are_whispers() -> None:
    assert whisper_worker.PARTIAL_BYTES == 16_000
    assert whisper_worker.WINDOW_BYTES < 30 * 32_000
