"""OpenAI: chat completions and speech over HTTP, and the Realtime API."""

from __future__ import annotations

from typing import Any

from tests.providers import voice
from tests.providers.chat import NOTHING, Api, Chat, Model, Refused, Reply
from tests.providers.openai_realtime import Manner, Session
from tests.providers.server import Answer
from tests.providers.websocket import Socket
from tests.providers.wire import Request

RATE = 24_000
"""Samples per second of all its sound."""
FORMATS = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
VOICES = {
    *("alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer"),
    *("verse", "marin", "cedar"),
}
LONGEST_INPUT = 4096

ERRORS = {
    400: ("invalid_request_error", None, "The request is not valid."),
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided: ***."),
    403: ("invalid_request_error", "unsupported_country_region_territory", "Not supported here."),
    404: ("invalid_request_error", None, "Not found."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached. Please try again in 1s."),
    500: ("server_error", None, "The server had an error while processing your request."),
    503: ("service_unavailable_error", None, "The engine is currently overloaded."),
}
"""Type, code and message, by status."""


class _Chat(Chat):
    def usage(self, body: dict[str, Any], reply: Reply) -> dict[str, Any]:
        return {**super().usage(body, reply), "prompt_tokens_details": {"cached_tokens": 0}}


class OpenAI(Api):
    """``tests.providers.server.Provider``."""

    def __init__(
        self,
        model: Model | Reply = NOTHING,
        *,
        key: str = "",
        models: tuple[str, ...] = (),
        manner: Manner | None = None,
    ) -> None:
        """``model``: what it says; ``key``: the only one it takes, else any; ``manner``: of its
        Realtime sessions."""
        super().__init__(_Chat(model, models=models), key)
        self.manner = manner or Manner()
        self.sessions: list[Session] = []
        """Of the Realtime API, in the order they were opened."""

    def welcome(self, request: Request) -> Answer | dict[str, str]:
        if not self.may_enter(request):
            return self.error(401, "")
        if request.path != "/v1/realtime":
            return self.error(404, "", f"Invalid URL (GET {request.path})")
        if not request.option("model"):
            return self.error(400, "missing_model", "you must provide a model parameter")
        return self.headers()

    async def talk(self, request: Request, socket: Socket) -> None:
        session = Session(request, socket, self.chat.model, self.manner)
        self.sessions.append(session)
        await session.run(request)

    async def routed(self, request: Request) -> Answer:
        match request.method, request.path:
            case "POST", "/v1/chat/completions":
                return await self.chat.answer(request)
            case "POST", "/v1/audio/speech":
                return await self._speech(request)
        raise Refused(404, "", f"Invalid URL ({request.method} {request.path})")

    def headers(self) -> dict[str, str]:
        return {**self._limits(remaining=9_999), "openai-processing-ms": "8"}

    def error(self, status: int, code: str, message: str = "") -> Answer:
        kind, usual, text = ERRORS.get(status, ERRORS[500 if status >= 500 else 400])
        if code == "insufficient_quota":
            kind, text = code, "You exceeded your current quota."
        error = {
            "message": message or text,
            "type": kind,
            "param": None,
            "code": code or usual,
        }
        answer = Answer.json({"error": error}, status)
        answer.headers |= self._limits(remaining=0 if status == 429 else 9_999)
        return answer

    def _limits(self, remaining: int) -> dict[str, str]:
        return {
            "x-request-id": "req_local1",
            "openai-version": "2020-10-01",
            "openai-organization": "local",
            "x-ratelimit-limit-requests": "10000",
            "x-ratelimit-remaining-requests": str(remaining),
            "x-ratelimit-reset-requests": "6ms" if remaining else "1s",
            "x-ratelimit-limit-tokens": "2000000",
            "x-ratelimit-remaining-tokens": "1999000",
            "x-ratelimit-reset-tokens": "6m0s",
        }

    async def _speech(self, request: Request) -> Answer:
        body = request.json()
        if not isinstance(body, dict) or not body.get("model") or not body.get("input"):
            raise Refused(400, "", "'model' and 'input' are required properties")
        if len(body["input"]) > LONGEST_INPUT:
            raise Refused(400, "string_above_max_length", "'input' is too long")
        name, form = body.get("voice"), body.get("response_format", "mp3")
        if name not in VOICES and not isinstance(name, dict):
            raise Refused(400, "", f"Invalid voice {name!r}")
        if form not in FORMATS:
            raise Refused(400, "", f"Invalid response_format {form!r}")
        sound = await voice.speak(body["input"], RATE, form)
        return Answer(content_type=FORMATS[form], body=voice.pieces(sound, form, RATE))
