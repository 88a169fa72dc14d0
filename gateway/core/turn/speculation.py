"""An answer that an agent begins before the caller's turn is over, so that it is there when it is.

Theory of operation. When the caller's words may be the last (``Turn.last_words_at``) they are
matched as if they were. If nothing but an agent can answer them, it is asked at once, and what it
says is kept back: ``PrepareAgent``. When the turn ends with the same words the answer is taken up
by ``AskAgent``; as soon as anything speaks for more to come it is dropped by ``ForgetAgent``. Each
is followed by one of the two, and a call has one at a time. What may be spent on those that are
dropped is the agent's business.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from gateway.core.actions import Action, AskAgent, ForgetAgent, PrepareAgent, ToAgent
from gateway.core.events import Verdict
from gateway.core.turn.turn import Turn

Request = Callable[[Turn, Verdict], AskAgent | None]
"""The request to an agent if the turn ended with that verdict; None if there would be none."""


class Speculation:
    """The request that one call has begun before the turn is over. ``request`` must change
    nothing."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._begun: PrepareAgent | None = None
        self._said = ""  # its text in canonical form
        self.deadline: float | None = None
        """Return the time at which ``follow`` has something to do if nothing happens before."""

    def follow(self, turn: Turn | None, now: float) -> list[Action]:
        """Begin, keep or drop, as things stand now. ``turn``: the caller's, while they have the
        floor."""
        at = turn.last_words_at if turn is not None else None
        self.deadline = at if at is not None and at > now else None
        if turn is None or at is None or at > now:
            return self.forget()
        verdict = turn.verdict
        if verdict is None:
            return [*self.forget(), *turn.ask_ahead()]
        asked = self._request(turn, verdict)
        if asked is None:
            return self.forget()
        if self._begun is not None and self._is_for(turn, asked):
            return []
        dropped = self.forget()
        self._said = turn.utterance.canonical
        self._begun = PrepareAgent(**_fields(asked))
        return [*dropped, self._begun]

    def resolved(self, turn: Turn, actions: list[Action]) -> list[Action]:
        """Return what answers the turn: with what was begun taken up, or dropped before it.

        The final text may differ in what is not spoken, such as a question mark: the answer to
        the words as they were heard first stands for it.
        """
        begun = self._begun
        if begun is None:
            return actions
        for place, asked in enumerate(actions):
            if isinstance(asked, AskAgent) and self._is_for(turn, asked):
                self._begun = None
                taken = replace(asked, text=begun.text, evidence=begun.evidence)
                return [*actions[:place], taken, *actions[place + 1 :]]
        return [*self.forget(), *actions]

    def forget(self) -> list[Action]:
        """Drop what was begun, if anything."""
        begun, self._begun = self._begun, None
        return [ForgetAgent(turn=begun.turn)] if begun is not None else []

    def _is_for(self, turn: Turn, asked: ToAgent) -> bool:
        """Return whether what was begun answers just that; the intent is not told to anybody."""
        begun = self._begun
        assert begun is not None, "something was begun"
        same = _fields(asked)
        same |= {"text": begun.text, "intent": begun.intent}
        return self._said == turn.utterance.canonical and begun == PrepareAgent(**same)


def _fields(asked: ToAgent) -> dict[str, Any]:
    return {one.name: getattr(asked, one.name) for one in fields(ToAgent)}
