"""Google's Gemini Live API: ``WS .../GenerativeService.BidiGenerateContent``.

A session is a conversation of turns. The scripted model is the one of ``tests.providers.chat``: it
is asked with the conversation as chat messages, where a caller's sound stands for the next of the
utterances that the provider was told it would hear. It speaks by espeak-ng, faster than real time,
its transcript a little ahead of the sound; messages come in binary frames, as Google's do.

Every message that a client sends is read with the types of Google's own SDK: one that they do not
know ends the connection with 1007, as does what the API refuses (signs of activity while its own
detector is on, the outcome of a tool that was not called). A wrong key does too, at the setup.
Any content of a client interrupts; content that is not complete is not answered. The voice detector
is not there: what is heard is what stands between two signs of activity.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

from tests.providers import voice
from tests.providers.chat import NOTHING, Model, Reply, repeat
from tests.providers.server import Answer
from tests.providers.websocket import Socket
from tests.providers.wire import Request

PATHS = {
    f"/ws/google.ai.generativelanguage.{version}.GenerativeService.BidiGenerateContent"
    for version in ("v1", "v1beta", "v1alpha")
}
RATE = 24_000
LEAD = 3
"""Pieces of sound that the transcript is ahead."""
WRONG, REFUSED, BROKEN = 1007, 1008, 1011


@dataclass(frozen=True, kw_only=True)
class LiveManner:
    """What a session does beside breaking."""

    hears: Sequence[str] = ()
    """The utterances between signs of activity, one after another; after the last, nothing."""
    think: float = 0.0
    """Seconds from a complete turn to the reply's first message."""
    pace: float = 0.0
    """Seconds between pieces of sound of 100 ms: less than 0.1 is faster than real time."""
    plays: float = 0.0
    """Seconds from ``generationComplete`` to ``turnComplete``: the model takes it that its sound
    is being played."""
    lasts: float = 600.0
    """Seconds of a connection."""
    warns: float = 10.0
    """Seconds before its end at which it says so."""
    fails: Mapping[str, str] = field(default_factory=dict)
    """A caller's words to the ``turnCompleteReason`` with which nothing is said to them."""
    mute: tuple[str, ...] = ()
    """Words of a caller to which nothing ever comes, not even if interrupted."""


class GeminiLive:
    """``tests.providers.server.Provider``."""

    def __init__(
        self,
        model: Model | Reply = NOTHING,
        *,
        key: str = "",
        models: tuple[str, ...] = (),
        manner: LiveManner | None = None,
    ) -> None:
        """``model``: what it says; ``key``: the only one it takes, else any; ``models``: the names
        that exist, else all."""
        self.model = model
        self.key = key
        self.models = models
        self.manner = manner or LiveManner()
        self.sessions: list[LiveSession] = []
        """In the order they were opened."""
        self.states: dict[str, list[dict[str, Any]]] = {}
        """Conversations by handle."""

    async def answer(self, request: Request) -> Answer:
        return self.refusal(404, "", request)

    def refusal(self, status: int, code: str, request: Request) -> Answer:
        error = {"code": status, "message": "The service is not there.", "status": code or "ERROR"}
        return Answer.json({"error": error}, status)

    def welcome(self, request: Request) -> Answer | dict[str, str]:
        if request.path not in PATHS:
            return self.refusal(404, "NOT_FOUND", request)
        return {}

    async def talk(self, request: Request, socket: Socket) -> None:
        given = request.headers.get("x-goog-api-key") or request.option("key")
        session = LiveSession(self, socket, bool(given) and self.key in ("", given))
        self.sessions.append(session)
        await session.run()


class Refusal(Exception):
    """The connection ends with that code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class LiveSession:
    """One connection."""

    def __init__(self, provider: GeminiLive, socket: Socket, known: bool) -> None:
        """``known``: its key is one that is taken."""
        self._provider = provider
        self._is_known = known
        self._socket = socket
        self._ids = count(1)
        self._uttered = iter(provider.manner.hears)
        self._turn: _Turn | None = None
        self._audio = bytearray()
        self._active = False
        self._told: list[str] = []
        self.setup: dict[str, Any] = {}
        self.items: list[dict[str, Any]] = []
        """The conversation, as chat completions have it."""

    def send(self, **message: Any) -> None:
        self._socket.send(json.dumps(message).encode())

    def content(self, **fields: Any) -> None:
        self.send(serverContent=fields)

    async def run(self) -> None:
        """From the setup to the close."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                ending = tasks.create_task(self._end())
                try:
                    async for message in self._socket:
                        self._take(message)
                finally:
                    ending.cancel()
                    if self._turn is not None:  # or the group would wait for it
                        self._turn.stop()
        except* Refusal as group:
            first = group.exceptions[0]
            assert isinstance(first, Refusal)
            self._socket.close(first.code, str(first))

    async def _end(self) -> None:
        manner = self._provider.manner
        await asyncio.sleep(max(0.0, manner.lasts - manner.warns))
        self.go_away(min(manner.warns, manner.lasts))
        await asyncio.sleep(min(manner.warns, manner.lasts))
        raise Refusal(BROKEN, "The connection was aborted.")

    def go_away(self, seconds: float) -> None:
        """Say that the connection ends soon."""
        self.send(goAway={"timeLeft": f"{seconds:g}s"})

    # --- what a client sends ------------------------------------------------------------------

    def _take(self, message: dict[str, Any] | str | bytes) -> None:
        if not isinstance(message, dict):
            raise Refusal(WRONG, "Invalid JSON payload received.")
        try:
            given = understood(message)
        except ValueError as error:
            raise Refusal(WRONG, f"Invalid JSON payload received. {error}"[:120]) from None
        if not self.setup and "setup" not in given:
            raise Refusal(WRONG, "The first message must be the setup.")
        for kind, fields in given.items():
            getattr(self, f"_on_{kind}")(fields)

    def _on_setup(self, setup: dict[str, Any]) -> None:
        if self.setup:
            raise Refusal(WRONG, "The setup was sent already.")
        if not self._is_known:
            raise Refusal(WRONG, "API key not valid. Please pass a valid API key.")
        models = self._provider.models
        name = str(setup.get("model", "")).removeprefix("models/")
        if not name or (models and name not in models):
            text = f"models/{name} is not found for API version v1beta, or is not supported"
            raise Refusal(REFUSED, f"{text} for bidiGenerateContent.")
        self.setup = setup
        handle = (setup.get("session_resumption") or {}).get("handle")
        if handle is not None:
            if handle not in self._provider.states:
                raise Refusal(REFUSED, "BidiGenerateContent session not found")
            self.items = deepcopy(self._provider.states[handle])
        self.send(setupComplete={})

    def _on_client_content(self, given: dict[str, Any]) -> None:
        self.interrupt()
        for turn in given.get("turns") or ():
            role = "assistant" if turn.get("role") == "model" else "user"
            text = " ".join(part["text"] for part in turn.get("parts") or () if "text" in part)
            self.items.append({"role": role, "content": text})
        if given.get("turn_complete"):
            self._reply()

    def _on_realtime_input(self, given: dict[str, Any]) -> None:
        if "activity_start" in given or "activity_end" in given:
            detector = self.setup.get("realtime_input_config") or {}
            if not (detector.get("automatic_activity_detection") or {}).get("disabled"):
                text = "Explicit activity control is not supported when automatic activity"
                raise Refusal(WRONG, f"{text} detection is enabled.")
        if "activity_start" in given:
            self._active = True
            self.interrupt()
        if (audio := given.get("audio")) is not None:
            self._heard(audio)
        if "text" in given:
            self._told.append(given["text"])
        if "activity_end" in given:
            self._over()

    def _heard(self, audio: dict[str, Any]) -> None:
        kind, _, rate = str(audio.get("mime_type")).partition(";rate=")
        if kind != "audio/pcm" or not rate.isdigit():
            raise Refusal(WRONG, "Unsupported audio format.")
        if self._active:
            self._audio += audio.get("data") or b""

    def _over(self) -> None:
        if not self._active:
            raise Refusal(WRONG, "There was no start of activity.")
        self._active = False
        said = " ".join(self._told)
        if self._audio:
            said = f"{said} {next(self._uttered, '')}".strip()
            if self.setup.get("input_audio_transcription") is not None:
                self.content(inputTranscription={"text": said, "finished": True})
        self._audio.clear()
        self._told.clear()
        if said:
            self.items.append({"role": "user", "content": said})
            self._reply()

    def _on_tool_response(self, given: dict[str, Any]) -> None:
        turn = self._turn
        for one in given.get("function_responses") or ():
            if turn is None or one.get("id") not in turn.owed:
                raise Refusal(WRONG, "Request contains an invalid argument.")
            result = one.get("response") or {}
            told = result.get("output", result.get("error", result))
            item = {"role": "tool", "tool_call_id": one["id"], "content": str(told)}
            self.items.append(item)
            turn.owed.discard(one["id"])
        if turn is not None and not turn.owed:
            turn.told.set()

    def _on_context_update(self, given: dict[str, Any]) -> None:
        if "system_instruction" in given:
            self.setup["system_instruction"] = given["system_instruction"]

    # --- turns --------------------------------------------------------------------------------

    def interrupt(self) -> None:
        """Stop the turn, if there is one."""
        if self._turn is not None:
            self._turn.stop()

    def _reply(self) -> None:
        self._turn = _Turn(self, self._turn)
        self._tasks.create_task(self._turn.run())

    def over(self, turn: _Turn) -> None:
        """A turn has ended; the state can be gone back to."""
        if self._turn is turn:
            self._turn = None
        if self.setup.get("session_resumption") is not None:
            handle = f"handle-{len(self._provider.states) + 1}"
            self._provider.states[handle] = deepcopy(self.items)
            self.send(sessionResumptionUpdate={"newHandle": handle, "resumable": True})


class _Turn:
    """One reply of the model's."""

    def __init__(self, session: LiveSession, before: _Turn | None) -> None:
        self._session = session
        self._before = before
        self._stop = asyncio.Event()
        self._over = asyncio.Event()
        self.owed: set[str] = set()
        """Ids of the tools that were called."""
        self.told = asyncio.Event()
        """What all of them came to is there, or nobody asks any more."""

    @property
    def manner(self) -> LiveManner:
        return self._session._provider.manner

    def stop(self) -> None:
        self._stop.set()
        self.told.set()

    async def run(self) -> None:
        session = self._session
        if self._before is not None:
            await self._before._over.wait()
        if session.setup.get("session_resumption") is not None:
            session.send(sessionResumptionUpdate={"resumable": False})
        try:
            reason = await self._say_all()
        finally:
            self._over.set()
        if self._stop.is_set():
            session.content(interrupted=True)
            session.content(turnComplete=True)
        elif reason:
            session.content(turnComplete=True, turnCompleteReason=reason)
        else:
            session.content(generationComplete=True)
            await self._pause(self.manner.plays)
            if self._stop.is_set():
                session.content(interrupted=True)
            usage = {"promptTokenCount": 10, "responseTokenCount": 20, "totalTokenCount": 30}
            session.send(serverContent={"turnComplete": True}, usageMetadata=usage)
        session.over(self)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return

    async def _say_all(self) -> str:
        """Everything, with what tools come to; the reason if nothing is said."""
        manner, session = self.manner, self._session
        words = [str(one["content"]) for one in session.items if one["role"] == "user"]
        last = words[-1] if words else ""
        await self._pause(manner.think)
        if last in manner.mute:
            await asyncio.Event().wait()
        if last in manner.fails:
            return manner.fails[last]
        while not self._stop.is_set():
            reply = self._asked()
            if reply.text:
                await self._speak(reply.text)
            if not reply.tool_calls or self._stop.is_set():
                break
            await self._call(reply)
        return ""

    def _asked(self) -> Reply:
        session = self._session
        told = session.setup.get("system_instruction") or {}
        system = " ".join(part.get("text", "") for part in told.get("parts") or ())
        body = {
            "messages": [{"role": "system", "content": system}, *session.items],
            "tools": session.setup.get("tools") or [],
        }
        model = session._provider.model
        reply = model if isinstance(model, Reply) else model(body)
        return repeat(body) if reply == NOTHING else reply

    async def _call(self, reply: Reply) -> None:
        session = self._session
        calls, said = [], []
        for one in reply.tool_calls:
            name = f"function-call-{next(session._ids)}"
            calls.append({"id": name, "name": one.name, "args": json.loads(one.arguments)})
            function = {"name": one.name, "arguments": one.arguments}
            said.append({"id": name, "type": "function", "function": function})
        session.items.append({"role": "assistant", "content": None, "tool_calls": said})
        self.owed = {str(one["id"]) for one in calls}
        self.told.clear()
        session.send(toolCall={"functionCalls": calls})
        await self.told.wait()
        if self.owed:
            session.send(toolCallCancellation={"ids": sorted(self.owed)})
            self.owed = set()

    async def _speak(self, text: str) -> None:
        session = self._session
        words = session.setup.get("output_audio_transcription") is not None
        sound = await voice.speak(text, RATE)
        item = {"role": "assistant", "content": ""}
        session.items.append(item)
        pieces = list(voice.cut(sound, "pcm", RATE))
        for number, piece in enumerate(pieces, 1):
            if self._stop.is_set():
                return
            until = len(text) * (number + LEAD) // len(pieces)
            until = len(text) if number == len(pieces) else min(until, len(text))
            said = text[len(item["content"]) : until]
            item["content"] += said
            if said and words:
                session.content(outputTranscription={"text": said})
            data = base64.b64encode(piece).decode()
            part = {"inlineData": {"mimeType": f"audio/pcm;rate={RATE}", "data": data}}
            session.content(modelTurn={"parts": [part]})
            await self._pause(self.manner.pace) if self.manner.pace else await asyncio.sleep(0)


def understood(message: dict[str, Any]) -> dict[str, Any]:
    """A client's message with the names of Google's types. Raises ``ValueError``."""
    whole, detector = client_types()
    setup = message.get("setup")
    given: dict[str, Any] = {}
    if isinstance(setup, dict) and "realtimeInputConfig" in setup:  # which the SDK's setup lacks
        given = detector.model_validate(setup["realtimeInputConfig"]).model_dump(exclude_none=True)
        rest = {name: value for name, value in setup.items() if name != "realtimeInputConfig"}
        message = {**message, "setup": rest}
    read: dict[str, Any] = whole.model_validate(message).model_dump(exclude_none=True)
    if given:
        read["setup"]["realtime_input_config"] = given
    return read


@cache
def client_types() -> tuple[Any, Any]:
    """Google's types of what a client sends. Imports the SDK, which takes half a second."""
    from google.genai.types import LiveClientMessage, RealtimeInputConfig

    return LiveClientMessage, RealtimeInputConfig
