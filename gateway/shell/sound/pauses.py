"""The pauses in which a clip may be ended early, found from the sound itself."""

from __future__ import annotations

import numpy as np

from gateway import audio
from gateway.ports.sound import AudioFormat, Encoding

QUIET = 0.01
"""Share of the loudest message's level (RMS) under which a message is quiet: 40 dB below."""
PAUSE_MS = 100
"""Quiet that is a pause between phrases. The closure before a "t" or "p" is shorter."""


def pauses(payload: bytes, form: AudioFormat, message_ms: int) -> frozenset[int]:
    """Numbers of the messages that lie in a pause: after each of them the clip may be ended. The
    level of opus is not known without decoding it: such a clip is only ended at its end."""
    if form.encoding is Encoding.OPUS:
        return frozenset()
    pcm = audio.mulaw_to_pcm(payload) if form.encoding is Encoding.MULAW else payload
    samples = np.frombuffer(pcm[: len(pcm) & ~1], "<i2").astype(np.float32)
    size = form.sample_rate * message_ms // 1000
    whole = samples[: len(samples) // size * size].reshape(-1, size)
    if not len(whole):
        return frozenset()
    levels = np.sqrt((whole**2).mean(axis=1))
    quiet = levels < QUIET * levels.max()
    needed = -(-PAUSE_MS // message_ms)
    found: set[int] = set()
    run: list[int] = []
    for number, is_quiet in enumerate([*quiet.tolist(), False]):
        if is_quiet:
            run.append(number)
            continue
        if len(run) >= needed:
            found.update(run)
        run = []
    return frozenset(found)
