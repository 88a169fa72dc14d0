"""espeak-ng: voices, pieces, threads and what it refuses."""

from __future__ import annotations

import itertools
import json
import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.adapters.tts import espeak
from gateway.adapters.tts.espeak import EspeakSynthesizer
from gateway.errors import ProviderFailed
from gateway.ports.speech_out import Synthesizer

HOURS = "We open at nine and close at five."


@pytest.fixture(scope="module")
def voice() -> EspeakSynthesizer:
    return EspeakSynthesizer()


def sound(synthesizer: Synthesizer, text: str, voice: str = "", locale: str = "en-US") -> bytes:
    return b"".join(piece.samples for piece in synthesizer.stream(text, voice, locale))


def test_it_speaks(voice: EspeakSynthesizer) -> None:
    pieces = list(voice.stream(HOURS, "", "en-US"))
    assert {piece.sample_rate for piece in pieces} == {22050}
    assert len(pieces) > 4
    samples = np.frombuffer(b"".join(piece.samples for piece in pieces), "<i2")
    assert 1.5 < len(samples) / 22050 < 4
    assert np.abs(samples).max() > 3000


def test_it_is_named_by_version_and_speed(voice: EspeakSynthesizer) -> None:
    assert voice.model.startswith("espeak-ng/1.")
    assert json.loads(EspeakSynthesizer(speed_wpm=200).settings) == {"speed_wpm": 200}


def test_speed_changes_the_length() -> None:
    slow = sound(EspeakSynthesizer(speed_wpm=120), HOURS)
    fast = sound(EspeakSynthesizer(speed_wpm=240), HOURS)
    assert 1.6 < len(slow) / len(fast) < 2.4


@pytest.mark.parametrize(
    "name", ["en-us", "EN_US", "en-gb", "gmw/en-US", "English (America)", "en-us+f3", "de"]
)
def test_voices_by_tag_file_and_name(voice: EspeakSynthesizer, name: str) -> None:
    assert sound(voice, "Hello.", name)


def spectrum(voice: EspeakSynthesizer, name: str) -> NDArray[np.float64]:
    """Average loudness by frequency, as a unit vector: what a voice sounds like."""
    samples = np.frombuffer(sound(voice, HOURS, name), "<i2").astype(np.float64)
    blocks = samples[: len(samples) // 1024 * 1024].reshape(-1, 1024) * np.hanning(1024)
    average: NDArray[np.float64] = np.abs(np.fft.rfft(blocks)).mean(axis=0)
    unit: NDArray[np.float64] = average / np.linalg.norm(average)
    return unit


def test_voices_differ(voice: EspeakSynthesizer) -> None:
    again, *said = (spectrum(voice, name) for name in ("en-us", "en-us", "en-gb", "en-us+f3"))
    assert float(said[0] @ again) > 0.98  # its breath is drawn anew each time
    for one, other in itertools.combinations(said, 2):
        assert float(one @ other) < 0.97


def test_the_locale_chooses_where_the_default_voice_does_not_speak_it(
    voice: EspeakSynthesizer,
) -> None:
    text = "Wir haben von neun bis siebzehn Uhr offen."
    german, english = (len(sound(voice, text, name, "")) for name in ("de", "en-us"))
    assert len(sound(voice, text, "", "de-DE")) == pytest.approx(german, rel=0.005)
    assert len(sound(voice, text, "", "en-GB")) == pytest.approx(english, rel=0.005)
    assert german != pytest.approx(english, rel=0.02)


@pytest.mark.parametrize(
    ("name", "locale", "reason"),
    [
        ("nobody", "en-US", r"no voice 'nobody'; it has .*en-us"),
        ("../../etc/passwd", "", "no voice"),
        ("de-nowhere", "", "it has de"),
        ("en-us+../x", "", "no variant"),
        ("", "xx-YY", "no voice for the locale 'xx-YY'"),
    ],
)
def test_what_is_not_there_is_refused(
    voice: EspeakSynthesizer, name: str, locale: str, reason: str
) -> None:
    with pytest.raises(ProviderFailed, match=reason):
        sound(voice, "Hello.", name, locale)
    assert sound(voice, "Hello.")


@pytest.mark.parametrize(("name", "speed"), [("nobody", 165), ("en-us", 79), ("en-us", 451)])
def test_a_bad_default_is_refused_at_once(name: str, speed: int) -> None:
    with pytest.raises(ProviderFailed):
        EspeakSynthesizer(name, speed)


def test_voices_are_listed_by_language(voice: EspeakSynthesizer) -> None:
    english = voice.voices("en-US")
    assert "gmw/en-US" in {one.identifier for one in english}
    assert len(voice.voices()) > 100 > len(english)


def test_odd_texts(voice: EspeakSynthesizer) -> None:
    assert sound(voice, "") == b""
    assert sound(voice, "   ") == b""
    cut, whole = (len(sound(voice, text)) for text in ("one\0two", "one two"))
    assert cut == pytest.approx(whole, rel=0.05)
    assert sound(voice, "<speak>hello</speak> [[h@]]")


def test_long_texts_are_cut_at_sentence_ends() -> None:
    text = " ".join(f"This is sentence number {n} of Dr. Smith." for n in range(30))
    pieces = list(espeak._pieces(text))
    assert " ".join(pieces) == text
    assert all(len(piece) <= espeak.LONGEST_PIECE for piece in pieces)
    assert all(piece.endswith("Smith.") for piece in pieces)
    assert [len(piece) for piece in espeak._pieces("x" * 700)] == [300, 300, 100]


def test_closing_stops_the_work(voice: EspeakSynthesizer, monkeypatch: pytest.MonkeyPatch) -> None:
    spoken: list[str] = []
    speak = espeak._Library.speak

    def counted(self: espeak._Library, text: str, chosen: str, speed: int) -> bytes:
        spoken.append(text)
        return speak(self, text, chosen, speed)

    monkeypatch.setattr(espeak._Library, "speak", counted)
    pieces = voice.stream(HOURS * 100, "", "")
    list(itertools.islice(pieces, 3))
    pieces.close()  # type: ignore[attr-defined]
    assert len(spoken) == 1
    assert not espeak._lock.locked()


def test_many_threads_share_the_library(voice: EspeakSynthesizer) -> None:
    """Interleaved streams must not get each other's sound."""
    texts = [f"This is caller number {n}." * 20 for n in range(4)]
    alone = [len(sound(voice, text)) for text in texts]
    together = [0] * len(texts)

    def speak(n: int) -> None:
        together[n] = len(sound(voice, texts[n], ["en-us", ""][n % 2]))

    threads = [threading.Thread(target=speak, args=(n,)) for n in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # The library's own lengths differ by a few samples from one run to the next.
    assert together == pytest.approx(alone, rel=0.01)


def test_it_travels_to_a_worker_process() -> None:
    again = pickle.loads(pickle.dumps(EspeakSynthesizer("en-gb", 180)))
    assert again.settings == EspeakSynthesizer("en-gb", 180).settings
    assert sound(again, "Hello.")


def test_a_library_that_is_not_there_is_one_line() -> None:
    code = (
        "import sys; sys.modules['espeakng_loader'] = None\n"
        "from gateway.adapters.tts.espeak import EspeakSynthesizer\n"
        "from gateway.errors import ProviderFailed\n"
        "try:\n    EspeakSynthesizer()\n"
        "except ProviderFailed as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "install the package espeakng-loader" in done.stdout
