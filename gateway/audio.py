"""Sound on its way between the wire and the models: PCM16, mu-law, opus and sample rates.

Sound inside the gateway is PCM16, little-endian, one channel; recognisers and detectors want it
at 16 kHz. The streaming half (``Resampler``, ``WireDecoder``,
``WireEncoder``) runs on the event loop for every frame of every call, the offline half
(``resample``, ``encode``) when clips are rendered.

Cost of one frame of 20 ms through ``WireDecoder.feed`` on the event loop, median (99th percentile)
of 5,000 frames timed with ``perf_counter`` on one core of a 2-core AMD EPYC VM, the other core
busy: mu-law 8 kHz 6 (8) us, PCM 8 kHz 6 (8), PCM 16 kHz 0.3, PCM 24 kHz 6 (7), PCM 48 kHz 8 (8),
opus some 50 more than that. ``encode`` takes 0.1 to 0.4 ms per second of sound, opus 11 ms.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gateway.errors import ClientError, GatewayBug
from gateway.ports.sound import AudioFormat, Encoding

CALL_RATE = 16_000
"""Samples per second of all sound inside a call."""

OPUS_RATE = 48_000
OPUS_PACKET_MS = 20
OPUS_BITS_PER_SECOND = 32_000
"""Mono speech is transparent to most listeners from about 24 kbit/s (RFC 7587, section 3.1.1)."""

# --- G.711 mu-law ------------------------------------------------------------------------------


def _decode_table() -> NDArray[np.int16]:
    code = ~np.arange(256) & 0xFF  # the wire carries codes inverted
    size = (((code & 15) << 3) + 132 << ((code >> 4) & 7)) - 132
    return np.where(code & 128, -size, size).astype("<i2")


def _encode_table() -> NDArray[np.uint8]:
    """Codes of all 65,536 samples, indexed by the sample's bits read as unsigned."""
    pcm = np.arange(65_536, dtype=np.uint16).view(np.int16).astype(np.int32)
    size = np.minimum(np.abs(pcm >> 2), 8158) + 33  # 14 bits, biased
    exponent = np.floor(np.log2(size)).astype(np.int32) - 5
    code = ((pcm < 0) << 7) | (exponent << 4) | ((size >> (exponent + 1)) & 15)
    codes: NDArray[np.uint8] = (~code & 0xFF).astype(np.uint8)
    return codes


_DECODE = _decode_table()
_DECODE_WIDE = _DECODE.astype(np.float64)  # as the resampler wants them
_ENCODE = _encode_table()


def mulaw_to_pcm(mulaw: bytes) -> bytes:
    """PCM16 of mu-law codes, same sample rate."""
    pcm: bytes = _DECODE[np.frombuffer(mulaw, np.uint8)].tobytes()
    return pcm


def pcm_to_mulaw(pcm: bytes) -> bytes:
    """mu-law codes of PCM16, same sample rate; ``pcm`` must be whole samples."""
    codes: bytes = _ENCODE[np.frombuffer(pcm, "<u2")].tobytes()
    return codes


# --- sample rates ------------------------------------------------------------------------------

_HALF_WIDTH = 12
"""Half the filter, in samples of the lower rate: the group delay. 1.5 ms at 8 kHz, 0.75 at 16."""
_STOP_DB = 60.0
_UNIT = float(1 << 20)
"""Filter weights are whole multiples of 1/_UNIT, so that float64 sums of them times 16-bit samples
are exact: the output cannot depend on the order of summing, and so not on how frames are cut."""
_WIDE = 16
"""Inputs or outputs of a row of the product, where a cycle of phases is shorter: windows of one
short cycle each share nearly all of their inputs, and copying them costs more than the sums."""
_LOWEST, _HIGHEST = np.array(-32768.0), np.array(32767.0)
"""Arrays, since numpy would make one of a number in every call."""


@lru_cache(maxsize=32)
def _cycle_matrix(up: int, down: int, cycles: int) -> NDArray[np.float64]:
    """The filter as one matrix: [inputs of a window, outputs] of so many cycles of phases.

    A cycle is ``down`` inputs long and makes ``up`` outputs; the window also holds the inputs
    before it that the filter still sees. The filter is a Kaiser-windowed sinc: at 24 samples of
    the lower rate and 60 dB its transition band is 0.15 of that rate (Kaiser's formula), 3.4 to
    4.6 kHz around the fold of 8 kHz: telephone speech passes whole.
    """
    slow = max(up, down)
    half = _HALF_WIDTH * slow
    time = np.arange(-half, half + 1) / slow
    beta = 0.1102 * (_STOP_DB - 8.7)
    weights = np.sinc(time) * np.i0(beta * np.sqrt(1 - (time / _HALF_WIDTH) ** 2))
    taps = -(-len(weights) // up)
    phases = np.zeros((taps, up))
    phases.ravel()[: len(weights)] = weights * up / weights.sum()
    matrix = np.zeros((taps - 1 + down * cycles, up * cycles))
    for output in range(up * cycles):
        start, phase = divmod(output * down, up)
        matrix[start : start + taps, output] = phases[::-1, phase]
    whole: NDArray[np.float64] = np.round(matrix * _UNIT) / _UNIT
    return whole


class Resampler:
    """Changes the sample rate of a stream of PCM16, frame by frame.

    A polyphase FIR whose past is carried from frame to frame, so any cut of the same stream into
    frames gives the same samples. Each frame is answered in full at once: n samples in give
    n * to_rate / from_rate out; what is late is the sound itself, by the filter's group delay
    (1.5 ms if the lower rate is 8 kHz, 0.75 ms at 16 kHz). Downwards the filter removes what
    would alias: 60 dB from 1.15 times half the new rate upwards. Odd bytes wait for the next frame.
    """

    def __init__(self, from_rate: int, to_rate: int) -> None:
        common = math.gcd(from_rate, to_rate)
        up, down = to_rate // common, from_rate // common
        cycles = max(1, _WIDE // max(up, down))
        self._matrix = _cycle_matrix(up, down, cycles) if up != down else None
        self._up, self._down = up * cycles, down * cycles  # of all of them
        self._lead = 0 if self._matrix is None else len(self._matrix) - self._down
        self.reset()

    def reset(self) -> None:
        """Forget the past: the next frame is the first of a new stream."""
        self._odd = b""
        self._past = np.zeros(self._lead)  # inputs the open cycle's window has so far
        self._written = 0  # outputs of the open cycle
        self._room: _Room | None = None

    def feed(self, pcm: bytes) -> bytes:
        """The frame at the new rate; ``pcm`` may be of any length, even odd."""
        if self._odd or len(pcm) % 2:
            pcm = self._odd + pcm
            whole = len(pcm) & ~1
            self._odd, pcm = pcm[whole:], pcm[:whole]
        if self._matrix is None or not pcm:
            return pcm
        room, place = self._room_for(len(pcm) // 2)
        place[:] = np.frombuffer(pcm, "<i2")
        return self._filter(room, self._matrix)

    def feed_mulaw(self, codes: bytes) -> bytes:
        """``feed`` of what these codes stand for, in half the time."""
        if self._odd or self._matrix is None or not codes:
            return self.feed(mulaw_to_pcm(codes))
        room, place = self._room_for(len(codes))
        _DECODE_WIDE.take(np.frombuffer(codes, np.uint8), out=place, mode="clip")
        return self._filter(room, self._matrix)

    def _room_for(self, new: int) -> tuple[_Room, NDArray[np.float64]]:
        """The arrays that so many inputs are filtered in, and the place for these behind the
        past."""
        read = len(self._past) - self._lead + new  # inputs since the open cycle began
        room = self._room
        if room is None or room.read != read:
            room = self._room = _Room(read, self._lead, self._down, self._up)
        room.stream[: len(self._past)] = self._past
        return room, room.stream[len(self._past) : self._lead + read]

    def _filter(self, room: _Room, matrix: NDArray[np.float64]) -> bytes:
        np.dot(room.windows, matrix, out=room.rows)  # ``@`` would go without BLAS here
        # Output n stands at input n * down / up: those past the last input read are not ready.
        ready = -(-room.read * self._up // self._down)
        scaled = room.sums[self._written : ready]
        np.rint(scaled, out=scaled)
        np.maximum(scaled, _LOWEST, out=scaled)  # half the cost of clip
        np.minimum(scaled, _HIGHEST, out=scaled)
        samples: NDArray[np.int16] = scaled.astype("<i2")
        closed = room.read // self._down
        # No copy: it is read before the room gets anything else.
        self._past = room.stream[closed * self._down : self._lead + room.read]
        self._written = ready - closed * self._up
        return samples.tobytes()


class _Room:
    """The arrays for frames of one size, which nearly all of a call are: making them anew costs as
    much as the sums."""

    def __init__(self, read: int, lead: int, down: int, up: int) -> None:
        """``read``: inputs since the open cycle began, with those of the frame."""
        self.read = read
        cycles = -(-read // down)
        self.stream = np.zeros(lead + cycles * down)
        step = self.stream.itemsize
        self.windows: NDArray[np.float64] = np.ndarray(  # as_strided, in a tenth of the time
            (cycles, lead + down), np.float64, self.stream, strides=(step * down, step)
        )
        self.rows = np.empty((cycles, up))
        self.sums = self.rows.ravel()  # a view


def resample(pcm: bytes, from_rate: int, to_rate: int) -> bytes:
    """A whole recording of PCM16 at another rate: soxr HQ, no delay, no limit on the rates."""
    if from_rate == to_rate or not pcm:
        return pcm
    import soxr  # only rendering needs it

    samples = np.frombuffer(pcm, "<i2")
    changed = soxr.resample(samples, from_rate, to_rate, quality="HQ")
    return np.asarray(changed, dtype="<i2").tobytes()


# --- from the wire -----------------------------------------------------------------------------


class WireDecoder:
    """A caller's audio messages as PCM16 at 16 kHz. One per call."""

    def __init__(self, audio_format: AudioFormat) -> None:
        self._encoding = audio_format.encoding
        is_opus = self._encoding is Encoding.OPUS
        self._opus = _OpusDecoder() if is_opus else None
        # opus decodes to 48 kHz whatever rate the sender recorded at (RFC 7587, section 4.1)
        self._resampler = Resampler(OPUS_RATE if is_opus else audio_format.sample_rate, CALL_RATE)

    def feed(self, frame: bytes) -> bytes:
        """Whole samples of the message; half a sample waits for the next one.

        An opus message is one packet. Raises ``ClientError("bad_audio")`` if it is none; the
        decoder stays usable.
        """
        if self._opus is not None:
            frame = self._opus.decode(frame)
        elif self._encoding is Encoding.MULAW:
            return self._resampler.feed_mulaw(frame)
        return self._resampler.feed(frame)


class _OpusDecoder:
    """Opus packets to PCM16 at 48 kHz."""

    def __init__(self) -> None:
        import av  # a large library: only calls that send opus pay for it

        self._av = av
        decoder = av.CodecContext.create("libopus", "r")
        assert isinstance(decoder, av.AudioCodecContext)
        decoder.sample_rate = OPUS_RATE
        decoder.layout = "mono"
        self._decoder = decoder

    def decode(self, packet: bytes) -> bytes:
        if not packet:  # libav would take this for the end of the stream and refuse the rest
            raise ClientError("bad_audio", "an opus message is empty: send one packet per message")
        try:
            frames = self._decoder.decode(self._av.Packet(packet))
        except self._av.FFmpegError as error:
            raise ClientError("bad_audio", "a message is no opus packet") from error
        return b"".join(frame.to_ndarray().astype("<i2").tobytes() for frame in frames)


# --- to the wire -------------------------------------------------------------------------------


def encode(pcm: bytes, rate: int, audio_format: AudioFormat) -> bytes:
    """PCM16 at ``rate`` as a ``ClipAudio.payload`` of that wire format. Offline. Opus
    sound is padded to whole packets and starts 6.5 ms late, by the encoder's own lookahead."""
    samples = resample(pcm, rate, audio_format.sample_rate)
    if audio_format.encoding is Encoding.PCM:
        return samples
    if audio_format.encoding is Encoding.MULAW:
        return pcm_to_mulaw(samples)
    samples = resample(pcm, rate, OPUS_RATE)
    lookahead = 312 * 2  # 6.5 ms, what libopus reports as pre-skip in this mode at 48 kHz
    packets = -(-(len(samples) + lookahead) // _OPUS_BYTES) if samples else 0
    return _OpusEncoder().encode(samples.ljust(packets * _OPUS_BYTES, b"\0"))


class WireEncoder:
    """Sound as it is made, as a stream of one wire format, without added delay. One per reply.

    What comes out is laid out as ``ClipAudio.payload``. Opus goes out in whole packets of 20 ms.
    """

    def __init__(self, from_rate: int, audio_format: AudioFormat) -> None:
        self._encoding = audio_format.encoding
        self._resampler = Resampler(
            from_rate, OPUS_RATE if self._encoding is Encoding.OPUS else audio_format.sample_rate
        )
        self._opus = _OpusEncoder() if self._encoding is Encoding.OPUS else None
        self._waiting = b""  # less than a packet

    def feed(self, pcm: bytes) -> bytes:
        """PCM16 of any length, even odd, at ``from_rate``."""
        pcm = self._resampler.feed(pcm)
        if self._encoding is Encoding.MULAW:
            return pcm_to_mulaw(pcm)
        if self._opus is None:
            return pcm
        pcm = self._waiting + pcm
        whole = len(pcm) - len(pcm) % _OPUS_BYTES
        self._waiting = pcm[whole:]
        return self._opus.encode(pcm[:whole])

    def flush(self) -> bytes:
        """Return the samples still held, padded with silence; later samples follow them."""
        if self._opus is None or not self._waiting:
            return b""
        rest, self._waiting = self._waiting.ljust(_OPUS_BYTES, b"\0"), b""
        return self._opus.encode(rest)


_OPUS_BYTES = OPUS_RATE * OPUS_PACKET_MS // 1000 * 2
"""PCM16 of one packet."""


class _OpusEncoder:
    """PCM16 at 48 kHz to packets of 20 ms, each after its length."""

    def __init__(self) -> None:
        import av  # see _OpusDecoder

        self._av = av
        encoder = av.CodecContext.create("libopus", "w")
        assert isinstance(encoder, av.AudioCodecContext)
        encoder.sample_rate = OPUS_RATE
        encoder.format = "s16"
        encoder.layout = "mono"
        encoder.bit_rate = OPUS_BITS_PER_SECOND
        encoder.options = {"frame_duration": str(OPUS_PACKET_MS), "application": "voip"}
        encoder.open()
        self._encoder = encoder

    def encode(self, pcm: bytes) -> bytes:
        """``pcm`` must be whole packets."""
        made = bytearray()
        for block in np.frombuffer(pcm, "<i2").reshape(-1, _OPUS_BYTES // 2):
            frame = self._av.AudioFrame.from_ndarray(block[None], format="s16", layout="mono")
            frame.sample_rate = OPUS_RATE
            for packet in self._encoder.encode(frame):
                data = bytes(packet)
                made += len(data).to_bytes(2, "big") + data
        return bytes(made)


def opus_packets(payload: bytes) -> list[bytes]:
    """The packets of an opus clip. Raises ``GatewayBug`` if the payload is no run of packets:
    stores check what they give out, so only our own mistake can bring one here."""
    packets = []
    at = 0
    while at < len(payload):
        end = at + 2 + int.from_bytes(payload[at : at + 2], "big")
        if end > len(payload) or end == at + 2:
            raise GatewayBug(f"an opus clip is broken at byte {at} of {len(payload)}")
        packets.append(payload[at + 2 : end])
        at = end
    return packets


def slice_messages(payload: bytes, audio_format: AudioFormat, message_ms: int) -> list[bytes]:
    """A clip as messages ready to send: ``message_ms`` of sound each, the last one shorter.
    Opus messages are one packet of 20 ms, whatever ``message_ms`` says."""
    if audio_format.encoding is Encoding.OPUS:
        return opus_packets(payload)
    size = audio_format.bytes_per_ms * message_ms
    return [payload[at : at + size] for at in range(0, len(payload), size)]


def duration_ms(payload: bytes, audio_format: AudioFormat) -> int:
    """Return how long a clip's payload plays, in ms, to the nearest millisecond."""
    if audio_format.encoding is Encoding.OPUS:
        return len(opus_packets(payload)) * OPUS_PACKET_MS
    return round(len(payload) / audio_format.bytes_per_ms)
