"""OpenAI's Realtime API, as it is since the beta's end: ``WS /v1/realtime?model=...``.

A session is a conversation of items. The scripted model is the one of ``tests.providers.chat``: it
is asked with the conversation as chat messages, where a caller's sound stands for the next of the
utterances that the provider was told it would hear. It speaks by espeak-ng, faster than real time,
with its transcript a little ahead of the sound.

Every message that a client sends is read with the vendor's own types: one that they do not know is
an error, as is what the API refuses (a response while another is made, a truncation beyond what
was said, an item that is not there, another voice after the first sound). The voice detector is not
there: a client commits by itself, whatever ``turn_detection`` says.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any, get_args

from openai.types.realtime import RealtimeClientEvent
from pydantic import BaseModel, ValidationError

from tests.providers import voice
from tests.providers.chat import Model, Reply, repeat
from tests.providers.websocket import Socket
from tests.providers.wire import Request

LEAD = 3
"""Pieces of sound that the transcript is ahead."""
TOKEN = 4
"""Characters of a transcript's delta."""
LEAST_MS = 100
"""Milliseconds of sound that a commit must hold."""
FORMATS = {
    "audio/pcm": ("pcm", 24_000),
    "audio/pcmu": ("mulaw", 8_000),
    "audio/pcma": ("alaw", 8_000),
}
BETA = "beta_api_shape_disabled"
SENDS = frozenset(
    {
        *("error", "session.created", "session.updated", "rate_limits.updated"),
        *("input_audio_buffer.committed", "input_audio_buffer.cleared"),
        *(f"conversation.item.{one}" for one in ("added", "done", "deleted", "retrieved")),
        "conversation.item.truncated",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.completed",
        *("response.created", "response.done"),
        *("response.output_item.added", "response.output_item.done"),
        *("response.content_part.added", "response.content_part.done"),
        *("response.output_audio.delta", "response.output_audio.done"),
        "response.output_audio_transcript.delta",
        "response.output_audio_transcript.done",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
    }
)
"""Every kind of event that is ever sent."""


@dataclass(frozen=True, kw_only=True)
class Manner:
    """What a session does beside breaking."""

    hears: Sequence[str] = ()
    """The utterances that committed sound holds, one after another; after the last, nothing."""
    think: float = 0.0
    """Seconds from a request to a response's first event beside its creation."""
    pace: float = 0.0
    """Seconds between pieces of sound of 100 ms: less than 0.1 is faster than real time."""
    transcribing: float = 0.0
    """Seconds from a commit to its transcript."""
    lasts: float = 3600.0
    """Seconds of a session."""
    fails: Mapping[str, str] = field(default_factory=dict)
    """A caller's words to the code of the failure that the response to them ends with."""
    mute: tuple[str, ...] = ()
    """Words of a caller to which a response is begun, and nothing more is sent."""


class Session:
    """One connection."""

    def __init__(self, request: Request, socket: Socket, model: Model | Reply, manner: Manner):
        self._socket = socket
        self._model = model
        self._manner = manner
        self._ids = count(1)
        self._uttered = iter(manner.hears)
        self._buffer = bytearray()
        self._spoken = False
        self._response: _Response | None = None
        self.items: list[dict[str, Any]] = []
        """The conversation."""
        self.heard_ms: dict[str, int] = {}
        """Milliseconds of an item's sound that are left of it, by its id."""
        self.session: dict[str, Any] = {
            "type": "realtime",
            "object": "realtime.session",
            "id": self._id("sess"),
            "model": request.option("model"),
            "expires_at": int(time.time() + manner.lasts),
            "output_modalities": ["audio"],
            "instructions": "",
            "audio": {
                "input": {
                    "format": {"type": "audio/pcm", "rate": 24000},
                    "transcription": None,
                    "noise_reduction": None,
                    "turn_detection": {
                        "type": "server_vad",
                        "threshold": 0.5,
                        "prefix_padding_ms": 300,
                        "silence_duration_ms": 200,
                        "create_response": True,
                        "interrupt_response": True,
                        "idle_timeout_ms": None,
                    },
                },
                "output": {
                    "format": {"type": "audio/pcm", "rate": 24000},
                    "voice": "alloy",
                    "speed": 1.0,
                },
            },
            "tools": [],
            "tool_choice": "auto",
            "max_output_tokens": "inf",
            "truncation": "auto",
            "tracing": None,
            "prompt": None,
            "include": None,
        }

    def _id(self, kind: str) -> str:
        return f"{kind}_{next(self._ids):04d}"

    def send(self, kind: str, **fields: Any) -> None:
        assert kind in SENDS, kind
        self._socket.send({"type": kind, "event_id": self._id("event"), **fields})

    def refuse(self, code: str, message: str, event: Mapping[str, Any], kind: str = "") -> None:
        error = {
            "type": kind or "invalid_request_error",
            "code": code,
            "message": message,
            "param": None,
            "event_id": event.get("event_id"),
        }
        self.send("error", error=error)

    async def run(self, request: Request) -> None:
        """From the first event to the close."""
        if "openai-beta" in request.headers:
            self.refuse(BETA, "The Realtime Beta API is no longer supported.", {})
            self._socket.close(4000, f"invalid_request_error.{BETA}")
            return
        self.send("session.created", session=self.session)
        try:
            async with asyncio.timeout(self._manner.lasts), asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                try:
                    async for message in self._socket:
                        self._take(message)
                finally:
                    if self._response is not None:  # or the group would wait for it
                        self._response.cancel("client_cancelled")
        except TimeoutError:
            text = "Your session hit the maximum duration of 60 minutes."
            self.refuse("session_expired", text, {})
            self._socket.close(1001, "session expired")

    # --- what a client sends ------------------------------------------------------------------

    def _take(self, message: dict[str, Any] | str | bytes) -> None:
        if not isinstance(message, dict):
            self.refuse("invalid_json", "The message is no JSON object.", {})
            return
        kind = message.get("type")
        known = client_events()
        if kind not in known:
            self.refuse("invalid_value", f"Invalid value: {kind!r}", message)
            return
        try:
            event = known[kind].model_validate(message)
        except ValidationError as error:
            self.refuse("invalid_value", str(error)[:300], message)
            return
        if unknown := strangers(event):
            self.refuse("unknown_parameter", f"Unknown parameter: {unknown[0]!r}", message)
            return
        handler = getattr(self, "_on_" + str(kind).replace(".", "_"))
        handler(message)

    def _on_session_update(self, event: dict[str, Any]) -> None:
        given = event["session"]
        if given.get("type") != "realtime":
            self.refuse("missing_required_parameter", "'session.type' is required", event)
            return
        named = given.get("audio", {}).get("output", {}).get("voice")
        if self._spoken and named not in (None, self.session["audio"]["output"]["voice"]):
            self.refuse("cannot_update_voice", "Cannot update a voice after audio.", event)
            return
        _merge(self.session, given)
        self.send("session.updated", session=self.session)

    def _on_input_audio_buffer_append(self, event: dict[str, Any]) -> None:
        self._buffer += base64.b64decode(event["audio"])

    def _on_input_audio_buffer_clear(self, event: dict[str, Any]) -> None:
        self._buffer.clear()
        self.send("input_audio_buffer.cleared")

    def _on_input_audio_buffer_commit(self, event: dict[str, Any]) -> None:
        form = self.session["audio"]["input"]["format"]
        encoding, rate = FORMATS[form["type"]]
        held = len(self._buffer) / voice.bytes_per_second(encoding, rate) * 1000
        if held < LEAST_MS:
            text = f"Error committing input audio buffer: buffer too small. It holds {held:.0f} ms."
            self.refuse("input_audio_buffer_commit_empty", text, event)
            return
        self._buffer.clear()
        said = next(self._uttered, "")
        content = [{"type": "input_audio", "transcript": None}]
        item = {"type": "message", "role": "user", "status": "completed", "content": content}
        before = self._last_id()
        item["id"] = self._id("item")
        self.send("input_audio_buffer.committed", item_id=item["id"], previous_item_id=before)
        self._add(item, before)
        content[0]["said"] = said  # for the model alone
        if self.session["audio"]["input"].get("transcription"):
            self._tasks.create_task(self._transcribe(str(item["id"]), said))

    async def _transcribe(self, item: str, said: str) -> None:
        await asyncio.sleep(self._manner.transcribing)
        kind = "conversation.item.input_audio_transcription"
        where = {"item_id": item, "content_index": 0}
        for word in said.split():
            self.send(f"{kind}.delta", **where, delta=f"{word} ", logprobs=None)
        usage = {"type": "duration", "seconds": 1.0}
        self.send(f"{kind}.completed", **where, transcript=said, usage=usage, logprobs=None)

    def _on_conversation_item_create(self, event: dict[str, Any]) -> None:
        item = {"status": "completed", **event["item"]}
        item.setdefault("id", self._id("item"))
        if self._index(item["id"]) is not None:
            self.refuse("item_create_duplicate_item_id", "The item is there already.", event)
            return
        before = event.get("previous_item_id") or self._last_id()
        if before not in (None, "root") and self._index(before) is None:
            text = f"Failed to find item '{before}' for previous_item_id."
            self.refuse("invalid_value", text, event)
            return
        self._add(item, before)

    def _on_conversation_item_delete(self, event: dict[str, Any]) -> None:
        index = self._index(event["item_id"])
        if index is None:
            self.refuse("item_delete_invalid_item_id", "There is no such item.", event)
            return
        self.items.pop(index)
        self.send("conversation.item.deleted", item_id=event["item_id"])

    def _on_conversation_item_retrieve(self, event: dict[str, Any]) -> None:
        index = self._index(event["item_id"])
        if index is None:
            self.refuse("item_retrieve_invalid_item_id", "There is no such item.", event)
            return
        self.send("conversation.item.retrieved", item=shown(self.items[index]))

    def _on_conversation_item_truncate(self, event: dict[str, Any]) -> None:
        index = self._index(event["item_id"])
        if index is None or event["item_id"] not in self.heard_ms:
            self.refuse("invalid_value", "Only an assistant's audio can be truncated.", event)
            return
        there = self.heard_ms[event["item_id"]]
        if event["audio_end_ms"] > there:
            text = f"Audio content of {there}ms is already shorter than {event['audio_end_ms']}ms"
            self.refuse("invalid_value", text, event)
            return
        part = self.items[index]["content"][event["content_index"]]
        words = str(part.get("transcript") or "").split()
        kept = int(len(words) * event["audio_end_ms"] / there) if there else 0
        part["said"], part["transcript"] = " ".join(words[:kept]), None
        self.heard_ms[event["item_id"]] = event["audio_end_ms"]
        fields = {key: event[key] for key in ("item_id", "content_index", "audio_end_ms")}
        self.send("conversation.item.truncated", **fields)

    def _on_output_audio_buffer_clear(self, event: dict[str, Any]) -> None:
        self.refuse("invalid_value", "Only over WebRTC and SIP.", event)

    def _on_response_create(self, event: dict[str, Any]) -> None:
        if self._response is not None:
            text = "Conversation already has an active response in progress."
            self.refuse("conversation_already_has_active_response", text, event)
            return
        self._response = _Response(self, event.get("response") or {})
        self._tasks.create_task(self._respond(self._response))

    def _on_response_cancel(self, event: dict[str, Any]) -> None:
        wanted, active = event.get("response_id"), self._response
        if active is None or wanted not in (None, active.id):
            text = "Cancellation failed: no active response found"
            self.refuse("response_cancel_not_active", text, event)
            return
        active.cancel("client_cancelled")

    # --- the conversation ---------------------------------------------------------------------

    def _index(self, item: str) -> int | None:
        return next((n for n, one in enumerate(self.items) if one["id"] == item), None)

    def _last_id(self) -> str | None:
        return self.items[-1]["id"] if self.items else None

    def _add(self, item: dict[str, Any], before: str | None) -> None:
        at = 0 if before in (None, "root") else (self._index(str(before)) or 0) + 1
        self.items.insert(at if before is not None else len(self.items), item)
        previous = self.items[at - 1]["id"] if at else None
        for kind in ("added", "done"):
            self.send(f"conversation.item.{kind}", item=shown(item), previous_item_id=previous)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The conversation, as chat completions have it."""
        return [as_message(one) for one in self.items]

    # --- responses ----------------------------------------------------------------------------

    async def _respond(self, response: _Response) -> None:
        try:
            await response.run(self._model, self._manner)
        finally:
            self._response = None
            response.end()
        self.send("rate_limits.updated", rate_limits=[_limit("requests"), _limit("tokens")])


class _Response:
    """One response."""

    def __init__(self, session: Session, asked: dict[str, Any]) -> None:
        self._session = session
        self._asked = asked
        self.id = session._id("resp")
        self.cancelled = ""
        """The reason, once it is."""
        self._stop = asyncio.Event()
        self._failed = ""
        self._output: list[dict[str, Any]] = []

    def cancel(self, reason: str) -> None:
        self.cancelled = reason
        self._stop.set()

    @property
    def _body(self) -> dict[str, Any]:
        status, details = "in_progress", None
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": [],
            "conversation_id": "conv_1",
            "output_modalities": ["audio"],
            "max_output_tokens": "inf",
            "metadata": self._asked.get("metadata"),
            "usage": None,
        }

    async def run(self, model: Model | Reply, manner: Manner) -> None:
        session = self._session
        session.send("response.created", response=self._body)
        messages = session.messages
        told = self._asked.get("instructions") or session.session["instructions"]
        body = {
            "messages": [{"role": "system", "content": told}, *messages],
            "tools": self._asked.get("tools", session.session["tools"]),
        }
        words = [str(one["content"]) for one in messages if one["role"] == "user"]
        last = words[-1] if words else ""
        await self._pause(manner.think)
        if last in manner.mute:
            await self._stop.wait()
        self._failed = manner.fails.get(last, "")
        if self._failed or self.cancelled:
            return
        reply = model if isinstance(model, Reply) else model(body)
        if reply == Reply():
            reply = repeat(body)
        if reply.text:
            await self._say(reply.text, manner)
        for call in reply.tool_calls:
            if not self.cancelled:
                self._call(call.name, call.arguments, call.id)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return

    def _begin(self, item: dict[str, Any]) -> dict[str, Any]:
        session = self._session
        where = {"response_id": self.id, "output_index": len(self._output)}
        self._output.append(item)
        session.send("response.output_item.added", **where, item=shown(item))
        before = session._last_id()
        session.items.append(item)
        session.send("conversation.item.added", item=shown(item), previous_item_id=before)
        return where

    def _finish(self, item: dict[str, Any], where: dict[str, Any]) -> None:
        item["status"] = "incomplete" if self.cancelled else "completed"
        session = self._session
        session.send("conversation.item.done", item=shown(item), previous_item_id=None)
        session.send("response.output_item.done", **where, item=shown(item))

    async def _say(self, text: str, manner: Manner) -> None:
        session = self._session
        form, rate = FORMATS[session.session["audio"]["output"]["format"]["type"]]
        sound = await voice.speak(text, rate, form)
        content: list[dict[str, Any]] = []
        item: dict[str, Any] = {"id": session._id("item"), "type": "message", "role": "assistant"}
        item |= {"status": "in_progress", "content": content}
        where = self._begin(item)
        session.heard_ms[item["id"]] = 0
        part = {**where, "item_id": item["id"], "content_index": 0}
        nothing = {"type": "audio", "transcript": ""}
        session.send("response.content_part.added", **part, part=nothing)
        content.append({"type": "output_audio", "transcript": ""})
        pieces = list(voice.cut(sound, form, rate))
        told = ""
        for number, piece in enumerate(pieces, 1):
            until = (
                len(text) if number == len(pieces) else len(text) * (number + LEAD) // len(pieces)
            )
            while not self.cancelled and len(told) < min(until, len(text)):
                delta = text[len(told) : len(told) + TOKEN]
                session.send("response.output_audio_transcript.delta", **part, delta=delta)
                told += delta
                if content[0]["transcript"] is not None:  # not truncated meanwhile
                    content[0]["transcript"] = told
            if self.cancelled:
                break
            delta = base64.b64encode(piece).decode()
            session.send("response.output_audio.delta", **part, delta=delta)
            session._spoken = True
            held = len(piece) / voice.bytes_per_second(form, rate) * 1000
            session.heard_ms[item["id"]] += int(held)
            await self._pause(manner.pace) if manner.pace else await asyncio.sleep(0)
        session.send("response.output_audio.done", **part)
        session.send("response.output_audio_transcript.done", **part, transcript=told)
        whole = {"type": "audio", "transcript": told}
        session.send("response.content_part.done", **part, part=whole)
        self._finish(item, where)

    def _call(self, name: str, arguments: str, call_id: str) -> None:
        session = self._session
        taken = [one.get("call_id") for one in session.items]
        call_id = call_id if call_id not in taken else session._id("call")
        item = {"id": session._id("item"), "type": "function_call", "status": "in_progress"}
        item |= {"call_id": call_id, "name": name, "arguments": ""}
        where = self._begin(item)
        part = {**where, "item_id": item["id"], "call_id": call_id}
        kind = "response.function_call_arguments"
        for at in range(0, len(arguments), TOKEN):
            session.send(f"{kind}.delta", **part, delta=arguments[at : at + TOKEN])
        item["arguments"] = arguments
        session.send(f"{kind}.done", **part, name=name, arguments=arguments)
        self._finish(item, where)

    def end(self) -> None:
        body = self._body
        body["output"] = [shown(one) for one in self._output]
        body["status"], body["usage"] = "completed", _usage(self._output)
        if self._failed:
            error = {"type": "server_error", "code": self._failed}
            body["status"] = "failed"
            body["status_details"] = {"type": "failed", "error": error}
        elif self.cancelled:
            body["status"] = "cancelled"
            body["status_details"] = {"type": "cancelled", "reason": self.cancelled}
        self._session.send("response.done", response=body)


# --- reading and showing ------------------------------------------------------------------------


@cache
def client_events() -> dict[str, type[BaseModel]]:
    """The vendor's types of what a client sends, by name."""
    return _by_type(get_args(get_args(RealtimeClientEvent)[0]))


def _by_type(kinds: Sequence[type[BaseModel]]) -> dict[str, type[BaseModel]]:
    found = {}
    for kind in kinds:
        for name in get_args(kind.model_fields["type"].annotation):
            found[name] = kind
    return found


def strangers(value: object, at: str = "") -> list[str]:
    """Fields that the vendor's types do not have, in depth."""
    if isinstance(value, BaseModel):
        found = [f"{at}.{name}".strip(".") for name in value.model_extra or ()]
        for name in type(value).model_fields:
            found += strangers(getattr(value, name), f"{at}.{name}")
        return found
    if isinstance(value, list):
        return [one for part in value for one in strangers(part, at)]
    return []


def shown(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as it is sent."""
    item = dict(item)
    if "content" in item:
        item["content"] = [
            {name: value for name, value in part.items() if name not in ("said", "audio")}
            for part in item["content"]
        ]
    return item


def as_message(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as a chat message."""
    if item["type"] == "function_call":
        function = {"name": item["name"], "arguments": item["arguments"]}
        call = {"id": item["call_id"], "type": "function", "function": function}
        return {"role": "assistant", "content": None, "tool_calls": [call]}
    if item["type"] == "function_call_output":
        return {"role": "tool", "tool_call_id": item["call_id"], "content": item["output"]}
    parts = [
        one.get("said") or one.get("text") or one.get("transcript") or "" for one in item["content"]
    ]
    return {"role": item["role"], "content": " ".join(part for part in parts if part)}


def _merge(into: dict[str, Any], given: Mapping[str, Any]) -> None:
    for name, value in given.items():
        if isinstance(value, Mapping) and isinstance(into.get(name), dict) and "type" not in value:
            _merge(into[name], value)
        else:
            into[name] = value


def _limit(name: str) -> dict[str, Any]:
    return {"name": name, "limit": 10_000, "remaining": 9_999, "reset_seconds": 0.1}


def _usage(output: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    made = sum(len(str(one.get("content", one.get("arguments", "")))) // 4 for one in output)
    details = {"text_tokens": 10, "audio_tokens": 0, "image_tokens": 0, "cached_tokens": 0}
    return {
        "total_tokens": 10 + made,
        "input_tokens": 10,
        "output_tokens": made,
        "input_token_details": details,
        "output_token_details": {"text_tokens": 0, "audio_tokens": made},
    }
