"""Groq's HTTP API, where it differs from OpenAI's."""

from __future__ import annotations

from typing import Any

from tests.providers.chat import NOTHING, Api, Chat, Model, Refused, Reply
from tests.providers.server import Answer
from tests.providers.wire import Request

ERRORS = {
    400: ("invalid_request_error", "", "The request is not valid."),
    401: ("invalid_request_error", "invalid_api_key", "Invalid API Key"),
    403: ("permissions_error", "", "Forbidden"),
    404: ("invalid_request_error", "unknown_url", "Unknown request URL."),
    413: ("tokens", "rate_limit_exceeded", "Request too large for the model."),
    422: ("invalid_request_error", "", "Unprocessable"),
    429: (
        "tokens",
        "rate_limit_exceeded",
        "Rate limit reached for model on tokens per minute (TPM). Please try again in 5.289s.",
    ),
    498: ("flex", "capacity_exceeded", "Flex tier capacity exceeded."),
    500: ("internal_server_error", "", "Internal Server Error"),
    502: ("internal_server_error", "", "Bad Gateway"),
    503: ("internal_server_error", "service_unavailable", "Service Unavailable"),
}
"""Type, code and message, by status. Of 498 only the status is documented."""

REQUEST = {"id": "req_local1"}


class _Chat(Chat):
    def usage(self, body: dict[str, Any], reply: Reply) -> dict[str, Any]:
        spent = {"queue_time": 0.001, "prompt_time": 0.002, "completion_time": 0.003}
        return {**super().usage(body, reply), **spent, "total_time": 0.005}

    def extra_first(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"x_groq": REQUEST}

    def extra_last(self, body: dict[str, Any], reply: Reply) -> dict[str, Any]:
        return {"x_groq": {**REQUEST, "usage": self.usage(body, reply)}}

    def extra_whole(self, body: dict[str, Any], reply: Reply) -> dict[str, Any]:
        return {"x_groq": REQUEST}


class Groq(Api):
    """``tests.providers.server.Provider``."""

    def __init__(
        self, model: Model | Reply = NOTHING, *, key: str = "", models: tuple[str, ...] = ()
    ) -> None:
        """``model``: what it says; ``key``: the only one it takes, else any."""
        super().__init__(_Chat(model, models=models), key)

    async def routed(self, request: Request) -> Answer:
        if (request.method, request.path) != ("POST", "/openai/v1/chat/completions"):
            raise Refused(404, "", "")
        return await self.chat.answer(request)

    def headers(self) -> dict[str, str]:
        return self._limits(remaining=14_369)

    def error(self, status: int, code: str, message: str = "") -> Answer:
        kind, usual, text = ERRORS.get(status, ERRORS[500 if status >= 500 else 400])
        error = {"message": message or text, "type": kind}
        if code or usual:
            error["code"] = code or usual
        answer = Answer.json({"error": error}, status)
        answer.headers |= self._limits(remaining=0 if status == 429 else 14_369)
        return answer

    def _limits(self, remaining: int) -> dict[str, str]:
        """Requests are counted per day, tokens per minute."""
        return {
            "x-ratelimit-limit-requests": "14400",
            "x-ratelimit-limit-tokens": "18000",
            "x-ratelimit-remaining-requests": str(remaining),
            "x-ratelimit-remaining-tokens": "17997",
            "x-ratelimit-reset-requests": "2m59.56s",
            "x-ratelimit-reset-tokens": "7.66s",
        }
