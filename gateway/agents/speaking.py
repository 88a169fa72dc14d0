"""Agents with a voice of their own: the part that is the same whoever the vendor is.

A call has a session, opened with it. Its conversation holds what was said and *heard*: before it is
asked, what the cache has answered since is written into it. A session that is lost, or about to
end, is replaced by another between replies, into which the call so far is written.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.agents.toolbox import Toolbox, ToolOutcome
from gateway.audio import WireEncoder
from gateway.errors import ProviderFailed
from gateway.ports.agents import AgentPiece, AgentRequest
from gateway.ports.sound import AudioFormat, Encoding
from gateway.ports.tools import CallFacts
from gateway.shell.process.background import Background

log = logging.getLogger("frontline.agent")

CONNECT = 4.0
"""Seconds that a session may take to open, and a message to be taken."""
ROUNDS = 4
"""Rounds of tools for one answer."""
SETTLE = 1.0
"""Seconds that a cancelled reply may take to end before the next is asked for."""
RATE = 24_000
"""Samples per second of all vendors' PCM."""
MULAW = AudioFormat(Encoding.MULAW, 8_000)
WAITING = 4_000
"""Events of a reply that wait to be taken: six minutes of sound; one more ends the reply."""

Said = tuple[str, str]
"""Role and text."""


@dataclass(frozen=True, slots=True)
class VoiceSound:
    """Sound of a reply, as it comes."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class VoiceWords:
    """Words of a reply; they come beside its sound, usually a little earlier."""

    text: str


@dataclass(frozen=True, slots=True)
class WantedTool:
    """A function that the model calls."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class RoundOver:
    """The model waits for us: for its tools, if it called some, or else for the caller."""


SessionEvent = VoiceSound | VoiceWords | WantedTool | RoundOver | ProviderFailed


@dataclass(slots=True)
class Saying:
    """One reply under way."""

    turn: int
    sound: AudioFormat
    events: asyncio.Queue[SessionEvent] = field(default_factory=lambda: asyncio.Queue(WAITING))
    running: bool = False
    """True while the vendor makes more of it."""
    made: float = 0.0
    """Seconds of sound that have come."""
    dead: bool = False

    def give(self, event: SessionEvent) -> None:
        """One more event; what does not fit ends the reply."""
        try:
            self.events.put_nowait(event)
        except asyncio.QueueFull:
            self.dead = True


class SpeechSession(ABC):
    """One call's session at a vendor's, and what its conversation holds."""

    def __init__(self, name: str, lasts: float) -> None:
        """``name``: whose it is; ``lasts``: seconds after which it is replaced."""
        self._name = name
        self.lasts = lasts
        self._connection: Any = None
        self._reading: asyncio.Task[None] | None = None
        self._opened = 0.0
        self._stale = False  # about to be ended by the vendor
        self._known: list[Said] = []  # of the history, what the conversation holds
        self._idle = asyncio.Event()
        self._idle.set()
        self._opening = asyncio.Lock()
        self.saying: Saying | None = None
        self.background = Background()

    # --- what a vendor does in its own way ---------------------------------------------------

    @abstractmethod
    async def _connect(self) -> Any:
        """Open a connection, and set ``_known`` to what its conversation holds."""

    @abstractmethod
    async def _disconnect(self, connection: Any) -> None:
        """Close it."""

    @abstractmethod
    async def _listen(self, connection: Any) -> None:
        """Take what comes, until the connection ends."""

    @abstractmethod
    async def _put(self, missing: list[Said], request: AgentRequest, saying: Saying) -> None:
        """Write what is missing and the caller's words, and ask for a reply."""

    @abstractmethod
    async def answer(self, outcomes: Sequence[tuple[WantedTool, ToolOutcome]]) -> None:
        """Write what came of the tools that the reply wanted, and have it go on."""

    @abstractmethod
    def _holds_reply(self) -> bool:
        """Return whether the conversation has something of the reply to what was asked last."""

    @abstractmethod
    def stop(self, turn: int, heard: float) -> None:
        """Stop the reply to that turn, of which so many seconds were heard."""

    def _gone(self, reason: str) -> None:  # noqa: B027 - most need not know
        """The connection is not there any more."""

    # --- the connection ----------------------------------------------------------------------

    async def open(self) -> None:
        """Open the session if there is none or it is old. Raises ``ProviderFailed``."""
        async with self._opening:
            now = asyncio.get_running_loop().time()
            fresh = not self._stale and now - self._opened < self.lasts
            if self._connection is not None and fresh:
                return
            await self._leave()
            try:
                async with asyncio.timeout(CONNECT):
                    opened = await self._connect()
            except Exception as error:  # noqa: BLE001 - of the SDK, of websockets, of the network
                raise ProviderFailed(
                    f"the {self._name} session did not open: {brief(error)}"
                ) from None
            self._connection, self._opened, self._stale = opened, now, False
            self._idle.set()
            self._reading = self.background.spawn(self._read(opened), name=f"read {self._name}")

    async def _leave(self) -> None:
        connection, self._connection = self._connection, None
        if self._reading is not None:
            self._reading.cancel()
        if connection is not None:
            self._gone(f"the {self._name} session was closed")
            with contextlib.suppress(Exception):
                async with asyncio.timeout(SETTLE):
                    await self._disconnect(connection)

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
            await asyncio.sleep(self.lasts)
            await self._idle.wait()

    async def _read(self, connection: Any) -> None:
        reason = f"the {self._name} session ended"
        try:
            await self._listen(connection)
        except Exception as error:  # noqa: BLE001 - whatever a connection breaks with
            reason = f"the {self._name} session was lost: {brief(error)}"
        if self._connection is connection:
            self._connection = None
            self._idle.set()
            self._gone(reason)
        if self.saying is not None:
            self.saying.give(ProviderFailed(reason))

    def _there(self) -> Any:
        """Return the session that the reply was begun in: it is not replaced in the middle."""
        if self._connection is None:
            raise ProviderFailed(f"the {self._name} session was lost")
        return self._connection

    @contextlib.asynccontextmanager
    async def _sending(self) -> AsyncGenerator[None, None]:
        try:
            async with asyncio.timeout(CONNECT):
                yield
        except Exception as error:  # noqa: BLE001 - whatever a connection breaks with
            raise ProviderFailed(f"the {self._name} session was lost: {brief(error)}") from None

    # --- asking ------------------------------------------------------------------------------

    async def ask(self, request: AgentRequest) -> Saying:
        """Have the caller's words answered. Raises ``ProviderFailed``."""
        await self.open()
        await self._settle()
        missing = self._missing(request.history)
        saying = self._begin(request)
        await self._put(missing, request, saying)
        self._known = [*request.history, ("user", request.text)]
        return saying

    async def _settle(self) -> None:
        """Wait until the reply before is over, at its vendor too."""
        if not self._idle.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SETTLE):
                    await self._idle.wait()

    def _begin(self, request: AgentRequest) -> Saying:
        self.saying = Saying(request.turn, request.sound or MULAW)
        return self.saying

    def _missing(self, history: tuple[Said, ...]) -> list[Said]:
        """Return what is to be written before the next question."""
        return self._since(history)[0]

    def _since(self, history: tuple[Said, ...]) -> tuple[list[Said], str]:
        """Return what was said since the conversation last agreed with the call, and what was
        heard of the reply to what was asked last, which is there already."""
        known = self._known
        same = next(
            (n for n in range(len(known), -1, -1) if known[len(known) - n :] == [*history[:n]]), 0
        )
        new = list(history[same:])
        replied = known and self._holds_reply() and new[:1] and new[0][0] == "assistant"
        heard = new.pop(0)[1] if replied else ""
        return new, heard


class SpokenReply:
    """Events of a reply turned into sound in the call's format, with whole words beside it."""

    def __init__(self, saying: Saying, raw: AudioFormat) -> None:
        """``raw``: the format of the vendor's sound."""
        self._saying = saying
        form = saying.sound
        self._encoder = None if form == raw else WireEncoder(raw.sample_rate, form)
        self._silence = b"\xff" * 80 if raw == MULAW else bytes(raw.sample_rate // 50)
        self._text = ""

    async def round(self, wanted: list[WantedTool]) -> AsyncGenerator[AgentPiece, None]:
        """Yield the sound until the model waits for us; the tools that it calls are put into
        ``wanted``. Raises ``ProviderFailed``."""
        while True:
            event = await self._saying.events.get()
            if isinstance(event, ProviderFailed):
                raise event
            if self._saying.dead:
                raise ProviderFailed("the agent speaks for too long")
            match event:
                case RoundOver():
                    break
                case WantedTool():
                    wanted.append(event)
                case VoiceWords(text):
                    self._text += text
                case VoiceSound(raw):
                    yield self._piece(raw)
        if (rest := self._rest()) is not None:
            yield rest

    def _piece(self, raw: bytes) -> AgentPiece:
        at = self._text.rfind(" ") + 1
        text, self._text = self._text[:at], self._text[at:]
        return AgentPiece(text=text.strip(), audio=self._encoded(raw))

    def _rest(self) -> AgentPiece | None:
        """The last of the sound; the last words too, beside 10 ms of silence if there is none."""
        text, self._text = self._text.strip(), ""
        audio = self._encoder.flush() if self._encoder is not None else b""
        if text and not audio:
            audio = self._encoded(self._silence)
            audio += self._encoder.flush() if self._encoder is not None else b""
        return AgentPiece(text=text, audio=audio) if audio else None

    def _encoded(self, raw: bytes) -> bytes:
        return raw if self._encoder is None else self._encoder.feed(raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechAgentParts:
    """The parts of an agent with a voice of its own. Empty: the vendor's own."""

    key: str = field(repr=False)
    toolbox: Toolbox
    style: str
    """Instructions on the manner of speaking."""
    about: str = ""
    """The agent's knowledge, whose place a request's own prompt takes."""
    model: str = ""
    voice: str = ""
    url: str = ""

    @property
    def http(self) -> str:
        """The address as HTTP has it, which the vendors' clients want."""
        return self.url.replace("ws", "http", 1) if self.url.startswith("ws") else self.url


class SpeechAgent(ABC):
    """``gateway.ports.agents.Agent`` and ``SpeakingAgent``, and a ``CallListener``."""

    def __init__(self, parts: SpeechAgentParts) -> None:
        self._style, self._about = parts.style, parts.about
        self._toolbox = parts.toolbox
        self._background = Background()
        self._sessions: dict[str, SpeechSession] = {}
        self._facts: dict[str, CallFacts] = {}

    @abstractmethod
    def _made(self) -> SpeechSession:
        """Return a session, not opened yet."""

    @abstractmethod
    def _raw(self, form: AudioFormat) -> AudioFormat:
        """Return the format in which the sound comes for a call of that format."""

    @abstractmethod
    async def _let_go(self) -> None:
        """Close the vendor's client."""

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
        await self._let_go()

    def call_began(self, facts: CallFacts) -> None:
        """Implement ``CallListener.call_began``: open the session that the first miss needs."""
        self._facts[facts.call_id] = facts
        session = self._session(facts.call_id)
        session.background.spawn(session.keep(), name="keep a session")

    def call_ended(self, call_id: str) -> None:
        """Implement ``CallListener.call_ended``."""
        self._facts.pop(call_id, None)
        if (session := self._sessions.pop(call_id, None)) is not None:
            self._background.spawn(session.close(), name="close a session")

    def heard(self, call_id: str, turn: int, seconds: float) -> None:
        """Implement ``SpeakingAgent.heard``."""
        if (session := self._sessions.get(call_id)) is not None:
            session.stop(turn, seconds)

    def _session(self, call_id: str) -> SpeechSession:
        if call_id not in self._sessions:
            self._sessions[call_id] = self._made()
        return self._sessions[call_id]

    async def reply(self, request: AgentRequest) -> AsyncGenerator[AgentPiece, None]:
        """Implement ``Agent.reply``. Raises ``ProviderFailed``."""
        session = self._session(request.call_id)
        facts = self._facts.get(request.call_id) or CallFacts(
            call_id=request.call_id, tenant=request.tenant
        )
        saying = await session.ask(request)
        spoken = SpokenReply(saying, self._raw(saying.sound))
        for _ in range(ROUNDS + 1):
            wanted: list[WantedTool] = []
            async for piece in spoken.round(wanted):
                yield piece
            if not wanted:
                return
            for one in wanted:
                yield AgentPiece(tool=one.name)
            runs = [self._toolbox.run(one.name, one.arguments, facts) for one in wanted]
            outcomes = await asyncio.gather(*runs)
            await session.answer(list(zip(wanted, outcomes, strict=True)))
        raise ProviderFailed("the agent wants too many rounds of tools")


def brief(error: BaseException) -> str:
    """An error's name, with the vendor's code or status; never its text, which may hold what was
    said."""
    response = getattr(error, "response", None)
    code = vars(error).get("code") or getattr(response, "status_code", None)
    name = type(error).__name__
    return f"{name} {code}" if isinstance(code, int) else name
