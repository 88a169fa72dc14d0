"""``GET /admin/v1/clips``: what we say, as sound that a browser plays. Callers are never recorded:
there is no other sound."""

from __future__ import annotations

import asyncio
import io
import wave

from starlette.responses import Response

from gateway.admin.inputs import ClipQuery
from gateway.admin.operations import Admin, AdminRequest
from gateway.errors import NotFound
from gateway.ports.sound import AudioFormat, Encoding
from gateway.ports.store import Store

FORM = AudioFormat(Encoding.PCM, 24000)
"""One that every clip is rendered in."""


async def clip(admin: Admin, asked: AdminRequest) -> Response:
    """The clip of that key, in the live catalogue or the one that is named."""
    query: ClipQuery = asked.query
    store, tenant = admin.services().store, admin.tenant(query.tenant)
    sound = await asyncio.to_thread(_sound, store, tenant, query.key, query.catalogue)
    return Response(sound, media_type="audio/wav", headers={"Cache-Control": "no-store"})


def _sound(store: Store, tenant: str, key: str, number: int) -> bytes:
    """The clip as a WAV file. Blocks; raises ``NotFound``."""
    catalogue = store.load(tenant, number or None)
    if (named := catalogue.clips.get(key)) is None:
        raise NotFound(f"catalogue {catalogue.number} has no clip {key!r}")
    if (stored := store.get(named.name(FORM))) is None:
        raise NotFound(f"the clip {key!r} is missing or damaged in the store")
    return wav(stored.payload, FORM.sample_rate)


def wav(pcm: bytes, rate: int) -> bytes:
    """The samples as a WAV file of one channel."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(pcm)
    return file.getvalue()
