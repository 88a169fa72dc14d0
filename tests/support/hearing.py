"""What a call's recogniser says, read as a call reads it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from gateway.ports.speech_in import Heard, Transcription


async def words(call: Transcription, presence: list[bool] | None = None) -> AsyncIterator[Heard]:
    """The transcripts; ``presence`` takes down whether it was there, when it says so."""
    async for heard in call:
        if isinstance(heard, Heard):
            yield heard
        elif presence is not None:
            presence.append(heard.there)
