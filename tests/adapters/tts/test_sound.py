"""From a vendor's format to the caller's."""

from __future__ import annotations

import pytest

from gateway import audio
from gateway.adapters.tts.sound import Converter, nearest, sound_ms
from gateway.ports.sound import WIRE_FORMATS, AudioFormat, Encoding
from tests.support.speaking import MULAW, OPUS, PCM16, PCM24

PCM8 = AudioFormat(Encoding.PCM, 8000)
PCM48 = AudioFormat(Encoding.PCM, 48_000)


@pytest.mark.parametrize(
    ("wanted", "offered", "chosen"),
    [
        (MULAW, (PCM16, MULAW), MULAW),
        (MULAW, (PCM24, PCM16), PCM16),
        (PCM16, (PCM8, PCM24), PCM24),
        (PCM48, (PCM8, PCM24), PCM24),
        (OPUS, (PCM24, PCM48, MULAW), PCM48),
    ],
    ids=str,
)
def test_the_nearest_is_asked_for(
    wanted: AudioFormat, offered: tuple[AudioFormat, ...], chosen: AudioFormat
) -> None:
    assert nearest(wanted, offered) == chosen


@pytest.mark.parametrize("wire", WIRE_FORMATS, ids=lambda one: one.name)
def test_as_it_comes(wire: AudioFormat) -> None:
    stream = Converter(PCM24, wire)
    sound = b"".join(stream.feed(bytes(999)) for _ in range(48))
    assert stream.ms == pytest.approx(999)
    assert sound_ms(sound, wire) == pytest.approx(999, abs=20)
    assert sound_ms(sound + stream.flush(), wire) >= 998


def test_the_callers_own_format_goes_through_untouched() -> None:
    stream = Converter(MULAW, MULAW)
    data = audio.pcm_to_mulaw(bytes(320))
    assert (stream.feed(data), stream.ms, stream.flush()) == (data, 20, b"")
    assert Converter(PCM16, PCM16).feed(b"\x01\x02\x03") == b"\x01\x02"
