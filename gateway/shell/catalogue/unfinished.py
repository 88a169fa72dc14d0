"""Partial texts of a caller whose voice is on: matched when it stops, or when no other text comes.

Nothing is answered while the caller is heard, and the next word makes another text of it. Matching
each was two fifths of what a telephone call costs. So a partial waits for the next one, which takes
its place; it is matched soon after the voice stops, when the silence that ends a turn has just
begun, or after ``UNCHANGED``: voice that brings no words is a loud room, and ends the turn too.
"""

from __future__ import annotations

import asyncio

from gateway.core.events import Event, VoiceStarted, VoiceStopped
from gateway.shell.catalogue.matching import MatchRequest, MatchService

UNCHANGED = 0.4
"""Seconds without another text; more than from one word to the next, and far less than voice
without words is given (``turn.wordless_ms`` beyond the silence)."""
AFTER_VOICE = 0.025
"""Seconds from the end of the voice: many a recogniser gives the final text at once, which is
matched instead. The shortest silence that ends a turn still has twice as long to go."""


class UnfinishedText:
    """The matching of one call's texts, in their order. At most one waits."""

    def __init__(self, matching: MatchService) -> None:
        self._matching = matching
        self._loop = asyncio.get_running_loop()
        self._voice = False
        self._waiting: MatchRequest | None = None
        self._timer: asyncio.TimerHandle | None = None

    def follow(self, event: Event) -> None:
        """Note whether the caller is heard."""
        if isinstance(event, VoiceStarted):
            self._voice = True
        elif isinstance(event, VoiceStopped):
            self._voice = False
            if self._timer is not None:
                self._wait(min(self._timer.when(), self._loop.time() + AFTER_VOICE))

    def ask(self, question: MatchRequest) -> None:
        """Have it matched, at once or later; what waits is replaced by it."""
        self.forget()
        if question.final or not self._voice:
            self._matching.ask(question)
            return
        self._waiting = question
        self._wait(self._loop.time() + UNCHANGED)

    def forget(self) -> None:
        """Drop what waits."""
        self._waiting = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self, until: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(until, self._over)

    def _over(self) -> None:
        self._timer = None
        question, self._waiting = self._waiting, None
        if question is not None:
            self._matching.ask(question)
