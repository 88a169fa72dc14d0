"""A model over a vendor's own client. OpenAI's and Groq's clients are made alike: what is asked
and answered is the same, only their errors and transports are their own.

Of the clients, the streams are used and not the types: a request is a dictionary, and so is each
chunk of its answer. Objects made of these take as long as all else, and the caller waits for them:
on a machine that had been idle, a request left 0.3 ms later, and eight words took 0.75 ms to read
in place of 0.14.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator
from dataclasses import replace
from types import ModuleType
from typing import Any

from gateway.adapters.llm.chunks import AnswerReader
from gateway.adapters.llm.faults import SHAPELESS, failed
from gateway.core.race.attempts import Piece, PieceKind
from gateway.ports.models import ChatRequest, Usage

TRAILER = 0.25
"""Seconds that are waited for the usage and the end of a stream whose answer is whole."""


def hush() -> None:
    """Clients and transports write requests, and so what callers say, to their debug logs."""
    for name in ("openai", "groq", "httpx", "httpx2", "httpcore", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)


def streamed(stream: Any) -> dict[str, Any]:
    """Arguments of a client's ``post`` for an answer in chunks that are plain dictionaries.
    ``stream``: the client's class of streams."""
    return {"cast_to": object, "stream": True, "stream_cls": stream[object]}


class Completions:
    """``gateway.ports.models.ChatModel``. Models of the same client share its connections."""

    def __init__(
        self,
        client: Any,
        sdk: ModuleType,
        transport: ModuleType,
        *,
        path: str,
        provider: str,
        model: str,
        cancels: bool,
        limit_name: str,
        extra: dict[str, Any],
    ) -> None:
        """``sdk``, ``transport``: where the client's and its transport's exceptions are. ``path``:
        of chat completions, behind the client's base URL.
        ``limit_name``: what ``max_tokens`` is called; ``extra``: of every request's body."""
        self.provider = provider
        self.cancels = cancels
        self.model = model
        self._client = client
        self._sdk = sdk
        self._transport = transport
        self._path = path
        self._limit_name = limit_name
        self._extra = extra
        self._errors = (
            sdk.APIError,
            transport.HTTPError,
            transport.StreamError,
            OSError,
            *SHAPELESS,
        )

    def another(self, model: str) -> Completions:
        """Another model over the same connections."""
        return Completions(
            self._client,
            self._sdk,
            self._transport,
            path=self._path,
            provider=self.provider,
            model=model,
            cancels=self.cancels,
            limit_name=self._limit_name,
            extra=self._extra,
        )

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece | Usage, None]:
        """Implement ``ChatModel.stream``."""
        reading = AnswerReader()
        try:
            answer = await self._client.post(
                self._path, body=self._body(request), **streamed(self._sdk.AsyncStream)
            )
            name = request_of(answer)
            try:
                while (chunk := await self._next(answer, reading)) is not None:
                    for one in reading.take(chunk):
                        if name and isinstance(one, Piece) and one.kind is PieceKind.TEXT:
                            yield replace(one, request=name)
                            name = ""
                        else:
                            yield one
            finally:
                await answer.close()
            reading.end()
        except self._errors as error:
            # without its cause, whose text may hold what was sent
            raise failed(error, self._sdk) from None

    async def _next(self, answer: Any, reading: AnswerReader) -> Any:
        """The next chunk; None at the end. Of a whole answer, faults are no matter any more."""
        if not reading.finished:
            return await anext(answer, None)
        try:
            async with asyncio.timeout(TRAILER):
                return await anext(answer, None)
        except self._errors:
            return None

    def _body(self, request: ChatRequest) -> dict[str, Any]:
        """The request's body, ready for JSON."""
        body: dict[str, Any] = {
            "model": self.model,
            "messages": request.messages,
            "stream": True,
            self._limit_name: request.max_tokens,
            **self._extra,
        }
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.tools:
            body["tools"] = request.tools
        return body

    async def warm(self) -> None:
        """Implement ``ChatModel.warm``, by asking for the model's name."""
        try:
            await self._client.models.retrieve(self.model)
        except self._sdk.APIStatusError as error:
            if error.status_code in (401, 403):
                raise failed(error, self._sdk) from None
        except self._errors as error:
            raise failed(error, self._sdk) from None

    async def close(self) -> None:
        """Implement ``ChatModel.close``; harmless when done again."""
        await self._client.close()


def request_of(answer: Any) -> str:
    """The provider's id of the request, by which it can be asked about it; empty if it names
    none."""
    response = getattr(answer, "response", None)
    headers = getattr(response, "headers", None) or {}
    name = str(headers.get("x-request-id", ""))
    return name if re.fullmatch(r"[A-Za-z0-9._:-]{1,100}", name) else ""
