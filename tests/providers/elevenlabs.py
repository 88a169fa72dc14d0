"""ElevenLabs: text to speech by HTTP, and by WebSocket for one text or for several contexts."""

from __future__ import annotations

import re
from typing import Any

from tests.providers import elevenlabs_sockets, voice
from tests.providers.server import Answer
from tests.providers.websocket import Socket
from tests.providers.wire import Request

PLACE = re.compile(r"/v1/text-to-speech/([^/]+)(/stream|/stream-input|/multi-stream-input)?")
SOCKETS = ("/stream-input", "/multi-stream-input")

ERRORS = {
    400: ("invalid_request", "The request is not valid."),
    401: ("invalid_api_key", "Invalid API key"),
    403: ("only_for_creator+", "This output format needs a higher plan."),
    404: ("not_found", "Not found"),
    429: ("too_many_concurrent_requests", "Too many concurrent requests of your plan."),
    500: ("internal_server_error", "An internal error occurred."),
    503: ("service_unavailable", "Service unavailable."),
}
"""Slug and message, by status. Of 5xx and 404 only the status is documented."""
LONGEST_TEXT = 40_000


class ElevenLabs:
    """``tests.providers.server.Provider``."""

    def __init__(self, *, voices: tuple[str, ...] = (), key: str = "", idle: float = 0.0) -> None:
        """``voices``: ids that exist, empty for all; ``key``: the only one it takes, else any;
        ``idle``: seconds without text that a socket waits, instead of what it is asked for."""
        self.voices = voices
        self.key = key
        self.idle = idle

    async def answer(self, request: Request) -> Answer:
        place = PLACE.fullmatch(request.path)
        body = request.json()
        if problem := self._objection(request):
            return problem
        if request.method != "POST" or place is None or place[2] in SOCKETS:
            return self._error(404)
        if not isinstance(body, dict) or not isinstance(body.get("text"), str):
            missing = {"loc": ["body", "text"], "msg": "Field required", "type": "missing"}
            return Answer.json({"detail": [missing]}, 422)
        if len(body["text"]) > LONGEST_TEXT:
            return self._error(400, "max_character_limit_exceeded", "The text is too long.")
        form, rate = output(request)
        sound = await voice.speak(body["text"], rate, form)
        headers = {
            "request-id": "local1",
            "current-concurrent-requests": "1",
            "maximum-concurrent-requests": "10",
        }
        kind = {"mp3": "audio/mpeg", "opus": "audio/ogg"}.get(form, f"audio/{form}")
        return Answer(content_type=kind, body=voice.pieces(sound, form, rate), headers=headers)

    def refusal(self, status: int, code: str, request: Request) -> Answer:
        return self._error(status, code)

    def welcome(self, request: Request) -> Answer | dict[str, str]:
        place = PLACE.fullmatch(request.path)
        if place is None or place[2] not in SOCKETS:
            return self._error(404)
        # A socket's key may also come with its first message: only a wrong one is refused here.
        return self._objection(request, key_may_follow=True) or {}

    async def talk(self, request: Request, socket: Socket) -> None:
        idle = self.idle or float(request.option("inactivity_timeout", "20"))
        form, rate = output(request)
        keys = () if request.headers.get("xi-api-key") else (self.key,)
        sound = elevenlabs_sockets.Sound(form, rate, request.option("auto_mode") == "true")
        if request.path.endswith("/multi-stream-input"):
            await elevenlabs_sockets.Several(socket, sound, idle, keys).run()
        else:
            await elevenlabs_sockets.One(socket, sound, idle, keys).run()

    def _objection(self, request: Request, *, key_may_follow: bool = False) -> Answer | None:
        key = request.headers.get("xi-api-key", "")
        if (not key and not key_may_follow) or (key and self.key not in ("", key)):
            return self._error(401)
        place = PLACE.fullmatch(request.path)
        if place is not None and self.voices and place[1] not in self.voices:
            return self._error(400, "voice_not_found", f"A voice {place[1]} was not found.")
        try:
            output(request)
        except ValueError as error:
            return self._error(400, "invalid_output_format", str(error))
        return None

    def _error(self, status: int, code: str = "", message: str = "") -> Answer:
        usual, text = ERRORS.get(status, ERRORS[500 if status >= 500 else 400])
        if code == "system_busy":
            text = "We are at capacity; please try again."
        detail: dict[str, Any] = {"status": code or usual, "message": message or text}
        return Answer.json({"detail": detail}, status)


def output(request: Request) -> tuple[str, int]:
    """Format of ``voice.encode`` and rate. Raises ``ValueError``."""
    asked = request.option("output_format", "mp3_44100_128")
    found = re.fullmatch(r"(mp3|pcm|ulaw|alaw|opus)_(\d+)(_\d+)?", asked)
    if found is None:
        raise ValueError(f"Invalid output format {asked!r}")
    return ("mulaw" if found[1] == "ulaw" else found[1]), int(found[2])
