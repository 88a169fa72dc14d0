"""A voice that connects before it has anything to say, so that a reply's first words need not wait.

Nothing waits for it but who would have to connect anyway: a reply whose voice is not ready begins
all the same, and the voice connects then, within its own time.
"""

from __future__ import annotations

import asyncio
import logging
from enum import Enum, auto

from gateway.ports.live_speech import StreamingVoice
from gateway.ports.sound import AudioFormat
from gateway.shell.reply.voice_style import VoiceStyle

log = logging.getLogger("frontline.agent")

WITHIN = 4.0
"""Seconds it may take: adapters give up a handshake after 3 s by themselves."""


class Readied(Enum):
    """The outcome of connecting ahead."""

    DONE = auto()
    """The voice did what it does; whether it is connected is its own affair."""
    LATE = auto()
    """The connecting was stopped after ``WITHIN``."""
    FAILED = auto()
    """The voice raised, which it must not."""


async def ready(voice: StreamingVoice, form: AudioFormat, manner: VoiceStyle) -> Readied:
    """Have it connect for a reply in that manner. Only cancelling raises."""
    try:
        async with asyncio.timeout(WITHIN):
            await voice.prepare(form, manner.voice, manner.locale)
    except TimeoutError:
        log.warning("the voice %s was not ready within %g s", voice.name, WITHIN)
        return Readied.LATE
    except Exception:
        log.exception("the voice %s cannot be made ready", voice.name)
        return Readied.FAILED
    return Readied.DONE
