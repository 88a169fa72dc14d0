"""The history of a call, as far as it was heard, which an agent is told before it answers."""

from __future__ import annotations

from collections import deque

KEPT = 20
"""Things said that are kept: ten exchanges are more than an answer on the telephone refers to."""

USUAL = 165 / 60
"""Words that are spoken in a second, about: vendors' voices by themselves."""

CALLER, OURS = "user", "assistant"
"""Roles, by the names language models know."""


def heard_of(text: str, share: float) -> str:
    """The words of a text of which so much was heard, 0 to 1. Words take about the same time each;
    the one that was cut does not count."""
    words = text.split()
    return " ".join(words[: int(len(words) * min(max(share, 0.0), 1.0) + 1e-9)])


def usual_length(text: str) -> float:
    """Seconds that a text takes to say, about."""
    return len(text.split()) / USUAL


class History:
    """The last things said, oldest first."""

    def __init__(self) -> None:
        self._said: deque[tuple[str, str]] = deque(maxlen=KEPT)

    @property
    def said(self) -> tuple[tuple[str, str], ...]:
        """(role, text) of each."""
        return tuple(self._said)

    def caller(self, text: str) -> None:
        """The caller has said this."""
        self._add(CALLER, text)

    def ours(self, text: str) -> None:
        """The caller has heard this of us."""
        self._add(OURS, text)

    def take_back(self, text: str) -> None:
        """The caller says this again, as a part of more: forget it if it was the last."""
        if self._said and self._said[-1] == (CALLER, text):
            self._said.pop()

    def _add(self, role: str, text: str) -> None:
        if text:
            self._said.append((role, text))
