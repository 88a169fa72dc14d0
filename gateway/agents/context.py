"""The part of a call that a model is told: whole turns, the newest first, within a budget of
tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.ports.models import Message

CHARS_PER_TOKEN = 4
"""Characters of English in a token, by the vendors' own rule of thumb."""
PER_MESSAGE = 4
"""Tokens of a message beside its text: its role and what sets it apart."""

CALLER_ROLES = {"user", "caller"}


def tokens(text: str) -> int:
    """About how many a text is."""
    return -(-len(text) // CHARS_PER_TOKEN)


def size_of(messages: Sequence[Message]) -> int:
    """About how many tokens the messages are."""
    return sum(PER_MESSAGE + tokens(str(one.get("content") or "")) for one in messages)


def recalled(history: Sequence[tuple[str, str]], budget: int) -> list[Message]:
    """The newest whole turns of (role, text) that fit into the tokens, oldest first.

    A turn is what the caller said and what was answered; what was said before the caller's first
    words is one too. An older turn is never kept in place of a newer one that is too long.
    """
    kept: list[list[Message]] = []
    for turn in reversed(_turns(history)):
        budget -= size_of(turn)
        if budget < 0:
            break
        kept.append(turn)
    return [one for turn in reversed(kept) for one in turn]


def _turns(history: Sequence[tuple[str, str]]) -> list[list[Message]]:
    turns: list[list[Message]] = []
    for role, text in history:
        if not text.strip():
            continue
        caller = role in CALLER_ROLES
        # words cut in two by a pause are one turn: only an answer ends it
        if not turns or (caller and turns[-1][-1]["role"] == "assistant"):
            turns.append([])
        turns[-1].append({"role": "user" if caller else "assistant", "content": text})
    return turns
