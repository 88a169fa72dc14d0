"""OpenAI Realtime as the agent: it is given the caller's words, and speaks with its own voice.

A reply that was cut is truncated in its conversation to what was heard, and one of which nothing
was heard is taken out.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import inf
from typing import Any

from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection

from gateway.agents.hearing import AgentTranscriber, AgentTranscription
from gateway.agents.speaking import (
    MULAW,
    RATE,
    RoundOver,
    Said,
    Saying,
    SpeechAgent,
    SpeechAgentParts,
    SpeechSession,
    VoiceSound,
    VoiceWords,
    WantedTool,
)
from gateway.agents.toolbox import ToolOutcome
from gateway.errors import ProviderFailed
from gateway.ports.agents import AgentRequest
from gateway.ports.sound import AudioFormat, Encoding

RENEW = 50 * 60.0
"""Seconds after which a session is replaced; the vendor ends it after an hour."""
PCM = AudioFormat(Encoding.PCM, RATE)


@dataclass(slots=True)
class SpokenItem:
    """An item of a reply and where its sound lies in the reply, in seconds."""

    id: str
    start: float = inf
    length: float = 0.0


@dataclass(slots=True)
class _Reply(Saying):
    """A reply, made of responses."""

    instructions: str = ""
    response: str = ""
    items: list[SpokenItem] = field(default_factory=list)


class RealtimeSession(SpeechSession):
    """One call's session."""

    saying: _Reply | None

    def __init__(
        self, client: AsyncOpenAI, model: str, session: Mapping[str, Any], about: str
    ) -> None:
        """``session``: as it is told at its opening; ``about``: the agent's knowledge, whose place
        a request's own prompt takes."""
        super().__init__("realtime", RENEW)
        self._client = client
        self._model = model
        self._told = session
        self._about = about
        self._ids = count(1)
        self._form: AudioFormat | None = None
        self._ear: AgentTranscription | None = None

    # --- the connection ----------------------------------------------------------------------

    async def _connect(self) -> AsyncRealtimeConnection:
        opened = await self._client.realtime.connect(model=self._model).enter()
        await self._send(opened, type="session.update", session=self._told)
        self._known, self._form = [], None
        return opened

    async def _disconnect(self, connection: AsyncRealtimeConnection) -> None:
        await connection.close()

    async def _listen(self, connection: AsyncRealtimeConnection) -> None:
        async for event in connection:
            self._take(event)

    async def _send(self, connection: AsyncRealtimeConnection, **event: Any) -> None:
        async with self._sending():
            await connection.send(event)  # type: ignore[arg-type]

    def _take(self, event: Any) -> None:
        """One event of the server's. What is of a dead reply goes nowhere."""
        if self._ear is not None:
            self._ear.take(event)
        saying = self.saying
        if event.type == "response.created":
            metadata = event.response.metadata or {}
            if saying is not None and metadata.get("turn") == str(saying.turn):
                saying.response = event.response.id
        elif event.type == "response.done":
            self._idle.set()
        if saying is None or saying.dead:
            return
        if event.type == "error":
            if str(event.error.event_id or "").startswith(f"ask_{saying.turn}_"):
                saying.give(ProviderFailed(f"realtime refused: {event.error.code}"))
            return
        if event.type == "response.output_item.added" and event.item.type == "message":
            saying.items.append(SpokenItem(event.item.id))
        if getattr(event, "response_id", None) == saying.response or (
            event.type == "response.done" and event.response.id == saying.response
        ):
            self._of_reply(saying, event)

    def _of_reply(self, saying: _Reply, event: Any) -> None:
        if event.type == "response.output_audio_transcript.delta":
            saying.give(VoiceWords(event.delta))
        elif event.type == "response.output_audio.delta":
            self._sound(saying, event)
        elif event.type == "response.output_item.done" and event.item.type == "function_call":
            saying.give(WantedTool(event.item.call_id, event.item.name, event.item.arguments))
        elif event.type == "response.done":
            saying.running = False
            if event.response.status in ("failed", "incomplete"):
                error = getattr(event.response.status_details, "error", None)
                reason = getattr(error, "code", "no reason")
                saying.give(ProviderFailed(f"realtime failed: {reason}"))
            saying.give(RoundOver())

    def _sound(self, saying: _Reply, event: Any) -> None:
        item = next((one for one in saying.items if one.id == event.item_id), None)
        if item is None:
            return
        raw = base64.b64decode(event.delta)
        seconds = len(raw) / (8_000 if saying.sound == MULAW else RATE * 2)
        item.start = min(item.start, saying.made)
        item.length += seconds
        saying.made += seconds
        saying.give(VoiceSound(raw))

    def _gone(self, reason: str) -> None:
        if self._ear is not None:
            self._ear.fail(ProviderFailed(reason))
            self._ear = None

    # --- hearing -----------------------------------------------------------------------------

    async def listen(self, told: Mapping[str, Any]) -> AgentTranscription:
        """Begin to write down what is heard. Raises ``ProviderFailed``."""
        await self.open()
        await self.tell(type="session.update", session=told)
        self._ear = AgentTranscription(self)
        return self._ear

    async def tell(self, **event: Any) -> None:
        """See ``hearing.Line``."""
        await self._send(self._there(), **event)

    def drop(self, item: str) -> None:
        """See ``hearing.Line``."""
        self.background.spawn(self._drop(item), name="drop what was heard")

    async def _drop(self, item: str) -> None:
        with contextlib.suppress(ProviderFailed):
            await self.tell(type="conversation.item.delete", item_id=item)

    # --- asking ------------------------------------------------------------------------------

    def _begin(self, request: AgentRequest) -> _Reply:
        told = (str(self._told["instructions"]), request.prompt or self._about, request.known)
        instructions = "\n\n".join(part for part in told if part)
        form = request.sound or MULAW
        self.saying = _Reply(request.turn, form, instructions=instructions)
        return self.saying

    def _holds_reply(self) -> bool:
        return self.saying is not None and bool(self.saying.items)

    async def _put(self, missing: list[Said], request: AgentRequest, saying: Saying) -> None:
        connection = self._there()
        if self._form is None:
            self._form = saying.sound
            kind: dict[str, Any] = {"type": "audio/pcmu"}
            if saying.sound != MULAW:
                kind = {"type": "audio/pcm", "rate": RATE}
            await self._send(
                connection,
                type="session.update",
                session={"type": "realtime", "audio": {"output": {"format": kind}}},
            )
        for role, text in (*missing, ("user", request.text)):
            await self._write(connection, role, text)
        await self._respond()

    async def _write(self, connection: AsyncRealtimeConnection, role: str, text: str) -> None:
        kind = "input_text" if role == "user" else "output_text"
        content = [{"type": kind, "text": text}]
        item = {"type": "message", "role": role, "content": content}
        await self._send(connection, type="conversation.item.create", item=item)

    async def _respond(self) -> None:
        """Ask for a response, the first or the one after tools."""
        connection, saying = self._there(), self.saying
        assert saying is not None, "a response is of a reply"
        self._idle.clear()
        saying.running = True
        metadata = {"turn": str(saying.turn)}
        await self._send(
            connection,
            type="response.create",
            event_id=f"ask_{saying.turn}_{next(self._ids)}",
            response={"metadata": metadata, "instructions": saying.instructions},
        )

    async def answer(self, outcomes: Sequence[tuple[WantedTool, ToolOutcome]]) -> None:
        """See ``SpeechSession``."""
        for tool, outcome in outcomes:
            item = {"type": "function_call_output", "call_id": tool.id, "output": outcome.text}
            await self._send(self._there(), type="conversation.item.create", item=item)
        await self._respond()

    def stop(self, turn: int, heard: float) -> None:
        """See ``SpeechSession``."""
        saying = self.saying
        if saying is not None and saying.turn == turn and not saying.dead:
            saying.dead = True
            items = saying.items
            saying.items = [one for one in items if heard > one.start]
            self.background.spawn(self._cut(saying, items, heard), name="cut realtime")

    async def _cut(self, saying: _Reply, items: list[SpokenItem], heard: float) -> None:
        connection = self._connection
        if connection is None:
            return
        with contextlib.suppress(ProviderFailed):
            if saying.running:
                await self._send(connection, type="response.cancel")
            for item in items:
                left = heard - item.start
                if left <= 0:
                    await self._send(connection, type="conversation.item.delete", item_id=item.id)
                elif left < item.length:
                    await self._send(
                        connection,
                        type="conversation.item.truncate",
                        item_id=item.id,
                        content_index=0,
                        audio_end_ms=int(left * 1000),
                    )


class RealtimeAgent(SpeechAgent):
    """An agent that speaks through OpenAI Realtime."""

    def __init__(self, parts: SpeechAgentParts) -> None:
        super().__init__(parts)
        url = parts.http or None
        self._client = AsyncOpenAI(api_key=parts.key, base_url=url, max_retries=0)
        self._model = parts.model or "gpt-realtime-2.1"
        self._voice = parts.voice or "marin"

    def transcriber(self, model: str) -> AgentTranscriber:
        """Implement ``HearingAgent.transcriber``."""

        async def listen(call_id: str, told: Mapping[str, Any]) -> AgentTranscription:
            session = self._session(call_id)
            assert isinstance(session, RealtimeSession), "this agent makes no others"
            return await session.listen(told)

        return AgentTranscriber(listen, model)

    def _made(self) -> RealtimeSession:
        tools = [{"type": "function", **one["function"]} for one in self._toolbox.offered()]
        told = {
            "type": "realtime",
            "output_modalities": ["audio"],
            "instructions": self._style,
            "audio": {
                "input": {"turn_detection": None},
                "output": {"voice": self._voice},
            },
            "tools": tools,
        }
        return RealtimeSession(self._client, self._model, told, self._about)

    def _raw(self, form: AudioFormat) -> AudioFormat:
        return MULAW if form == MULAW else PCM

    async def _let_go(self) -> None:
        await self._client.close()
