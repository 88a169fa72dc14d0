"""Bots that stand behind us: agents that hear the caller themselves, and speak when they like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.errors import ProviderFailed
from gateway.ports.sound import AudioFormat


class BotFailed(ProviderFailed):
    """The bot cannot be had, or does what it must not. The text is the reason, without anything
    that was said."""


class BotDied(BotFailed):
    """The connection to the bot has ended, but not as a bot ends a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BotCall:
    """The call that a bot is told of."""

    call_id: str
    tenant: str
    caller: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The parameters that the caller's door gave, tenant and locale among them if it gave any."""
    ids: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The carrier's names of the call, where it has any: ``call_sid``, ``stream_sid``,
    ``account_sid``."""


@dataclass(frozen=True, slots=True)
class BotSpeaks:
    """Sound of the bot."""

    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class BotMarks:
    """A mark, to be sent back once all sound before it was heard."""

    name: str


@dataclass(frozen=True, slots=True)
class BotClears:
    """Sound that was not heard yet is to be dropped."""


BotFact = BotSpeaks | BotMarks | BotClears


class BotLine(Protocol):
    """The connection to a bot, and its wire. What is written is in the order of the calls."""

    @property
    def form(self) -> AudioFormat:
        """The format of the sound, both ways."""

    def opening(self) -> Sequence[str | bytes]:
        """The messages that tell the bot of the call."""

    def sound(self, payload: bytes) -> str | bytes:
        """The message that brings sound of the caller."""

    def mark(self, name: str) -> str | bytes:
        """The message that a mark was reached."""

    def key(self, digit: str) -> str | bytes:
        """The message that the caller has pressed a key."""

    def closing(self) -> Sequence[str | bytes]:
        """The messages that tell the bot that the call is over."""

    def read(self, frame: str | bytes) -> Sequence[BotFact]:
        """The facts in a bot's message. Raises ``BotFailed`` for what a carrier would refuse."""

    async def send(self, message: str | bytes) -> None:
        """Write one message. Raises ``OSError`` or ``RuntimeError`` once it is closed."""

    async def receive(self) -> str | bytes | None:
        """The bot's next message; None when it has closed. Raises ``BotFailed``, and ``BotDied``
        for a connection that broke."""

    async def close(self) -> None:
        """Close it; harmless if it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerGiven:
    """An answer of ours that the bot has not heard."""

    id: str
    """The same if it is told twice."""
    call_id: str
    ids: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The carrier's names of the call, where it has any."""
    tenant: str
    turn: int
    at: float
    """Unix seconds."""
    entry: str
    question: str = field(repr=False)
    """The caller's words as the record of the turn has them: without personal data, or empty."""
    answer: str = field(repr=False)
    """The words that were heard."""
    whole: bool
    """The answer was heard to its end."""


class Bots(Protocol):
    """The place where bots are reached."""

    @property
    def form(self) -> AudioFormat:
        """The format that they speak and hear."""

    async def dial(self, call: BotCall) -> BotLine:
        """Connect to one. Raises ``BotFailed``."""
