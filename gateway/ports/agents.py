"""Agents: they answer what the cache does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from gateway.ports.records import FirstPiece
from gateway.ports.sound import AudioFormat
from gateway.ports.speech_in import Transcriber


@dataclass(frozen=True, slots=True, kw_only=True)
class NearAnswer:
    """An approved answer to a question near the caller's words."""

    entry: str
    question: str
    """The entry's question that is nearest to what was said."""
    answer: str
    """Empty where nobody may be told it any more: it is out of date."""
    objection: str = ""
    """Why it is no answer to these words; empty if nothing speaks against it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRequest:
    """A turn passed on."""

    call_id: str
    tenant: str
    turn: int
    text: str
    history: tuple[tuple[str, str], ...]
    """(role, text) of what was said and **heard** so far."""
    route: str = ""
    """Which agent: the name in ``agent:NAME``; empty for the one that takes what is left."""
    intent: str = ""
    """The subject of the words, where it is known or likely."""
    prompt: str = ""
    """The operator's prompt for that intent, in place of the long one."""
    tool: str = ""
    """Which tool is to be run for it: the name in ``tool:NAME``; empty where that is open."""
    known: str = ""
    """The facts of the call beside the conversation."""
    near: tuple[NearAnswer, ...] = ()
    """The approved answers nearest to the words, nearest first."""
    sound: AudioFormat | None = None
    """The format of the sound that is wanted of an agent with a voice of its own."""


@dataclass(frozen=True, slots=True)
class AgentPiece:
    """A piece of the agent's reply: text to be spoken, or audio in the call's format, laid out as
    ``ClipAudio.payload``; the text beside audio is what it says."""

    text: str = ""
    audio: bytes = b""
    tool: str = ""
    """Name of a tool that it begins to run."""
    kept: str = ""
    """The text that records keep in place of the text, where that is about somebody."""
    request: str = field(default="", compare=False)
    """The provider's id of the request that it answers, where it names one."""
    first: FirstPiece | None = field(default=None, compare=False)
    """On an answer's first words: the model that said them, and how soon."""


class Agent(Protocol):
    """An agent that answers what the cache does not."""

    def reply(self, request: AgentRequest) -> AsyncIterator[AgentPiece]:
        """Stream the reply. Cancelling the iterator stops it and frees everything it holds."""


@runtime_checkable
class Speculative(Protocol):
    """An agent that can begin an answer before it is known to be wanted."""

    def speculate(self, request: AgentRequest) -> bool:
        """Begin it, and keep it back; a ``reply`` to just that request takes it up. A call has one:
        a new one drops the one before. False if it may not be spent. Must not block."""

    def forget(self, call_id: str) -> None:
        """Drop the call's, if it has one that was not taken up. Must not block."""

    def ahead(self, call_id: str) -> str:
        """The words so far of the call's, none of which was given out; empty if it has none."""


@runtime_checkable
class SpeakingAgent(Protocol):
    """An agent with a voice of its own: its pieces are sound, and the words beside it."""

    def heard(self, call_id: str, turn: int, seconds: float) -> None:
        """No more of its reply to that turn is heard than so many seconds. Must not block."""


@runtime_checkable
class HearingAgent(Protocol):
    """An agent that can also write down what a caller says."""

    def transcriber(self, model: str) -> Transcriber:
        """Return the recogniser that it is; ``model``: its name, empty for the usual one."""
