"""The request to a model: how to speak, the subject, the call so far, and the caller's words.

What is the same in every request comes first, so that a provider's prompt cache finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.agents.context import recalled, size_of, tokens
from gateway.agents.grounding import grounds
from gateway.ports.agents import AgentRequest
from gateway.ports.models import ChatRequest, Message

NEAR_SHARE = 4
"""Approved answers near the words may take one part in so many of the tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompting:
    """The settings that shape every request."""

    style: str
    """Instructions on the manner of speaking."""
    about: str = ""
    """The knowledge of the agent; a request's own prompt takes its place."""
    max_tokens: int = 160
    context_tokens: int = 2000
    """The most tokens sent in all; the caller's words are sent even if they alone are more."""
    temperature: float | None = None

    def request(
        self,
        turn: AgentRequest,
        tools: tuple[Message, ...] = (),
        after: Sequence[Message] = (),
    ) -> ChatRequest:
        """The request for one turn. ``after``: the messages since the caller's words, such as tool
        calls and their results."""
        near = grounds(turn.near, self.context_tokens // NEAR_SHARE)
        parts = (self.style, turn.prompt or self.about, turn.known, near)
        system = "\n\n".join(part for part in parts if part)
        first: list[Message] = [{"role": "system", "content": system}] if system else []
        last: list[Message] = [{"role": "user", "content": turn.text}, *after]
        fixed = size_of([*first, *last]) + tokens(str(tools) if tools else "")
        past = recalled(turn.history, self.context_tokens - fixed)
        return ChatRequest(
            messages=(*first, *past, *last),
            max_tokens=self.max_tokens,
            temperature=self.temperature,
            tools=tools,
            prompt_tokens=fixed + size_of(past),
        )
