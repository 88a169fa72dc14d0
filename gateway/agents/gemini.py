"""Gemini Live as the agent: it is given the caller's words, and speaks with its own voice.

Google's own voice detector is off: turns are ours. What was said goes in as client content, which
is answered only where the turn is complete. Its conversation cannot be cut: where a caller cut in,
the next question says what was heard of the reply. A connection lasts some ten minutes and is told
to go before: the session then goes on in another, by its handle.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from gateway.agents.speaking import (
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
from gateway.errors import ProviderFailed, SettingsError
from gateway.ports.agents import AgentRequest
from gateway.ports.sound import AudioFormat, Encoding

if TYPE_CHECKING:
    from google.genai import Client
    from google.genai.live import AsyncSession
    from google.genai.types import LiveServerContent, LiveServerMessage

RENEW = 9 * 60.0
"""Seconds after which a connection is replaced, if it was not told to go before."""
RESUMABLE = 110 * 60.0
"""Seconds that a handle is used; the vendor keeps it for two hours."""
HEARD_OUT = 0.25
"""Seconds that may be missing of a reply that counts as heard to its end."""
VERSION = "v1beta"
"""The version of the API that its reference names for Live; it has all models."""
PCM = AudioFormat(Encoding.PCM, RATE)


@dataclass(frozen=True, slots=True)
class _Handle:
    """A state of the conversation that the vendor can go back to."""

    name: str
    at: float
    known: list[Said]
    held: _Answer | None


@dataclass(slots=True)
class _Answer(Saying):
    """A reply, which Gemini calls a turn."""

    owed: int = 0
    """Tools whose outcome it waits for."""
    cut: bool = False
    """True if not all of it was heard."""


class GeminiSession(SpeechSession):
    """One call's session."""

    saying: _Answer | None

    def __init__(self, client: Client, model: str, config: dict[str, Any], prompt: str) -> None:
        """``config``: of the connection, without its handle; ``prompt``: the agent's knowledge as
        the config has it: a request's own is told beside the question."""
        super().__init__("Gemini", RENEW)
        self._client = client
        self._model = model
        self._config = config
        self._prompt = prompt
        self._handle: _Handle | None = None
        self._held: _Answer | None = None  # the reply that is last in the conversation
        self._open_one: contextlib.AbstractAsyncContextManager[AsyncSession] | None = None

    # --- the connection ----------------------------------------------------------------------

    async def _connect(self) -> AsyncSession:
        loop = asyncio.get_running_loop()
        handle, self._handle = self._handle, None
        if handle is not None and loop.time() - handle.at < RESUMABLE:
            with contextlib.suppress(Exception):  # then a new session, told the call so far
                opened = await self._dial(handle.name)
                self._known, self._held, self._handle = list(handle.known), handle.held, handle
                return opened
        opened = await self._dial(None)
        self._known, self._held = [], None
        return opened

    async def _dial(self, handle: str | None) -> AsyncSession:
        resumption = {"handle": handle} if handle else {}
        config = {**self._config, "session_resumption": resumption}
        opening = self._client.aio.live.connect(model=self._model, config=config)
        session = await opening.__aenter__()
        self._open_one = opening
        return session

    async def _disconnect(self, connection: AsyncSession) -> None:
        opening, self._open_one = self._open_one, None
        if opening is not None:
            await opening.__aexit__(None, None, None)

    async def _listen(self, connection: AsyncSession) -> None:
        while True:  # the SDK stops after each turn
            async for message in connection.receive():
                self._take(message)

    def _take(self, message: LiveServerMessage) -> None:
        """One message, which may hold several things."""
        if message.server_content is not None:
            self._content(message.server_content)
        if message.tool_call is not None:
            self._calls(message.tool_call.function_calls or [])
        if (update := message.session_resumption_update) is not None and update.new_handle:
            now = asyncio.get_running_loop().time()
            self._handle = _Handle(update.new_handle, now, list(self._known), self._held)
        if message.go_away is not None:
            self.background.spawn(self._go_on(), name="go on in another session")

    def _content(self, content: LiveServerContent) -> None:
        saying = self.saying if self.saying is not None and not self.saying.dead else None
        if saying is not None and saying.running:
            self._sound(saying, content)
            over = content.generation_complete or content.turn_complete
            if over and not saying.owed:
                saying.running = False
                self._ended(saying, content)
        if content.turn_complete and (saying is None or not saying.owed):
            self._idle.set()

    def _sound(self, saying: _Answer, content: LiveServerContent) -> None:
        if content.output_transcription is not None and content.output_transcription.text:
            saying.give(VoiceWords(content.output_transcription.text))
        parts = content.model_turn.parts if content.model_turn is not None else None
        for part in parts or ():
            if part.inline_data is not None and part.inline_data.data:
                raw = part.inline_data.data
                saying.made += len(raw) / (RATE * 2)
                saying.give(VoiceSound(raw))

    def _ended(self, saying: _Answer, content: LiveServerContent) -> None:
        reason = content.turn_complete_reason
        if not saying.made:
            saying.give(ProviderFailed(f"Gemini said nothing: {reason.name if reason else 'done'}"))
        saying.give(RoundOver())

    def _calls(self, calls: Sequence[Any]) -> None:
        saying = self.saying
        if saying is None or saying.dead or not calls:
            return
        for one in calls:
            saying.owed += 1
            saying.give(WantedTool(one.id or "", one.name or "", json.dumps(one.args or {})))
        saying.give(RoundOver())

    async def _go_on(self) -> None:
        """Replace the connection, which is about to be closed, once nothing is being said."""
        going = self._connection
        await self._idle.wait()
        if going is not None and self._connection is going:
            self._stale = True
            with contextlib.suppress(ProviderFailed):  # the next question tries again
                await self.open()

    # --- asking ------------------------------------------------------------------------------

    def _begin(self, request: AgentRequest) -> _Answer:
        self.saying = _Answer(request.turn, request.sound or PCM)
        return self.saying

    async def _settle(self) -> None:
        """See ``SpeechSession``. What still comes of a reply that does not end cannot be told from
        the next one, so it is left with its connection."""
        if not self._idle.is_set() and self.saying is not None and not self.saying.dead:
            await self._stop()
        await super()._settle()
        if not self._idle.is_set():
            self._stale = True
            await self.open()

    def _holds_reply(self) -> bool:
        return self._held is not None and self._held.made > 0

    def _missing(self, history: tuple[Said, ...]) -> list[Said]:
        """See ``SpeechSession``. After a reply that was cut, what was heard of it is said again."""
        since, heard = self._since(history)
        if self._known and self._held is not None and self._held.cut and self._holds_reply():
            told = f"only: {heard}" if heard else "nothing."
            since.insert(0, ("user", f"(I cut in. Of your last answer I heard {told})"))
        return since

    async def _put(self, missing: list[Said], request: AgentRequest, saying: Saying) -> None:
        session = self._there()
        words = request.text
        if request.prompt and request.prompt != self._prompt:
            words = f"({request.prompt})\n\n{words}"
        if request.known:
            words = f"({request.known})\n\n{words}"
        self._idle.clear()
        saying.running = True
        async with self._sending():
            if missing:
                turns = [_turn(role, text) for role, text in missing]
                await session.send_client_content(turns=turns, turn_complete=False)
            await session.send_client_content(turns=[_turn("user", words)], turn_complete=True)
        self._held = self.saying

    async def answer(self, outcomes: Sequence[tuple[WantedTool, ToolOutcome]]) -> None:
        """See ``SpeechSession``."""
        saying = self.saying
        assert saying is not None, "an outcome is of a reply"
        told = [
            {
                "id": tool.id,
                "name": tool.name,
                "response": {"output" if outcome.good else "error": outcome.text},
            }
            for tool, outcome in outcomes
        ]
        saying.owed = 0
        async with self._sending():
            await self._there().send_tool_response(function_responses=told)

    def stop(self, turn: int, heard: float) -> None:
        """See ``SpeechSession``."""
        saying = self.saying
        if saying is None or saying.turn != turn or saying.dead:
            return
        saying.dead = True
        saying.cut = heard < saying.made - HEARD_OUT or saying.running
        if not self._idle.is_set():
            self.background.spawn(self._stop(), name="cut Gemini")

    async def _stop(self) -> None:
        with contextlib.suppress(ProviderFailed):
            await self._interrupt()

    async def _interrupt(self) -> None:
        """Have it stop: any content of ours does that, and content that is not complete is not
        answered."""
        async with self._sending():
            await self._there().send_client_content(turns=None, turn_complete=False)


class GeminiAgent(SpeechAgent):
    """An agent that speaks through Gemini Live."""

    def __init__(self, parts: SpeechAgentParts) -> None:
        """Raises ``SettingsError`` where Google's SDK is missing. Blocks: it is imported here."""
        super().__init__(parts)
        self._client = client_of(parts.key, parts.http)
        self._model = parts.model or "gemini-3.8-live"
        self._voice = parts.voice or "Kore"

    def _made(self) -> GeminiSession:
        told = "\n\n".join(part for part in (self._style, self._about) if part)
        tools = [
            {
                "name": one["function"]["name"],
                "description": one["function"]["description"],
                "parameters_json_schema": one["function"]["parameters"],
            }
            for one in self._toolbox.offered()
        ]
        config: dict[str, Any] = {
            "response_modalities": ["AUDIO"],
            "speech_config": {
                "voice_config": {"prebuilt_voice_config": {"voice_name": self._voice}}
            },
            "realtime_input_config": {"automatic_activity_detection": {"disabled": True}},
            "output_audio_transcription": {},
            "context_window_compression": {"sliding_window": {}},
        }
        if told:
            config["system_instruction"] = told
        if tools:
            config["tools"] = [{"function_declarations": tools}]
        return GeminiSession(self._client, self._model, config, self._about)

    def _raw(self, form: AudioFormat) -> AudioFormat:
        return PCM

    async def _let_go(self) -> None:
        await self._client.aio.aclose()
        self._client.close()


def client_of(key: str, http: str) -> Client:
    """Google's client, for the address if there is one. Raises ``SettingsError``."""
    need_sdk()
    from google import genai

    options = {"api_version": VERSION, **({"base_url": http} if http else {})}
    client = genai.Client(api_key=key, vertexai=False, http_options=options)
    if http.startswith("http:"):
        # The SDK dials wss whatever the address says, and has no other way to be told.
        plain = http.replace("http", "ws", 1).rstrip("/")
        inside = client._api_client  # noqa: SLF001
        inside._websocket_base_url = lambda *_: plain  # noqa: SLF001
        inside._websocket_ssl_ctx = {}  # noqa: SLF001
    return client


def need_sdk() -> None:
    """Raise ``SettingsError`` where Google's SDK is missing. Imports nothing of it."""
    try:
        found = find_spec("google.genai")
    except ImportError:  # of the package around it
        found = None
    if found is None:
        raise SettingsError("agent.kind gemini needs Google's SDK: pip install google-genai")


def _turn(role: str, text: str) -> dict[str, Any]:
    return {"role": "user" if role == "user" else "model", "parts": [{"text": text}]}
