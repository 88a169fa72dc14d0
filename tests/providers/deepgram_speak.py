"""Deepgram's ``/v1/speak`` (Aura): by HTTP and by WebSocket."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from tests.providers import voice
from tests.providers.server import Answer
from tests.providers.websocket import Socket
from tests.providers.wire import Request

RATES = {
    "linear16": (8000, 16000, 24000, 32000, 48000),
    "mulaw": (8000, 16000),
    "alaw": (8000, 16000),
    "mp3": (22050, 24000),
    "opus": (48000,),
    "flac": (8000, 16000, 22050, 32000, 48000),
    "aac": (22050, 24000),
}
USUAL_RATE = {"linear16": 24000, "mulaw": 8000, "alaw": 8000, "mp3": 22050, "opus": 48000}
FORMS = {"linear16": "pcm"}
"""Names of ``voice.encode`` where they differ."""
TYPES = {
    "linear16": "audio/l16",
    "mulaw": "audio/basic",
    "alaw": "audio/x-alaw-basic",
    "mp3": "audio/mpeg",
    "opus": "audio/ogg;codecs=opus",
}
LONGEST_TEXT = 2000
FLUSHES = 20
"""In 60 s; one more is answered with a warning and not done."""


def objection(request: Request) -> str:
    """Why a request is refused with 400; empty if it is not."""
    encoding = _encoding(request)
    if not request.option("model", "aura-2-thalia-en").startswith("aura"):
        return "No such model"
    if encoding not in RATES:
        return f"Unsupported encoding {encoding!r}"
    if _rate(request) not in RATES[encoding]:
        return f"Unsupported sample rate {_rate(request)} of {encoding}"
    if request.is_socket and encoding not in ("linear16", "mulaw", "alaw"):
        return f"Unsupported encoding {encoding!r} for streaming"
    return ""


async def answer(request: Request) -> Answer | str:
    """The sound, or why not."""
    body = request.json()
    if not isinstance(body, dict) or not isinstance(body.get("text"), str) or not body["text"]:
        return "Failed to deserialize JSON payload: missing field `text`"
    if len(body["text"]) > LONGEST_TEXT:
        return f"Input text exceeds maximum character limit of {LONGEST_TEXT}"
    if problem := objection(request):
        return problem
    encoding, rate = _encoding(request), _rate(request)
    form = FORMS.get(encoding, encoding)
    container = request.option("container", "wav" if encoding == "linear16" else "none")
    if form == "pcm" and container == "wav":
        form = "wav"
    sound = await voice.speak(body["text"], rate, form)
    headers = {
        "dg-model-name": request.option("model", "aura-2-thalia-en"),
        "dg-char-count": str(len(body["text"])),
    }
    kind = "audio/wav" if form == "wav" else TYPES.get(encoding, f"audio/{encoding}")
    return Answer(content_type=kind, body=voice.pieces(sound, form, rate), headers=headers)


async def talk(request: Request, socket: Socket, request_id: str) -> None:
    """One WebSocket."""
    encoding, rate = _encoding(request), _rate(request)
    form = FORMS.get(encoding, encoding)
    now = asyncio.get_running_loop().time
    flushes: deque[float] = deque(maxlen=FLUSHES)
    sequence = 0
    text = ""
    model = request.option("model", "aura-2-thalia-en")
    ids = {"model_version": "2026-01-01.0", "model_uuid": "00000000-0000-4000-8000-000000000004"}
    socket.send({"type": "Metadata", "request_id": request_id, "model_name": model, **ids}, "")

    async def say(what: str) -> None:
        for number, part in enumerate(voice.cut(await voice.speak(what, rate, form), form, rate)):
            socket.send(part, "between" if number else "first")

    async for message in socket:
        kind = message.get("type") if isinstance(message, dict) else None
        assert kind is None or isinstance(message, dict)
        if kind == "Speak" and isinstance(given := _field(message, "text"), str):
            whole, text = voice.sentences(text + given)
            if whole.strip():
                await say(whole)
        elif kind == "Flush":
            if len(flushes) == FLUSHES and now() - flushes[0] < 60:
                warning = {"code": "EXCESSIVE_FLUSH", "description": "Too many Flush messages"}
                socket.send({"type": "Warning", **warning})
                continue
            flushes.append(now())
            if text.strip():
                await say(text)
            text = ""
            socket.send({"type": "Flushed", "sequence_id": sequence}, "")
            sequence += 1
        elif kind == "Clear":
            text = ""
            socket.forget_sound()
            socket.send({"type": "Cleared", "sequence_id": sequence}, "")
            sequence += 1
        elif kind == "Close":
            if text.strip():
                await say(text)
            return
        else:
            socket.close(1003, "MESSAGE-0000")
            return


def _field(message: Any, name: str) -> Any:
    return message.get(name) if isinstance(message, dict) else None


def _encoding(request: Request) -> str:
    return request.option("encoding", "linear16" if request.is_socket else "mp3")


def _rate(request: Request) -> int:
    usual = USUAL_RATE.get(_encoding(request), 24000)
    return int(float(request.option("sample_rate", str(usual))))
