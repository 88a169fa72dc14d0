"""OpenAI Realtime as the agent: it is given the caller's words, and speaks with its own voice.

A call has a session, opened with it. Its conversation holds what was said and *heard*: before it is
asked, what the cache has answered since is written into it; a reply that was cut is truncated to
what was heard, and one of which nothing was heard is taken out. A session that is lost, or about to
end, is replaced by another, into which the call so far is written.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from itertools import count
from math import inf
from typing import Any

from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection

from gateway.agents.toolbox import Toolbox
from gateway.audio import WireEncoder
from gateway.errors import ProviderFailed
from gateway.ports.agents import AgentPiece, AgentRequest
from gateway.ports.sound import AudioFormat, Encoding
from gateway.ports.tools import CallFacts
from gateway.shell.process.background import Background

log = logging.getLogger("frontline.agent")

CONNECT = 4.0
"""Seconds that a session may take to open."""
RENEW = 50 * 60.0
"""Seconds after which a session is replaced; the vendor ends it after an hour."""
ROUNDS = 4
"""Rounds of tools for one answer."""
SETTLE = 1.0
"""Seconds that a cancelled response may take to end before the next is asked for."""
RATE = 24_000
MULAW = AudioFormat(Encoding.MULAW, 8_000)
WAITING = 4_000
"""Events of a response that wait to be taken: six minutes of sound; one more ends the reply."""


@dataclass(slots=True)
class SpokenItem:
    """An item of a reply and where its sound lies in the reply, in seconds."""

    id: str
    start: float = inf
    length: float = 0.0


@dataclass(slots=True)
class Saying:
    """One reply under way."""

    turn: int
    events: asyncio.Queue[Any] = field(default_factory=lambda: asyncio.Queue(WAITING))
    response: str = ""
    running: bool = False
    items: list[SpokenItem] = field(default_factory=list)
    made: float = 0.0
    dead: bool = False


class RealtimeSession:
    """One call's session, and what its conversation holds."""

    def __init__(self, client: AsyncOpenAI, model: str, session: Mapping[str, Any]) -> None:
        self._client = client
        self._model = model
        self._session = session
        self._ids = count(1)
        self._connection: AsyncRealtimeConnection | None = None
        self._reading: asyncio.Task[None] | None = None
        self._opened = 0.0
        self._known: list[tuple[str, str]] = []  # of the history, what the conversation holds
        self._form: AudioFormat | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._opening = asyncio.Lock()
        self.saying: Saying | None = None
        self.background = Background()

    # --- the connection ---------------------------------------------------------------------

    async def open(self) -> AsyncRealtimeConnection:
        """The session, opened if there is none or it is old. Raises ``ProviderFailed``."""
        async with self._opening:
            now = asyncio.get_running_loop().time()
            if self._connection is not None and now - self._opened < RENEW:
                return self._connection
            await self._leave()
            try:
                async with asyncio.timeout(CONNECT):
                    opened = await self._client.realtime.connect(model=self._model).enter()
                    await self._send(opened, type="session.update", session=self._session)
            except Exception as error:  # noqa: BLE001 - of the SDK, of websockets, of the network
                raise ProviderFailed(
                    f"the realtime session did not open: {_brief(error)}"
                ) from None
            self._connection, self._opened = opened, now
            self._known, self._form = [], None
            self._idle.set()
            self._reading = self.background.spawn(self._read(opened), name="read realtime")
            return opened

    async def _leave(self) -> None:
        connection, self._connection = self._connection, None
        if self._reading is not None:
            self._reading.cancel()
        if connection is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(SETTLE):
                    await connection.close()

    async def close(self) -> None:
        """End the session."""
        await self._leave()
        await self.background.close()

    async def keep(self) -> None:
        """Keep a fresh session for as long as the call lasts: opened now, and replaced, between
        replies, before it ends."""
        while True:
            with contextlib.suppress(ProviderFailed):
                await self.open()
            await asyncio.sleep(RENEW)
            await self._idle.wait()

    async def _read(self, connection: AsyncRealtimeConnection) -> None:
        reason = "the realtime session ended"
        try:
            async for event in connection:
                self._take(event)
        except Exception as error:  # noqa: BLE001 - whatever a connection breaks with
            reason = f"the realtime session was lost: {_brief(error)}"
        if self._connection is connection:
            self._connection = None
            self._idle.set()
        if self.saying is not None:
            self._give(self.saying, ProviderFailed(reason))

    def _give(self, saying: Saying, event: Any) -> None:
        try:
            saying.events.put_nowait(event)
        except asyncio.QueueFull:
            saying.dead = True

    def _take(self, event: Any) -> None:
        """One event of the server's. What is of a dead reply goes nowhere."""
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
                self._give(saying, ProviderFailed(f"realtime refused: {event.error.code}"))
            return
        if event.type == "response.output_item.added" and event.item.type == "message":
            saying.items.append(SpokenItem(event.item.id))
        if getattr(event, "response_id", None) == saying.response or (
            event.type == "response.done" and event.response.id == saying.response
        ):
            self._give(saying, event)

    # --- asking -----------------------------------------------------------------------------

    async def ask(self, request: AgentRequest, instructions: str) -> Saying:
        """Write what is missing and the caller's words, and ask for a response."""
        connection = await self.open()
        if not self._idle.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SETTLE):
                    await self._idle.wait()
        missing = self._missing(request.history)
        saying = self.saying = Saying(request.turn)
        form = request.sound
        if form is not None and self._form is None:
            self._form = form
            kind: dict[str, Any] = {"type": "audio/pcmu"}
            if form != MULAW:
                kind = {"type": "audio/pcm", "rate": RATE}
            await self._send(
                connection,
                type="session.update",
                session={"type": "realtime", "audio": {"output": {"format": kind}}},
            )
        for role, text in missing:
            await self._write(connection, role, text)
        await self._write(connection, "user", request.text)
        self._known = [*request.history, ("user", request.text)]
        await self.respond(saying, instructions)
        return saying

    def _missing(self, history: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
        """Return what was said since the conversation last agreed with the call. The reply to what
        was asked last is there already, cut to what was heard."""
        known = self._known
        same = next(
            (n for n in range(len(known), -1, -1) if known[len(known) - n :] == [*history[:n]]), 0
        )
        new = list(history[same:])
        replied = self.saying is not None and bool(self.saying.items)
        if known and replied and new[:1] and new[0][0] == "assistant":
            new.pop(0)
        return new

    async def _write(self, connection: AsyncRealtimeConnection, role: str, text: str) -> None:
        kind = "input_text" if role == "user" else "output_text"
        content = [{"type": kind, "text": text}]
        item = {"type": "message", "role": role, "content": content}
        await self._send(connection, type="conversation.item.create", item=item)

    async def _send(self, connection: AsyncRealtimeConnection, **event: Any) -> None:
        try:
            async with asyncio.timeout(CONNECT):
                await connection.send(event)  # type: ignore[arg-type]
        except Exception as error:  # noqa: BLE001 - whatever a connection breaks with
            raise ProviderFailed(f"the realtime session was lost: {_brief(error)}") from None

    async def respond(self, saying: Saying, instructions: str) -> None:
        """Ask for a response, the first or the one after tools."""
        connection = self._there()
        self._idle.clear()
        saying.running = True
        metadata = {"turn": str(saying.turn)}
        await self._send(
            connection,
            type="response.create",
            event_id=f"ask_{saying.turn}_{next(self._ids)}",
            response={"metadata": metadata, "instructions": instructions},
        )

    async def output(self, call_id: str, text: str) -> None:
        """Write what came of a function."""
        item = {"type": "function_call_output", "call_id": call_id, "output": text}
        await self._send(self._there(), type="conversation.item.create", item=item)

    def _there(self) -> AsyncRealtimeConnection:
        """Return the session that the reply was begun in: it is not replaced in the middle."""
        if self._connection is None:
            raise ProviderFailed("the realtime session was lost")
        return self._connection

    def stop(self, turn: int, heard: float) -> None:
        """Stop the reply to that turn, of which so many seconds were heard."""
        saying = self.saying
        if saying is not None and saying.turn == turn and not saying.dead:
            saying.dead = True
            items = saying.items
            saying.items = [one for one in items if heard > one.start]
            self.background.spawn(self._cut(saying, items, heard), name="cut realtime")

    async def _cut(self, saying: Saying, items: list[SpokenItem], heard: float) -> None:
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


class RealtimeAgent:
    """``gateway.ports.agents.Agent`` and ``SpeakingAgent``, and a ``CallListener``."""

    def __init__(
        self,
        *,
        key: str,
        toolbox: Toolbox,
        instructions: str,
        about: str = "",
        model: str = "",
        voice: str = "",
        base_url: str = "",
    ) -> None:
        """``instructions``: on the manner of speaking; ``about``: the agent's knowledge, whose
        place a request's own prompt takes."""
        url = base_url.replace("ws", "http", 1) if base_url.startswith("ws") else base_url
        self._client = AsyncOpenAI(api_key=key, base_url=url or None, max_retries=0)
        self._model = model or "gpt-realtime-2.1"
        self._voice = voice or "marin"
        self._style, self._about = instructions, about
        self._toolbox = toolbox
        self._background = Background()
        self._sessions: dict[str, RealtimeSession] = {}
        self._facts: dict[str, CallFacts] = {}

    def start(self) -> None:
        """Connect to where tools are from."""
        self._toolbox.start()

    async def ready(self) -> None:
        """Wait until it is known which tools there are; not for long."""
        await self._toolbox.ready()

    async def close(self) -> None:
        """End all sessions."""
        for session in self._sessions.values():
            await session.close()
        await self._background.close()
        await self._toolbox.close()
        await self._client.close()

    def call_began(self, facts: CallFacts) -> None:
        """Implement ``CallListener.call_began``: open the session that the first miss needs."""
        self._facts[facts.call_id] = facts
        session = self._session(facts.call_id)
        session.background.spawn(session.keep(), name="keep realtime")

    def call_ended(self, call_id: str) -> None:
        """Implement ``CallListener.call_ended``."""
        self._facts.pop(call_id, None)
        if (session := self._sessions.pop(call_id, None)) is not None:
            self._background.spawn(session.close(), name="close realtime")

    def heard(self, call_id: str, turn: int, seconds: float) -> None:
        """Implement ``SpeakingAgent.heard``."""
        if (session := self._sessions.get(call_id)) is not None:
            session.stop(turn, seconds)

    def _session(self, call_id: str) -> RealtimeSession:
        if call_id not in self._sessions:
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
            self._sessions[call_id] = RealtimeSession(self._client, self._model, told)
        return self._sessions[call_id]

    async def reply(self, request: AgentRequest) -> AsyncGenerator[AgentPiece, None]:
        """Implement ``Agent.reply``. Raises ``ProviderFailed``."""
        session = self._session(request.call_id)
        facts = self._facts.get(request.call_id) or CallFacts(
            call_id=request.call_id, tenant=request.tenant
        )
        parts = (self._style, request.prompt or self._about, request.known)
        instructions = "\n\n".join(part for part in parts if part)
        saying = await session.ask(request, instructions)
        sound = SpokenSound(saying, request.sound or MULAW)
        for _ in range(ROUNDS + 1):
            calls: list[Any] = []
            async for piece in _spoken(saying, sound, calls):
                yield piece
            if not calls:
                return
            runs = [self._toolbox.run(one.name, one.arguments, facts) for one in calls]
            for one in calls:
                yield AgentPiece(tool=one.name)
            for one, outcome in zip(calls, await asyncio.gather(*runs), strict=True):
                await session.output(one.call_id, outcome.text)
            await session.respond(saying, instructions)
        raise ProviderFailed("the agent wants too many rounds of tools")


async def _spoken(
    saying: Saying, sound: SpokenSound, calls: list[Any]
) -> AsyncGenerator[AgentPiece, None]:
    """Yield the sound of one response; the functions that it calls are put into ``calls``."""
    while True:
        event = await saying.events.get()
        if isinstance(event, Exception):
            raise event
        if saying.dead:
            raise ProviderFailed("the agent speaks for too long")
        if event.type == "response.output_item.done" and event.item.type == "function_call":
            calls.append(event.item)
        elif event.type == "response.done":
            break
        elif (piece := sound.piece(event)) is not None:
            yield piece
    saying.running = False
    if event.response.status in ("failed", "incomplete"):
        error = getattr(event.response.status_details, "error", None)
        raise ProviderFailed(f"realtime failed: {getattr(error, 'code', 'no reason')}")
    if (rest := sound.rest()) is not None:
        yield rest


class SpokenSound:
    """Events of a response turned into sound in the call's format, with whole words beside it."""

    def __init__(self, saying: Saying, form: AudioFormat) -> None:
        self._saying = saying
        self._encoder = None if form == MULAW else WireEncoder(RATE, form)
        self._text = ""

    def piece(self, event: Any) -> AgentPiece | None:
        """The sound of an event, if it has some."""
        if event.type == "response.output_audio_transcript.delta":
            self._text += event.delta
        if event.type != "response.output_audio.delta":
            return None
        raw = base64.b64decode(event.delta)
        item = next((one for one in self._saying.items if one.id == event.item_id), None)
        if item is None:
            return None
        item.start = min(item.start, self._saying.made)
        seconds = len(raw) / (8_000 if self._encoder is None else RATE * 2)
        item.length += seconds
        self._saying.made += seconds
        at = self._text.rfind(" ") + 1
        text, self._text = self._text[:at], self._text[at:]
        return AgentPiece(
            text=text.strip(), audio=self._encoder.feed(raw) if self._encoder else raw
        )

    def rest(self) -> AgentPiece | None:
        """The last of the sound and the text."""
        audio = self._encoder.flush() if self._encoder is not None else b""
        text, self._text = self._text.strip(), ""
        silence = b"\xff" * 8 if self._encoder is None else b""
        return (
            AgentPiece(text=text, audio=audio or silence) if text and (audio or silence) else None
        )


def _brief(error: BaseException) -> str:
    return type(error).__name__
