"""Sound is carried faithfully, without delay, whatever the frames look like."""

from __future__ import annotations

import itertools
import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gateway.audio import (
    OPUS_RATE,
    Resampler,
    WireDecoder,
    WireEncoder,
    duration_ms,
    encode,
    mulaw_to_pcm,
    opus_packets,
    pcm_to_mulaw,
    resample,
    slice_messages,
)
from gateway.errors import ClientError, GatewayBug
from gateway.ports.sound import WIRE_FORMATS, AudioFormat, Encoding

MULAW = AudioFormat(Encoding.MULAW, 8000)
PCM16 = AudioFormat(Encoding.PCM, 16000)
OPUS = AudioFormat(Encoding.OPUS, 48000)
PAIRS = [(8000, 16000), (16000, 8000), (24000, 16000), (16000, 24000), (48000, 16000)]
PAIRS += [(16000, 48000), (24000, 8000), (22050, 16000), (16000, 16000)]

Samples = NDArray[np.float64]


def tone(hertz: float, rate: int, seconds: float = 0.5, level: float = 12_000) -> bytes:
    time = np.arange(round(rate * seconds)) / rate
    return np.round(level * np.sin(2 * np.pi * hertz * time)).astype("<i2").tobytes()


def samples(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, "<i2").astype(np.float64)


def level_db(sound: Samples) -> float:
    return float(10 * np.log10(np.mean(sound**2) + 1e-9))


def snr_db(wanted: Samples, got: Samples) -> float:
    return level_db(wanted) - level_db(got - wanted)


def delayed_snr_db(wanted: Samples, got: Samples, most: int) -> tuple[int, float]:
    """Best delay of ``got`` in samples, and the signal-to-noise ratio at it, edges left out."""
    cut = most + 400

    def at(delay: int) -> float:
        inner = got[cut + delay : len(wanted) - cut + delay]
        return snr_db(wanted[cut : cut + len(inner)], inner)

    delay = max(range(most), key=at)
    return delay, at(delay)


# --- mu-law -----------------------------------------------------------------------------------


def g711_code(sample: int) -> int:
    """G.711 read literally, one sample at a time: 14-bit magnitude, eight segments of sixteen."""
    magnitude = sample >> 2
    sign = 0x80 if magnitude < 0 else 0
    biased = min(abs(magnitude), 8158) + 33
    segment = next(s for s in range(8) if biased < 64 << s)
    return ~(sign | segment << 4 | (biased >> segment + 1) & 15) & 0xFF


def test_mulaw_of_every_sample_is_the_standards() -> None:
    every = np.arange(-32768, 32768)
    expected = bytes(g711_code(int(sample)) for sample in every)
    assert pcm_to_mulaw(every.astype("<i2").tobytes()) == expected


def test_mulaw_of_every_sample_and_code_is_audioops() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        audioop = pytest.importorskip("audioop", reason="not in this Python")
    every = np.arange(-32768, 32768).astype("<i2").tobytes()
    assert pcm_to_mulaw(every) == audioop.lin2ulaw(every, 2)
    codes = bytes(range(256))
    assert mulaw_to_pcm(codes) == audioop.ulaw2lin(codes, 2)


def test_mulaw_codes_survive_a_round_trip() -> None:
    codes = bytes(set(range(256)) - {0x7F})  # 0x7F is minus zero: it comes back as plus zero
    assert pcm_to_mulaw(mulaw_to_pcm(codes)) == codes
    assert pcm_to_mulaw(bytes(320)) == b"\xff" * 160


# --- the streaming resampler --------------------------------------------------------------------


@pytest.mark.parametrize(("from_rate", "to_rate"), PAIRS)
def test_a_tone_keeps_its_shape_and_is_hardly_late(from_rate: int, to_rate: int) -> None:
    sound = Resampler(from_rate, to_rate).feed(tone(997, from_rate))
    wanted = samples(tone(997, to_rate))
    delay, snr = delayed_snr_db(wanted, samples(sound), most=max(8, to_rate // 500))
    assert delay / to_rate <= 0.0015
    assert snr > 50 or from_rate == 22050  # there the delay is no whole number of samples


@pytest.mark.parametrize(("from_rate", "to_rate"), PAIRS)
def test_every_frame_is_answered_in_full(from_rate: int, to_rate: int) -> None:
    resampler = Resampler(from_rate, to_rate)
    frame = bytes(from_rate // 50 * 2)
    answered = sum(len(resampler.feed(frame)) for _ in range(50)) / 2
    assert answered == pytest.approx(to_rate, abs=1)


@pytest.mark.parametrize("tone_hz", [4700, 5500, 7000, 7900])
def test_what_would_alias_is_removed(tone_hz: int) -> None:
    quiet = samples(Resampler(16000, 8000).feed(tone(tone_hz, 16000)))[200:]
    assert level_db(samples(tone(tone_hz, 16000))) - level_db(quiet) > 55


def test_aliases_are_removed_from_48_khz() -> None:
    quiet = samples(Resampler(48000, 16000).feed(tone(13_000, 48000)))[200:]
    assert level_db(samples(tone(13_000, 48000))) - level_db(quiet) > 55


@pytest.mark.parametrize("tone_hz", [200, 1000, 3300])
def test_telephone_speech_passes_whole(tone_hz: int) -> None:
    loud = samples(Resampler(16000, 8000).feed(tone(tone_hz, 16000)))[200:]
    assert abs(level_db(samples(tone(tone_hz, 16000))) - level_db(loud)) < 0.5


@given(data=st.data(), pair=st.sampled_from(PAIRS), seed=st.integers(0, 2**32 - 1))
def test_any_cut_into_frames_gives_the_same_samples(
    data: st.DataObject, pair: tuple[int, int], seed: int
) -> None:
    sound = np.random.default_rng(seed).integers(0, 256, 3001, dtype=np.uint8).tobytes()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sound)), max_size=12)))
    resampler = Resampler(*pair)
    edges = [0, *cuts, len(sound)]
    pieces = [resampler.feed(sound[a:b]) for a, b in itertools.pairwise(edges)]
    assert b"".join(pieces) == Resampler(*pair).feed(sound)


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("size", [2, 14, 320, 640, 882])
def test_frames_of_one_size_share_arrays_and_nothing_else(pair: tuple[int, int], size: int) -> None:
    sound = np.random.default_rng(size).integers(0, 256, 8820, dtype=np.uint8).tobytes()
    resampler, other = Resampler(*pair), Resampler(*pair)
    got = bytearray()
    for at in range(0, len(sound), size):
        got += resampler.feed(sound[at : at + size])
        other.feed(bytes(size))
    assert bytes(got) == Resampler(*pair).feed(sound)


@given(
    data=st.data(), to_rate=st.sampled_from([8000, 16000, 24000]), seed=st.integers(0, 2**32 - 1)
)
def test_mulaw_is_resampled_as_what_it_stands_for(
    data: st.DataObject, to_rate: int, seed: int
) -> None:
    codes = np.random.default_rng(seed).integers(0, 256, 3001, dtype=np.uint8).tobytes()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(codes)), max_size=12)))
    resampler = Resampler(8000, to_rate)
    pieces = [resampler.feed_mulaw(codes[a:b]) for a, b in itertools.pairwise([0, *cuts, 3001])]
    assert b"".join(pieces) == Resampler(8000, to_rate).feed(mulaw_to_pcm(codes))


def test_loud_sound_is_clipped_and_does_not_wrap() -> None:
    square = np.where(np.arange(4000) // 20 % 2, 32767, -32768).astype("<i2").tobytes()
    got = samples(Resampler(8000, 16000).feed(square))
    assert got.max() == 32767
    assert got.min() == -32768
    assert np.abs(np.diff(got)).max() < 60_000


def test_reset_forgets_the_past_and_half_samples() -> None:
    resampler = Resampler(24000, 16000)
    resampler.feed(tone(440, 24000)[:-1])
    resampler.reset()
    assert resampler.feed(bytes(480)) == bytes(320)


def test_offline_resampling_has_no_delay() -> None:
    delay, snr = delayed_snr_db(
        samples(tone(997, 8000)), samples(resample(tone(997, 22050), 22050, 8000)), most=8
    )
    assert delay == 0
    assert snr > 60
    assert resample(b"", 22050, 8000) == b""


# --- wire formats -------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", WIRE_FORMATS, ids=lambda wire: wire.name)
def test_a_clip_comes_back_through_the_wire(wire: AudioFormat) -> None:
    """Rendered, cut in messages, decoded as the other side would."""
    original = tone(440, 22050, seconds=1.0)
    payload = encode(original, 22050, wire)
    decoder = WireDecoder(wire)
    got = samples(b"".join(decoder.feed(m) for m in slice_messages(payload, wire, 20)))
    delay, snr = delayed_snr_db(samples(tone(440, 16000, seconds=1.0)), got, most=200)
    assert snr > {Encoding.PCM: 50, Encoding.MULAW: 30, Encoding.OPUS: 15}[wire.encoding]
    assert delay / 16000 < (0.010 if wire.encoding is Encoding.OPUS else 0.0016)
    assert abs(duration_ms(payload, wire) - 1000) <= (20 if wire.encoding is Encoding.OPUS else 0)


@pytest.mark.parametrize("rate", [8000, 16000, 24000, 48000])
@pytest.mark.parametrize("encoding", list(Encoding))
def test_callers_may_send_any_rate_in_any_encoding(encoding: Encoding, rate: int) -> None:
    wire = AudioFormat(encoding, rate)
    decoder = WireDecoder(wire)
    messages = slice_messages(encode(tone(300, rate, seconds=0.2), rate, wire), wire, 20)
    got = b"".join(decoder.feed(message) for message in messages)
    assert len(got) // 32 == pytest.approx(200, abs=21)


def test_odd_bytes_of_a_message_wait_for_the_next() -> None:
    decoder = WireDecoder(PCM16)
    assert decoder.feed(b"\x01") == b""
    assert decoder.feed(b"\x02\x03") == b"\x01\x02"
    assert decoder.feed(b"\x04") == b"\x03\x04"


@pytest.mark.parametrize("message", [b"", b"\xff\xff\xff\xff"])
def test_what_is_no_opus_packet_is_the_clients_mistake(message: bytes) -> None:
    decoder = WireDecoder(OPUS)
    good = opus_packets(encode(tone(440, 48000), 48000, OPUS))
    before = decoder.feed(good[0])
    with pytest.raises(ClientError) as caught:
        decoder.feed(message)
    assert caught.value.code == "bad_audio"
    assert len(decoder.feed(good[1])) == len(before) == 640


def opus_speech() -> list[bytes]:
    return opus_packets(encode(tone(440, 48000), 48000, OPUS))


def any_packet() -> st.SearchStrategy[bytes]:
    """What a client may take for a packet: its table of contents alone, cut, changed, random."""
    good = st.sampled_from(opus_speech())
    cut = st.tuples(good, st.integers(0, 400)).map(lambda one: one[0][: one[1]])
    changed = st.tuples(good, st.integers(0, 400), st.integers(0, 255)).map(
        lambda one: one[0][: one[1]] + bytes([one[2]]) + one[0][one[1] + 1 :]
    )
    huge = st.tuples(st.integers(0, 255), st.sampled_from([1500, 65_535])).map(
        lambda one: bytes([one[0]]) * one[1]
    )
    contents = st.integers(0, 255).map(lambda toc: bytes([toc]))
    return st.one_of(contents, cut, changed, huge, st.binary(max_size=1500))


@given(st.lists(any_packet(), max_size=8))
def test_an_opus_packet_is_sound_or_the_clients_mistake(messages: list[bytes]) -> None:
    decoder = WireDecoder(OPUS)
    for message in messages:
        try:
            assert len(decoder.feed(message)) <= 120 * 32  # RFC 6716: 120 ms at most
        except ClientError as error:
            assert error.code == "bad_audio"
    decoder.feed(opus_speech()[0])


def test_every_error_of_the_opus_decoder_is_one_we_take_for_the_clients() -> None:
    import av.error

    raised = set(av.error.classes.values())
    assert len(raised) > 20
    assert all(issubclass(one, av.FFmpegError) for one in raised)


@pytest.mark.parametrize("wire", [MULAW, PCM16], ids=lambda one: one.name)
def test_an_empty_message_of_bare_samples_is_no_sound(wire: AudioFormat) -> None:
    assert WireDecoder(wire).feed(b"") == b""


def test_opus_clips_are_whole_packets_of_20_ms() -> None:
    payload = encode(tone(440, 48000, seconds=0.101), 48000, OPUS)
    packets = slice_messages(payload, OPUS, 100)
    assert packets == opus_packets(payload)
    assert len(packets) == 6
    assert duration_ms(payload, OPUS) == 120
    assert all(0 < len(packet) < 400 for packet in packets)
    assert encode(b"", 48000, OPUS) == b""


@pytest.mark.parametrize("wire", WIRE_FORMATS, ids=lambda one: one.name)
def test_a_stream_is_encoded_as_it_comes(wire: AudioFormat) -> None:
    pcm = tone(440, 22_050, seconds=0.301)
    encoder = WireEncoder(22_050, wire)
    parts = [encoder.feed(pcm[at : at + 1001]) for at in range(0, len(pcm), 1001)]
    assert sum(map(bool, parts)) > len(parts) * 0.8 * (wire.encoding is not Encoding.OPUS)
    payload = b"".join(parts) + encoder.flush()
    assert encoder.flush() == b""
    assert duration_ms(payload, wire) == pytest.approx(301, abs=20)
    decoder = WireDecoder(wire)
    heard = b"".join(decoder.feed(one) for one in slice_messages(payload, wire, 20))
    spectrum = np.abs(np.fft.rfft(samples(heard)))
    assert np.argmax(spectrum) * 16_000 / (len(heard) // 2) == pytest.approx(440, abs=8)


@pytest.mark.parametrize("broken", [b"\x00", b"\x00\x05abc", b"\x00\x00"])
def test_a_broken_opus_clip_is_told(broken: bytes) -> None:
    with pytest.raises(GatewayBug):
        opus_packets(broken)


@given(st.integers(1, 9000), st.integers(1, 120))
def test_messages_are_whole_samples_and_lose_nothing(length: int, message_ms: int) -> None:
    payload = bytes(length * 2)
    messages = slice_messages(payload, PCM16, message_ms)
    assert b"".join(messages) == payload
    assert all(len(m) == 32 * message_ms for m in messages[:-1])
    assert 0 < len(messages[-1]) <= 32 * message_ms
    assert all(len(m) % 2 == 0 for m in messages)
    assert sum(map(len, slice_messages(payload, MULAW, message_ms))) == len(payload)


def test_importing_it_brings_numpy_only() -> None:
    code = "import sys, gateway.audio; print({'av', 'soxr', 'scipy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
    assert OPUS_RATE == 48000
