"""Language models: what one is asked, what it streams, and how it fails. A port, like those of
``gateway.ports``.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.core.race.attempts import AttemptFailure, Piece
from gateway.errors import ProviderFailed

Message = Mapping[str, Any]
"""A message as the chat completions API has it: ``{"role": "user", "content": "..."}``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """The request to a model."""

    messages: tuple[Message, ...]
    max_tokens: int
    """The most it may answer."""
    temperature: float | None = None
    """None: the model's own."""
    tools: tuple[Mapping[str, Any], ...] = ()
    """The tools that the model may call, as the API has them."""
    prompt_tokens: int = 0
    """About how many the messages and tools are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The tokens that an answer took, as the provider counts them; a stream that is cut tells
    none."""

    prompt: int
    answer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolWanted:
    """The answer wants a tool run. It comes whole, and at most once for a call."""

    name: str
    arguments: str
    """A JSON object."""
    call_id: str


class ChatFailed(ProviderFailed):
    """One request came to nothing, or broke off."""

    def __init__(self, reason: AttemptFailure, retry_after: float | None = None) -> None:
        super().__init__(f"the model's answer failed: {reason.value}")
        self.reason = reason
        self.retry_after = retry_after
        """Seconds, if the provider said when to come back."""


class AnswerFailed(ProviderFailed):
    """There is no answer, or no more of it, from anybody who was asked."""

    def __init__(self, reasons: tuple[tuple[str, AttemptFailure], ...], *, begun: bool) -> None:
        said = ", ".join(f"{name} {reason.value}" for name, reason in reasons)
        super().__init__(f"the answer {'broke off' if begun else 'did not come'}: {said}")
        self.reasons = reasons
        """Provider and reason, in the order of failing."""
        self.begun = begun
        """Part of the answer has been given out, and may have been heard."""


class ChatModel(Protocol):
    """A model at a provider."""

    @property
    def provider(self) -> str:
        """The provider's name."""

    @property
    def model(self) -> str:
        """The model's name there."""

    @property
    def cancels(self) -> bool:
        """True if a stream that is cut stops being billed."""

    def stream(self, request: ChatRequest) -> AsyncGenerator[Piece | Usage, None]:
        """The answer as it comes. Closing the generator, or cancelling who waits for it, closes
        the connection. Raises ``ChatFailed``."""

    async def warm(self) -> None:
        """Have a connection ready. Raises ``ChatFailed``."""

    async def close(self) -> None:
        """Close its connections; it is not used afterwards."""
