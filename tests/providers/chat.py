"""Chat completions as OpenAI's API has them: what its vendors share. A scripted model answers.

The model is a function from the request's body to a ``Reply``; without one it repeats what the
user said. It streams tokens (words with the space before them), tool calls in fragments, usage
when asked; and it refuses what the API refuses: no key, no messages, an unknown model.
"""

from __future__ import annotations

import json
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.providers.server import Answer, Piece
from tests.providers.websocket import Socket
from tests.providers.wire import Request

FRAGMENT = 8
"""Characters of a tool call's arguments in one delta."""


@dataclass(frozen=True)
class ToolCall:
    """A call of a function, arguments as JSON text."""

    name: str
    arguments: str
    id: str = "call_1"


@dataclass(frozen=True)
class Reply:
    """What the model says."""

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str = ""
    """By default ``stop``, or ``tool_calls`` if there are some."""

    @property
    def tokens(self) -> list[str]:
        return re.findall(r"\s*\S+|\s+$", self.text)

    @property
    def reason(self) -> str:
        return self.finish_reason or ("tool_calls" if self.tool_calls else "stop")

    @property
    def usage(self) -> int:
        """Completion tokens."""
        return len(self.tokens) + sum(len(_fragments(one.arguments)) for one in self.tool_calls)


Model = Callable[[dict[str, Any]], Reply]

NOTHING = Reply()
"""In place of a model: what the user said is repeated."""


def repeat(body: dict[str, Any]) -> Reply:
    """A model that says what it was told."""
    said = [one["content"] for one in body["messages"] if one.get("role") == "user"]
    return Reply(f"You said: {said[-1] if said else 'nothing'}")


def scripted(answers: Mapping[str, str]) -> Model:
    """A model that has an answer to each of these texts, and repeats any other."""

    def model(body: dict[str, Any]) -> Reply:
        said = [one["content"] for one in body["messages"] if one.get("role") == "user"]
        answer = answers.get(said[-1]) if said else None
        return repeat(body) if answer is None else Reply(answer)

    return model


class Chat:
    """The endpoint ``chat/completions`` of a vendor."""

    def __init__(self, model: Model | Reply = NOTHING, *, models: tuple[str, ...] = ()) -> None:
        """``models``: the names that exist; empty for all."""
        self.model = model
        self.models = models

    async def answer(self, request: Request) -> Answer:
        """Raises ``Refused`` for the vendor to say in its words."""
        body = request.json()
        if not isinstance(body, dict) or not isinstance(body.get("model"), str):
            raise Refused(400, "", "you must provide a model parameter")
        if not body.get("messages"):
            raise Refused(400, "", "'messages' is a required property")
        if self.models and body["model"] not in self.models:
            raise Refused(404, "model_not_found", f"The model `{body['model']}` does not exist")
        reply = self.model if isinstance(self.model, Reply) else self.model(body)
        if reply == NOTHING:
            reply = repeat(body)
        if body.get("stream"):
            pieces = self._stream(body, reply)
            return Answer(content_type="text/event-stream; charset=utf-8", body=pieces)
        return Answer.json(self._whole(body, reply))

    # --- whole --------------------------------------------------------------------------------

    def _whole(self, body: dict[str, Any], reply: Reply) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
        if reply.tool_calls:
            message["tool_calls"] = [
                {
                    "id": one.id,
                    "type": "function",
                    "function": {"name": one.name, "arguments": one.arguments},
                }
                for one in reply.tool_calls
            ]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reply.reason}
        return {
            **self._frame(body, "chat.completion"),
            "choices": [choice],
            "usage": self.usage(body, reply),
            **self.extra_whole(body, reply),
        }

    # --- streamed -----------------------------------------------------------------------------

    def _stream(self, body: dict[str, Any], reply: Reply) -> Iterator[Piece]:
        wants_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        common = self._frame(body, "chat.completion.chunk")

        def event(choices: list[dict[str, Any]], **more: Any) -> bytes:
            usage: dict[str, Any] = {"usage": None} if wants_usage else {}
            text = json.dumps({**common, "choices": choices, **usage, **more}, ensure_ascii=False)
            return b"data: " + text.encode()

        def delta(delta: dict[str, Any], reason: str | None = None, **more: Any) -> bytes:
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
            return event([choice], **more)

        first = delta({"role": "assistant", "content": ""}, **self.extra_first(body))
        yield Piece(first + b"\n\n", "first")
        for number, one in enumerate(_deltas(reply)):
            yield Piece(delta(one) + b"\n\n", "think" if not number else "between")
        yield Piece(delta({}, reply.reason, **self.extra_last(body, reply)) + b"\n\n", "")
        if wants_usage:
            yield Piece(event([], usage=self.usage(body, reply)) + b"\n\n", "")
        yield Piece(b"data: [DONE]\n\n", "")

    # --- what vendors add -----------------------------------------------------------------------

    def _frame(self, body: dict[str, Any], kind: str) -> dict[str, Any]:
        return {
            "id": "chatcmpl-local1",
            "object": kind,
            "created": int(time.time()),
            "model": body["model"],
            "system_fingerprint": "fp_local",
        }

    def usage(self, body: dict[str, Any], reply: Reply) -> dict[str, Any]:
        prompt = len(json.dumps(body["messages"])) // 4
        return {
            "prompt_tokens": prompt,
            "completion_tokens": reply.usage,
            "total_tokens": prompt + reply.usage,
        }

    def extra_first(self, body: dict[str, Any]) -> dict[str, Any]:
        """Fields beside ``choices`` of the first chunk."""
        return {}

    def extra_last(self, body: dict[str, Any], reply: Reply) -> dict[str, Any]:
        """Of the chunk with the finish reason."""
        return {}

    def extra_whole(self, body: dict[str, Any], reply: Reply) -> dict[str, Any]:
        """Of an answer that is not streamed."""
        return {}


class Refused(Exception):
    """The API does not take the request."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class Api(ABC):
    """``tests.providers.server.Provider``: a vendor's HTTP API around its chat. What a vendor has
    of its own are the paths, the errors and the headers."""

    def __init__(self, chat: Chat, key: str) -> None:
        """``key``: the only one it takes, else any."""
        self.chat = chat
        self.key = key

    async def answer(self, request: Request) -> Answer:
        if not self.may_enter(request):
            return self.refusal(401, "", request)
        try:
            answer = await self.routed(request)
        except Refused as refused:
            return self.error(refused.status, refused.code, refused.message)
        answer.headers |= self.headers()
        return answer

    def may_enter(self, request: Request) -> bool:
        """Is its key one that is taken?"""
        key = _bearer(request)
        return bool(key) and self.key in ("", key)

    @abstractmethod
    async def routed(self, request: Request) -> Answer:
        """The answer at the request's path. Raises ``Refused``."""

    @abstractmethod
    def error(self, status: int, code: str, message: str = "") -> Answer:
        """In the vendor's shape, with its own words where none are given."""

    @abstractmethod
    def headers(self) -> dict[str, str]:
        """Of every good answer."""

    def refusal(self, status: int, code: str, request: Request) -> Answer:
        return self.error(status, code)

    def welcome(self, request: Request) -> Answer | dict[str, str]:
        return self.error(404, "", "This server has no WebSocket")

    async def talk(self, request: Request, socket: Socket) -> None:
        raise AssertionError("no WebSocket is welcome")


def _bearer(request: Request) -> str:
    """The key of a request; empty without one."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key if scheme.lower() == "bearer" else ""


def _deltas(reply: Reply) -> Iterator[dict[str, Any]]:
    for token in reply.tokens:
        yield {"content": token}
    for index, call in enumerate(reply.tool_calls):
        function = {"name": call.name, "arguments": ""}
        head = {"index": index, "id": call.id, "type": "function", "function": function}
        yield {"tool_calls": [head]}
        for part in _fragments(call.arguments):
            yield {"tool_calls": [{"index": index, "function": {"arguments": part}}]}


def _fragments(text: str) -> list[str]:
    return [text[at : at + FRAGMENT] for at in range(0, len(text), FRAGMENT)]
